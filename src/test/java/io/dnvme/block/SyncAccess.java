package io.dnvme.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A device as a test likes it: one command at a time on one reactor, from the test's thread, with
 * arrays for data. Data travels in the reactor's buffers, split into ranges at odd places, and is
 * scribbled over as soon as the device promised not to look any more.
 */
public final class SyncAccess {

  private static final byte SCRIBBLE = (byte) 0xDB;

  /** Where the second range of a command's data begins, when it is split. */
  private static final int SPLIT_BYTES = 1536;

  private final BlockDevice device;
  private final TestReactor reactor;
  private final BlockIo io;

  public SyncAccess(BlockDevice device, TestReactor reactor) {
    this.device = device;
    this.reactor = reactor;
    io = new BlockIo(reactor);
  }

  /** The content, or an {@link AssertionError} where the read fails. */
  public byte[] read(long startBlock, int blocks) {
    byte[] content = new byte[blocks * device.geometry().blockSizeBytes()];
    BlockStatus status = tryRead(startBlock, blocks, content);
    if (!status.isSuccess()) {
      throw new AssertionError("read [" + startBlock + ", +" + blocks + "): " + status);
    }
    return content;
  }

  public BlockStatus tryRead(long startBlock, int blocks, byte[] content) {
    Buffer buffer = device.traits().lendsReads() ? null : acquire(content.length);
    return run(
        () -> {
          io.prepare(BlockOp.READ, startBlock, blocks);
          if (buffer != null) {
            split(io.data(), buffer.segment(), 0, content.length);
          }
        },
        () -> {
          if (io.status().isSuccess()) {
            io.data().copyTo(MemorySegment.ofArray(content), 0);
          }
          io.release();
          if (buffer != null) {
            buffer.giveBack();
          }
        });
  }

  public BlockStatus write(long startBlock, byte[] content) {
    return withData(BlockOp.WRITE, startBlock, content, false);
  }

  /** A write with force unit access. */
  public BlockStatus writeThrough(long startBlock, byte[] content) {
    return withData(BlockOp.WRITE, startBlock, content, true);
  }

  public BlockStatus compare(long startBlock, byte[] content) {
    return withData(BlockOp.COMPARE, startBlock, content, false);
  }

  public BlockStatus compareAndWrite(long startBlock, byte[] expected, byte[] content) {
    Buffer buffer = acquire(expected.length + content.length);
    return run(
        () -> {
          MemorySegment memory = buffer.segment();
          MemorySegment.copy(expected, 0, memory, ValueLayout.JAVA_BYTE, 0, expected.length);
          MemorySegment.copy(
              content, 0, memory, ValueLayout.JAVA_BYTE, expected.length, content.length);
          io.prepare(BlockOp.COMPARE_AND_WRITE, startBlock, blocks(content));
          split(io.compareData(), memory, 0, expected.length);
          split(io.data(), memory, expected.length, content.length);
        },
        buffer::giveBack);
  }

  public BlockStatus flush() {
    return withoutData(io -> io.prepare(BlockOp.FLUSH, 0, 0));
  }

  public BlockStatus writeZeroes(long startBlock, long blocks, boolean mayDeallocate) {
    return withoutData(
        io -> io.prepare(BlockOp.WRITE_ZEROES, startBlock, blocks).mayDeallocate(mayDeallocate));
  }

  public BlockStatus deallocate(long startBlock, long blocks) {
    return withoutData(io -> io.prepare(BlockOp.DEALLOCATE, startBlock, blocks));
  }

  /** Whatever {@code prepare} makes of the command; nothing is done with its data. */
  public BlockStatus withoutData(Consumer<BlockIo> prepare) {
    return run(() -> prepare.accept(io), io::release);
  }

  private BlockStatus withData(BlockOp op, long startBlock, byte[] content, boolean unitAccess) {
    Buffer buffer = acquire(content.length);
    return run(
        () -> {
          MemorySegment memory = buffer.segment();
          MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, 0, content.length);
          io.prepare(op, startBlock, blocks(content)).forceUnitAccess(unitAccess);
          split(io.data(), memory, 0, content.length);
        },
        buffer::giveBack);
  }

  private BlockStatus run(Runnable prepare, Runnable finish) {
    var done = new CompletableFuture<BlockStatus>();
    reactor.run(() -> {
      prepare.run();
      boolean scribble = io.op() != BlockOp.READ && device.traits().consumesWritesOnSubmit();
      var data = new IoVector().addPart(io.data(), 0, io.data().lengthBytes());
      data.addPart(io.compareData(), 0, io.compareData().lengthBytes());
      io.onCompletion(
          completed -> {
            if (!reactor.inReactor()) {
              done.completeExceptionally(new AssertionError("completed off its reactor"));
              return;
            }
            reactor.execute(() -> {
              finish.run();
              done.complete(completed.status());
            });
          },
          this);
      device.submit(io);
      if (scribble) {
        scribble(data);
      }
    });
    return TestReactor.await(done);
  }

  private static void scribble(IoVector data) {
    for (int i = 0; i < data.count(); i++) {
      data.segment(i).asSlice(data.offsetBytes(i), data.lengthBytes(i)).fill(SCRIBBLE);
    }
  }

  private static void split(IoVector vector, MemorySegment memory, long offset, int length) {
    if (length > SPLIT_BYTES) {
      vector.add(memory, offset, SPLIT_BYTES);
      vector.add(memory, offset + SPLIT_BYTES, length - SPLIT_BYTES);
    } else {
      vector.add(memory, offset, length);
    }
  }

  private Buffer acquire(int lengthBytes) {
    return reactor.call(() -> reactor.buffers().tryAcquire(Math.max(lengthBytes, 1)));
  }

  private long blocks(byte[] content) {
    return content.length / device.geometry().blockSizeBytes();
  }
}
