package io.dnvme.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * Several commands at a time on one reactor that read and write the same few blocks as everybody
 * else. Each write fills its blocks with one number; a block that is read with two was torn.
 */
final class TearingTraffic {

  private static final int BLOCKS = 24;
  private static final int MOST_BLOCKS_PER_COMMAND = 12;

  private final BlockDevice device;
  private final TestReactor reactor;
  private final SplittableRandom random;
  private final int depth;
  private final int blockSize;
  private final CompletableFuture<Optional<String>> done = new CompletableFuture<>();
  private String torn;
  private int left;
  private int running;

  TearingTraffic(BlockDevice device, TestReactor reactor, long seed, int depth, int commands) {
    this.device = device;
    this.reactor = reactor;
    this.depth = depth;
    random = new SplittableRandom(seed);
    blockSize = device.geometry().blockSizeBytes();
    left = commands;
  }

  void start() {
    reactor.run(() -> {
      running = depth;
      for (int i = 0; i < depth; i++) {
        var buffer = reactor.buffers().tryAcquire(MOST_BLOCKS_PER_COMMAND * blockSize);
        next(new BlockIo(reactor), buffer);
      }
    });
  }

  /** What was wrong, if anything. */
  Optional<String> await() {
    return TestReactor.await(done);
  }

  private void next(BlockIo io, Buffer buffer) {
    if (left-- <= 0 || torn != null) {
      buffer.giveBack();
      if (--running == 0) {
        done.complete(Optional.ofNullable(torn));
      }
      return;
    }
    int blocks = 1 + random.nextInt(MOST_BLOCKS_PER_COMMAND);
    int start = random.nextInt(BLOCKS - blocks + 1);
    boolean writes = random.nextInt(3) == 0;
    io.onCompletion(completed -> completed(completed, buffer), null);
    if (writes) {
      fill(buffer.segment(), blocks, random.nextLong());
      io.prepare(BlockOp.WRITE, start, blocks);
      io.data().add(buffer.segment(), 0, (long) blocks * blockSize);
    } else {
      io.prepare(BlockOp.READ, start, blocks);
      if (!device.traits().lendsReads()) {
        io.data().add(buffer.segment(), 0, (long) blocks * blockSize);
      }
    }
    device.submit(io);
    if (writes && device.traits().consumesWritesOnSubmit()) {
      for (int i = 0; i < blocks * blockSize; i += Long.BYTES) {
        buffer.segment().set(ValueLayout.JAVA_LONG, i, i);
      }
    }
  }

  /** Views that were lent are looked at two turns later: they must not change meanwhile. */
  private void completed(BlockIo io, Buffer buffer) {
    io.stampNanos(Arrays.hashCode(content(io)));
    reactor.execute(() -> reactor.execute(() -> check(io, buffer)));
  }

  private void check(BlockIo io, Buffer buffer) {
    if (!io.status().isSuccess()) {
      torn = "failed: " + io;
    } else if (io.op() == BlockOp.READ) {
      byte[] content = content(io);
      if (Arrays.hashCode(content) != io.stampNanos()) {
        torn = "changed after it completed: " + io;
      }
      checkBlocks(io, MemorySegment.ofArray(content));
    }
    io.release();
    next(io, buffer);
  }

  private static byte[] content(BlockIo io) {
    byte[] content = new byte[(int) io.data().lengthBytes()];
    io.data().copyTo(MemorySegment.ofArray(content), 0);
    return content;
  }

  private void checkBlocks(BlockIo io, MemorySegment content) {
    for (long block = 0; block < content.byteSize(); block += blockSize) {
      long number = content.get(ValueLayout.JAVA_LONG_UNALIGNED, block);
      for (long at = block; at < block + blockSize; at += Long.BYTES) {
        if (content.get(ValueLayout.JAVA_LONG_UNALIGNED, at) != number) {
          torn = "torn at byte " + at + " of " + io;
          return;
        }
      }
    }
  }

  private void fill(MemorySegment memory, int blocks, long number) {
    for (long at = 0; at < (long) blocks * blockSize; at += Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG, at, number);
    }
  }
}
