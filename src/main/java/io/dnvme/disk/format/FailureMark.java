package io.dnvme.disk.format;

import static io.dnvme.disk.format.PageCodec.LONG;

import io.dnvme.nvme.UuidBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.UUID;

/**
 * What a disk says of flushes that failed in its life, so that a process that opens it later does
 * not trust what may be lost (INTENT, NO-SILENT-LOSS): with a mark it has another power incarnation
 * than the machine's boot, and with each further mark another one. It stays: there is no need to
 * take it away. Little-endian, 4096 bytes:
 *
 * <pre>
 *    0  8  magic "dnvmLOST"
 *   16 16  another number at every failure
 * </pre>
 *
 * <p>No checksum: whatever follows the magic, any other value means another incarnation.
 */
public final class FailureMark {

  static final int SIZE_BYTES = 4096;

  /** "dnvmLOST" read as a little-endian number. */
  private static final long MAGIC = 0x54534f4c_6d766e64L;

  private static final int NUMBER_AT = 16;

  private FailureMark() {}

  /**
   * Marks the disk in this file, which its own open file descriptions cannot do any more: they have
   * failed. It survives this process at least, and where it can be flushed the machine. What is no
   * disk of ours is not touched. Blocks.
   *
   * @throws UncheckedIOException where it cannot be written, or cannot be seen to be a disk of ours
   */
  public static void write(Path file) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      write(channel);
    } catch (IOException e) {
      throw new UncheckedIOException("its failure cannot be marked: " + e.getMessage(), e);
    }
  }

  static void write(FileChannel channel) throws IOException {
    if (!isOurs(channel)) {
      return;
    }
    MemorySegment page = DeviceAccess.allocate(SIZE_BYTES);
    encode(page, UUID.randomUUID());
    try {
      writeOnce(channel, page);
    } catch (IOException toldOfALoss) {
      // The kernel tells each description once of what was lost before it, and of what is lost now:
      // the page of the mark may count as written since, and be in the cache only. A reader past
      // the cache would not see it.
      writeOnce(channel, page);
    }
  }

  private static void writeOnce(FileChannel channel, MemorySegment page) throws IOException {
    channel.write(page.asByteBuffer(), DiskLayout.FAILURE_MARK_OFFSET_BYTES);
    channel.force(false);
  }

  /**
   * As who opens it would say: one copy of the superblock suffices, and nobody else's beside it.
   */
  private static boolean isOurs(FileChannel channel) throws IOException {
    var readable = new ArrayList<MemorySegment>();
    IOException unreadable = null;
    for (long offset : DiskLayout.SUPERBLOCK_OFFSETS_BYTES) {
      MemorySegment copy = DeviceAccess.allocate(Superblock.SIZE_BYTES);
      try {
        channel.read(copy.asByteBuffer(), offset);
        readable.add(copy);
      } catch (IOException e) {
        unreadable = e;
      }
    }
    for (MemorySegment copy : readable) {
      if (Superblock.read(copy) instanceof StoreOutcome.Done<Superblock>(Superblock found)) {
        return readable.stream().noneMatch(found::wasOverwritten);
      }
    }
    if (unreadable != null) {
      throw unreadable;
    }
    return false;
  }

  static void encode(MemorySegment page, UUID number) {
    page.asSlice(0, SIZE_BYTES).fill((byte) 0);
    page.set(LONG, 0, MAGIC);
    UuidBytes.write(page, NUMBER_AT, number);
  }

  /**
   * The power incarnation of a disk.
   *
   * @param boot what it is without a mark
   * @param page where the mark would be; null where that cannot be read
   */
  static UUID incarnation(UUID boot, MemorySegment page) {
    if (page == null) {
      return new UUID(~boot.getMostSignificantBits(), ~boot.getLeastSignificantBits());
    }
    if (page.get(LONG, 0) != MAGIC) {
      return boot;
    }
    UUID number = UuidBytes.read(page, NUMBER_AT);
    return new UUID(
        boot.getMostSignificantBits() ^ number.getMostSignificantBits(),
        boot.getLeastSignificantBits() ^ number.getLeastSignificantBits());
  }
}
