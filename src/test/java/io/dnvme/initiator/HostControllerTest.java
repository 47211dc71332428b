package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.StatusCode;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How a controller comes, lives, is lost and comes back. */
class HostControllerTest extends HostControllerFixture {

  @Test
  void start_connectsAdminAndIoQueues() {
    start();
    assertLive();
    assertThat(target.connects).extracting(c -> c.qid()).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(target.connects.getFirst().kato()).isEqualTo(KATO_MS);
    assertThat(target.connectData.getFirst().cntlid()).isEqualTo(0xffff);
    assertThat(target.connectData.get(1).cntlid()).isEqualTo(FakeTarget.CNTLID);
    assertThat(target.connectData)
        .allMatch(data -> data.hostid().equals(new UUID(3, 4)))
        .allMatch(data -> data.hostnqn().endsWith(new UUID(3, 4).toString()))
        .allMatch(data -> data.subnqn().equals("nqn.2026-01.org.example:fake"));
    assertThat(controller.namespaces()).hasSize(1);
    assertThat(controller.namespace(1).geometry().blockCount()).isEqualTo(target.blocks);
    assertThat(controller.namespace(1).identity().uuid()).endsWith("2");
    assertThat(controller.model()).isEqualTo("fake 1");
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void fewerQueuesGranted_areUsed() {
    target.queues = 1;
    start(ReconnectOptions.DEFAULT, 4);
    assertLive();
    assertThat(controller.queuesInUse()).isEqualTo(1);
    assertThat(target.openSessions()).isEqualTo(2);
  }

  @Test
  void controllerThatIsEnabled_isResetFirst() {
    target.cc = 1;
    start();
    assertLive();
    assertThat(target.ccWrites.getFirst() & 1).isZero();
    assertThat(target.ccWrites.get(1) & 1).isOne();
  }

  @Test
  void unreachableAtFirst_closes() {
    target.unreachable = true;
    start();
    assertThat(news).containsExactly("closed: connection refused");
  }

  @Test
  void unreachableAtFirst_isTriedAgainWhereAskedFor() {
    target.unreachable = true;
    start(new ReconnectOptions(SECOND, 4 * SECOND, 60 * SECOND, true, LossPolicy.WAIT), 1);
    time.advance(20 * SECOND);
    assertThat(target.dials).isBetween(5, 12);
    target.unreachable = false;
    time.advance(5 * SECOND);
    assertLive();
  }

  @Test
  void connectRefused_closesWithTheStatus() {
    target.refusals =
        (entry, qid) ->
            entry.opc() == FabricsCommand.OPCODE ? StatusCode.CONNECT_INVALID_HOST.dnr() : null;
    start();
    assertThat(news).singleElement().asString().contains("SC 84h");
  }

  @Test
  void ioConnectRefused_closesWithTheStatus() {
    target.refusals =
        (entry, qid) ->
            qid == -1 && target.connects.size() == 1
                ? StatusCode.CONNECT_CONTROLLER_BUSY.status()
                : null;
    start();
    assertThat(news).singleElement().asString().contains("SC 81h");
  }

  @Test
  void neverReady_givesUpInTheStatedTime() {
    target.neverReady = true;
    start();
    time.advance(SECOND / 2);
    assertThat(news).isEmpty();
    time.advance(SECOND);
    assertThat(news).singleElement().asString().contains("ready");
  }

  @Test
  void silentFromTheStart_closes() {
    target.silent = true;
    start();
    time.advance(ControllerOptions.HANDSHAKE_TIMEOUT_NANOS);
    assertThat(news).singleElement().asString().contains("ICResp");
  }

  @Test
  void otherCntlidInIdentify_isRefused() {
    target.identifyController = data -> data.set(IdentifyController.CNTLID, 1);
    start();
    assertThat(news).singleElement().asString().contains("CNTLID");
  }

  @Test
  void everyStepOfTheBringUpRefused_closesCleanly() {
    for (int step = 0; step < 40; step++) {
      news.clear();
      target.seen.clear();
      target.cc = 0;
      int refused = step;
      target.refusals =
          (entry, qid) ->
              target.seen.size() - 1 == refused ? StatusCode.INTERNAL_ERROR.status() : null;
      start();
      one.run(controller::shutdown);
      time.advance(60 * SECOND);
      assertThat(news.getLast()).as("step %d: %s", step, news).startsWith("closed");
      assertThat(target.openSessions()).isZero();
    }
  }

  @Test
  void everyStepOfTheBringUpCut_closesCleanly() {
    for (int step = 0; step < 40; step++) {
      news.clear();
      target.seen.clear();
      target.cc = 0;
      int cutAt = step;
      target.refusals =
          (entry, qid) -> {
            if (target.seen.size() - 1 != cutAt) {
              return null;
            }
            one.execute(target::crash);
            return FakeTarget.HELD;
          };
      start();
      one.run(controller::shutdown);
      time.advance(60 * SECOND);
      assertThat(news.getLast()).as("step %d: %s", step, news).startsWith("closed");
      assertThat(target.openSessions()).isZero();
    }
  }

  @Test
  void keepAlive_isSentAtHalfItsTime() {
    start();
    time.advance(20 * SECOND);
    assertThat(target.keepAlives).isEqualTo(10);
    assertLive();
  }

  @Test
  void keepAlive_isLeftOutWhileTrafficCounts() {
    target.identifyController =
        data ->
            data.set(IdentifyController.CTRATT, IdentifyController.CTRATT_TRAFFIC_BASED_KEEP_ALIVE);
    start();
    for (int i = 0; i < 40; i++) {
      time.advance(SECOND / 2);
      assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.SUCCESS);
    }
    assertThat(target.keepAlives).isZero();
    time.advance(20 * SECOND);
    assertThat(target.keepAlives).isBetween(9, 20);
  }

