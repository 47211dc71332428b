package io.dnvme.initiator;

import io.dnvme.nvme.C2hData;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.R2t;
import io.dnvme.nvme.Status;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The data of a connection's commands that travels outside of capsules: what the controller sends
 * (C2HData) and what it asks for (R2T). Either is believed only where it fits a command in flight.
 *
 * <p>Data to the host has to come in order and without gaps, one R2T at a time may be outstanding
 * for a command (MAXR2T 0, as the Linux host asks). Source: NVMe/TCP Transport 1.0 §3.3.2. On the
 * connection's reactor.
 */
final class DataTransfers {

  private static final ValueLayout.OfInt DIGEST =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final HostConnection connection;
  private final CommandTable commands;
  private final ConnectionCounters counters;
  private final Crc32c crc = new Crc32c();
  private final C2hData c2h = new C2hData();
  private final R2t r2t = new R2t();
  private boolean dataDigest;

  DataTransfers(HostConnection connection, CommandTable commands, ConnectionCounters counters) {
    this.connection = connection;
    this.commands = commands;
    this.counters = counters;
  }

  /** Whether data carries digests, as agreed on. */
  void agreed(boolean ddgst) {
    dataDigest = ddgst;
  }

  /** Takes a C2HData. */
  void arrived(MemorySegment memory, int at) {
    c2h.wrap(memory, at);
    HostCommand command = commands.find(c2h.cccid());
    if (command == null || !command.receivesData()) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, C2hData.CCCID, memory, at);
      return;
    }
    if (command.lastReceived) {
      fault(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0, memory, at);
      return;
    }
    long datao = c2h.datao();
    long datal = c2h.datal();
    if (datao + datal > command.incomingBytes) {
      fault(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0, memory, at);
      return;
    }
    if (datao != command.receivedBytes) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, C2hData.DATAO, memory, at);
      return;
    }
    long dataAt = at + c2h.pdo();
    if (dataDigest && crc.of(memory, dataAt, datal) != memory.get(DIGEST, dataAt + datal)) {
      counters.dataDigestErrors++;
      command.dataDigestWrong = true;
    }
    command.receive(memory, dataAt, datal);
    command.lastReceived = c2h.isLast();
    if (c2h.isSuccess()) {
      connection.answer(command, Status.SUCCESS, 0);
    }
  }

  /** Takes an R2T. */
  void askedFor(MemorySegment memory, int at) {
    r2t.wrap(memory, at);
    HostCommand command = commands.find(r2t.cccid());
    if (command == null || !command.sendsData() || command.inCapsule) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, R2t.CCCID, memory, at);
      return;
    }
    if (command.hasTransfer()) {
      fault(FatalErrorStatus.R2T_LIMIT_EXCEEDED, 0, memory, at);
      return;
    }
    long r2to = r2t.r2to();
    long r2tl = r2t.r2tl();
    if (r2to + r2tl > command.dataBytes) {
      fault(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0, memory, at);
      return;
    }
    if (r2to < command.transferEnd) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, R2t.R2TO, memory, at);
      return;
    }
    counters.readyToTransfers++;
    command.ttag = r2t.ttag();
    command.transferOffset = r2to;
    command.transferEnd = r2to + r2tl;
    connection.enqueue(command);
  }

  private void fault(int fes, int fei, MemorySegment memory, int at) {
    connection.fault(fes, fei, memory, at);
  }
}
