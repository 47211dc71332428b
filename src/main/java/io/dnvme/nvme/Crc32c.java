package io.dnvme.nvme;

import io.dnvme.block.IoVector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * The digest of NVMe/TCP headers and data, over one range or several in a row (NVMe/TCP Transport
 * 1.0 §3.3.1.1; the polynomial of RFC 3720).
 *
 * <p>Runs at the speed of the processor's CRC instructions and allocates nothing. The JDK reaches
 * those instructions through a {@link ByteBuffer} only, and a view made of a segment for every
 * range is garbage whenever the compiler does not see through it. So the views are kept: each shows
 * a window of the address space, whatever segments lie in it. {@code CodecBenchmark} watches this.
 *
 * <p>One thread per instance. As with a system call, nobody may close the segment's arena while its
 * bytes are being read.
 */
public final class Crc32c {

  /** Bytes of a digest on the wire. */
  public static final int SIZE = 4;

  /** The longest range of one {@link #update}, in bytes. */
  public static final long MAX_RANGE_BYTES = 1L << 29;

  /** Windows begin at the multiples of this, and reach so far that every range fits into one. */
  private static final long WINDOW_STEP_BYTES = 1L << 30;

  private static final long WINDOW_BYTES = WINDOW_STEP_BYTES + MAX_RANGE_BYTES;

  /** A process's buffers lie in few windows; two of them that collide cost garbage, not more. */
  private static final int WINDOWS = 64;

  private static final MemorySegment ADDRESS_SPACE = addressSpace();

  private final CRC32C crc = new CRC32C();
  private final long[] windowStarts = new long[WINDOWS];
  private final ByteBuffer[] windows = new ByteBuffer[WINDOWS];

  /** Forgets what was fed. */
  public Crc32c reset() {
    crc.reset();
    return this;
  }

  /** Feeds {@code lengthBytes}, 0 to {@link #MAX_RANGE_BYTES}, from {@code offset}. */
  public Crc32c update(MemorySegment segment, long offset, long lengthBytes) {
    if (lengthBytes < 0 || lengthBytes > MAX_RANGE_BYTES) {
      throw new IllegalArgumentException("range of " + lengthBytes + " bytes");
    }
    if (lengthBytes == 0) {
      return this;
    }
    if (!segment.isNative()) {
      crc.update(segment.asSlice(offset, lengthBytes).asByteBuffer());
      return this;
    }
    // The windows know no bounds, threads or closed arenas: these two reads check them.
    segment.get(ValueLayout.JAVA_BYTE, offset);
    segment.get(ValueLayout.JAVA_BYTE, offset + lengthBytes - 1);
    long address = segment.address() + offset;
    ByteBuffer window = window(address & -WINDOW_STEP_BYTES);
    int start = (int) (address & WINDOW_STEP_BYTES - 1);
    crc.update(window.limit(start + (int) lengthBytes).position(start));
    Reference.reachabilityFence(segment);
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

  /**
   * The digest of {@code lengthBytes} of {@code data}, from {@code fromBytes} on: of one data PDU
   * of a command that takes several; forgets what was fed before.
   *
   * @throws IndexOutOfBoundsException where the data is shorter
   */
  public int of(IoVector data, long fromBytes, long lengthBytes) {
    Objects.checkFromIndexSize(fromBytes, lengthBytes, data.lengthBytes());
    reset();
    long skip = fromBytes;
    long left = lengthBytes;
    for (int i = 0; left > 0; i++) {
      long range = data.lengthBytes(i);
      if (skip >= range) {
        skip -= range;
        continue;
      }
      long part = Math.min(range - skip, left);
      update(data.segment(i), data.offsetBytes(i) + skip, part);
      left -= part;
      skip = 0;
    }
    return value();
  }

  private ByteBuffer window(long start) {
    int slot = (int) (start / WINDOW_STEP_BYTES) & WINDOWS - 1;
    ByteBuffer window = windows[slot];
    if (window == null || windowStarts[slot] != start) {
      window = ADDRESS_SPACE.asSlice(start, WINDOW_BYTES).asByteBuffer();
      windowStarts[slot] = start;
      windows[slot] = window;
    }
    return window;
  }

  @SuppressWarnings("restricted")
  private static MemorySegment addressSpace() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }
}
