package io.dnvme.target.queue;

import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.lang.foreign.MemorySegment;

/**
 * The data that a connection's commands have asked their host for: R2Ts go out, as many at a time
 * as the host allows, and H2CData comes in. An R2T's tag says whose it is: the slot's index and the
 * R2T's number in the {@link HostTransfer}. On the connection's reactor.
 */
final class HostTransfers {

  private final TargetConnection connection;
  private final TransportLimits limits;
  private final H2cData pdu = new H2cData();
  private SlotTable slots;
  private int maxR2ts = 1;
  private int open;

  HostTransfers(TargetConnection connection, TransportLimits limits) {
    this.connection = connection;
    this.limits = limits;
  }

  void opened(SlotTable slots) {
    this.slots = slots;
  }

  /** How many R2Ts may be outstanding for one command, as the host says. */
  void maxR2ts(long count) {
    maxR2ts = (int) Math.min(count, HostTransfer.MAX_R2TS);
  }

  /** Whether data that was asked for, or is about to be, has not all come. */
  boolean areOpen() {
    return open > 0;
  }

  /** The slot waits for its data. */
  void start(CommandSlot slot) {
    open++;
    askForMore(slot);
  }

  /** Adds the R2T that is due for the slot. */
  void writeR2t(OutgoingPdus batch, CommandSlot slot, AnswerWriter writer) {
    HostTransfer transfer = slot.transfer();
    int number = transfer.ask(limits.maxR2tBytes());
    transfer.askDue(false);
    writer.writeR2t(
        batch,
        slot.sqe().cid(),
        slot.index() * HostTransfer.MAX_R2TS + number,
        transfer.offset(number),
        transfer.remaining(number));
    askForMore(slot);
  }

  /** Takes an H2CData. */
  void take(MemorySegment memory, long at) {
    pdu.wrap(memory, at);
    int ttag = pdu.ttag();
    int index = ttag / HostTransfer.MAX_R2TS;
    int number = ttag % HostTransfer.MAX_R2TS;
    CommandSlot slot = index < slots.made() ? slots.at(index) : null;
    if (slot == null
        || slot.state() != CommandSlot.State.WAITING_DATA
        || !slot.transfer().isOutstanding(number)) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, H2cData.TTAG, memory, at);
      return;
    }
    if (slot.sqe().cid() != pdu.cccid()) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, H2cData.CCCID, memory, at);
      return;
    }
    HostTransfer transfer = slot.transfer();
    long offset = pdu.datao();
    int length = (int) pdu.datal();
    if (!transfer.take(number, offset, length, pdu.isLast())) {
      fault(transfer.fes(), transfer.fei(), memory, at);
      return;
    }
    long data = at + pdu.pdo();
    if (connection.isDigestWrong(memory, data, length)) {
      transfer.digestWrong();
    }
    MemorySegment.copy(memory, data, slot.buffer(), offset, length);
    connection.share().dataCame();
    connection.counters().received(length);
    if (!transfer.isOutstanding(number)) {
      partArrived(slot);
    }
  }

  private void partArrived(CommandSlot slot) {
    HostTransfer transfer = slot.transfer();
    if (!transfer.isWhole()) {
      askForMore(slot);
      return;
    }
    open--;
    slot.dataArrived(transfer.isDigestWrong());
    connection.execute(slot);
  }

  private void askForMore(CommandSlot slot) {
    HostTransfer transfer = slot.transfer();
    if (transfer.mayAsk(maxR2ts) && !transfer.isAskDue()) {
      transfer.askDue(true);
      connection.send(slot);
    }
  }

  private void fault(int fes, int fei, MemorySegment memory, long at) {
    connection.terminate(fes, fei, memory, at, H2cData.SIZE);
  }
}
