package io.dnvme.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A {@link LegCourse} that goes through a {@link LegScript}, and is struck once, or not at all. */
final class ScriptCourse implements Scenario.Course {

  private static final long LOOK_NANOS = 100 * SimWorld.MICROS;
  private static final long HAND_OVER_NANOS = SimWorld.SECONDS;
  private static final long BLOW_NANOS = 2 * SimWorld.SECONDS;
  private static final long MAX_AWAY_NANOS = 900 * SimWorld.MILLIS;

  /** Longer than leases, keep-alives, and the limit of a gap (STALE-PATH). */
  private static final long PAUSE_NANOS = 3_500 * SimWorld.MILLIS;

  /** What befalls a process at one of its await points. */
  enum Blow {
    KILLED,
    POWER_LOST,
    PAUSED;

    String of(boolean controller) {
      String what = controller ? "controller" : "disk node";
      return switch (this) {
        case KILLED -> what + " is killed";
        case POWER_LOST -> what + " loses its power";
        case PAUSED -> what + " stands still";
      };
    }
  }

  /**
   * @param process by its place in {@link #processes}
   * @param point counted from 1, from when the script began
   * @param endNanos when the script is over where nobody strikes
   */
  record Strike(int process, Blow blow, long point, long endNanos) {}

  private final SimWorld world;
  private final LegScript script;
  private final LegCourse leg;
  private final Strike strike;
  private final List<Long> before = new ArrayList<>();
  private final List<Long> during = new ArrayList<>();
  private boolean begun;
  private Runnable struck = () -> {};

  /**
   * @param strike null: the script is gone through undisturbed
   */
  ScriptCourse(SimWorld world, LegBugs planted, LegScript script, Strike strike) {
    this.world = world;
    this.script = script;
    this.strike = strike;
    var random = world.random("layout");
    leg = new LegCourse(world, planted, script.shape(random), random);
    if (script.isFromTheStart()) {
      script.begin(leg, this::begun);
      awaitEnd();
    } else {
      awaitReady();
    }
  }

  /** Controllers, then disk nodes. */
  List<SimProcess> processes() {
    List<SimProcess> all = new ArrayList<>();
    leg.controllers().forEach(controller -> all.add(controller.process()));
    leg.nodes().forEach(node -> all.add(node.process()));
    return all;
  }

  /** Whether the process is a controller's. */
  boolean isController(int process) {
    return process < leg.controllers().size();
  }

  /** How many await points each process had in the script; empty until it is over. */
  List<Long> points() {
    return during;
  }

  private void awaitReady() {
    // The first controller, so that every course has the same owner.
    if (!leg.steps().isReady()) {
      leg.later(LOOK_NANOS, this::awaitReady);
    } else if (leg.owner().number() == 0) {
      script.begin(leg, this::begun);
      awaitEnd();
    } else {
      leg.owner().giveBack();
      leg.later(HAND_OVER_NANOS, this::awaitReady);
    }
  }

  private void begun() {
    begun = true;
    world.trace("script", script + " begins");
    List<SimProcess> all = processes();
    all.forEach(process -> before.add(process.awaitPoints()));
    if (strike != null) {
      SimProcess victim = all.get(strike.process());
      victim.strikeAt(
          before.get(strike.process()) + strike.point(), () -> struck(strike.process(), victim));
    }
  }

  private void awaitEnd() {
    if (begun && script.isOver(leg)) {
      world.trace("script", script + " is over");
      List<SimProcess> all = processes();
      for (int i = 0; i < all.size(); i++) {
        during.add(all.get(i).awaitPoints() - before.get(i));
      }
    } else {
      leg.later(LOOK_NANOS, this::awaitEnd);
    }
  }

  private void struck(int process, SimProcess victim) {
    struck.run();
    long awayNanos = world.random("away").nextLong(MAX_AWAY_NANOS);
    switch (strike.blow()) {
      case KILLED -> victim.kill();
      case POWER_LOST -> leg.nodes().get(process - leg.controllers().size()).losePower();
      case PAUSED -> victim.stop(PAUSE_NANOS);
    }
    world.after(awayNanos, () -> leg.startAgain(victim));
  }

  @Override
  public Map<String, Scenario.Strike> strikes() {
    return Map.of();
  }

  @Override
  public boolean isAt(String step) {
    return step.equals(script.name());
  }

  @Override
  public long attackedNanos() {
    return strike == null ? 0 : strike.endNanos() + BLOW_NANOS;
  }

  @Override
  public int nemesesAtOnce() {
    return 0;
  }

  @Override
  public void strikesByItself(Consumer<String> told) {
    if (strike != null) {
      struck = () -> told.accept(strike.blow().of(isController(strike.process())));
    }
  }

  @Override
  public void heal() {
    leg.heal();
  }

  @Override
  public void stop() {
    leg.stop();
  }

  @Override
  public boolean isIdle() {
    return leg.isIdle();
  }

  @Override
  public void shutDown() {
    leg.shutDown();
  }

  @Override
  public boolean isShutDown() {
    return leg.isShutDown();
  }

  @Override
  public void check() {
    leg.check();
  }

  @Override
  public long opsDone() {
    return leg.opsDone();
  }
}
