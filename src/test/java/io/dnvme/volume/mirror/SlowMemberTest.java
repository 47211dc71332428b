package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoCounters;
import io.dnvme.volume.mirror.MirrorRig.Host;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members that do not answer, or far later than their peers (MEMBER). */
class SlowMemberTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private MirrorRig rig = new MirrorRig(2);

  @AfterEach
  void close() {
    rig.close();
    assertThat(rig.mirror.counters().sum(IoCounters::inFlight)).isZero();
  }

  private void rig(List<MemberState> states, Set<PlantedBug> bugs) {
    rig.close();
    rig = new MirrorRig(states, MirrorOptions.DEFAULTS, bugs, false);
  }

  @Test
  void memberThatDoesNotAnswer_isTakenOut_andWhatItHasWaitsForItsDisconnection() {
    rig.devices[1].hold();
    Host write = rig.write(0, 1, 1);
    rig.home.advance(MirrorOptions.DEFAULTS.memberTimeoutNanos());
    assertThat(write.isDone()).isFalse();
    rig.home.advance(2 * MirrorOptions.TICK_NANOS);
    assertThat(rig.removed).containsExactly(1);
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.home.time().alarmsPending()).as("idle: nothing ticks").isLessThanOrEqualTo(1);
    rig.home.advance(SECOND);
    assertThat(rig.home.time().alarmsPending()).isZero();
  }

  @Test
  void longFlush_isNoFailure() {
    rig.holdAll();
    Host flush = rig.flush();
    rig.home.advance(7 * SECOND);
    rig.devices[0].goOn();
    rig.home.advance(7 * SECOND);
    assertThat(rig.mirror.failed()).as("a full cache takes its time, of one member too").isZero();
    rig.devices[1].goOn();
    assertThat(flush.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.removed).isEmpty();
  }

  @Test
  void flushThatDoesNotEnd_isAFailure_whereItsPeersEnded() {
    rig.devices[1].hold();
    Host flush = rig.flush();
    rig.home.advance(15 * SECOND);
    assertThat(flush.isDone()).isFalse();
    rig.home.advance(2 * MirrorOptions.TICK_NANOS);
    assertThat(rig.removed).containsExactly(1);
    assertThat(flush.status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void membersThatAllKeepACommand_stay_untilOneIsBetter() {
    rig.holdAll();
    Host write = rig.write(0, 1, 1);
    rig.home.advance(20 * SECOND);
    assertThat(rig.mirror.failed()).isZero();
    assertThat(rig.mirror.isStopped()).isFalse();
    rig.devices[0].goOn();
    rig.home.advance(2 * MirrorOptions.TICK_NANOS);
    assertThat(rig.removed).containsExactly(1);
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void lastMember_isWaitedFor() {
    rig(List.of(MemberState.IN_SYNC, MemberState.ABSENT), Set.of());
    rig.devices[0].hold();
    Host write = rig.write(0, 1, 1);
    rig.home.advance(20 * SECOND);
    assertThat(rig.mirror.isStopped()).isFalse();
    rig.devices[0].goOn();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void readThatAMemberKeeps_isAnsweredByAnother_onceItIsOut() {
    rig.write(0, 1, 3);
    rig.holdAll();
    Host read = rig.read(0, 1);
    int reader = rig.devices[0].held() > 0 ? 0 : 1;
    rig.devices[1 - reader].goOn();
    rig.home.advance(MirrorOptions.DEFAULTS.memberTimeoutNanos() + 2 * MirrorOptions.TICK_NANOS);
    assertThat(rig.removed).containsExactly(reader);
    assertThat(read.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read.value()).isEqualTo(3);
  }

  @Test
  void memberFarSlowerThanItsPeer_forLong_isTakenOut_aShortWhileIsNot() {
    int slow = (int) TimeUnit.MILLISECONDS.toNanos(100);
    writeFor(5, slow);
    writeFor(2, 0);
    writeFor(8, slow);
    assertThat(rig.removed).isEmpty();
    writeFor(4, slow);
    assertThat(rig.removed).containsExactly(1);
  }

  /** Writes one after another, for which the second member takes its time. */
  private void writeFor(int seconds, long nanos) {
    long end = rig.home.clock().nanos() + seconds * SECOND;
    while (rig.home.clock().nanos() < end) {
      rig.devices[1].hold();
      rig.write(0, 1, 1);
      rig.home.advance(Math.max(nanos, SECOND / 100));
      rig.devices[1].goOn();
    }
  }

  @Test
  void memberWhoseReadsAreFarSlowerThanItsPeers_forLong_isTakenOut() {
    rig.write(0, 1, 3);
    readFor(8, TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(rig.removed).isEmpty();
    readFor(6, TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(rig.removed).containsExactly(1);
  }

  /** Reads, two at a time so that both members have one; the second takes its time. */
  private void readFor(int seconds, long nanos) {
    long end = rig.home.clock().nanos() + seconds * SECOND;
    while (rig.home.clock().nanos() < end) {
      rig.holdAll();
      rig.read(0, 1);
      rig.read(0, 1);
      rig.devices[0].goOn();
      rig.home.advance(nanos);
      rig.devices[1].goOn();
    }
  }

  @Test
  void flushThatHangs_isAnsweredWithoutTheMember_longBeforeAHostGivesUp() {
    rig.devices[1].hold();
    Host flush = rig.flush();
    Host zeroes = rig.submit(BlockOp.WRITE_ZEROES, 0, 8, 0, 0, false);
    rig.home.advance(14 * SECOND);
    assertThat(flush.isDone()).as("a healthy disk may take long").isFalse();
    rig.home.advance(2 * SECOND);
    assertThat(flush.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(zeroes.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.removed).containsExactly(1);
  }

  @Test
  void copiesThatTakeLong_sayNothingOfAMember() {
    rig.devices[1].onSubmit(io -> {
      if (io.blockCount() > 1) {
        rig.devices[1].hold();
      }
    });
    long end = rig.home.clock().nanos() + 30 * SECOND;
    while (rig.home.clock().nanos() < end) {
      rig.mirror.copy(8, 32, 0, 0b10, status -> {});
      rig.mirror.copy(8, 32, 1, 0b01, status -> {});
      rig.home.advance(SECOND / 5);
      rig.devices[1].goOn();
      rig.write(0, 1, 1);
      rig.read(0, 1);
      rig.home.advance(SECOND / 100);
    }
    assertThat(rig.removed).isEmpty();
  }

  @Test
  void copyThatIsNeverAnswered_isLateLikeAHostsCommand() {
    rig.devices[1].hold();
    rig.mirror.copy(8, 32, 0, 0b10, status -> {});
    rig.home.advance(5 * SECOND);
    assertThat(rig.removed).containsExactly(1);
  }

  @Test
  void slowSecondsThatAreApart_doNotAddUp() {
    int slow = (int) TimeUnit.MILLISECONDS.toNanos(100);
    for (int i = 0; i < 10; i++) {
      writeFor(5, slow);
      rig.home.advance(5 * SECOND);
    }
    assertThat(rig.removed).isEmpty();
  }

  @Test
  void slowMemberWithoutAnInSyncPeer_stays() {
    rig(List.of(MemberState.REBUILDING, MemberState.IN_SYNC), Set.of());
    writeFor(30, TimeUnit.MILLISECONDS.toNanos(200));
    assertThat(rig.removed).isEmpty();
  }
}
