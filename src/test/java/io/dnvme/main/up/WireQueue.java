package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.C2hData;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.CapsuleResp;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.R2t;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.TermReq;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A host's end of one connection over a real socket, which does what it is told and nothing else:
 * sends bytes, right or wrong, and tells what comes back, PDU by PDU. A server that says nothing
 * for {@link LiveServer#LIMIT_SECONDS} fails the test. Reading and sending may be two threads'.
 */
final class WireQueue implements AutoCloseable {

  /** What a target may say. */
  sealed interface Answer {}

  /** A command is over; {@code data} is what it read. */
  record Completed(int cid, int status, long result, byte[] data) implements Answer {}

  /** An R2T. */
  record Asked(int cid, int ttag, int offset, int length) implements Answer {}

  record Terminated(int fes, int fei) implements Answer {}

  /** The connection is no more. */
  record Gone() implements Answer {}

  private static final int INPUT_BUFFER_BYTES = 64 << 10;
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final Map<Integer, ByteArrayOutputStream> reads = new HashMap<>();
  private int nextCid = 1;

  WireQueue(InetSocketAddress address) throws IOException {
    this(address, 0);
  }

  /**
   * @param receiveBufferBytes how much the kernel takes on this side; 0: as it likes
   */
  WireQueue(InetSocketAddress address, int receiveBufferBytes) throws IOException {
    if (receiveBufferBytes > 0) {
      socket.setReceiveBufferSize(receiveBufferBytes);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) (LiveServer.LIMIT_SECONDS * 1000));
    socket.connect(address);
    InputStream stream = socket.getInputStream();
    in =
        new DataInputStream(
            receiveBufferBytes > 0 ? stream : new BufferedInputStream(stream, INPUT_BUFFER_BYTES));
  }

  static byte[] icReq(Consumer<IcReq> change) {
    var bytes = new byte[IcReq.SIZE];
    change.accept(new IcReq().wrap(MemorySegment.ofArray(bytes), 0).start());
    return bytes;
  }

  /** ICReq and ICResp, without digests. */
  WireQueue initialize() throws IOException {
    send(icReq(request -> {}));
    MemorySegment response = readPdu();
    assertThat(response.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) PduType.IC_RESP);
    return this;
  }

  // To the target.

  synchronized void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  int nextCid() {
    nextCid = nextCid == 0xfff0 ? 1 : nextCid + 1;
    return nextCid;
  }

  /** The PDU of a command; {@code data} goes in its capsule. */
  static byte[] capsule(int cid, byte[] data, Consumer<SubmissionQueueEntry> filler) {
    var bytes = new byte[CapsuleCmd.SIZE + data.length];
    MemorySegment pdu = MemorySegment.ofArray(bytes);
    var capsule = new CapsuleCmd().wrap(pdu, 0);
    if (data.length > 0) {
      capsule.startWithData(data.length, false, false);
    } else {
      capsule.start(false);
    }
    var sqe = new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE);
    filler.accept(sqe);
    sqe.cid(cid);
    System.arraycopy(data, 0, bytes, CapsuleCmd.SIZE, data.length);
    return bytes;
  }

  /** Sends a command; its identifier. */
  int submit(Consumer<SubmissionQueueEntry> filler) throws IOException {
    return submit(new byte[0], filler);
  }

  int submit(byte[] capsuleData, Consumer<SubmissionQueueEntry> filler) throws IOException {
    int cid = nextCid();
    send(capsule(cid, capsuleData, filler));
    return cid;
  }

  /** The PDU that answers an R2T, or a part of it. */
  static byte[] data(Asked asked, int offset, byte[] data, boolean last) {
    var bytes = new byte[H2cData.SIZE + data.length];
    new H2cData()
        .wrap(MemorySegment.ofArray(bytes), 0)
        .start(data.length, last, false, false)
        .cccid(asked.cid())
        .ttag(asked.ttag())
        .datao(offset);
    System.arraycopy(data, 0, bytes, H2cData.SIZE, data.length);
    return bytes;
  }

  /** Answers an R2T from a command's data, or with zeroes beyond its end. */
  void answer(Asked asked, byte[] data) throws IOException {
    int sent = 0;
    while (sent < asked.length()) {
      int part = Math.min(asked.length() - sent, LiveServer.MAX_H2C_DATA_BYTES);
      int from = asked.offset() + sent;
      byte[] piece = new byte[part];
      int there = Math.clamp((long) data.length - from, 0, part);
      System.arraycopy(data, Math.min(from, data.length), piece, 0, there);
      sent += part;
      send(data(asked, from, piece, sent == asked.length()));
    }
  }

  // From the target.

  /** The next thing that the target says; data is gathered until its command is over. */
  Answer next() throws IOException {
    while (true) {
      MemorySegment pdu;
      try {
        pdu = readPdu();
      } catch (SocketTimeoutException e) {
        throw new AssertionError("the target says nothing", e);
      } catch (IOException e) {
        return new Gone();
      }
      Answer answer = understand(pdu);
      if (answer != null) {
        return answer;
      }
    }
  }

  /** Waits for a command's completion; an R2T is answered with {@code data}. */
  Completed completion(int cid, byte[] data) throws IOException {
    while (true) {
      switch (next()) {
        case Completed completed -> {
          assertThat(completed.cid()).as("which command is over").isEqualTo(cid);
          return completed;
        }
        case Asked asked -> answer(asked, data);
        case Terminated terminated -> throw new AssertionError(terminated);
        case Gone gone -> throw new AssertionError("the target has closed the connection");
      }
    }
  }

  /** One command from its beginning to its end. */
  Completed call(Consumer<SubmissionQueueEntry> filler) throws IOException {
    return completion(submit(filler), new byte[0]);
  }

  Completed call(byte[] data, Consumer<SubmissionQueueEntry> filler) throws IOException {
    return completion(submit(filler), data);
  }

  /** Takes what comes until the target ends the connection. */
  void awaitEnd() throws IOException {
    while (!(next() instanceof Gone)) {
      // Whatever was on its way.
    }
  }

  private Answer understand(MemorySegment pdu) {
    int type = pdu.get(ValueLayout.JAVA_BYTE, Pdu.TYPE) & 0xff;
    return switch (type) {
      case PduType.CAPSULE_RESP -> {
        var entry = new CompletionQueueEntry().wrap(pdu, CapsuleResp.RCCQE);
        yield completed(entry.cid(), entry.status(), entry.result());
      }
      case PduType.C2H_DATA -> {
        var data = new C2hData().wrap(pdu, 0);
        gather(data, pdu);
        yield data.isSuccess() ? completed(data.cccid(), 0, 0) : null;
      }
      case PduType.R2T -> {
        var r2t = new R2t().wrap(pdu, 0);
        yield new Asked(r2t.cccid(), r2t.ttag(), (int) r2t.r2to(), (int) r2t.r2tl());
      }
      case PduType.C2H_TERM_REQ -> {
        var term = new TermReq().wrap(pdu, 0);
        yield new Terminated(term.fes(), term.fei());
      }
      case PduType.IC_RESP -> null;
      default -> throw new AssertionError("a target sent " + PduType.name(type));
    };
  }

  private void gather(C2hData data, MemorySegment pdu) {
    byte[] bytes = (byte[]) pdu.heapBase().orElseThrow();
    int from = data.pdo();
    ByteArrayOutputStream read =
        reads.computeIfAbsent(data.cccid(), cid -> new ByteArrayOutputStream());
    read.writeBytes(Arrays.copyOfRange(bytes, from, from + (int) data.datal()));
  }

  private Completed completed(int cid, int status, long result) {
    ByteArrayOutputStream read = reads.remove(cid);
    return new Completed(cid, status, result, read == null ? new byte[0] : read.toByteArray());
  }

  private MemorySegment readPdu() throws IOException {
    var header = new byte[Pdu.COMMON_HEADER_SIZE];
    in.readFully(header);
    int length = MemorySegment.ofArray(header).get(U32, Pdu.PLEN);
    assertThat(length).as("PLEN").isBetween(Pdu.COMMON_HEADER_SIZE, 4 << 20);
    byte[] pdu = Arrays.copyOf(header, length);
    in.readFully(pdu, header.length, length - header.length);
    return MemorySegment.ofArray(pdu);
  }

  // The end.

  /** Says that nothing more comes, and goes on listening. */
  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
