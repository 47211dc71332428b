package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.C2hData;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.CapsuleResp;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IcResp;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.R2t;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.TermReq;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A scripted host's end of one connection, in memory and under virtual time: writes bytes to the
 * target's rules, frames and understands what they answer, and plays the transport in between.
 */
public final class TestQueue implements ConnectionPort {

  /** How a command ended. */
  public record Reply(int status, long result, int sqhd, byte[] data, boolean bySuccessFlag) {

    /** The status, whether or not the error log has more. */
    public int outcome() {
      return status & ~Status.MORE;
    }

    /** The data, to be looked at as a structure. */
    public MemorySegment segment() {
      return MemorySegment.ofArray(data);
    }
  }

  /** An R2T that was received. */
  public record Asked(int cid, int ttag, int offset, int length) {}

  private static final int INPUT_BYTES = 3 << 20;
  private static final int OUTPUT_BYTES = 3 << 20;
  private static final int HEADER_BYTES = 1024;

  private final ManualReactor reactor;
  private final ConnectionRules rules;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment input = arena.allocate(INPUT_BYTES);
  private final MemorySegment output = arena.allocate(OUTPUT_BYTES, 8);
  private final MemorySegment header = arena.allocate(HEADER_BYTES, 8);
  private final ReceivedPdus received = new ReceivedPdus();
  private final OutgoingPdus outgoing = new OutgoingPdus(arena);
  private final PduFramer hostFramer = new PduFramer(PduFramer.Role.HOST);
  private final Crc32c crc = new Crc32c();
  private final Map<Integer, byte[]> sentData = new HashMap<>();
  private final Map<Integer, ByteArrayOutputStream> readData = new HashMap<>();
  private final Map<Integer, Reply> replies = new HashMap<>();
  private final List<Asked> asked = new ArrayList<>();
  private final List<byte[]> rawPdus = new ArrayList<>();

  private int inputEnd;
  private boolean outputReady;
  private boolean reading = true;
  private boolean answersR2t = true;
  private boolean closed;
  private boolean closeRequested;
  private boolean hdgst;
  private boolean ddgst;
  private int maxH2cData;
  private int nextCid = 1;
  private int termFes = -1;
  private int termFei;
  private byte[] termHeader;
  private boolean careless;

  public TestQueue(ManualReactor reactor, ConnectionRules rules) {
    this.reactor = reactor;
    this.rules = rules;
    hostFramer.maxDataBytes(2 << 20);
    reactor.run(() -> rules.opened(this));
  }

  // The port.

  @Override
  public Reactor reactor() {
    return reactor;
  }

