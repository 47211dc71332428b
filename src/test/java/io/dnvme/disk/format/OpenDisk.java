package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** Asks a disk for things and waits, under virtual time, for what becomes of them. */
final class OpenDisk {

  static final UUID CLUSTER = new UUID(1, 1);
  static final UUID NODE = new UUID(2, 1);
  static final UUID DISK = new UUID(2, 2);
  static final UUID BOOT = new UUID(3, 3);
  static final UUID LEG = new UUID(4, 4);
  static final long EXTENT_BYTES = 4L << 20;
  static final int RECORD_PAGES = 4;

  /** What the tables of a small disk and its records take. */
  static final long FIRST_EXTENT_BYTES = 5L << 20;

  private static final long LONG_NANOS = 60_000_000_000L;

  private final ManualReactor reactor;
  private final BlockDevice device;

  OpenDisk(ManualReactor reactor, BlockDevice device) {
    this.reactor = reactor;
    this.device = device;
  }

  static DiskFormatOptions options() {
    return DiskFormatOptions.defaults(CLUSTER, DISK)
        .withNode(NODE)
        .withExtentBytes(EXTENT_BYTES)
        .withRecordPages(RECORD_PAGES);
  }

  /** What {@code work} told its consumer, which must be one thing. */
  <T> T await(Consumer<Consumer<T>> work) {
    var outcomes = new ArrayList<T>();
    reactor.run(() -> work.accept(outcomes::add));
    reactor.advance(LONG_NANOS);
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  <T> T done(Consumer<Consumer<StoreOutcome<T>>> work) {
    return switch (await(work)) {
      case Done<T>(T value) -> value;
      case Refused<T>(Reason reason, String message) ->
          throw new AssertionError(reason + ": " + message);
    };
  }

  <T> Refused<T> refused(Consumer<Consumer<StoreOutcome<T>>> work) {
    return switch (await(work)) {
      case Done<T>(T value) -> throw new AssertionError("it was done: " + value);
      case Refused<T> refused -> refused;
    };
  }

  void format() {
    format(options());
  }

  void format(DiskFormatOptions options) {
    this.<UUID>done(done -> DiskStore.format(reactor, device, options, done));
  }

  /** Opens it, and waits until all is zeroed. */
  DiskStore open(PlantedBug... bugs) {
    return done(done -> DiskStore.open(reactor, device, CLUSTER, BOOT, Set.of(bugs), done));
  }

  LogicalDisk allocate(DiskStore store, UUID id, int extents) {
    return done(done -> store.allocate(id, LEG, extents, Description.NONE, done));
  }

  LogicalDisk grow(DiskStore store, UUID id, int extents) {
    return done(done -> store.grow(id, store.asked(id), extents, done));
  }

  BlockStatus write(BlockDevice target, long startBlock, byte[] content) {
    return await(done -> {
      BlockIo io = command(target, BlockOp.WRITE, startBlock, content.length, done);
      io.data().add(MemorySegment.ofArray(content), 0, content.length);
      target.submit(io);
    });
  }

  byte[] read(BlockDevice target, long startBlock, int lengthBytes) {
    byte[] content = new byte[lengthBytes];
    BlockStatus status =
        await(done -> {
          BlockIo io = new BlockIo(reactor);
          io.prepare(BlockOp.READ, startBlock, lengthBytes >> target.geometry().blockShift());
          if (!target.traits().lendsReads()) {
            io.data().add(MemorySegment.ofArray(content), 0, lengthBytes);
          }
          io.onCompletion(
              ended -> {
                if (target.traits().lendsReads()) {
                  io.data().copyTo(MemorySegment.ofArray(content), 0);
                }
                io.release();
                done.accept(ended.status());
              },
              null);
          target.submit(io);
        });
    assertThat(status).isEqualTo(BlockStatus.SUCCESS);
    return content;
  }

  BlockStatus submit(BlockDevice target, BlockOp op, long startBlock, long blocks) {
    return await(done ->
        target.submit(
            new BlockIo(reactor)
                .prepare(op, startBlock, blocks)
                .onCompletion(io -> done.accept(io.status()), null)));
  }

  private BlockIo command(
      BlockDevice target,
      BlockOp op,
      long startBlock,
      int lengthBytes,
      Consumer<BlockStatus> done) {
    return new BlockIo(reactor)
        .prepare(op, startBlock, lengthBytes >> target.geometry().blockShift())
        .onCompletion(io -> done.accept(io.status()), null);
  }
}