  @Test
  void silence_isNoticedByKeepAlive_andTheControllerComesBack() {
    start();
    target.silent = true;
    time.advance(2 * KATO_MS * 1_000_000L);
    assertThat(news).hasSize(2);
    assertThat(news.getLast()).contains("Keep Alive");
    target.silent = false;
    target.cc = 0;
    time.advance(30 * SECOND);
    assertThat(news.getLast()).isEqualTo("live");
    assertThat(controller.namespace(1).associations()).isEqualTo(2);
  }

  @Test
  void loss_ofOneQueue_givesUpAll_andReconnects() {
    start();
    target.cc = 0;
    target.session(2).cut();
    time.settle();
    assertThat(target.openSessions()).isZero();
    assertThat(controller.state()).isEqualTo(ControllerState.WAITING);
    time.advance(SECOND);
    assertThat(news).containsExactly("live", "lost: the connection broke", "live");
    assertThat(controller.counters().losses()).isEqualTo(1);
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void loss_whileUnreachable_backsOffAndGivesUpAtTheLimit() {
    start(new ReconnectOptions(SECOND, 8 * SECOND, 60 * SECOND, false, LossPolicy.WAIT), 2);
    target.unreachable = true;
    target.crash();
    time.settle();
    List<BlockStatus> outcomes = submit(BlockOp.FLUSH);
    time.advance(59 * SECOND);
    assertThat(outcomes).isEmpty();
    assertThat(target.dials).isBetween(3 + 8, 3 + 20);
    time.advance(2 * SECOND);
    assertThat(news.getLast()).startsWith("closed: not reached");
    assertThat(outcomes).containsExactly(BlockStatus.PATH_LOST);
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.PATH_LOST);
  }

  @Test
  void refusedForGoodAtReconnect_closes() {
    start();
    target.refusals =
        (entry, qid) ->
            entry.opc() == FabricsCommand.OPCODE
                ? StatusCode.CONNECT_INVALID_PARAMETERS.dnr()
                : null;
    target.crash();
    time.advance(2 * SECOND);
    assertThat(news.getLast()).startsWith("closed: Connect refused");
  }

