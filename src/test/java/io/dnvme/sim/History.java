package io.dnvme.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What hosts asked of one virtual disk and what they were told, in the order in which it happened
 * in the world, for {@link BlockChecker}. Also what the world knows and hosts cannot: losses of
 * power, and from when on a command that was given up cannot take effect any more.
 */
final class History {

  /** What a command does to each of its blocks. */
  enum Kind {
    READ,
    WRITE,
    COMPARE_AND_WRITE,
    FLUSH
  }

  /** What became of a command. */
  enum Outcome {
    /** It was answered with success: it took effect between its beginning and its end. */
    DONE,
    /** A compare that found something else, at some time between beginning and end. */
    DIFFERENT,
    /** Nobody knows: it may have taken effect, or not; afterwards it does not any more. */
    UNKNOWN
  }

  /** One command of a host, through all its attempts. */
  static final class Op {
    private final String host;
    private final Kind kind;
    private final boolean forceUnitAccess;
    private final long startBlock;
    private final long[] values;
    private final long expected;
    private final boolean mayRepeat;
    private Outcome outcome = Outcome.UNKNOWN;
    private boolean over;

    private Op(
        String host,
        Kind kind,
        boolean forceUnitAccess,
        long startBlock,
        long[] values,
        long expected,
        boolean mayRepeat) {
      this.host = host;
      this.kind = kind;
      this.forceUnitAccess = forceUnitAccess;
      this.startBlock = startBlock;
      this.values = values;
      this.expected = expected;
      this.mayRepeat = mayRepeat;
    }

    String host() {
      return host;
    }

    Kind kind() {
      return kind;
    }

    boolean forceUnitAccess() {
      return forceUnitAccess;
    }

    long startBlock() {
      return startBlock;
    }

    int blocks() {
      return values.length;
    }

    Outcome outcome() {
      return outcome;
    }

    /** What a write writes, or a read has read, per block. */
    long value(long block) {
      return values[(int) (block - startBlock)];
    }

    /** What a compare-and-write compares with. */
    long expected() {
      return expected;
    }

    /** Whether the host's own stack may send it again without telling: it may take effect twice. */
    boolean mayRepeat() {
      return mayRepeat;
    }

    boolean touches(long block) {
      return block >= startBlock && block < startBlock + values.length;
    }

    @Override
    public String toString() {
      return kind
          + (forceUnitAccess ? " FUA" : "")
          + " by "
          + host
          + (kind == Kind.FLUSH ? "" : " at " + startBlock + " " + Arrays.toString(values))
          + (kind == Kind.COMPARE_AND_WRITE ? " expecting " + expected : "");
    }
  }

  /** What happened, in order. */
  sealed interface Event {
    long atNanos();

    record Begun(long atNanos, Op op) implements Event {}

    /** The op is sent again: what it did before does not count for its answer. */
    record SentAgain(long atNanos, Op op) implements Event {}

    /** What was sent of the op so far cannot take effect any more, unless it is sent again. */
    record Quiesced(long atNanos, Op op) implements Event {}

    record Ended(long atNanos, Op op) implements Event {}

    /** What was not flushed may be gone. */
    record PowerLost(long atNanos) implements Event {}

    /** Everything is zeroes: a disk in memory lost its process. */
    record Emptied(long atNanos) implements Event {}
  }

  private final SimWorld world;
  private final List<Event> events = new ArrayList<>();
  private long opsDone;

  History(SimWorld world) {
    this.world = world;
  }

  /**
   * @param values per block; a read's are filled in before its end
   * @param expected of a compare-and-write
   * @param mayRepeat see {@link Op#mayRepeat}
   */
  Op begin(
      String host,
      Kind kind,
      boolean forceUnitAccess,
      long start,
      long[] values,
      long expected,
      boolean mayRepeat) {
    var op = new Op(host, kind, forceUnitAccess, start, values, expected, mayRepeat);
    events.add(new Event.Begun(world.nowNanos(), op));
    world.trace(host, "begins " + op);
    return op;
  }

  void sentAgain(Op op) {
    if (!op.over) {
      events.add(new Event.SentAgain(world.nowNanos(), op));
      world.trace(op.host, "sends again " + op);
    }
  }

  void quiesced(Op op) {
    if (!op.over) {
      events.add(new Event.Quiesced(world.nowNanos(), op));
      world.trace(op.host, "nothing is left of what was sent of " + op);
    }
  }

  /** A read's values are in the op already. */
  void end(Op op, Outcome outcome) {
    if (!op.over) {
      op.over = true;
      op.outcome = outcome;
      opsDone += outcome == Outcome.UNKNOWN ? 0 : 1;
      events.add(new Event.Ended(world.nowNanos(), op));
      world.trace(op.host, "ends " + outcome + " " + op);
    }
  }

  void powerLost() {
    events.add(new Event.PowerLost(world.nowNanos()));
  }

  void emptied() {
    events.add(new Event.Emptied(world.nowNanos()));
  }

  List<Event> events() {
    return events;
  }

  /** Commands whose outcome their host knows. */
  long opsDone() {
    return opsDone;
  }
}
