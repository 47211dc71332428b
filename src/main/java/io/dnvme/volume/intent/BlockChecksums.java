package io.dnvme.volume.intent;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.IoVector;
import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;

/**
 * The checksums of blocks as pages of them hold them: CRC32C, and never 0, which means that nothing
 * vouches for the block. On one reactor.
 */
final class BlockChecksums {

  private final int blockSizeBytes;
  private final Crc32c crc = new Crc32c();
  private final int zeroes;

  BlockChecksums(int blockSizeBytes) {
    this.blockSizeBytes = blockSizeBytes;
    zeroes = of(MemorySegment.ofArray(new byte[blockSizeBytes]), 0);
  }

  int of(MemorySegment memory, long offsetBytes) {
    return stored(crc.of(memory, offsetBytes, blockSizeBytes));
  }

  /**
   * @param block of those that the data holds, from 0 on
   */
  int of(IoVector data, int block) {
    return stored(crc.of(data, (long) block * blockSizeBytes, blockSizeBytes));
  }

  /**
   * What a write makes of a block.
   *
   * @param block of those that the write has, from 0 on
   */
  int written(BlockIo write, long block) {
    return write.op() == BlockOp.WRITE ? of(write.data(), (int) block) : zeroes;
  }

  private static int stored(int checksum) {
    return checksum == 0 ? 1 : checksum;
  }
}
