package io.dnvme.sim;

import io.dnvme.block.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A process on a machine of its own, with a clock of its own: may be stopped, killed between any
 * two events, started again, and lose its power. What it runs is made anew at each start.
 *
 * <pre>
 *   DOWN ──start──► UP ──kill───────► DOWN (its kernel ends its connections)
 *                    └──power lost──► DOWN (silence; disks of the machine lose their caches)
 * </pre>
 */
final class SimProcess {

  /** Assumed of clocks: rates differ by less than 10 % (docs/architecture.md). */
  static final double MAX_DRIFT = 0.045;

  /** Longer than any run; no timer needs more. */
  private static final double FOREVER_NANOS = 1e17;

  /** 2026-01-01T00:00:00Z. */
  private static final long START_WALL_MILLIS = 1_767_225_600_000L;

  /** Starts the program; on the first reactor of the new process. */
  @FunctionalInterface
  interface Program {
    void main(SimProcess process);
  }

  private final SimWorld world;
  private final SimNetwork network;
  private final String name;
  private final int reactorCount;
  private final Program program;
  private double rate;
  private final long offsetNanos;
  private final Clock clock = new LocalClock();
  private final List<SimDisk> disks = new ArrayList<>();
  private final Set<SimDisk> used = new LinkedHashSet<>();
  private List<SimReactor> reactors = List.of();
  private int incarnation;
  private boolean up;
  private boolean powered = true;
  private long stepsUntilKill = -1;
  private Runnable killer;
  private Runnable watcher = () -> {};
  private boolean gaveOut;
  private long awaitPoints;
  private long strikePoint = -1;
  private Runnable strike;

  SimProcess(SimNetwork network, String name, int reactorCount, Program program) {
    this.world = network.world();
    this.network = network;
    this.name = name;
    this.reactorCount = reactorCount;
    this.program = program;
    SplittableRandom random = world.random("clock of " + name);
    rate = 1 + (random.nextDouble() * 2 - 1) * MAX_DRIFT;
    offsetNanos = random.nextLong(1_000_000 * SimWorld.SECONDS);
  }

  /** So fast runs its clock, instead of at random; before it is first started. */
  void clockRate(double fixed) {
    rate = fixed;
  }

  SimWorld world() {
    return world;
  }

  SimNetwork network() {
    return network;
  }

  String name() {
    return name;
  }

  /** How often it was started. */
  int incarnation() {
    return incarnation;
  }

  boolean isUp() {
    return up;
  }

  /** Whether the machine answers at all: a dead process's kernel does, a dark machine does not. */
  boolean isPowered() {
    return powered;
  }

  List<SimReactor> reactors() {
    return reactors;
  }

  SimReactor reactor(int index) {
    return reactors.get(index);
  }

  /** Somebody looks at it after each step of its reactors. */
  void watch(Runnable afterEachStep) {
    watcher = afterEachStep;
  }

  /** The disk is in this machine: shares its power. */
  void owns(SimDisk disk) {
    disks.add(disk);
  }

  /** Has the disk open: what it has of this process ends with it. */
  void uses(SimDisk disk) {
    used.add(disk);
  }

  void start() {
    incarnation++;
    up = true;
    powered = true;
    world.trace(name, "starts, incarnation " + incarnation);
    reactors = new ArrayList<>();
    for (int i = 0; i < reactorCount; i++) {
      reactors.add(new SimReactor(this, i));
    }
    reactors.getFirst().execute(() -> program.main(this));
  }

  /** Ends at once; the kernel ends its connections. */
  void kill() {
    if (up) {
      world.trace(name, "is killed");
      die();
      network.processDied(this);
    }
  }

  /** Ends without a word to anybody, and what its disks had in volatile caches may be gone. */
  void losePower() {
    world.trace(name, "loses its power");
    boolean wasUp = up;
    powered = false;
    disks.forEach(SimDisk::losePower);
    if (wasUp) {
      die();
    }
    network.machineWentDark(this);
  }

  /** Kills it, by {@code how}, after so many further steps of its reactors. */
  void killAfterSteps(long steps, Runnable how) {
    stepsUntilKill = steps;
    killer = how;
  }

  /** A kill that was to come does not. */
  void spare() {
    stepsUntilKill = -1;
    strikePoint = -1;
  }

  /** Something has left it in this step: bytes for others, or a command for a disk. */
  void gaveOut() {
    gaveOut = true;
  }

  /**
   * How many steps it has ended with something given out, over all its lives: what it does from
   * there on rests on others. Between two of these its end is the same to everybody, whenever it
   * comes.
   */
  long awaitPoints() {
    return awaitPoints;
  }

  /** Does {@code how} at that await point, counted as {@link #awaitPoints}. */
  void strikeAt(long point, Runnable how) {
    strikePoint = point;
    strike = how;
  }

  /** All of it stands still for so long. */
  void stop(long nanos) {
    world.trace(name, "is stopped for " + nanos / SimWorld.MILLIS + " ms");
    reactors.forEach(reactor -> reactor.stop(nanos));
  }

  void stepped() {
    if (gaveOut) {
      gaveOut = false;
      awaitPoints++;
      if (awaitPoints == strikePoint) {
        strike.run();
      }
    }
    if (stepsUntilKill >= 0 && stepsUntilKill-- == 0) {
      killer.run();
    }
    watcher.run();
  }

  private void die() {
    up = false;
    stepsUntilKill = -1;
    reactors.forEach(SimReactor::die);
    used.forEach(disk -> disk.processDied(this));
    used.clear();
  }

  // Time.

  Clock clock() {
    return clock;
  }

  long localNanos(long nanosOfWorld) {
    return offsetNanos + (long) (nanosOfWorld * rate);
  }

  /** How long the world takes for so much of this process's time. */
  long worldNanos(long localDelayNanos) {
    return (long) Math.ceil(Math.min(localDelayNanos, FOREVER_NANOS) / rate);
  }

  private final class LocalClock implements Clock {

    @Override
    public long nanos() {
      return localNanos(world.nowNanos());
    }

    @Override
    public long wallMillis() {
      return START_WALL_MILLIS + localNanos(world.nowNanos()) / SimWorld.MILLIS;
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
