package io.dnvme.sim;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One run of one seed, from the first event to the verdict:
 *
 * <pre>
 *   set up ─► work under attack ─► healed, more work ─► work ends ─► left in good order ─► checked
 * </pre>
 */
final class Simulation {

  private static final long WARM_UP_NANOS = SimWorld.SECONDS;
  private static final long CALM_NANOS = 3 * SimWorld.SECONDS;
  private static final long END_LIMIT_NANOS = 120 * SimWorld.SECONDS;
  private static final long LOOK_NANOS = 100 * SimWorld.MILLIS;

  /**
   * What a run came to.
   *
   * @param violations what is wrong, none where all is well
   * @param simulatedNanos virtual time
   * @param digest of everything that happened
   */
  record Result(
      long seed,
      List<String> violations,
      long simulatedNanos,
      long events,
      long faults,
      long opsDone,
      long digest,
      NemesisTable table) {

    boolean isGood() {
      return violations.isEmpty();
    }
  }

  private Simulation() {}

  static Result run(Scenario scenario, long seed) {
    return run(scenario, seed, null);
  }

  /**
   * @param traceSink gets each line of the trace; may be null
   */
  static Result run(Scenario scenario, long seed, Consumer<String> traceSink) {
    var trace = new Trace(traceSink);
    var world = new SimWorld(seed, scenario.randomness(seed), trace);
    var table = new NemesisTable(scenario.nemeses(), scenario.steps());
    Scenario.Course course = scenario.begin(world);
    course.strikesByItself(name -> Nemesis.count(world, scenario, course, table, name));
    List<Nemesis> nemeses =
        IntStream.range(0, course.nemesesAtOnce())
            .mapToObj(
                i -> new Nemesis(world, scenario, course, table, "nemesis" + (i == 0 ? "" : i)))
            .toList();
    world.runUntil(WARM_UP_NANOS);
    nemeses.forEach(Nemesis::start);
    world.runUntil(WARM_UP_NANOS + course.attackedNanos());
    nemeses.forEach(Nemesis::end);
    course.heal();
    world.runUntil(world.nowNanos() + CALM_NANOS);
    course.stop();
    await(world, course::isIdle, "commands of hosts are not answered");
    if (world.violations().isEmpty()) {
      course.shutDown();
      await(world, course::isShutDown, "hosts cannot leave in good order");
    }
    if (world.violations().isEmpty()) {
      course.check();
    }
    return new Result(
        seed,
        world.violations(),
        world.nowNanos(),
        world.eventsRun(),
        world.faults(),
        course.opsDone(),
        trace.digest(),
        table);
  }

  private static void await(SimWorld world, BooleanSupplier done, String otherwise) {
    long limit = world.nowNanos() + END_LIMIT_NANOS;
    while (world.violations().isEmpty() && !done.getAsBoolean()) {
      if (world.nowNanos() >= limit) {
        world.violated("LIVENESS", otherwise);
      }
      world.runUntil(world.nowNanos() + LOOK_NANOS);
    }
  }
}
