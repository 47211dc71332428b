package io.dnvme.disk.format;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes ranges of a disk read as zeroes, in a way that was seen to work on that very disk (ZERO):
 * the cheapest of
 *
 * <pre>
 *   deallocate     where the device promises zeroes, and the scratch area was found zero after it
 *   write zeroes   where the scratch area was found zero after it
 *   write          zeroes as data
 * </pre>
 *
 * What was zeroed is read back in samples, and the first that is not zero moves the disk to the
 * next way. One range at a time; one reactor.
 */
final class Zeroer {

  /** The ways, cheapest first. */
  enum Method {
    DEALLOCATE,
    WRITE_ZEROES,
    WRITE
  }

  /** What one command zeroes, so that the commands of others get in between. */
  private static final long STEP_BYTES = 64L << 20;

  private static final int WRITE_STEP_BYTES = 1 << 20;

  /** Of each so many bytes the first block is read back, and the range's last one. */
  private static final long SAMPLE_DISTANCE_BYTES = 1 << 20;

  private static final byte PATTERN = (byte) 0xA5;

  private final DeviceAccess access;
  private final ArrayDeque<Method> methods;
  private final MemorySegment scratch = DeviceAccess.allocate(DiskLayout.SCRATCH_BYTES);
  private final MemorySegment sample;
  private boolean triedOut;

  Zeroer(DeviceAccess access) {
    this.access = access;
    methods =
        new ArrayDeque<>(
            access.device().traits().deallocates()
                ? Arrays.asList(Method.values())
                : List.of(Method.WRITE_ZEROES, Method.WRITE));
    sample = DeviceAccess.allocate(access.geometry().blockSizeBytes());
  }

  /** The way in use, once something was zeroed. */
  Method method() {
    return methods.peekFirst();
  }

  /** The range reads as zeroes at success; the caller flushes. */
  void zero(long startBlock, long blocks, Consumer<BlockStatus> done) {
    if (!triedOut) {
      tryOut(startBlock, blocks, done);
      return;
    }
    zeroStep(
        startBlock,
        blocks,
        status -> {
          if (status.isSuccess()) {
            readBack(startBlock, startBlock, blocks, done);
          } else if (status == BlockStatus.INVALID && method() != Method.WRITE) {
            nextMethod(startBlock, blocks, done);
          } else {
            done.accept(status);
          }
        });
  }

  private void nextMethod(long startBlock, long blocks, Consumer<BlockStatus> done) {
    if (method() == Method.WRITE) {
      // Zeroes were written as data, and something else is read.
      done.accept(BlockStatus.WRITE_FAULT);
      return;
    }
    methods.removeFirst();
    triedOut = false;
    zero(startBlock, blocks, done);
  }

  private void zeroStep(long startBlock, long blocks, Consumer<BlockStatus> done) {
    if (blocks == 0) {
      done.accept(BlockStatus.SUCCESS);
      return;
    }
    long stepBytes = method() == Method.WRITE ? WRITE_STEP_BYTES : STEP_BYTES;
    long step = Math.min(blocks, stepBytes >> access.geometry().blockShift());
    Consumer<BlockStatus> ended =
        status -> {
          if (status.isSuccess()) {
            // By way of the reactor's queue: ranges are long, and others want their turn.
            access.reactor().execute(() -> zeroStep(startBlock + step, blocks - step, done));
          } else {
            done.accept(status);
          }
        };
    switch (method()) {
      case DEALLOCATE -> access.zero(BlockOp.DEALLOCATE, startBlock, step, ended);
      case WRITE_ZEROES -> access.zero(BlockOp.WRITE_ZEROES, startBlock, step, ended);
      case WRITE -> {
        scratch.fill((byte) 0);
        access.write(startBlock, scratch, 0, step << access.geometry().blockShift(), ended);
      }
    }
  }

  private void readBack(long block, long startBlock, long blocks, Consumer<BlockStatus> done) {
    long last = startBlock + blocks - 1;
    access.read(
        block,
        sample,
        0,
        sample.byteSize(),
        status -> {
          if (!status.isSuccess()) {
            done.accept(status);
          } else if (!ZeroCheck.isZero(sample)) {
            nextMethod(startBlock, blocks, done);
          } else if (block == last) {
            done.accept(BlockStatus.SUCCESS);
          } else {
            long distance = SAMPLE_DISTANCE_BYTES >> access.geometry().blockShift();
            long next = Math.min(block + distance, last);
            access.reactor().execute(() -> readBack(next, startBlock, blocks, done));
          }
        });
  }

  /** Fills the scratch area, zeroes it the way in question, and looks; then goes on. */
  private void tryOut(long startBlock, long blocks, Consumer<BlockStatus> done) {
    if (method() == Method.WRITE) {
      triedOut = true;
      zero(startBlock, blocks, done);
      return;
    }
    long scratchBlock = DiskLayout.SCRATCH_OFFSET_BYTES >> access.geometry().blockShift();
    long scratchBlocks = DiskLayout.SCRATCH_BYTES >> access.geometry().blockShift();
    scratch.fill(PATTERN);
    Consumer<BlockStatus> looked =
        status -> {
          if (status.isSuccess() && ZeroCheck.isZero(scratch)) {
            triedOut = true;
            zero(startBlock, blocks, done);
          } else if (status.isSuccess() || status == BlockStatus.INVALID) {
            nextMethod(startBlock, blocks, done);
          } else {
            done.accept(status);
          }
        };
    new Sequence(looked)
        .then(next -> access.write(scratchBlock, scratch, 0, scratch.byteSize(), next))
        .then(access::flush)
        .then(next -> zeroStep(scratchBlock, scratchBlocks, next))
        .then(access::flush)
        .then(next -> {
          scratch.set(ValueLayout.JAVA_BYTE, 0, PATTERN);
          access.read(scratchBlock, scratch, 0, scratch.byteSize(), next);
        })
        .start();
  }
}
