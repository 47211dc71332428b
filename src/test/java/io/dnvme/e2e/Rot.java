package io.dnvme.e2e;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Flips bytes on a disk that nobody has open, in the blocks that fio wrote, which it finds by the
 * header that fio begins each with (fio's verify.h).
 */
final class Rot {

  private static final int DISK_BLOCK_BYTES = 4096;
  private static final short FIO_MAGIC = (short) 0xacca;
  private static final int FIO_LENGTH_AT = 4;
  private static final int FIO_OFFSET_AT = 16;

  /** In what fio's checksum covers. */
  private static final int FLIPPED_AT = 2048;

  private Rot() {}

  /**
   * Flips one byte of some of fio's blocks.
   *
   * @param fromBytes those at this place of the virtual disk, and before {@code toBytes}
   * @param fioBlockBytes what fio wrote at a time
   * @param stepBytes how far they are from each other
   * @return how many
   */
  static int inFioBlocks(
      Path image, long fromBytes, long toBytes, int fioBlockBytes, long stepBytes)
      throws IOException {
    int flipped = 0;
    ByteBuffer block = ByteBuffer.allocate(DISK_BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (var file = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (long at = 0; file.read(block.clear(), at) == DISK_BLOCK_BYTES; at += DISK_BLOCK_BYTES) {
        long offset = block.getLong(FIO_OFFSET_AT);
        if (block.getShort(0) == FIO_MAGIC
            && block.getInt(FIO_LENGTH_AT) == fioBlockBytes
            && offset >= fromBytes
            && offset < toBytes
            && (offset - fromBytes) % stepBytes == 0) {
          byte wrong = (byte) ~block.get(FLIPPED_AT);
          file.write(ByteBuffer.wrap(new byte[] {wrong}), at + FLIPPED_AT);
          flipped++;
        }
      }
    }
    return flipped;
  }
}
