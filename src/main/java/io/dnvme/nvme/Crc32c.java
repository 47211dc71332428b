package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * The digest of NVMe/TCP headers and data, over one range or several in a row (NVMe/TCP Transport
 * 1.0 §3.3.1.1; the polynomial of RFC 3720).
 *
 * <p>Runs at the speed of the processor's CRC instructions and allocates nothing: the short-lived
 * views of the range do not survive the compiler's escape analysis, which {@code CodecBenchmark}
 * watches. One thread per instance.
 */
public final class Crc32c {

  /** Bytes of a digest on the wire. */
  public static final int SIZE = 4;

  private final CRC32C crc = new CRC32C();

  /** Forgets what was fed. */
  public Crc32c reset() {
    crc.reset();
    return this;
  }

  /** Feeds {@code lengthBytes} (below 2 GiB) from {@code offset}. */
  public Crc32c update(MemorySegment segment, long offset, long lengthBytes) {
    crc.update(segment.asSlice(offset, lengthBytes).asByteBuffer());
    return this;
  }

  /** The digest of all that was fed since {@link #reset}. */
  public int value() {
    return (int) crc.getValue();
  }

  /** The digest of one range; forgets what was fed before. */
  public int of(MemorySegment segment, long offset, long lengthBytes) {
    return reset().update(segment, offset, lengthBytes).value();
  }
}
