package io.dnvme.main.bench;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A disk in memory that tells lies when the test wants them. Completes commands a task later. */
final class LyingDevice implements BlockDevice {

  /** What goes wrong with one write. */
  enum Lie {
    NONE,
    /** Acknowledged and not done. */
    FORGET,
    /** Done one block further on. */
    MISPLACE,
    /** Done with one bit wrong. */
    DAMAGE,
    /** Not done, and said so. */
    FAIL
  }

  static final int BLOCK_BYTES = 512;

  private final MemorySegment disk;
  private final BlockGeometry geometry;
  Lie lie = Lie.NONE;
  int truthsBefore = Integer.MAX_VALUE;
  int reads;
  int writes;

  LyingDevice(long blocks) {
    geometry = new BlockGeometry(BLOCK_BYTES, blocks);
    disk = Arena.ofAuto().allocate(geometry.sizeBytes());
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public DeviceTraits traits() {
    return new DeviceTraits(false, false, false, false, 1 << 20);
  }

  @Override
  public void submit(BlockIo io) {
    io.reactor().execute(() -> io.complete(execute(io)));
  }

  @Override
  public void close() {}

  private BlockStatus execute(BlockIo io) {
    long at = io.startBlock() * BLOCK_BYTES;
    if (io.op() == BlockOp.READ) {
      reads++;
      io.data().copyFrom(disk, at);
      return BlockStatus.SUCCESS;
    }
    writes++;
    switch (truthsBefore-- > 0 ? Lie.NONE : lie) {
      case NONE -> io.data().copyTo(disk, at);
      case FORGET -> {}
      case MISPLACE -> io.data().copyTo(disk, (at + BLOCK_BYTES) % (disk.byteSize() / 2));
      case DAMAGE -> {
        io.data().copyTo(disk, at);
        byte old = disk.get(ValueLayout.JAVA_BYTE, at + 100);
        disk.set(ValueLayout.JAVA_BYTE, at + 100, (byte) (old ^ 1));
      }
      case FAIL -> {
        return BlockStatus.WRITE_FAULT;
      }
    }
    return BlockStatus.SUCCESS;
  }
}
