package io.dnvme.nvme.connection;

import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.TermReq;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A termination request of either side on its way: says what was wrong and quotes the header that
 * it was wrong in (NVMe/TCP Transport 1.0 §3.5, §3.6.2.4, §3.6.2.5). The last PDU of its
 * connection.
 */
public final class Termination {

  private final TermReq request = new TermReq();
  private boolean isWritten;

  /**
   * @param arena what it is kept in until it is written
   * @param type {@link PduType#H2C_TERM_REQ} or {@link PduType#C2H_TERM_REQ}
   * @param wrong where the bad PDU is, from {@code offset} on
   * @param available how many of its bytes are there
   */
  public Termination(
      Arena arena, int type, int fes, int fei, MemorySegment wrong, long offset, int available) {
    request
        .wrap(arena.allocate(TermReq.MAX_SIZE), 0)
        .start(type, fes, fei, wrong, offset, headerBytes(wrong, offset, available));
  }

  /** Adds it to {@code batch}, once. */
  public void write(OutgoingPdus batch) {
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