  @Test
  void quiesceTime_isWaitedForBeforeReconnecting() {
    target.identifyController = data -> data.set(IdentifyController.CQT, 7_000);
    start();
    int dials = target.dials;
    target.crash();
    time.advance(7 * SECOND - 1);
    assertThat(target.dials).isEqualTo(dials);
    time.advance(SECOND);
    assertThat(news.getLast()).isEqualTo("live");
  }

  @Test
  void anotherNamespaceUnderTheSameId_isNotTheOldOne() {
    start();
    RemoteNamespace before = controller.namespace(1);
    target.uuid = new UUID(9, 9);
    target.crash();
    time.advance(SECOND);
    assertThat(before.isGone()).isTrue();
    assertThat(controller.namespace(1)).isNotSameAs(before);
    var io = new BlockIo(one);
    io.prepare(BlockOp.FLUSH, 0, 0).onCompletion(done -> news.add("io " + done.status()), null);
    one.run(() -> before.submit(io));
    assertThat(news.getLast()).isEqualTo("io FAILED");
  }

  @Test
  void namespaceEvent_refreshesTheSize() {
    start();
    target.blocks *= 2;
    target.session(0).event(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED);
    time.settle();
    assertThat(target.logPages).contains(LogPage.CHANGED_NAMESPACE_LIST);
    assertThat(controller.namespace(1).geometry().blockCount()).isEqualTo(target.blocks);
    assertThat(news).containsExactly("live", "namespaces");
    assertThat(target.session(0).eventRequests).hasSize(1);
  }

  @Test
  void namespaceEvent_removesAndAdds() {
    start();
    target.namespaceThere = false;
    target.session(0).event(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED);
    time.settle();
    assertThat(controller.namespaces()).isEmpty();
    target.namespaceThere = true;
    target.session(0).event(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED);
    time.settle();
    assertThat(controller.namespaces()).hasSize(1);
  }

  @Test
  void namespaceThatAppears_hasTheStateOfItsGroup() {
    target.namespaceThere = false;
    target.anaState = AnaGroupDescriptor.STATE_INACCESSIBLE;
    start();
    target.namespaceThere = true;
    target.session(0).event(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED);
    time.settle();
    assertThat(controller.namespace(1).anaState()).isEqualTo(AnaGroupDescriptor.STATE_INACCESSIBLE);
  }

  @Test
  void shutdownBeforeTheStart_connectsNowhere() {
    create(ReconnectOptions.DEFAULT, 1);
    one.run(() -> {
      controller.shutdown();
      controller.start();
    });
    time.settle();
    assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
    assertThat(target.dials).isZero();
  }

  @Test
  void anaEvent_readsTheLog() {
    start();
    assertThat(controller.namespace(1).anaState()).isEqualTo(AnaGroupDescriptor.STATE_OPTIMIZED);
    target.anaState = AnaGroupDescriptor.STATE_INACCESSIBLE;
    target.session(0).event(AsyncEvent.ANA_CHANGE);
    time.settle();
    assertThat(controller.namespace(1).anaState()).isEqualTo(AnaGroupDescriptor.STATE_INACCESSIBLE);
    assertThat(controller.counters().events()).isEqualTo(1);
  }

  @Test
  void unknownEvent_readsTheLogPageThatItNames() {
    start();
    target.session(0).event(AsyncEvent.of(AsyncEvent.TYPE_SMART, 1, LogPage.SMART_HEALTH));
    time.settle();
    assertThat(target.logPages).contains(LogPage.SMART_HEALTH);
    assertThat(target.session(0).eventRequests).hasSize(1);
  }

  @Test
  void discoveryController_hasNoQueues() {
    target.identifyController =
        data -> data.set(IdentifyController.CNTRLTYPE, IdentifyController.CNTRLTYPE_DISCOVERY);
    start();
    assertLive();
    assertThat(target.openSessions()).isEqualTo(1);
    assertThat(target.seen(entry -> entry.opc() == AdminOpcode.SET_FEATURES)).isEqualTo(1);
  }
}
