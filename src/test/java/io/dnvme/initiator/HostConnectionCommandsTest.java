package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.connection.CloseReason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Commands from their submission to their completion, which comes once, whatever happens. */
class HostConnectionCommandsTest extends HostConnectionFixture {

  @Test
  void commandsOfOneTurn_goOutInOneWrite() {
    connect();
    wire.batchSizes().clear();
    for (int i = 0; i < 5; i++) {
      submit(IoOpcode.READ, vector(TargetPdus.bytes(512)), false);
    }
    reactor.settle();
    assertThat(wire.batchSizes()).containsExactly(5);
  }

  @Test
  void table_isBoundedAndEveryPlaceComesBack() {
    connect(3, false, false, 0, 4096);
    var commands = new ArrayList<HostCommand>();
    for (int i = 0; i < 3; i++) {
      commands.add(submit(IoOpcode.FLUSH, new IoVector()));
    }
    assertThat(connection.available()).isZero();
    assertThat(connection.tryAcquire()).isNull();
    for (HostCommand command : commands) {
      deliver(target.response(command.cid(), 0, 7));
    }
    assertThat(outcomes).hasSize(3).allMatch(o -> o.status() == Status.SUCCESS && o.result() == 7);
    assertThat(connection.available()).isEqualTo(3);
  }

  @Test
  void completionMaySubmitTheNextCommandOnAFullTable() {
    connect(1, false, false, 0, 4096);
    HostCommand first = connection.tryAcquire();
    first.entry().start(IoOpcode.FLUSH, first.cid());
    var seen = new ArrayList<Integer>();
    first.onCompletion(
        done -> {
          HostCommand second = submit(IoOpcode.FLUSH, new IoVector(), false);
          seen.add(done.status());
          seen.add(second.cid());
        },
        null);
    connection.submit(first);
    reactor.settle();
    deliver(target.response(first.cid(), StatusCode.INVALID_OPCODE.status(), 0));
    assertThat(seen.getFirst()).isEqualTo(StatusCode.INVALID_OPCODE.status());
    deliver(target.response(seen.getLast(), 0, 0));
    assertThat(outcomes).hasSize(1);
  }

  @Test
  void responseToUnknownCommand_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.FLUSH, new IoVector());
    deliver(target.response(command.cid() + 1, 0, 0));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 20);
    assertThat(outcomes).singleElement().matches(Outcome::lost);
  }

  @Test
  void responseTwice_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.FLUSH, new IoVector());
    MemorySegment response = target.response(command.cid(), 0, 0);
    deliver(response);
    submit(IoOpcode.FLUSH, new IoVector());
    deliver(response);
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 20);
  }

  @Test
  void answerWhileDataIsBeingWritten_completesWhenItIsWritten() {
    connect();
    wire.holdWritten();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(512)));
    deliver(target.response(command.cid(), StatusCode.INVALID_FIELD.status(), 0));
    assertThat(outcomes).isEmpty();
    wire.releaseWritten();
    assertThat(outcomes).hasSize(1);
  }

  @Test
  void lossWhileDataIsBeingWritten_endsWhenItIsWritten() {
    connect();
    wire.holdWritten();
    submit(IoOpcode.WRITE, vector(TargetPdus.bytes(512)));
    wire.cut(CloseReason.SOCKET_ERROR);
    assertThat(outcomes).isEmpty();
    assertThat(ends).isEmpty();
    wire.releaseWritten();
    assertThat(outcomes).singleElement().matches(Outcome::lost);
    assertThat(ends).hasSize(1);
  }

  @Test
  void loss_tellsWhetherACommandWasSent() {
    connect();
    submit(IoOpcode.FLUSH, new IoVector());
    submit(IoOpcode.FLUSH, new IoVector(), false);
    wire.cut(CloseReason.SOCKET_ERROR);
    int lost = StatusCode.HOST_PATHING_ERROR.status();
    assertThat(outcomes)
        .containsExactlyInAnyOrder(
            new Outcome(lost, 0, true, true), new Outcome(lost, 0, true, false));
  }

  @Test
  void silentTarget_endsAfterTheCommandsTimeLimit() {
    connect();
    submit(IoOpcode.FLUSH, new IoVector());
    reactor.advance(COMMAND_NANOS - 1);
    assertThat(ends).isEmpty();
    reactor.advance(COMMAND_NANOS / CommandTimeouts.TICKS_PER_TIMEOUT * 2);
    assertThat(ends).singleElement().asString().contains("no answer");
    assertThat(connection.counters().timedOut()).isEqualTo(1);
  }

  @Test
  void eventRequest_mayStayUnansweredAndAnIdleConnectionSetsNoAlarms() {
    connect();
    HostCommand command = connection.tryAcquire();
    command.entry().start(0x0c, command.cid());
    connection.submit(command.withoutTimeout().onCompletion(this::note, null));
    reactor.advance(COMMAND_NANOS * 3);
    assertThat(connection.isReady()).isTrue();
    assertThat(reactor.time().alarmsPending()).isZero();
  }
}
