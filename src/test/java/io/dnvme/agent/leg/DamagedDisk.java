package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.MemoryDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A physical disk in memory, whose content rots and whose blocks go bad when a test says so. */
final class DamagedDisk implements BlockDevice {

  private static final int PIECE_BLOCKS = 64;

  private final ManualReactor reactor;
  private final MemoryDevice inner;
  private final int blockSize;
  private final Set<Long> bad = new TreeSet<>();
  private long reads;

  DamagedDisk(ManualReactor reactor, BlockGeometry geometry) throws DeviceOpenException {
    this.reactor = reactor;
    inner = new MemoryDevice(geometry);
    blockSize = geometry.blockSizeBytes();
  }

  /** The blocks all of whose bytes have that value, in order. */
  List<Long> blocksOf(int value) {
    List<Long> found = new ArrayList<>();
    byte[] piece = new byte[PIECE_BLOCKS * blockSize];
    for (long at = 0; at < geometry().blockCount(); at += PIECE_BLOCKS) {
      transfer(BlockOp.READ, at, piece);
      for (int i = 0; i < PIECE_BLOCKS; i++) {
        if (isFilled(piece, i * blockSize, value)) {
          found.add(at + i);
        }
      }
    }
    return found;
  }

  private boolean isFilled(byte[] piece, int from, int value) {
    for (int i = from; i < from + blockSize; i++) {
      if (piece[i] != (byte) value) {
        return false;
      }
    }
    return true;
  }

  /** One bit of the block turns, and nobody is told. */
  void rot(long block) {
    byte[] content = new byte[blockSize];
    transfer(BlockOp.READ, block, content);
    content[blockSize / 3] ^= 0x10;
    transfer(BlockOp.WRITE, block, content);
  }

  /** The block cannot be read until it is written. */
  void goBad(long block) {
    bad.add(block);
  }

  boolean isBad(long block) {
    return bad.contains(block);
  }

  /** Reads that it was asked for. */
  long reads() {
    return reads;
  }

  private void transfer(BlockOp op, long block, byte[] content) {
    List<BlockStatus> outcomes = new ArrayList<>();
    reactor.run(() -> {
      BlockIo io = new BlockIo(reactor).prepare(op, block, content.length / blockSize);
      boolean lent = op == BlockOp.READ && inner.traits().lendsReads();
      if (!lent) {
        io.data().add(MemorySegment.ofArray(content), 0, content.length);
      }
      io.onCompletion(
          over -> {
            if (lent) {
              over.data().copyTo(MemorySegment.ofArray(content), 0);
            }
            over.release();
            outcomes.add(over.status());
          },
          null);
      inner.submit(io);
    });
    if (!List.of(BlockStatus.SUCCESS).equals(outcomes)) {
      throw new AssertionError(op + " of block " + block + ": " + outcomes);
    }
  }

  @Override
  public BlockGeometry geometry() {
    return inner.geometry();
  }

  @Override
  public DeviceTraits traits() {
    return inner.traits();
  }

  @Override
  public void submit(BlockIo io) {
    long end = io.startBlock() + io.blockCount();
    boolean hit = bad.stream().anyMatch(block -> block >= io.startBlock() && block < end);
    reads += io.op() == BlockOp.READ ? 1 : 0;
    if (io.op() == BlockOp.WRITE) {
      bad.removeIf(block -> block >= io.startBlock() && block < end);
    } else if (hit && io.op() == BlockOp.READ) {
      io.complete(BlockStatus.READ_FAULT);
      return;
    }
    inner.submit(io);
  }

  @Override
  public void close() {
    inner.close();
  }
}
