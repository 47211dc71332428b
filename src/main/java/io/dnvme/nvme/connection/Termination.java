package io.dnvme.target.queue;

import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.TermReq;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A C2HTermReq on its way: says what was wrong and quotes the header that it was wrong in (NVMe/TCP
 * Transport 1.0 §3.5, §3.6.2.5). The last PDU of its connection.
 */
final class Termination {

  private final TermReq request = new TermReq();
  private boolean isWritten;

  /**
   * @param wrong where the bad PDU is, from {@code offset} on
   * @param available how many of its bytes are there
   */
  Termination(Arena arena, int fes, int fei, MemorySegment wrong, long offset, int available) {
    request
        .wrap(arena.allocate(TermReq.MAX_SIZE), 0)
        .start(
            PduType.C2H_TERM_REQ, fes, fei, wrong, offset, headerBytes(wrong, offset, available));
  }

  /** Adds it to {@code batch}, once. */
  void write(OutgoingPdus batch) {
    if (!isWritten) {
      isWritten = true;
      int length = (int) request.plen();
      int at = batch.reserve(length);
      MemorySegment.copy(request.segment(), 0, batch.headers(), at, length);
      batch.last();
    }
  }

  /** How much of a bad PDU is its header, as far as it is there. */
  private static int headerBytes(MemorySegment wrong, long offset, int available) {
    if (available <= Pdu.HLEN) {
      return available;
    }
    int hlen = wrong.get(ValueLayout.JAVA_BYTE, offset + Pdu.HLEN) & 0xff;
    return Math.min(available, Math.max(hlen, Pdu.COMMON_HEADER_SIZE));
  }
}
