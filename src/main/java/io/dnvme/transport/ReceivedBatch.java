package io.dnvme.transport;

import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.MemorySegment;

/** The element between framing and rules: whole PDUs and, where one came, the fault behind them. */
final class ReceivedBatch {

  private final ReceivedPdus pdus = new ReceivedPdus();
  private boolean faulty;
  private int fes;
  private int fei;
  private long faultOffset;
  private int faultAvailable;

  /** Begins a new batch over {@code memory}. */
  void start(MemorySegment memory) {
    pdus.reset(memory);
    faulty = false;
  }

  ReceivedPdus pdus() {
    return pdus;
  }

  /** No byte behind the PDUs is looked at any more. */
  void fault(int fes, int fei, long pduOffset, int available) {
    faulty = true;
    this.fes = fes;
    this.fei = fei;
    faultOffset = pduOffset;
    faultAvailable = available;
  }

  boolean isFaulty() {
    return faulty;
  }

  int fes() {
    return fes;
  }

  int fei() {
    return fei;
  }

  /** Where the bad PDU starts in the batch's memory. */
  long faultOffset() {
    return faultOffset;
  }

  /** How many of its bytes are there. */
  int faultAvailable() {
    return faultAvailable;
  }
}
