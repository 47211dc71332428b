package io.dnvme.nvme.connection;

import java.lang.foreign.MemorySegment;

/**
 * Whole, framed PDUs in the order of arrival, as views of one receive buffer. Reused for every
 * batch of its connection.
 */
public final class ReceivedPdus {

  /** The most PDUs that one batch holds; more wait for the next one. */
  public static final int MAX_PDUS = 512;

  private final int[] offsets = new int[MAX_PDUS];
  private final int[] lengths = new int[MAX_PDUS];
  private MemorySegment memory = MemorySegment.NULL;
  private int size;

  /** Starts a new batch over {@code memory}. */
  public void reset(MemorySegment memory) {
    this.memory = memory;
    size = 0;
  }

  /** Adds a PDU; the batch must not be full. */
  public void add(int offsetBytes, int lengthBytes) {
    offsets[size] = offsetBytes;
    lengths[size] = lengthBytes;
    size++;
  }

  public boolean isFull() {
    return size == MAX_PDUS;
  }

  public int size() {
    return size;
  }

  public MemorySegment memory() {
    return memory;
  }

  /** Where the PDU's common header starts in {@link #memory()}. */
  public int offsetBytes(int index) {
    return offsets[index];
  }

  /** PLEN: the whole PDU with digests. */
  public int lengthBytes(int index) {
    return lengths[index];
  }
}
