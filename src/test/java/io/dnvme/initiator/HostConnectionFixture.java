package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.IoVector;
import io.dnvme.block.ManualReactor;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.TermReq;
import io.dnvme.nvme.connection.CloseReason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/**
 * A connection on virtual time with a scripted target at its other end; every command has to end.
 */
abstract class HostConnectionFixture {

  static final int IN_CAPSULE_BYTES = 4096;
  static final int MAX_TRANSFER_BYTES = 512 << 10;
  static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(10);
  static final long COMMAND_NANOS = TimeUnit.SECONDS.toNanos(30);

  record Sent(int type, MemorySegment pdu) {
    SubmissionQueueEntry entry() {
      return new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE);
    }

    H2cData h2c() {
      return new H2cData().wrap(pdu, 0);
    }

    TermReq termReq() {
      return new TermReq().wrap(pdu, 0);
    }
  }

  record Outcome(int status, long result, boolean lost, boolean sent) {}

  final ManualReactor reactor = new ManualReactor();
  final List<Sent> sent = new ArrayList<>();
  final List<Outcome> outcomes = new ArrayList<>();
  final List<String> ends = new ArrayList<>();
  boolean ready;
  HostConnection connection;
  Wire wire;
  TargetPdus target;

  final HostConnection.Owner owner =
      new HostConnection.Owner() {
        @Override
        public void ready(HostConnection ready) {
          HostConnectionFixture.this.ready = true;
        }

        @Override
        public void ended(HostConnection ended, String reason) {
          ends.add(reason);
        }
      };

  @AfterEach
  void everyCommandEnds() {
    if (wire != null) {
      wire.releaseWritten();
      wire.cut(CloseReason.BY_PEER);
      reactor.settle();
      assertThat(connection.inFlight()).isZero();
      assertThat(ends).hasSize(1);
      assertThat(reactor.time().alarmsPending()).isZero();
    }
    reactor.close();
  }

  void open(int maxCommands, boolean hdgst, boolean ddgst) {
    target = new TargetPdus(hdgst, ddgst);
    connection =
        new HostConnection(
            new ConnectionOptions(
                maxCommands,
                hdgst,
                ddgst,
                IN_CAPSULE_BYTES,
                MAX_TRANSFER_BYTES,
                HANDSHAKE_NANOS,
                COMMAND_NANOS),
            owner,
            new ConnectionCounters());
    wire = new Wire(reactor, connection, (from, type, pdu) -> sent.add(new Sent(type, pdu)));
    wire.open();
    reactor.settle();
  }

  void connect(int maxCommands, boolean hdgst, boolean ddgst, int cpda, long maxh2cdata) {
    open(maxCommands, hdgst, ddgst);
    wire.peerFramer.initialized(hdgst, ddgst, (cpda + 1) * 4);
    wire.deliver(target.icResp(cpda, maxh2cdata));
    reactor.settle();
    assertThat(ready).isTrue();
    sent.clear();
  }

  void connect() {
    connect(8, false, false, 0, 128 << 10);
  }

  HostCommand submit(int opcode, IoVector data, boolean sends) {
    HostCommand command = connection.tryAcquire();
    command.entry().start(opcode, command.cid()).nsid(1);
    if (sends) {
      command.sends(data);
    } else {
      command.receives(data);
    }
    command.onCompletion(this::note, null);
    connection.submit(command);
    return command;
  }

  HostCommand submit(int opcode, IoVector data) {
    HostCommand command = submit(opcode, data, opcode == IoOpcode.WRITE);
    reactor.settle();
    return command;
  }

  void note(HostCommand command) {
    outcomes.add(
        new Outcome(command.status(), command.result(), command.isLost(), command.wasSent()));
  }

  void deliver(MemorySegment pdu) {
    wire.deliver(pdu);
    reactor.settle();
  }

  static IoVector vector(MemorySegment... segments) {
    var vector = new IoVector();
    for (MemorySegment segment : segments) {
      vector.add(segment, 0, segment.byteSize());
    }
    return vector;
  }

  static MemorySegment content(int length, long seed) {
    MemorySegment segment = TargetPdus.bytes(length);
    var random = new Random(seed);
    for (int i = 0; i < length; i++) {
      segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return segment;
  }

  Sent onlySent() {
    assertThat(sent).hasSize(1);
    return sent.removeFirst();
  }

  void assertEndedWith(int fes, int fei) {
    assertThat(sent).isNotEmpty();
    Sent last = sent.getLast();
    assertThat(last.type()).isEqualTo(PduType.H2C_TERM_REQ);
    assertThat(last.termReq().fes()).isEqualTo(fes);
    assertThat(last.termReq().fei()).isEqualTo(fei);
    assertThat(wire.isClosed()).isTrue();
    assertThat(connection.isClosed()).isTrue();
    assertThat(connection.counters().faultsFound()).isEqualTo(1);
    assertThat(ends).singleElement().asString().contains(FatalErrorStatus.name(fes));
  }
}
