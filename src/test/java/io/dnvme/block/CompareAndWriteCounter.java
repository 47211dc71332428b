package io.dnvme.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;

/**
 * Counts up a number in block 0 by compare-and-write alone, some number of times, against whoever
 * else does: what is lost between them shows in the sum.
 */
final class CompareAndWriteCounter {

  private final BlockDevice device;
  private final TestReactor reactor;
  private final int blockSize;
  private final BlockIo io;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private Buffer expected;
  private Buffer wanted;
  private long counted;
  private int left;

  CompareAndWriteCounter(BlockDevice device, TestReactor reactor, int rounds) {
    this.device = device;
    this.reactor = reactor;
    blockSize = device.geometry().blockSizeBytes();
    io = new BlockIo(reactor);
    left = rounds;
  }

  void start() {
    reactor.run(() -> {
      expected = reactor.buffers().tryAcquire(blockSize);
      wanted = reactor.buffers().tryAcquire(blockSize);
      submit();
    });
  }

  void await() {
    TestReactor.await(done);
  }

  static long value(byte[] block) {
    return MemorySegment.ofArray(block).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
  }

  private void submit() {
    fill(expected.segment(), counted);
    fill(wanted.segment(), counted + 1);
    io.prepare(BlockOp.COMPARE_AND_WRITE, 0, 1).onCompletion(this::completed, null);
    io.compareData().add(expected.segment(), 0, blockSize);
    io.data().add(wanted.segment(), 0, blockSize);
    device.submit(io);
  }

  /** The number in every word of the block, so that a mixture of two is equal to none. */
  private void fill(MemorySegment block, long value) {
    for (long at = 0; at < blockSize; at += Long.BYTES) {
      block.set(ValueLayout.JAVA_LONG, at, value);
    }
  }

  private void completed(BlockIo completed) {
    switch (completed.status()) {
      case SUCCESS -> {
        counted++;
        left--;
      }
      // The other one was faster: its numbers are found by trying, for they only go up.
      case COMPARE_FAILED -> counted++;
      default -> {
        done.completeExceptionally(new AssertionError(completed));
        return;
      }
    }
    reactor.execute(left == 0 ? this::finish : this::submit);
  }

  private void finish() {
    expected.giveBack();
    wanted.giveBack();
    done.complete(null);
  }
}
