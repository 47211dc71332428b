package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.nvme.AbortCommand;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AnaLog;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.event.AsyncEventKind;
import io.dnvme.target.event.AsyncEvents;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Asynchronous events, the lists that go with them, and Abort. */
class EventsTest {

  private static final int ALL_EVENTS = 1 << 8 | 1 << 11;

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private Namespace namespace(int nsid) {
    var id = new UUID(7, nsid);
    return new Namespace(
        nsid, new NamespaceIds(id, id, 0), 2, target.device, new Reservations(target.reactor));
  }

  @Test
  void namespaceAdded_isToldOnce_untilTheListIsRead() {
    host.enableEvents(ALL_EVENTS);
    int first = host.awaitEvent();
    int second = host.awaitEvent();
    target.subsystem.addNamespace(namespace(5));
    target.reactor.settle();
    assertThat(host.admin.reply(first).result())
        .isEqualTo(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED.dword0());
    target.subsystem.addNamespace(namespace(3));
    target.reactor.settle();
    assertThat(host.admin.hasReply(second)).isFalse();
    NamespaceList list =
        new NamespaceList()
            .wrap(host.log(LogPage.CHANGED_NAMESPACE_LIST, 0, 4096, false).segment(), 0);
    assertThat(list.count()).isEqualTo(2);
    assertThat(list.nsid(0)).isEqualTo(3);
    assertThat(list.nsid(1)).isEqualTo(5);
    target.subsystem.removeNamespace(3);
    target.reactor.settle();
    assertThat(host.admin.reply(second).status()).isZero();
    assertThat(
            new NamespaceList()
                .wrap(host.identify(IdentifyCommand.CNS_ACTIVE_NAMESPACES, 0).segment(), 0)
                .count())
        .isEqualTo(2);
  }

  @Test
  void namespaceGrown_isSeenWithoutReconnecting() {
    host.enableEvents(ALL_EVENTS);
    int event = host.awaitEvent();
    target.subsystem.removeNamespace(1);
    var half = new BlockGeometry(TestTarget.BLOCK_BYTES, TestTarget.BLOCKS / 2);
    Namespace whole = namespace(9);
    target.subsystem.addNamespace(
        new Namespace(1, whole.ids(), 1, target.device, half, whole.reservations()));
    target.reactor.settle();
    assertThat(host.admin.reply(event).status()).isZero();
    assertThat(StatusCode.LBA_OUT_OF_RANGE.is(host.read(TestTarget.BLOCKS - 1, 1).status()))
        .isTrue();
    target.subsystem.resizeNamespace(1, target.device.geometry());
    target.reactor.settle();
    assertThat(host.read(TestTarget.BLOCKS - 1, 1).status()).isZero();
    IdentifyNamespace data =
        new IdentifyNamespace().wrap(host.identify(IdentifyCommand.CNS_NAMESPACE, 1).segment(), 0);
    assertThat(data.get(IdentifyNamespace.NSZE)).isEqualTo(TestTarget.BLOCKS);
  }

  @Test
  void anaChange_isTold_andRearmedByReadingTheLog() {
    host.enableEvents(ALL_EVENTS);
    for (AnaState state : new AnaState[] {AnaState.INACCESSIBLE, AnaState.OPTIMIZED}) {
      int event = host.awaitEvent();
      target.subsystem.ana().port(TestTarget.PORT).change(1, state);
      target.reactor.settle();
      assertThat(host.admin.reply(event).result()).isEqualTo(AsyncEventKind.ANA_CHANGE.dword0());
      // Retained: the next change would not be told.
      host.log(LogPage.ASYMMETRIC_NAMESPACE_ACCESS, 0, 64, true);
      TestQueue.Reply log = host.log(LogPage.ASYMMETRIC_NAMESPACE_ACCESS, 0, 64, false);
      assertThat(
              new AnaGroupDescriptor()
                  .wrap(log.segment(), AnaLog.SIZE)
                  .get(AnaGroupDescriptor.STATE))
          .isEqualTo(state.code());
    }
  }

  @Test
  void eventsThatAreNotEnabled_areNotTold() {
    host.enableEvents(1 << 8);
    int event = host.awaitEvent();
    target.subsystem.ana().port(TestTarget.PORT).change(1, AnaState.INACCESSIBLE);
    target.reactor.settle();
    assertThat(host.admin.hasReply(event)).isFalse();
  }

  @Test
  void moreRequestsThanAerl_areTooMany() {
    for (int i = 0; i < AsyncEvents.MAX_REQUESTS; i++) {
      host.awaitEvent();
    }
    TestQueue.Reply reply = host.admin(sqe -> sqe.start(0x0c, 0));
    assertThat(reply.outcome()).isEqualTo(StatusCode.ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED.dnr());
  }

  @Test
  void abort_ofAWaitingRequest_abortsIt() {
    int event = host.awaitEvent();
    TestQueue.Reply abort =
        host.admin(sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 0, event));
    assertThat(abort.result()).isZero();
    assertThat(StatusCode.ABORT_REQUESTED.is(host.admin.reply(event).status())).isTrue();
    TestQueue.Reply again =
        host.admin(sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 0, event));
    assertThat(again.result()).isEqualTo(AbortCommand.RESULT_NOT_ABORTED);
  }

  @Test
  void abort_ofAWriteThatAwaitsItsData_abortsItOnceThatIsThere() {
    host.io.answersR2t(false);
    int write = TestHost.submitWrite(host.io, 0, TestHost.pattern(4096, 1));
    host.io.settle();
    TestQueue.Reply abort =
        host.admin(sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 1, write));
    assertThat(abort.result()).isZero();
    host.io.answer(host.io.asked().getFirst());
    assertThat(StatusCode.ABORT_REQUESTED.is(host.io.reply(write).status())).isTrue();
    assertThat(host.read(0, 1).data()).isEqualTo(new byte[4096]);
  }

  @Test
  void abort_ofAFusedCommandThatAwaitsTheOther_abortsIt() {
    int first =
        host.io.submitInCapsule(
            new byte[4096], sqe -> TestHost.rw(sqe, 5, 0, 1).flags(0x41).sglInCapsule(4096));
    host.io.settle();
    TestQueue.Reply abort =
        host.admin(sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 1, first));
    assertThat(abort.result()).isZero();
    assertThat(StatusCode.ABORT_REQUESTED.is(host.io.reply(first).status())).isTrue();
  }

  @Test
  void abort_ofWhatIsNotThere_saysSo() {
    TestQueue.Reply none = host.admin(sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 1, 999));
    assertThat(none.status()).isZero();
    assertThat(none.result()).isEqualTo(AbortCommand.RESULT_NOT_ABORTED);
    TestQueue.Reply noQueue =
        host.admin(sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 7, 1));
    assertThat(noQueue.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void moreAbortsThanAcl_areTooMany() {
    host.io = host.connectIo(2, target.otherReactor);
    var cids = new java.util.ArrayList<Integer>();
    // All in one batch: none is answered before the last is looked at.
    target.reactor.run(() -> {
      for (int i = 0; i < 5; i++) {
        cids.add(
            host.admin.submit(null, sqe -> TestHost.as(new AbortCommand(), sqe).start(0, 2, 999)));
      }
    });
    for (int i = 0; i < 4; i++) {
      assertThat(host.admin.reply(cids.get(i)).status()).isZero();
    }
    assertThat(host.admin.reply(cids.get(4)).outcome())
        .isEqualTo(StatusCode.ABORT_COMMAND_LIMIT_EXCEEDED.dnr());
  }
}
