package io.dnvme.nvme.connection;

import io.dnvme.block.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * PDUs on their way out, as one gathered write: headers in an arena of the batch's own, payloads as
 * views of wherever they are. Reused for every batch of its connection; PDUs are added whole.
 *
 * <p>Whoever's memory is named, or who must know, leaves a {@link Written} and is called exactly
 * once: after the last byte of the batch is in the socket (or copied aside), or when the connection
 * ended.
 */
public final class OutgoingPdus {

  /** Told that the batch no longer needs its memory. */
  @FunctionalInterface
  public interface Written {
    void written();
  }

  /** The most payload that one batch gathers, as long as it has at least one PDU. */
  public static final int TARGET_PAYLOAD_BYTES = 1 << 20;

  /** Room for headers and digests. */
  public static final int HEADER_BYTES = 64 << 10;

  /** The most that one PDU may take of it: header, header digest, data digest. */
  public static final int MAX_PDU_HEADER_BYTES = 1024 + 128;

  /** The most ranges of a gathered write that one batch starts a PDU below; half of IOV_MAX. */
  public static final int MAX_RANGES = 512;

  private final MemorySegment headers;
  private final IoVector ranges = new IoVector();
  private Written[] written = new Written[MAX_RANGES];
  private int writtenCount;
  private int headerEnd;
  private int headerStart;
  private long payloadBytes;
  private boolean borrowed;
  private boolean last;

  /** Headers live in {@code arena}. */
  public OutgoingPdus(Arena arena) {
    headers = arena.allocate(HEADER_BYTES, 64);
  }

  /** Whether no further PDU should be added before this batch is written. */
  public boolean isFull() {
    return headerEnd + MAX_PDU_HEADER_BYTES > HEADER_BYTES
        || ranges.count() + 2 >= MAX_RANGES
        || writtenCount >= MAX_RANGES
        || payloadBytes >= TARGET_PAYLOAD_BYTES;
  }

  public boolean isEmpty() {
    return ranges.count() == 0 && headerStart == headerEnd && !last;
  }

  /** The arena that {@link #reserve} gives offsets into. */
  public MemorySegment headers() {
    return headers;
  }

  /**
   * Room for {@code lengthBytes} of header, digest or small payload, next in the order of sending.
   * Its old content is still there: write all of it.
   *
   * @return offset in {@link #headers()}
   */
  public int reserve(int lengthBytes) {
    int at = headerEnd;
    headerEnd = at + lengthBytes;
    return at;
  }

  /** Adds memory that goes out as it is, next in the order of sending. */
  public void payload(MemorySegment memory, long offsetBytes, long lengthBytes) {
    sealHeaders();
    ranges.add(memory, offsetBytes, lengthBytes);
    payloadBytes += lengthBytes;
  }

  /** Adds the part {@code [fromBytes, fromBytes + lengthBytes)} of {@code vector}. */
  public void payload(IoVector vector, long fromBytes, long lengthBytes) {
    sealHeaders();
    ranges.addPart(vector, fromBytes, lengthBytes);
    payloadBytes += lengthBytes;
  }

  /** Leaves word for whoever owns memory in the batch, or waits for its end. */
  public void whenWritten(Written listener) {
    written[writtenCount++] = listener;
  }

  /**
   * The batch names memory that its owner wants back soon, be the peer slow or not: what the socket
   * does not take at once is copied aside.
   */
  public void borrowed() {
    borrowed = true;
  }

  public boolean isBorrowed() {
    return borrowed;
  }

  /** The connection is closed in good order once this batch is out. */
  public void last() {
    last = true;
  }

  public boolean isLast() {
    return last;
  }

  /** All ranges in the order of sending; headers included. Ends the adding. */
  public IoVector ranges() {
    sealHeaders();
    return ranges;
  }

  /** Calls every {@link Written}, once. */
  public void releaseAll() {
    int count = writtenCount;
    writtenCount = 0;
    for (int i = 0; i < count; i++) {
      Written listener = written[i];
      written[i] = null;
      listener.written();
    }
  }

  /** Starts the next batch; all listeners were called. */
  public void reset() {
    assert writtenCount == 0 : "listeners were not called";
    ranges.clear();
    headerEnd = 0;
    headerStart = 0;
    payloadBytes = 0;
    borrowed = false;
    last = false;
  }

  private void sealHeaders() {
    if (headerEnd > headerStart) {
      ranges.add(headers, headerStart, headerEnd - headerStart);
      headerStart = headerEnd;
    }
  }
}
