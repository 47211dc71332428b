package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.RequestCheck;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A disk in an array, whose commands take effect and complete when the test says so: one by one in
 * any order, or at once.
 */
final class SteeredDevice implements BlockDevice {

  private final BlockGeometry geometry;
  private final DeviceTraits traits;
  private final byte[] content;
  private final List<BlockIo> held = new ArrayList<>();
  private Consumer<BlockIo> onSubmit = io -> {};
  private boolean holding;
  private BlockStatus down;
  private boolean closed;
  private long reads;
  private long writes;
  private long flushes;

  SteeredDevice(BlockGeometry geometry, byte[] content, boolean volatileCache) {
    this.geometry = geometry;
    this.content = content;
    traits = new DeviceTraits(false, false, volatileCache, true, 64 << 10);
  }

  SteeredDevice(BlockGeometry geometry) {
    this(geometry, new byte[(int) geometry.sizeBytes()], false);
  }

  /** Told of each command before anything happens to it. */
  void onSubmit(Consumer<BlockIo> watcher) {
    onSubmit = watcher;
  }

  /** Commands wait for {@link #run} and {@link #fail}. */
  void hold() {
    holding = true;
  }

  /** Commands are carried out at once, the waiting ones first. */
  void goOn() {
    holding = false;
    runAll();
  }

  void runAll() {
    while (!held.isEmpty()) {
      run(0);
    }
  }

  /** Every command fails with {@code status} from now on, the waiting ones too; null: no more. */
  void down(BlockStatus status) {
    down = status;
    while (status != null && !held.isEmpty()) {
      fail(0, status);
    }
  }

  int held() {
    return held.size();
  }

  BlockIo heldCommand(int index) {
    return held.get(index);
  }

  /** Carries a waiting command out. */
  void run(int index) {
    BlockIo io = held.remove(index);
    io.complete(execute(io));
  }

  /** Fails a waiting command, of which nothing was done. */
  void fail(int index, BlockStatus status) {
    held.remove(index).complete(status);
  }

  /** Carries a waiting command out, and says that it failed. */
  void failAfterwards(int index, BlockStatus status) {
    BlockIo io = held.remove(index);
    execute(io);
    io.complete(status);
  }

  byte[] content() {
    return content;
  }

  /** The first byte of a block: tests fill blocks with one value. */
  int value(long block) {
    return content[(int) block * geometry.blockSizeBytes()];
  }

  long reads() {
    return reads;
  }

  long writes() {
    return writes;
  }

  long flushes() {
    return flushes;
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public DeviceTraits traits() {
    return traits;
  }

  @Override
  public void submit(BlockIo io) {
    onSubmit.accept(io);
    switch (io.op()) {
      case READ, COMPARE -> reads++;
      case WRITE, WRITE_ZEROES, DEALLOCATE, COMPARE_AND_WRITE -> writes++;
      case FLUSH -> flushes++;
    }
    if (down != null) {
      io.complete(down);
    } else if (holding) {
      held.add(io);
    } else {
      io.complete(execute(io));
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private BlockStatus execute(BlockIo io) {
    BlockStatus refusal = RequestCheck.check(io, geometry, traits);
    if (!refusal.isSuccess() || io.op() == BlockOp.FLUSH) {
      return refusal;
    }
    MemorySegment memory = MemorySegment.ofArray(content);
    long at = io.startBlock() << geometry.blockShift();
    long length = io.blockCount() << geometry.blockShift();
    return switch (io.op()) {
      case READ -> {
        io.data().copyFrom(memory, at);
        yield BlockStatus.SUCCESS;
      }
      case WRITE -> {
        io.data().copyTo(memory, at);
        yield BlockStatus.SUCCESS;
      }
      case COMPARE ->
          io.data().contentEquals(memory, at) ? BlockStatus.SUCCESS : BlockStatus.COMPARE_FAILED;
      case WRITE_ZEROES, DEALLOCATE -> {
        memory.asSlice(at, length).fill((byte) 0);
        yield BlockStatus.SUCCESS;
      }
      case COMPARE_AND_WRITE, FLUSH -> BlockStatus.INVALID;
    };
  }
}
