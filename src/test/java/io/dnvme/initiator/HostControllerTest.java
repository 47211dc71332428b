package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.StatusCode;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostControllerTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int KATO_MS = 4_000;

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor one = new ManualReactor(time, 0);
  private final ManualReactor two = new ManualReactor(time, 1);
  private final FakeTarget target = new FakeTarget();
  private final List<String> news = new ArrayList<>();
  private HostController controller;
  private Runnable whenLost = () -> {};

  private final ControllerListener listener =
      new ControllerListener() {
        @Override
        public void live(HostController which) {
          news.add("live");
        }

        @Override
        public void lost(HostController which, String reason) {
          news.add("lost: " + reason);
          whenLost.run();
        }

        @Override
        public void closed(HostController which, String reason) {
          news.add("closed: " + reason);
        }

        @Override
        public void namespacesChanged(HostController which) {
          news.add("namespaces");
        }
      };

  @AfterEach
  void nothingIsLeft() {
    target.unreachable = false;
    target.silent = false;
    if (controller != null) {
      one.run(controller::shutdown);
      time.advance(120 * SECOND);
      assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
      assertThat(target.openSessions()).isZero();
      assertThat(time.alarmsPending()).isZero();
    }
    one.close();
    two.close();
  }

  private void start(ReconnectOptions reconnect, int queues) {
    create(reconnect, queues);
    one.run(controller::start);
    time.settle();
  }

  private void create(ReconnectOptions reconnect, int queues) {
    controller =
        new HostController(
            new ControllerOptions(
                new InetSocketAddress("127.0.0.1", 4420),
                "nqn.2026-01.org.example:fake",
                HostIdentity.of(new UUID(3, 4)),
                KATO_MS,
                QueueOptions.of(queues),
                reconnect),
            one,
            List.of(one, two),
            target,
            new Random(1),
            listener);
  }

  private void start() {
    start(ReconnectOptions.DEFAULT, 2);
  }

  private void assertLive() {
    assertThat(news).containsExactly("live");
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
  }

  private List<BlockStatus> submit(BlockOp op) {
    var outcomes = new ArrayList<BlockStatus>();
    var io = new BlockIo(one);
    io.prepare(op, 0, op == BlockOp.FLUSH ? 0 : 1)
        .onCompletion(done -> outcomes.add(done.status()), null);
    one.run(() -> controller.namespace(1).submit(io));
    time.settle();
    return outcomes;
  }

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
  void shutdown_tellsTheTargetAndDisconnects() {
    target.identifyController =
        data -> data.set(IdentifyController.OFCS, IdentifyController.OFCS_DISCONNECT);
    start();
    one.run(controller::shutdown);
    time.advance(SECOND);
    assertThat(news.getLast()).isEqualTo("closed: shut down");
    assertThat(Property.Cc.SHN.get(target.ccWrites.getLast())).isEqualTo(Property.Cc.SHN_NORMAL);
    assertThat(target.disconnects).isEqualTo(2);
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.FAILED);
  }

  @Test
  void shutdown_ofASilentTarget_endsInTime() {
    start();
    target.silent = true;
    one.run(controller::shutdown);
    time.advance(6 * SECOND);
    assertThat(news.getLast()).isEqualTo("closed: shut down");
  }

  /** A disk that hangs behind a node that lives. */
  @Test
  void abandon_endsCommandsInFlight_withoutWaitingForTheTarget() {
    start();
    target.refusals = (entry, qid) -> qid > 0 ? FakeTarget.HELD : null;
    List<BlockStatus> hung = submit(BlockOp.FLUSH);
    int told = target.ccWrites.size();
    assertThat(hung).isEmpty();
    one.run(controller::abandon);
    time.settle();
    assertThat(hung).containsExactly(BlockStatus.PATH_LOST);
    assertThat(news).containsExactly("live", "closed: given up");
    assertThat(target.ccWrites).hasSize(told);
    assertThat(target.disconnects).isZero();
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.PATH_LOST);
  }

  @Test
  void abandon_cutsAShutdownShort_atEachOfItsSteps() {
    for (boolean noticeHangs : new boolean[] {true, false}) {
      news.clear();
      target.identifyController =
          data -> data.set(IdentifyController.OFCS, IdentifyController.OFCS_DISCONNECT);
      target.refusals = (entry, qid) -> null;
      target.cc = 0;
      start();
      target.refusals = (entry, qid) -> (qid == 0) == noticeHangs ? FakeTarget.HELD : null;
      List<BlockStatus> hung = submit(BlockOp.FLUSH);
      one.run(controller::shutdown);
      time.settle();
      assertThat(news).containsExactly("live");
      one.run(controller::abandon);
      one.run(controller::abandon);
      time.settle();
      assertThat(news)
          .containsExactly("live", noticeHangs ? "closed: given up" : "closed: shut down");
      assertThat(hung).hasSize(1);
      assertThat(target.openSessions()).isZero();
    }
  }

  @Test
  void abandon_whileTheLossIsTold_closes() {
    start();
    whenLost = controller::abandon;
    target.session(2).cut();
    time.settle();
    assertThat(news)
        .containsExactly("live", "lost: the connection broke", "closed: the connection broke");
  }

  @Test
  void abandon_whileConnectingOrWaiting_closes() {
    target.refusals = (entry, qid) -> entry.opc() == AdminOpcode.IDENTIFY ? FakeTarget.HELD : null;
    start();
    one.run(controller::abandon);
    time.settle();
    assertThat(news).containsExactly("closed: given up");
    news.clear();
    target.refusals = (entry, qid) -> null;
    target.cc = 0;
    start();
    target.session(2).cut();
    time.settle();
    assertThat(controller.state()).isEqualTo(ControllerState.WAITING);
    one.run(controller::abandon);
    time.settle();
    assertThat(news.getLast()).isEqualTo("closed: given up");
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

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void wrongPdu_endsTheAssociation_andItComesBack(int which) {
    start();
    target.refusals = (entry, qid) -> qid == 1 ? FakeTarget.HELD : null;
    List<BlockStatus> outcomes = submit(BlockOp.FLUSH);
    FakeTarget.Session session = target.session(which % 2);
    int cid = target.seen.getLast().cid();
    target.faultsExpected = true;
    target.refusals = (entry, qid) -> null;
    target.cc = 0;
    session.wire.deliver(
        switch (which) {
          case 0 -> session.pdus.response(0x7abc, 0, 0);
          case 1 -> session.pdus.r2t(cid, 1, 0, 512);
          case 2 -> session.pdus.icResp(0, 8192);
          case 3 -> session.pdus.data(cid, 0, TargetPdus.bytes(8), 4);
          case 4 -> session.pdus.data(0x7abc, 0, TargetPdus.bytes(8), 4);
          default -> TargetPdus.bytes(64).fill((byte) 0xff);
        });
    time.advance(SECOND);
    assertThat(news).hasSize(3).last().isEqualTo("live");
    assertThat(news.get(1)).contains("broke the protocol");
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void randomIdentifyAndLogData_neverBreakTheRules() {
    long seed = System.nanoTime();
    System.out.println("HostControllerTest.randomIdentifyAndLogData seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      news.clear();
      target.cc = 0;
      int dense = random.nextInt(3);
      target.spoil =
          data -> {
            int changes = dense == 0 ? 4096 : random.nextInt(20);
            for (int i = 0; i < changes; i++) {
              long at = random.nextLong(Math.min(data.byteSize(), dense == 1 ? 600 : 4096));
              data.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
            }
            if (random.nextInt(4) > 0 && data.byteSize() == 4096) {
              data.set(ValueLayout.JAVA_BYTE, 78, (byte) FakeTarget.CNTLID);
              data.set(ValueLayout.JAVA_BYTE, 79, (byte) 0);
            }
          };
      start();
      if (controller.state() == ControllerState.LIVE) {
        for (var namespace : controller.namespaces()) {
          var io = new BlockIo(one);
          io.prepare(BlockOp.DEALLOCATE, 0, Math.min(8, namespace.geometry().blockCount()))
              .onCompletion(done -> news.add("io"), null);
          one.run(() -> namespace.submit(io));
        }
        if (!target.session(0).eventRequests.isEmpty()) {
          target.session(0).event(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED);
        }
        time.settle();
      }
      one.run(controller::shutdown);
      time.advance(120 * SECOND);
      assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
      assertThat(target.openSessions()).isZero();
    }
  }

  @Test
  void randomCutsAndRefusals_neverBreakTheRules() {
    long seed = System.nanoTime();
    System.out.println("HostControllerTest.randomCutsAndRefusals seed " + seed);
    var random = new Random(seed);
    start(
        new ReconnectOptions(SECOND / 10, SECOND, ReconnectOptions.NEVER, true, LossPolicy.WAIT),
        2);
    var outcomes = new ArrayList<BlockStatus>();
    int submitted = 0;
    for (int i = 0; i < 2_000; i++) {
      target.refusals =
          random.nextInt(3) == 0
              ? (entry, qid) -> random.nextInt(20) == 0 ? StatusCode.INTERNAL_ERROR.status() : null
              : (entry, qid) -> null;
      switch (random.nextInt(6)) {
        case 0 -> {
          int which = random.nextInt(target.sessions.size());
          target.sessions.get(which).cut();
        }
        case 1 -> target.crash();
        case 2 -> target.unreachable = random.nextInt(4) == 0;
        default -> {
          if (controller.namespace(1) != null) {
            var io = new BlockIo(random.nextBoolean() ? one : two);
            io.prepare(BlockOp.FLUSH, 0, 0).onCompletion(done -> outcomes.add(done.status()), null);
            submitted++;
            ((ManualReactor) io.reactor()).run(() -> controller.namespace(1).submit(io));
          }
        }
      }
      time.advance(random.nextLong(SECOND));
    }
    target.refusals = (entry, qid) -> null;
    target.unreachable = false;
    target.crash();
    time.advance(60 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
    assertThat(outcomes).hasSize(submitted);
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.SUCCESS);
  }
}
