package io.dnvme.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small file that is replaced as a whole: whatever happens, the old content or the new one is
 * found afterwards, and damage is found out (NO-SILENT-LOSS). Little-endian:
 *
 * <pre>
 *   0    8 bytes   magic, says what the file is
 *   8    4 bytes   version of the content's format
 *   12   4 bytes   length of the content, n
 *   16   n bytes   content
 *   16+n 4 bytes   CRC32C of all that precedes it
 * </pre>
 *
 * The new content is written beside the file, flushed, and renamed over it; then the directory is
 * flushed. Blocks; one thread at a time.
 */
public final class DurableFile {

  /** Content that a file may have, in bytes. */
  public static final int MAX_CONTENT_BYTES = 1 << 20;

  private static final int HEADER_BYTES = 16;
  private static final int CRC_BYTES = 4;

  private final Path path;
  private final Path next;
  private final long magic;
  private final int version;

  /**
   * @param path where it is; its directory exists
   * @param magic eight characters, the first in the lowest byte
   * @param version the only one that is understood
   */
  public DurableFile(Path path, long magic, int version) {
    this.path = path.toAbsolutePath();
    this.next = this.path.resolveSibling(this.path.getFileName() + ".new");
    this.magic = magic;
    this.version = version;
  }

  /** Eight ASCII characters as a magic. */
  public static long magic(String text) {
    if (text.length() != Long.BYTES || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("a magic is 8 printable characters, not '" + text + "'");
    }
    long magic = 0;
    for (int i = Long.BYTES - 1; i >= 0; i--) {
      magic = magic << 8 | text.charAt(i);
    }
    return magic;
  }

  public Path path() {
    return path;
  }

  /**
   * The content; empty where there is no file.
   *
   * @throws DamagedFileException if the file is not what was written
   * @throws IOException if it cannot be read
   */
  public Optional<ByteBuffer> read() throws IOException {
    ByteBuffer file;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() > HEADER_BYTES + MAX_CONTENT_BYTES + CRC_BYTES) {
        throw new DamagedFileException(path, "it has " + channel.size() + " bytes");
      }
      file = ByteBuffer.allocate((int) channel.size()).order(ByteOrder.LITTLE_ENDIAN);
      while (file.hasRemaining() && channel.read(file) >= 0) {
        // Until all is there.
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    return Optional.of(check(file.flip()));
  }

  /**
   * Replaces the content; durable when this returns.
   *
   * @throws IOException if that failed: the old content or the new one will be found
   */
  public void write(ByteBuffer content) throws IOException {
    if (content.remaining() > MAX_CONTENT_BYTES) {
      throw new IllegalArgumentException(content.remaining() + " bytes are too much for " + path);
    }
    ByteBuffer file =
        ByteBuffer.allocate(HEADER_BYTES + content.remaining() + CRC_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(magic)
            .putInt(version)
            .putInt(content.remaining())
            .put(content.duplicate());
    file.putInt(crc(file.duplicate().flip())).flip();
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      while (file.hasRemaining()) {
        channel.write(file);
      }
      channel.force(true);
    }
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private ByteBuffer check(ByteBuffer file) throws DamagedFileException {
    int size = file.remaining();
    if (size < HEADER_BYTES + CRC_BYTES) {
      throw new DamagedFileException(path, "it has only " + size + " bytes");
    }
    if (file.getLong(0) != magic) {
      throw new DamagedFileException(path, "it begins with something else");
    }
    int end = size - CRC_BYTES;
    if (crc(file.duplicate().limit(end)) != file.getInt(end)) {
      throw new DamagedFileException(path, "its checksum is wrong");
    }
    if (file.getInt(8) != version) {
      throw new DamagedFileException(
          path, "its format is version " + file.getInt(8) + ", this program knows " + version);
    }
    if (file.getInt(12) != end - HEADER_BYTES) {
      throw new DamagedFileException(path, "its content has another length than it says");
    }
    return file.slice(HEADER_BYTES, end - HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int crc(ByteBuffer bytes) {
    var crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