  @Override
  public InetSocketAddress localAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 4420);
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);
  }

  @Override
  public void outputReady() {
    outputReady = true;
  }

  @Override
  public void inputWanted() {
    reactor.execute(this::feed);
  }

  @Override
  public void close() {
    if (!closeRequested) {
      closeRequested = true;
      reactor.execute(() -> closedBecause(CloseReason.BY_RULES));
    }
  }

  @Override
  public void abort() {
    close();
  }

  // The connection.

  /** Runs everything that is due, on all reactors. */
  public void settle() {
    do {
      reactor.settle();
      drain();
    } while (outputReady && reading && !closed || reactor.tasksPending() > 0);
  }

  /** The host closes the connection. */
  public void hangUp() {
    reactor.run(() -> closedBecause(CloseReason.BY_PEER));
    settle();
  }

  public boolean isClosed() {
    return closed;
  }

  public ConnectionRules rules() {
    return rules;
  }

  /** Whether the host reads what the target sends. */
  public void reading(boolean value) {
    reading = value;
    if (value) {
      settle();
    }
  }

  /** Whether R2Ts are answered by themselves, or left to the test. */
  public void answersR2t(boolean value) {
    answersR2t = value;
  }

  /** The host uses identifiers again before their commands are completed. */
  public void careless() {
    careless = true;
  }

  public List<Asked> asked() {
    return asked;
  }

  public int termFes() {
    return termFes;
  }

  public int termFei() {
    return termFei;
  }

  public byte[] termHeader() {
    return termHeader;
  }

  /** Everything that was received, PDU by PDU. */
  public List<byte[]> rawPdus() {
    return rawPdus;
  }

  /** Bytes that were sent and not yet taken. */
  public int unread() {
    return inputEnd;
  }

  /** ICReq and ICResp. */
  public TestQueue initialize(boolean hdgst, boolean ddgst, int maxr2t, int hpda) {
    sendPdu(
        IcReq.SIZE,
        pdu ->
            new IcReq()
                .wrap(pdu, 0)
                .start()
                .hpda(hpda)
                .maxr2t(maxr2t)
                .dgst(
                    (hdgst ? IcReq.DGST_HDGST_ENABLE : 0) | (ddgst ? IcReq.DGST_DDGST_ENABLE : 0)));
    settle();
    return this;
  }

  /** ICReq and ICResp as Linux does it. */
  public TestQueue initialize() {
    return initialize(false, false, 0, 0);
  }

  // Commands.

  public int nextCid() {
    int cid = nextCid;
    nextCid = nextCid == 0xfff0 ? 1 : nextCid + 1;
    return cid;
  }

  /** Sends a command without data in its capsule; data asked for by R2T is {@code data}. */
  public int submit(byte[] data, Consumer<SubmissionQueueEntry> filler) {
    int cid = nextCid();
    if (data != null) {
      sentData.put(cid, data);
    }
    sendPdu(
        CapsuleCmd.SIZE,
        pdu -> {
          new CapsuleCmd().wrap(pdu, 0).start(hdgst);
          fill(pdu, cid, filler);
          new CapsuleCmd().wrap(pdu, 0).seal(crc);
        });
    return cid;
  }

  /** Sends a command with its data in the capsule. */
  public int submitInCapsule(byte[] data, Consumer<SubmissionQueueEntry> filler) {
    int cid = nextCid();
    submitInCapsule(cid, data, filler);
    return cid;
  }

  public void submitInCapsule(int cid, byte[] data, Consumer<SubmissionQueueEntry> filler) {
    sendPdu(
        CapsuleCmd.SIZE,
        pdu -> {
          new CapsuleCmd().wrap(pdu, 0).startWithData(data.length, hdgst, ddgst);
          fill(pdu, cid, filler);
          new CapsuleCmd().wrap(pdu, 0).seal(crc);
        },
        data);
  }

  private static void fill(MemorySegment pdu, int cid, Consumer<SubmissionQueueEntry> filler) {
    SubmissionQueueEntry sqe = new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE);
    filler.accept(sqe);
    sqe.cid(cid);
  }

  /** What the command completed with; fails where it has not. */
  public Reply reply(int cid) {
    settle();
    Reply reply = replies.remove(cid);
    assertThat(reply).as("completion of command %d", cid).isNotNull();
    return reply;
  }

  public boolean hasReply(int cid) {
    settle();
    return replies.containsKey(cid);
  }

  /** Statuses of the completions that nobody has asked for yet. */
  public List<Integer> statuses() {
    return replies.values().stream().map(Reply::status).toList();
  }

  public void forgetReplies() {
    replies.clear();
    readData.clear();
    sentData.clear();
    asked.clear();
    rawPdus.clear();
  }

  /** Answers an R2T, or part of it, as the test says. */
  public void sendData(int cid, int ttag, int offset, byte[] data, boolean last) {
    sendPdu(
        H2cData.SIZE,
        pdu ->
            new H2cData()
                .wrap(pdu, 0)
                .start(data.length, last, hdgst, ddgst)
                .cccid(cid)
                .ttag(ttag)
                .datao(offset)
                .seal(crc),
        data);
  }

  // Bytes.

  public void sendPdu(int headerBytes, Consumer<MemorySegment> filler) {
    sendPdu(headerBytes, filler, new byte[0]);
  }

  /** Sends a PDU whose header is written by {@code filler}; its data and digests follow. */
  public void sendPdu(int headerBytes, Consumer<MemorySegment> filler, byte[] data) {
    boolean digests = headerBytes != IcReq.SIZE;
    MemorySegment pdu = header.asSlice(0, headerBytes + Crc32c.SIZE).fill((byte) 0);
    filler.accept(pdu);
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        pdu.asSlice(0, headerBytes + (hdgst && digests ? Crc32c.SIZE : 0))
            .toArray(ValueLayout.JAVA_BYTE));
    bytes.writeBytes(data);
    if (ddgst && digests && data.length > 0) {
      MemorySegment.copy(data, 0, output, ValueLayout.JAVA_BYTE, 0, data.length);
      int digest = crc.of(output, 0, data.length);
      for (int i = 0; i < Crc32c.SIZE; i++) {
        bytes.write(digest >>> 8 * i);
      }
    }
    send(bytes.toByteArray());
  }

  /** Puts bytes on the wire. */
  public void send(byte[] bytes) {
    if (closed) {
      return;
    }
    MemorySegment.copy(bytes, 0, input, ValueLayout.JAVA_BYTE, inputEnd, bytes.length);
    inputEnd += bytes.length;
    reactor.run(this::feed);
  }

  /** What transport does: frames, offers, keeps the rest. */
  private void feed() {
    boolean progress = true;
    while (progress && !closed && rules.wantsInput()) {
      progress = offer();
    }
  }

  private boolean offer() {
    received.reset(input);
    int at = 0;
    boolean fault = false;
    while (!received.isFull() && at < inputEnd) {
      PduFramer.Outcome outcome = rules.framer().frame(input, at, inputEnd);
      if (outcome == PduFramer.Outcome.FAULT) {
        fault = true;
        break;
      }
      if (outcome != PduFramer.Outcome.WHOLE) {
        break;
      }
      received.add(at, (int) rules.framer().plen());
      at += (int) rules.framer().plen();
      if (rules.framer().type() == PduType.IC_REQ) {
        break;
      }
    }
    int fes = rules.framer().fes();
    int fei = rules.framer().fei();
    int taken = received.size() == 0 ? 0 : rules.received(received, 0);
    if (taken < received.size()) {
      consume(received.offsetBytes(taken));
      return taken > 0;
    }
    if (fault && !closed) {
      rules.malformed(fes, fei, received, at, inputEnd - at);
      consume(inputEnd);
      return false;
    }
    consume(at);
    return at > 0;
  }

  private void consume(int bytes) {
    MemorySegment.copy(input, bytes, input, 0, inputEnd - bytes);
    inputEnd -= bytes;
  }

  private void drain() {
    while (outputReady && reading && !closed) {
      outputReady = false;
      reactor.run(() -> rules.fill(outgoing));
      while (!outgoing.isEmpty()) {
        boolean last = outgoing.isLast();
        var bytes = new byte[(int) outgoing.ranges().lengthBytes()];
        outgoing.ranges().copyTo(MemorySegment.ofArray(bytes), 0);
        reactor.run(() -> {
          outgoing.releaseAll();
          outgoing.reset();
        });
        understand(bytes);
        if (last) {
          close();
          break;
        }
        reactor.run(() -> rules.fill(outgoing));
      }
      reactor.run(outgoing::reset);
    }
  }

  private void closedBecause(CloseReason reason) {
    if (!closed) {
      closed = true;
      outgoing.releaseAll();
      outgoing.reset();
      rules.closed(reason);
    }
  }

  /** Frees the memory; the connection is closed and nothing is in flight. */
  public void free() {
    arena.close();
  }

  private void understand(byte[] bytes) {
    MemorySegment segment = output;
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    int at = 0;
    while (at < bytes.length) {
      PduFramer.Outcome outcome = hostFramer.frame(segment, at, bytes.length);
      assertThat(outcome)
          .as(
              "PDU at %d of what the target sent; FES %d FEI %d",
              at, hostFramer.fes(), hostFramer.fei())
          .isEqualTo(PduFramer.Outcome.WHOLE);
      assertThat(hostFramer.isDataDigestRight(segment, at)).as("data digest").isTrue();
      rawPdus.add(Arrays.copyOfRange(bytes, at, at + (int) hostFramer.plen()));
      take(segment, at);
      at += (int) hostFramer.plen();
    }
  }

  private void take(MemorySegment segment, int at) {
    switch (hostFramer.type()) {
      case PduType.IC_RESP -> {
        IcResp response = new IcResp().wrap(segment, at);
        hdgst = (response.dgst() & IcReq.DGST_HDGST_ENABLE) != 0;
        ddgst = (response.dgst() & IcReq.DGST_DDGST_ENABLE) != 0;
        maxH2cData = (int) response.maxh2cdata();
        hostFramer.initialized(hdgst, ddgst, 4);
      }
      case PduType.CAPSULE_RESP -> {
        CompletionQueueEntry entry =
            new CompletionQueueEntry().wrap(segment, at + CapsuleResp.RCCQE);
        finish(entry.cid(), entry.status(), entry.result(), entry.sqhd(), false);
      }
      case PduType.C2H_DATA -> takeRead(segment, at);
      case PduType.R2T -> {
        R2t r2t = new R2t().wrap(segment, at);
        var one = new Asked(r2t.cccid(), r2t.ttag(), (int) r2t.r2to(), (int) r2t.r2tl());
        asked.add(one);
        if (answersR2t) {
          reactor.execute(() -> answer(one));
        }
      }
      case PduType.C2H_TERM_REQ -> {
        TermReq term = new TermReq().wrap(segment, at);
        termFes = term.fes();
        termFei = term.fei();
        termHeader =
            segment
                .asSlice(at + TermReq.SIZE, term.plen() - TermReq.SIZE)
                .toArray(ValueLayout.JAVA_BYTE);
      }
      default -> throw new AssertionError(PduType.name(hostFramer.type()));
    }
  }

  private void takeRead(MemorySegment segment, int at) {
    C2hData data = new C2hData().wrap(segment, at);
    ByteArrayOutputStream read =
        readData.computeIfAbsent(data.cccid(), cid -> new ByteArrayOutputStream());
    if (!careless) {
      assertThat(data.datao()).as("DATAO").isEqualTo(read.size());
    }
    read.writeBytes(
        segment
            .asSlice(at + hostFramer.dataOffset(), hostFramer.dataBytes())
            .toArray(ValueLayout.JAVA_BYTE));
    if (data.isSuccess()) {
      assertThat(data.isLast()).as("SUCCESS only with LAST").isTrue();
      finish(data.cccid(), 0, 0, 0, true);
    }
  }

  private void finish(int cid, int status, long result, int sqhd, boolean bySuccessFlag) {
    ByteArrayOutputStream read = readData.remove(cid);
    byte[] data = read == null ? new byte[0] : read.toByteArray();
    Reply before = replies.put(cid, new Reply(status, result, sqhd, data, bySuccessFlag));
    if (!careless) {
      assertThat(before).as("second completion of %d", cid).isNull();
    }
    sentData.remove(cid);
  }

  /** Sends what an R2T asks for, in PDUs as large as MAXH2CDATA allows. */
  public void answer(Asked one) {
    byte[] data = sentData.get(one.cid());
    int sent = 0;
    while (data != null && sent < one.length() && !closed) {
      int part = Math.min(one.length() - sent, maxH2cData);
      int from = one.offset() + sent;
      boolean last = sent + part == one.length();
      sendData(one.cid(), one.ttag(), from, Arrays.copyOfRange(data, from, from + part), last);
      sent += part;
    }
  }
}
