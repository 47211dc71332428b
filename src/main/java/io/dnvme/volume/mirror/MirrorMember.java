package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockOp;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.Reactor;
import io.dnvme.volume.intent.ChecksumDevice;
import java.util.Arrays;
import java.util.UUID;

/**
 * One member: its device, what it has under way, how fast it is. Home reactor only, save the
 * counters.
 */
final class MirrorMember {

  /** Reading the clock costs as much as a command: one in so many is timed and counts for all. */
  private static final int COMMANDS_PER_TIMED = 16;

  private static final long NOT_TIMED = -1;

  // What is compared with its like of other members.
  static final int WRITES = 0;
  static final int READS = 1;
  static final int KINDS = 2;

  private static final int NO_KIND = -1;

  private final int index;
  private final UUID disk;
  private final long dataStartBlock;
  private final int distance;
  private final Reactor reactor;
  private final MirrorDevice group;
  private final LayerCounters layer = new LayerCounters();
  private final IoCounters counters;
  private BlockDevice device;

  // What it has; apart, because different times are long for them.
  private final SentCommands shortOnes = new SentCommands();
  private final SentCommands longOnes = new SentCommands();

  /** Reads and writes that are no host's: larger, and not the same on all members. */
  private final SentCommands copies = new SentCommands();

  /** Where these are carried out one after another: what waits is not the medium's doing. */
  private final SentCommands queuedCompares = new SentCommands();

  private long comparedPieces;
  private long comparedTick;

  private int outstanding;

  // What was measured since the last window began.
  private int untilTimed;
  private long timedTick = -1;
  private final long[] measuredNanos = new long[KINDS];
  private final long[] measured = new long[KINDS];
  private final int[] slowWindows = new int[KINDS];

  private int readFaults;
  private long readFaultsSince;

  MirrorMember(int index, MemberSpec spec, MirrorDevice group, Reactor reactor) {
    this.index = index;
    this.group = group;
    this.reactor = reactor;
    disk = spec.disk();
    device = spec.state() == MemberState.ABSENT ? null : spec.device();
    dataStartBlock = spec.dataStartBlock();
    distance = spec.distance();
    counters = layer.on(reactor);
  }

  int index() {
    return index;
  }

  int bit() {
    return 1 << index;
  }

  UUID disk() {
    return disk;
  }

  BlockDevice device() {
    return device;
  }

  void device(BlockDevice changed) {
    device = changed;
    readFaults = 0;
    Arrays.fill(slowWindows, 0);
  }

  long dataStartBlock() {
    return dataStartBlock;
  }

  int distance() {
    return distance;
  }

  Reactor reactor() {
    return reactor;
  }

  LayerCounters counters() {
    return layer;
  }

  int outstanding() {
    return outstanding;
  }

  /** Nothing more is to be sent there: it failed, or is not in the write set. */
  boolean isFailed() {
    return !group.membership().isUsable(index);
  }

  void started(MemberCommand command) {
    counters.started();
    group.watch().wake();
    outstanding++;
    long tick = group.watch().tick();
    boolean counts = untilTimed-- == 0;
    command.waitsInTurn(command.op() == BlockOp.COMPARE && device instanceof ChecksumDevice);
    command.startTick(tick);
    command.countsForMany(counts);
    if (counts) {
      untilTimed = COMMANDS_PER_TIMED - 1;
    }
    // The first of every tick too: a member is measured however few its commands are.
    if (counts || tick != timedTick) {
      timedTick = tick;
      command.stampNanos(reactor.clock().nanos());
    } else {
      command.stampNanos(NOT_TIMED);
    }
    listOf(command).add(command);
  }

  void finished(MemberCommand command) {
    outstanding--;
    listOf(command).remove(command);
    long counted = 0;
    if (command.stampNanos() != NOT_TIMED) {
      long nanos = reactor.clock().nanos() - command.stampNanos();
      counted = command.countsForMany() ? nanos * COMMANDS_PER_TIMED : 0;
      int kind = command.waitsInTurn() ? NO_KIND : kindOf(command.op());
      if (kind != NO_KIND && command.isOfHost()) {
        measuredNanos[kind] += nanos;
        measured[kind]++;
      }
    }
    long bytes = command.blockCount() << group.geometry().blockShift();
    counters.finished(command.op(), command.status(), bytes, counted);
  }

  private SentCommands listOf(MemberCommand command) {
    if (command.waitsInTurn()) {
      return queuedCompares;
    }
    return switch (command.op()) {
      case READ, COMPARE, WRITE, COMPARE_AND_WRITE -> command.isOfHost() ? shortOnes : copies;
      case FLUSH, WRITE_ZEROES, DEALLOCATE -> longOnes;
    };
  }

  /**
   * For how many ticks it has had its oldest read or write; a compare that waits for others counts
   * from when one of them went on. Asked at each tick.
   */
  long oldestTicks(long tick) {
    long compares = Math.min(queuedCompares.oldestTicks(tick), ticksWithoutCompare(tick));
    return Math.max(compares, Math.max(shortOnes.oldestTicks(tick), copies.oldestTicks(tick)));
  }

  private long ticksWithoutCompare(long tick) {
    long pieces = device instanceof ChecksumDevice checked ? checked.comparedPieces() : 0;
    if (pieces != comparedPieces) {
      comparedPieces = pieces;
      comparedTick = tick;
    }
    return tick - comparedTick;
  }

  /** For how many ticks it has had its oldest flush, zeroes or deallocation. */
  long oldestLongTicks(long tick) {
    return longOnes.oldestTicks(tick);
  }

  private static int kindOf(BlockOp op) {
    return switch (op) {
      case WRITE -> WRITES;
      case READ, COMPARE -> READS;
      case COMPARE_AND_WRITE, WRITE_ZEROES, DEALLOCATE, FLUSH -> NO_KIND;
    };
  }

  /** The same of a host's, where that one is of a kind, else 0. */
  long oldestTicks(long tick, int kind) {
    BlockOp op = shortOnes.oldestOp();
    return op != null && kindOf(op) == kind ? shortOnes.oldestTicks(tick) : 0;
  }

  /** Mean latency of what was measured of a kind since the last call; -1 where nothing was. */
  long takeMeanNanos(int kind) {
    long mean = measured[kind] == 0 ? -1 : measuredNanos[kind] / measured[kind];
    measured[kind] = 0;
    measuredNanos[kind] = 0;
    return mean;
  }

  /** Windows begin anew. */
  void forgetTimes() {
    for (int kind = 0; kind < KINDS; kind++) {
      takeMeanNanos(kind);
      slowWindows[kind] = 0;
    }
  }

  int slowWindows(int kind) {
    return slowWindows[kind];
  }

  void slowWindows(int kind, int count) {
    slowWindows[kind] = count;
  }

  /** Counts a fault; gives how many there were since one that is not older than {@code window}. */
  int readFault(long nowNanos, long windowNanos) {
    if (readFaults == 0 || nowNanos - readFaultsSince >= windowNanos) {
      readFaults = 0;
      readFaultsSince = nowNanos;
    }
    return ++readFaults;
  }
}
