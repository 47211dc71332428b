package io.dnvme.sim;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.sim.DiskFacts.Association;
import io.dnvme.sim.History.Kind;
import io.dnvme.sim.History.Op;
import io.dnvme.sim.History.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * Reads, writes, flushes and compares-and-writes a logical disk over one association, one command
 * at a time. Nothing is sent twice: what is lost with the association is given up.
 */
final class SliceWorker {

  private static final int MAX_BLOCKS = 4;

  /** Of each extent, at its beginning; and its last one. */
  private static final int USED_BLOCKS = 10;

  private static final int BLOCK_BYTES = LoneDiskNode.BLOCK_BYTES;
  private static final long MAX_REST_NANOS = 25 * SimWorld.MILLIS;
  private static final long FAILED_REST_NANOS = 400 * SimWorld.MILLIS;

  private final SimClaimant claimant;
  private final NodeFacts facts;
  private final Association association;
  private final BlockDevice device;
  private final BooleanSupplier goesOn;
  private final SplittableRandom random;
  private final BlockIo io;
  private final MemorySegment data = Arena.ofAuto().allocate(MAX_BLOCKS * BLOCK_BYTES, 8);
  private final MemorySegment compareData = Arena.ofAuto().allocate(BLOCK_BYTES, 8);
  private Op op;
  private long start;
  private long[] values;
  private boolean begunWhenOver;
  private long knownBlock = -1;
  private long knownValue;

  SliceWorker(
      SimClaimant claimant, Association association, BlockDevice device, BooleanSupplier goesOn) {
    this.claimant = claimant;
    this.association = association;
    this.device = device;
    this.goesOn = goesOn;
    facts = claimant.facts();
    random = claimant.random();
    io = new BlockIo(claimant.reactor());
  }

  boolean isIdle() {
    return op == null;
  }

  void died() {
    if (op != null) {
      facts.forgotten(association, op);
      op = null;
    }
  }

  void rest() {
    claimant.after(random.nextLong(1, MAX_REST_NANOS), this::begin);
  }

  private void begin() {
    if (!goesOn.getAsBoolean() || claimant.isStopping()) {
      return;
    }
    int dice = random.nextInt(100);
    Kind kind =
        dice < 50
            ? Kind.READ
            : dice < 80 ? Kind.WRITE : dice < 88 ? Kind.COMPARE_AND_WRITE : Kind.FLUSH;
    long extentBlocks = LoneDiskNode.extentBlocks();
    int extents = (int) (device.geometry().blockCount() / extentBlocks);
    int extent = random.nextInt(extents);
    int count = kind == Kind.FLUSH ? 0 : random.nextInt(1, MAX_BLOCKS + 1);
    start = extent * extentBlocks + random.nextInt(USED_BLOCKS - count);
    if (count > 1 && extent > 0 && random.nextInt(4) == 0) {
      // Into the next extent, which lies elsewhere.
      start = extent * extentBlocks - 1;
    }
    if (kind == Kind.COMPARE_AND_WRITE) {
      count = 1;
      start = knownBlock < 0 ? start : knownBlock;
    }
    if (kind == Kind.FLUSH) {
      start = 0;
    }
    submit(kind, count, kind == Kind.WRITE && random.nextInt(6) == 0);
  }

  private void submit(Kind kind, int count, boolean fua) {
    values = new long[count];
    boolean writes = kind == Kind.WRITE || kind == Kind.COMPARE_AND_WRITE;
    if (writes) {
      long stamp = facts.stamp(association);
      for (int i = 0; i < count; i++) {
        values[i] = stamp;
        Stamps.write(data, (long) i * BLOCK_BYTES, BLOCK_BYTES, historyBlock(i), stamp);
      }
    } else {
      data.fill((byte) 0x5a);
    }
    long expected = knownBlock < 0 ? 0 : knownValue;
    long from = kind == Kind.FLUSH ? 0 : historyBlock(0);
    op = facts.history().begin(claimant.name(), kind, fua, from, values, expected, false);
    facts.begun(association, op);
    begunWhenOver = association.isOver();
    io.prepare(blockOp(kind), start, count).forceUnitAccess(fua).onCompletion(this::ended, null);
    if (kind != Kind.FLUSH) {
      io.data().add(data, 0, (long) count * BLOCK_BYTES);
    }
    if (kind == Kind.COMPARE_AND_WRITE) {
      if (expected == 0) {
        compareData.fill((byte) 0);
      } else {
        Stamps.write(compareData, 0, BLOCK_BYTES, historyBlock(0), expected);
      }
      io.compareData().add(compareData, 0, BLOCK_BYTES);
    }
    device.submit(io);
  }

  private static BlockOp blockOp(Kind kind) {
    return switch (kind) {
      case READ -> BlockOp.READ;
      case WRITE -> BlockOp.WRITE;
      case COMPARE_AND_WRITE -> BlockOp.COMPARE_AND_WRITE;
      case FLUSH -> BlockOp.FLUSH;
    };
  }

  private long historyBlock(int index) {
    return association.disk().historyBlock(start + index);
  }

  private void ended(BlockIo done) {
    Op over = op;
    op = null;
    BlockStatus status = done.status();
    switch (status) {
      case SUCCESS -> {
        succeeded(over);
        facts.ended(association, over, begunWhenOver, Outcome.DONE);
      }
      case COMPARE_FAILED -> {
        knownBlock = -1;
        facts.ended(association, over, begunWhenOver, Outcome.DIFFERENT);
      }
      case OUT_OF_RANGE, INVALID ->
          claimant
              .world()
              .violated("NO-ERROR", claimant.name() + " is told " + status + ": " + over);
      case PATH_LOST, ABORTED -> facts.forgotten(association, over);
      default -> facts.ended(association, over, false, Outcome.UNKNOWN);
    }
    if (status.isSuccess()) {
      rest();
    } else {
      claimant.after(FAILED_REST_NANOS, this::begin);
    }
  }

  private void succeeded(Op done) {
    if (done.kind() == Kind.FLUSH) {
      return;
    }
    if (done.kind() == Kind.READ) {
      for (int i = 0; i < values.length; i++) {
        long at = (long) i * BLOCK_BYTES;
        values[i] = Stamps.read(data, at, BLOCK_BYTES, historyBlock(i));
        if (values[i] == Stamps.TORN) {
          long first = data.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
          facts.tornRead(claimant.name(), association.disk(), start + i, first);
        }
      }
    }
    knownBlock = start;
    knownValue = values[0];
  }
}
