package io.dnvme.initiator;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IcResp;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Writes a host's PDUs into outgoing batches, with the digests and the data alignment that were
 * agreed on. Data is named, never copied.
 *
 * <p>Source: NVMe/TCP Transport 1.0 §3.6.2.
 */
final class HostPduWriter {

  private static final ValueLayout.OfInt DIGEST =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final CapsuleCmd capsule = new CapsuleCmd();
  private final H2cData h2c = new H2cData();
  private final Crc32c crc = new Crc32c();

  private boolean headerDigest;
  private boolean dataDigest;
  private int alignmentBytes = 4;
  private long maxH2cDataBytes = IcResp.MIN_MAXH2CDATA;

  /** What ICResp said. */
  void agreed(boolean hdgst, boolean ddgst, int dataAlignmentBytes, long maxH2cData) {
    headerDigest = hdgst;
    dataDigest = ddgst;
    alignmentBytes = dataAlignmentBytes;
    maxH2cDataBytes = maxH2cData;
  }

  static void writeIcReq(OutgoingPdus batch, boolean hdgst, boolean ddgst) {
    int at = batch.reserve(IcReq.SIZE);
    int digests = (hdgst ? IcReq.DGST_HDGST_ENABLE : 0) | (ddgst ? IcReq.DGST_DDGST_ENABLE : 0);
    new IcReq().wrap(batch.headers(), at).start().dgst(digests);
  }

  /** The command's capsule, its data included where it goes in the capsule. */
  void writeCapsule(OutgoingPdus batch, HostCommand command) {
    long inCapsuleBytes = command.inCapsule ? command.dataBytes : 0;
    int at = reserveHeader(batch, CapsuleCmd.SIZE, inCapsuleBytes);
    SubmissionQueueEntry entry = command.entry();
    MemorySegment.copy(
        entry.segment(),
        entry.offset(),
        batch.headers(),
        at + CapsuleCmd.CCSQE,
        SubmissionQueueEntry.SIZE);
    capsule.wrap(batch.headers(), at);
    seal(capsule, PduType.CAPSULE_CMD, 0, CapsuleCmd.SIZE, inCapsuleBytes);
    if (inCapsuleBytes > 0) {
      writeData(batch, command, 0, inCapsuleBytes);
    }
  }

  /** The next H2CData of the R2T that {@code command} is answering. */
  void writeTransfer(OutgoingPdus batch, HostCommand command) {
    long offset = command.transferOffset;
    long length = Math.min(command.transferEnd - offset, maxH2cDataBytes);
    boolean last = offset + length == command.transferEnd;
    int at = reserveHeader(batch, H2cData.SIZE, length);
    h2c.wrap(batch.headers(), at)
        .start(length, last, headerDigest, dataDigest)
        .cccid(command.cid)
        .ttag(command.ttag)
        .datao(offset);
    seal(h2c, PduType.H2C_DATA, last ? Pdu.FLAG_LAST_PDU : 0, H2cData.SIZE, length);
    writeData(batch, command, offset, length);
    command.transferOffset = offset + length;
  }

  private void writeData(OutgoingPdus batch, HostCommand command, long from, long length) {
    IoVector data = command.data();
    batch.payload(data, from, length);
    if (dataDigest) {
      int digest = crc.of(data, from, length);
      batch.headers().set(DIGEST, batch.reserve(Crc32c.SIZE), digest);
    }
    command.writesPending++;
    batch.whenWritten(command);
  }

  /** Room for header, its digest, and padding where data follows. */
  private int reserveHeader(OutgoingPdus batch, int hlen, long dataBytes) {
    int header = headerBytes(hlen);
    int dataStart = dataStart(hlen, dataBytes);
    int at = batch.reserve(dataStart);
    if (dataStart > header) {
      batch.headers().asSlice(at + header, dataStart - header).fill((byte) 0);
    }
    return at;
  }

  /** Writes the common header and then the header's digest: its last step. */
  private void seal(Pdu<?> pdu, int type, int flags, int hlen, long dataBytes) {
    boolean hasData = dataBytes > 0;
    boolean digested = hasData && dataDigest;
    int digests = (headerDigest ? Pdu.FLAG_HDGSTF : 0) | (digested ? Pdu.FLAG_DDGSTF : 0);
    int dataStart = dataStart(hlen, dataBytes);
    long plen = dataStart + dataBytes + (digested ? Crc32c.SIZE : 0);
    pdu.commonHeader(type, flags | digests, hlen, hasData ? dataStart : 0, plen);
    pdu.seal(crc);
  }

  private int headerBytes(int hlen) {
    return hlen + (headerDigest ? Crc32c.SIZE : 0);
  }

  /** PDO, or the header's end where there is no data. */
  private int dataStart(int hlen, long dataBytes) {
    int header = headerBytes(hlen);
    return dataBytes == 0
        ? header
        : (header + alignmentBytes - 1) / alignmentBytes * alignmentBytes;
  }
}
