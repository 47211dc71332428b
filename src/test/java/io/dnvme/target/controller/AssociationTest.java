package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.Feature;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.subsystem.HostAccess;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life and the ends of associations: STALE-PATH, keep alive, cuts. */
class AssociationTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @AfterEach
  void close() {
    target.close();
  }

  @Test
  void adminQueueLost_endsTheIoQueuesToo() {
    host.bringUp();
    TestQueue second = host.connectIo(2, target.otherReactor);
    host.admin.hangUp();
    assertThat(host.io.isClosed()).isTrue();
    assertThat(second.isClosed()).isTrue();
    assertThat(target.ends).containsExactly(EndReason.ADMIN_QUEUE_GONE);
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void ioQueueLost_endsTheOtherIoQueues_andInAWhileTheAdminQueue() {
    host.bringUp();
    TestQueue second = host.connectIo(2, target.otherReactor);
    host.io.hangUp();
    assertThat(second.isClosed()).isTrue();
    assertThat(host.admin.isClosed()).isFalse();
    assertThat(StatusCode.COMMAND_SEQUENCE_ERROR.is(host.identify(1, 0).status())).isTrue();
    assertThat(
            StatusCode.CONNECT_INVALID_PARAMETERS.is(
                host.connectIo(target.connection().initialize(), 3).status()))
        .isTrue();
    target.time.advance(Controller.WIND_DOWN_NANOS);
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(target.ends).containsExactly(EndReason.IO_QUEUE_LOST);
  }

  @Test
  void disconnectCommand_endsOneQueueOnly() {
    host.bringUp();
    TestQueue second = host.connectIo(2, target.reactor);
    int cid = second.submit(null, sqe -> sqe.start(0x7f, 0).nsid(8));
    assertThat(second.reply(cid).status()).isZero();
    int late = TestHost.submitRead(second, 0, 1);
    assertThat(second.reply(late).outcome()).isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
    second.hangUp();
    assertThat(host.read(0, 1).status()).isZero();
    assertThat(target.ends).isEmpty();
    assertThat(host.connectIo(2, target.reactor).isClosed()).isFalse();
  }

  @Test
  void disconnectCommand_ofAnotherFormatOrOnAnAdminQueue_isRefused() {
    host.bringUp();
    int cid = host.io.submit(null, sqe -> sqe.start(0x7f, 0).nsid(8).cdw10(1));
    assertThat(host.io.reply(cid).outcome())
        .isEqualTo(StatusCode.CONNECT_INCOMPATIBLE_FORMAT.dnr());
    assertThat(host.admin(sqe -> sqe.start(0x7f, 0).nsid(8)).outcome())
        .isEqualTo(StatusCode.DISCONNECT_INVALID_QUEUE_TYPE.dnr());
  }

  // Keep alive.

  @Test
  void silence_endsTheAssociationAfterKatoAndSlack() {
    host.bringUp();
    long limit = TimeUnit.MILLISECONDS.toNanos(TestHost.KATO_MS + KeepAlive.SLACK_MS);
    target.time.advance(limit - 1);
    assertThat(host.admin.isClosed()).isFalse();
    target.time.advance(1);
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(host.io.isClosed()).isTrue();
    assertThat(target.ends).containsExactly(EndReason.KEEP_ALIVE_EXPIRED);
  }

  @Test
  void keepAliveCommands_keepItAlive() {
    host.bringUp();
    for (int i = 0; i < 20; i++) {
      target.time.advance(4 * SECOND);
      assertThat(host.admin(sqe -> sqe.start(0x18, 0)).status()).isZero();
    }
    assertThat(target.ends).isEmpty();
  }

  @Test
  void trafficOnAnIoQueueOfAnotherReactor_keepsItAlive() {
    host.bringUpAdmin();
    host.io = host.connectIo(1, target.otherReactor);
    for (int i = 0; i < 20; i++) {
      target.time.advance(4 * SECOND);
      assertThat(host.read(0, 1).status()).isZero();
    }
    assertThat(target.ends).isEmpty();
  }

  @Test
  void kato_isRoundedUpToTheGranularity_andCanBeChanged() {
    host.bringUp();
    assertThat(host.getFeature(Feature.KEEP_ALIVE_TIMER, 0).result()).isEqualTo(5000);
    assertThat(host.setFeature(Feature.KEEP_ALIVE_TIMER, 1001).status()).isZero();
    assertThat(host.getFeature(Feature.KEEP_ALIVE_TIMER, 0).result()).isEqualTo(1100);
    target.time.advance(TimeUnit.MILLISECONDS.toNanos(1100 + KeepAlive.SLACK_MS));
    assertThat(target.ends).containsExactly(EndReason.KEEP_ALIVE_EXPIRED);
  }

  @Test
  void katoOfZero_meansNoTimer() {
    host.connectAdmin(0);
    host.enable();
    target.time.advance(1000 * SECOND);
    assertThat(target.ends).isEmpty();
  }

  // The gap limit.

  @Test
  void reactorThatStoodStill_executesNothingItHadReceived() {
    host.bringUp();
    byte[] old = TestHost.pattern(4096, 1);
    assertThat(host.writeInCapsule(7, old).status()).isZero();
    target.time.stall(ControllerLimits.DEFAULT.gapLimitNanos() + 1);
    host.io.submitInCapsule(
        TestHost.pattern(4096, 2),
        sqe -> TestHost.rw(sqe, IoOpcode.WRITE, 7, 1).sglInCapsule(4096));
    host.io.settle();
    assertThat(host.io.isClosed()).isTrue();
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(target.target.gaps()).isEqualTo(1);
    TestHost again = TestHost.other(target, 1).bringUp();
    assertThat(again.read(7, 1).data()).isEqualTo(old);
  }

  @Test
  void reactorThatStoodStillWhileIdle_endsItsAssociationsToo() {
    host.bringUp();
    target.time.stall(ControllerLimits.DEFAULT.gapLimitNanos() + 1);
    target.time.advance(SECOND);
    assertThat(host.io.isClosed()).isTrue();
    assertThat(host.admin.isClosed()).isTrue();
  }

  @Test
  void shortPause_isNoGap() {
    host.bringUp();
    target.time.stall(ControllerLimits.DEFAULT.gapLimitNanos() / 2);
    assertThat(host.read(0, 1).status()).isZero();
  }

  // Cuts.

  @Test
  void hostNoLongerAllowed_isCutOff() {
    host.bringUp();
    TestHost other = TestHost.other(target, 1).bringUp();
    target.subsystem.changeHostAccess(HostAccess.only(Set.of(TestHost.NQN)));
    target.reactor.settle();
    assertThat(host.read(0, 1).status()).isZero();
    assertThat(other.io.isClosed()).isTrue();
    assertThat(target.ends).containsExactly(EndReason.HOST_NO_LONGER_ALLOWED);
  }

  @Test
  void subsystemRemoved_endsItsControllers() {
    host.bringUp();
    target.subsystems.remove(TestTarget.NQN);
    target.reactor.settle();
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(target.ends).containsExactly(EndReason.SUBSYSTEM_REMOVED);
  }

  @Test
  void cut_tellsWhenNothingIsInFlightAnyMore() {
    host.bringUp();
    TestHost other = TestHost.other(target, 1).bringUp();
    host.io.answersR2t(false);
    TestHost.submitWrite(host.io, 0, new byte[8192]);
    host.io.settle();
    var told = new AtomicInteger();
    target.target.cut(one -> one.cntlid() == host.cntlid, told::incrementAndGet);
    assertThat(told).hasValue(0);
    target.reactor.settle();
    assertThat(told).hasValue(1);
    assertThat(host.io.isClosed()).isTrue();
    assertThat(other.read(0, 1).status()).isZero();
    target.target.cut(one -> true, told::incrementAndGet);
    target.reactor.settle();
    assertThat(told).hasValue(2);
    target.target.cut(one -> true, told::incrementAndGet);
    assertThat(told).hasValue(3);
  }

  @Test
  void finish_answersWhatIsInFlight_andTakesNothingNew() {
    host.bringUp();
    TestQueue second = host.connectIo(2, target.otherReactor);
    int event = host.awaitEvent();
    host.io.answersR2t(false);
    byte[] data = TestHost.pattern(8192, 1);
    int write = TestHost.submitWrite(host.io, 0, data);
    host.io.settle();
    var told = new AtomicInteger();
    target.target.stop();
    target.target.finish(one -> true, 10 * SECOND, told::incrementAndGet);
    host.io.settle();
    assertThat(second.isClosed()).as("has nothing in flight").isFalse();
    second.settle();
    assertThat(second.isClosed()).isTrue();
    assertThat(host.io.isClosed()).as("still has a command in flight").isFalse();
    int late = TestHost.submitWrite(host.io, 9, data);
    assertThat(host.io.isClosed()).isFalse();
    host.io.answer(host.io.asked().getFirst());
    assertThat(host.io.reply(write).status()).isZero();
    assertThat(host.io.isClosed()).isTrue();
    assertThat(host.io.hasReply(late)).isFalse();
    assertThat(told).hasValue(0);
    assertThat(StatusCode.ABORT_REQUESTED.is(host.admin.reply(event).status())).isTrue();
    host.admin.settle();
    assertThat(told).hasValue(1);
    assertThat(target.ends).containsExactly(EndReason.CUT);
  }

  @Test
  void finish_cutsWhatTakesTooLong() {
    host.bringUp();
    host.io.answersR2t(false);
    TestHost.submitWrite(host.io, 0, new byte[4096]);
    host.io.settle();
    var told = new AtomicInteger();
    target.target.finish(one -> true, SECOND, told::incrementAndGet);
    target.time.advance(SECOND - 1);
    assertThat(host.io.isClosed()).isFalse();
    target.time.advance(2);
    assertThat(host.io.isClosed()).isTrue();
    assertThat(told).hasValue(1);
  }
}
