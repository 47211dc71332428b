package io.dnvme.volume.intent;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/**
 * The medium of a simulated member: blocks with a volatile cache. When the power goes, each block
 * that was not flushed keeps its old content or has its new one, on its own (torn and reordered
 * writes).
 */
final class CrashDevice {

  final BlockGeometry geometry;
  private final byte[] medium;
  private final byte[] cached;
  private final BitSet unflushed = new BitSet();
  private final BitSet unreadable = new BitSet();

  /** Bytes of which a bit is not what was written. */
  private final BitSet rotten = new BitSet();

  private int powerIncarnation = 1;

  CrashDevice(BlockGeometry geometry) {
    this.geometry = geometry;
    medium = new byte[(int) geometry.sizeBytes()];
    cached = new byte[(int) geometry.sizeBytes()];
  }

  int powerIncarnation() {
    return powerIncarnation;
  }

  /** What a reader sees. */
  byte[] bytes(long startBlock, long blockCount) {
    int from = (int) startBlock << geometry.blockShift();
    return Arrays.copyOfRange(cached, from, from + ((int) blockCount << geometry.blockShift()));
  }

  /** What is left when the power goes now and everything unflushed is lost. */
  byte[] mediumBytes() {
    return medium.clone();
  }

  /** The same as if nothing had rotted since it was written. */
  byte[] writtenBytes() {
    byte[] written = medium.clone();
    rotten.stream().forEach(at -> written[at] ^= 1);
    return written;
  }

  /** Reads of the block fail until it is written. */
  void spoil(long block) {
    unreadable.set((int) block);
  }

  /** Flips a bit of what is stored. */
  void rot(long block, int offset) {
    int at = ((int) block << geometry.blockShift()) + offset;
    cached[at] ^= 1;
    medium[at] ^= 1;
    rotten.flip(at);
  }

  /** Begins anew, with nothing: a memory disk whose process ended. */
  void empty() {
    Arrays.fill(medium, (byte) 0);
    Arrays.fill(cached, (byte) 0);
    unflushed.clear();
    rotten.clear();
    powerIncarnation++;
  }

  /** Somebody puts an older image of it in its place, and starts its machine anew. */
  void putBack(byte[] image) {
    System.arraycopy(image, 0, medium, 0, image.length);
    System.arraycopy(image, 0, cached, 0, image.length);
    unflushed.clear();
    unreadable.clear();
    rotten.clear();
    powerIncarnation++;
  }

  void losePower(Random random) {
    for (int block = unflushed.nextSetBit(0); block >= 0; block = unflushed.nextSetBit(block + 1)) {
      if (random.nextBoolean()) {
        copyBlock(block, cached, medium);
      } else {
        copyBlock(block, medium, cached);
      }
    }
    unflushed.clear();
    powerIncarnation++;
  }

  /** Of a command that was under way when the power went, some blocks take effect. */
  void tear(BlockIo io, byte[] data, Random random) {
    if (io.op() != BlockOp.WRITE) {
      return;
    }
    for (int i = 0; i < io.blockCount(); i++) {
      if (random.nextBoolean()) {
        put((int) io.startBlock() + i, data, i, true);
      }
    }
  }

  /** Carries a command out; the data of a write was taken when it was submitted. */
  BlockStatus apply(BlockIo io, byte[] data) {
    int start = (int) io.startBlock();
    int count = (int) io.blockCount();
    switch (io.op()) {
      case READ -> {
        if (unreadable.get(start, start + count).cardinality() > 0) {
          return BlockStatus.READ_FAULT;
        }
        io.data().copyFrom(MemorySegment.ofArray(bytes(start, count)), 0);
      }
      case WRITE -> {
        for (int i = 0; i < count; i++) {
          put(start + i, data, i, io.forceUnitAccess());
        }
      }
      case FLUSH -> {
        System.arraycopy(cached, 0, medium, 0, cached.length);
        unflushed.clear();
      }
      default -> {
        return BlockStatus.INVALID;
      }
    }
    return BlockStatus.SUCCESS;
  }

  private void put(int block, byte[] data, int dataBlock, boolean durable) {
    int size = geometry.blockSizeBytes();
    System.arraycopy(data, dataBlock * size, cached, block * size, size);
    unreadable.clear(block);
    rotten.clear(block * size, (block + 1) * size);
    if (durable) {
      copyBlock(block, cached, medium);
      unflushed.clear(block);
    } else {
      unflushed.set(block);
    }
  }

  private void copyBlock(int block, byte[] from, byte[] to) {
    int size = geometry.blockSizeBytes();
    System.arraycopy(from, block * size, to, block * size, size);
  }
}
