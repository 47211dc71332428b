package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RebuildTest {

  private static final RebuildRate FAST = RebuildRate.DEFAULT;
  private static final int BLOCKS = IntentFixture.REGION_BLOCKS;

  /** What the group copies at a time. */
  private static final long PIECE = 32 * IntentFixture.BLOCK;

  private final IntentFixture fixture =
      new IntentFixture(2, new IntentSettings(5 * IntentFixture.MILLI, 100));
  private final List<Rebuild.Outcome> outcomes = new ArrayList<>();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void returnedMember_getsOnlyWhatItMissed() {
    fixture.write(0, 8, 1);
    clean();
    fixture.remove(1);
    fixture.write(3 * BLOCKS, 8, 2);
    fixture.bringBack(1);
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(1);
    Rebuild rebuild = rebuild(FAST);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertThat(rebuild.progress().regionsCopied()).isEqualTo(1);
    assertThat(rebuild.progress().bytesCopied()).isEqualTo(1 << MemberLayout.MIN_REGION_SHIFT);
    assertEqual();
  }

  @Test
  void emptiedMember_getsAll() {
    fixture.write(0, 8, 1);
    fixture.remove(1);
    fixture.devices[1].empty();
    fixture.bringBack(1);
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(IntentFixture.REGIONS);
    rebuild(FAST);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  @Test
  void memberThatATakeoverDidNotReach_getsOnlyWhatItMissed() {
    fixture.write(0, 8, 1);
    clean();
    fixture.write(2 * BLOCKS, 8, 2);
    fixture.takeOver(1);
    removeUnreached();
    fixture.write(3 * BLOCKS, 8, 3);
    fixture.bringBack(1);
    // What was dirty at the takeover, and what was written since.
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(2);
    rebuild(FAST);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  @Test
  void memberThatATakeoverDidNotReach_andTheNextDid_getsOnlyWhatItMissed() {
    fixture.takeOver(1);
    removeUnreached();
    fixture.write(3 * BLOCKS, 8, 3);
    clean();
    fixture.takeOver();
    fixture.write(5 * BLOCKS, 8, 4);
    fixture.bringBack(1);
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(2);
    rebuild(FAST);
    fixture.until(() -> !outcomes.isEmpty());
    assertEqual();
  }

  @Test
  void emptyMemberThatATakeoverDidNotReach_getsAll() {
    fixture.write(0, 8, 1);
    fixture.takeOver(1);
    removeUnreached();
    fixture.devices[1].empty();
    fixture.bringBack(1);
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(IntentFixture.REGIONS);
    rebuild(FAST);
    fixture.until(() -> !outcomes.isEmpty());
    assertEqual();
  }

  @Test
  void oldMediumThatComesBackAfterAnEmptyOne_getsAll() {
    fixture.write(0, 8, 1);
    fixture.takeOver(1);
    removeUnreached();
    CrashDevice old = fixture.devices[1];
    fixture.devices[1] = new CrashDevice(old.geometry);
    fixture.bringBack(1);
    fixture.remove(1);
    fixture.devices[1] = old;
    fixture.bringBack(1);
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(IntentFixture.REGIONS);
  }

  /** The takeover's record without the member that it did not reach. */
  private void removeUnreached() {
    fixture.group.memberFailed(1, BlockStatus.PATH_LOST);
    fixture.until(() -> (fixture.record.inSync & 2) == 0 && fixture.group.failed() == 0);
  }

  @Test
  void mediumOfAnotherMember_isRefusedAndNotTouched() {
    fixture.remove(1);
    byte[] before = fixture.devices[0].mediumBytes();
    boolean[] answer = {true};
    fixture.group.beginRebuild(1, fixture.wire(0), yes -> answer[0] = yes);
    fixture.until(() -> !answer[0]);
    assertThat(fixture.group.log.refusal(1)).contains("the medium is of");
    assertThat(fixture.devices[0].mediumBytes()).isEqualTo(before);
  }

  @Test
  void unreadableSourceBlock_isNotCopiedAndKeepsTheMemberOut() {
    fixture.write(0, 2 * BLOCKS, 1);
    fixture.remove(1);
    fixture.write(0, 2 * BLOCKS, 2);
    fixture.devices[0].spoil(fixture.layout.dataStartBlock() + 5);
    fixture.bringBack(1);
    Rebuild rebuild = rebuild(FAST);
    fixture.until(() -> rebuild.progress().blocksUnreadable() == 1);
    fixture.until(() -> rebuild.progress().regionsLeft() == 1);
    assertThat(outcomes).isEmpty();
    assertThat(fixture.group.failed()).isZero();
    // Written anew it can be read again.
    fixture.write(5, 1, 3);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  @Test
  void unreadableSourceBlock_endsTheRebuildAfterAllElse_andItMayBeginAgain() {
    fixture.write(0, 2 * BLOCKS, 1);
    fixture.remove(1);
    fixture.write(0, 2 * BLOCKS, 2);
    fixture.devices[0].spoil(fixture.layout.dataStartBlock() + 5);
    fixture.bringBack(1);
    Rebuild rebuild = rebuild(FAST);
    fixture.reactor.advance(60_000 * IntentFixture.MILLI);
    assertThat(outcomes).containsExactly(Rebuild.Outcome.UNREADABLE);
    assertThat(rebuild.progress().regionsLeft()).isEqualTo(1);
    assertThat(rebuild.progress().blocksUnreadable()).isEqualTo(1);
    assertThat(fixture.group.failed()).as("nobody is to blame").isZero();
    assertThat(fixture.group.rebuilding()).as("still written").isEqualTo(2);
    fixture.write(5, 1, 3);
    rebuild(FAST);
    fixture.until(() -> outcomes.size() == 2);
    assertThat(outcomes).endsWith(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  @Test
  void memberThatIsBusyWhenItIsFlushed_isFlushedLater() {
    CrashWire wire = rebuildingOver(BlockStatus.BUSY);
    rebuild(FAST);
    fixture.reactor.advance(200 * IntentFixture.MILLI);
    assertThat(outcomes).isEmpty();
    assertThat(fixture.group.log.missingRegions(1)).isPositive();
    wire.flushes(BlockStatus.SUCCESS);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  @Test
  void memberThatIsBusyForTooLong_fails() {
    rebuildingOver(BlockStatus.BUSY);
    rebuild(FAST);
    fixture.reactor.advance(40_000 * IntentFixture.MILLI);
    assertThat(outcomes).containsExactly(Rebuild.Outcome.STOPPED);
    assertThat(fixture.group.rebuilding()).isZero();
  }

  /** Member 1 lacks some regions, is back, and its flushes end so. */
  private CrashWire rebuildingOver(BlockStatus flushes) {
    fixture.remove(1);
    fixture.write(0, 2 * BLOCKS, 2);
    CrashWire wire = fixture.wire(1);
    boolean[] back = new boolean[1];
    fixture.group.beginRebuild(1, wire, yes -> back[0] = yes);
    fixture.until(() -> back[0]);
    wire.flushes(flushes);
    return wire;
  }

  @Test
  void stoppedRebuild_leavesNoTimer_whateverItWaitsFor() {
    int[] moments = {0, 1, 3, 10, 40, 100, 300, 900, 2000};
    for (int moment : moments) {
      fixture.remove(1);
      fixture.write(0, 4 * BLOCKS, 2);
      fixture.until(() -> fixture.group.log.dirtyRegions() == 0);
      fixture.bringBack(1);
      Rebuild rebuild = rebuild(new RebuildRate(1 << 17, 1 << 17));
      fixture.reactor.advance(moment * IntentFixture.MILLI / 2);
      rebuild.stop();
      fixture.until(() -> fixture.group.log.dirtyRegions() == 0);
      fixture.reactor.advance(500 * IntentFixture.MILLI);
      assertThat(fixture.reactor.time().alarmsPending()).as("after %d half ms", moment).isZero();
    }
    assertThat(outcomes).hasSize(moments.length).containsOnly(Rebuild.Outcome.STOPPED);
  }

  @Test
  void rebuildOfWhatIsNotEqualYet_leavesNoTimer_onceGroupAndRebuildAreStopped() {
    fixture.write(0, 8, 1);
    fixture.open(0b01);
    removeUnreached();
    fixture.bringBack(1);
    Rebuild rebuild = rebuild(FAST);
    fixture.reactor.advance(200 * IntentFixture.MILLI);
    assertThat(outcomes).isEmpty();
    assertThat(rebuild.progress().bytesCopied()).isZero();
    fixture.group.die();
    rebuild.stop();
    fixture.reactor.advance(60_000 * IntentFixture.MILLI);
    assertThat(fixture.reactor.time().alarmsPending()).isZero();
  }

  @Test
  void progress_tellsBytesRateAndTimeLeft() {
    fixture.remove(1);
    fixture.write(0, IntentFixture.REGIONS * BLOCKS, 1);
    fixture.bringBack(1);
    long bytes = fixture.layout.dataBytes();
    var before = new Rebuild(fixture.group, fixture.group.log, 1, FAST, outcomes::add).progress();
    assertThat(before.bytesLeft()).isEqualTo(bytes);
    assertThat(before.secondsLeft()).as("nobody knows yet").isEqualTo(-1);
    Rebuild rebuild = rebuild(new RebuildRate(bytes / 40, bytes / 40));
    fixture.reactor.advance(20_000 * IntentFixture.MILLI);
    var half = rebuild.progress();
    assertThat(half.bytesCopied()).isBetween(bytes * 4 / 10, bytes * 6 / 10);
    assertThat(half.bytesPerSecond()).isBetween(bytes / 60, bytes / 30);
    assertThat(half.secondsLeft()).isBetween(12L, 40L);
    fixture.reactor.advance(40_000 * IntentFixture.MILLI);
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertThat(rebuild.progress().secondsLeft()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Interruption.class)
  void interruptedInTheMiddle_resumesWithWhatIsLeft(Interruption interruption) {
    fixture.remove(1);
    fixture.write(0, IntentFixture.REGIONS * BLOCKS, 1);
    clean();
    interruptedAndResumed(interruption);
  }

  @ParameterizedTest
  @EnumSource(Interruption.class)
  void ofANewMember_interruptedInTheMiddle_resumesWithWhatIsLeft(Interruption interruption) {
    fixture.write(0, IntentFixture.REGIONS * BLOCKS, 1);
    fixture.remove(1);
    clean();
    fixture.devices[1].empty();
    interruptedAndResumed(interruption);
  }

  /** What a page said that is torn is not known, once: not again at each return. */
  @ParameterizedTest
  @EnumSource(Interruption.class)
  void ofAMemberWithATornPage_interruptedInTheMiddle_resumesWithWhatIsLeft(
      Interruption interruption) {
    fixture.write(0, IntentFixture.REGIONS * BLOCKS, 1);
    fixture.remove(1);
    clean();
    fixture.devices[1].rot(fixture.layout.bitmapBlock(0, 0, 1), 100);
    interruptedAndResumed(interruption);
  }

  private enum Interruption {
    TAKEOVER,
    LOST_CONNECTION
  }

  private void interruptedAndResumed(Interruption interruption) {
    fixture.bringBack(1);
    // So slow that each region takes a second: it is flushed now and then.
    Rebuild rebuild = rebuild(new RebuildRate(1 << 16, 1 << 16));
    fixture.until(() -> rebuild.progress().regionsLeft() <= IntentFixture.REGIONS - 3);
    if (interruption == Interruption.TAKEOVER) {
      fixture.group.die();
      fixture.record.rebuilding = 0;
      fixture.takeOver();
    } else {
      fixture.group.lose(1, false);
      fixture.until(() -> fixture.record.rebuilding == 0 && fixture.group.failed() == 0);
      outcomes.clear();
    }
    fixture.bringBack(1);
    assertThat(fixture.group.log.missingRegions(1)).isLessThan(IntentFixture.REGIONS);
    rebuild(FAST);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  /** The next owner may start from the header that was not written, which knows no new stamp. */
  @Test
  void emptyMember_besideAnInSyncOneThatIsNotWritten_isBegunOnlyWhenThatLeft() {
    try (var three = new IntentFixture(3, new IntentSettings(5 * IntentFixture.MILLI, 100))) {
      three.remove(2);
      three.bringBack(2);
      three.group.die();
      three.devices[2].empty();
      three.hangAtTakeover(1);
      three.takeOver();
      assertThat(three.devices[2].mediumBytes()).containsOnly(0);
      three.group.memberFailed(1, BlockStatus.READ_FAULT);
      three.until(() -> three.record.inSync == 1 && three.group.failed() == 0);
      three.bringBack(2);
      assertThat(three.group.log.missingRegions(2)).isEqualTo(IntentFixture.REGIONS);
    }
  }

  @Test
  void rate_isKept() {
    fixture.remove(1);
    fixture.write(0, IntentFixture.REGIONS * BLOCKS, 1);
    fixture.bringBack(1);
    long start = fixture.reactor.clock().nanos();
    long bytes = fixture.layout.dataBytes();
    rebuild(new RebuildRate(bytes, bytes));
    fixture.until(() -> !outcomes.isEmpty());
    // All but the last piece is waited for.
    assertThat(fixture.reactor.clock().nanos() - start).isBetween(900_000_000L, 1_500_000_000L);
  }

  /** Each command is answered long before the next one comes: hardly ever is one under way. */
  @Test
  void besideHosts_theLeastRateIsKept_andTheGreatestBeforeAndAfter() {
    fixture.remove(1);
    fixture.write(0, IntentFixture.REGIONS * BLOCKS, 1);
    clean();
    fixture.bringBack(1);
    long least = fixture.layout.dataBytes() / 24;
    long greatest = 6 * least;
    Rebuild rebuild = rebuild(new RebuildRate(least, greatest));
    assertThat(copiedInASecond(rebuild, Long.MAX_VALUE))
        .isBetween(greatest - PIECE, greatest + PIECE);
    assertThat(copiedInASecond(rebuild, 70)).as("hosts come").isLessThan(least + 2 * PIECE);
    long beside = 0;
    for (int everyMs : new int[] {70, 5, 70}) {
      beside += copiedInASecond(rebuild, everyMs);
    }
    assertThat(beside).as("beside hosts").isBetween(3 * least - PIECE, 3 * least + PIECE);
    assertThat(copiedInASecond(rebuild, Long.MAX_VALUE))
        .as("hosts are gone")
        .isGreaterThan(greatest * 3 / 4 - PIECE);
    fixture.until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    assertEqual();
  }

  /** Beside a host that reads a block every so often. */
  private long copiedInASecond(Rebuild rebuild, long everyMs) {
    long before = rebuild.progress().bytesCopied();
    for (int ms = 0; ms < 1000; ms++) {
      if (ms % everyMs == everyMs / 2) {
        fixture.group.read(0, 1, data -> {});
      }
      fixture.reactor.advance(IntentFixture.MILLI);
    }
    return rebuild.progress().bytesCopied() - before;
  }

  @Test
  void rateIsArithmetic_andWhatIsNoneIsRefused() {
    var rate = new RebuildRate(1 << 20, 8 << 20);
    assertThat(rate.nanosFor(1 << 20, true)).isEqualTo(1_000_000_000);
    assertThat(rate.nanosFor(1 << 20, false)).isEqualTo(125_000_000);
    assertThat(new RebuildRate(1, 0).nanosFor(1 << 20, false)).isZero();
    assertThatThrownBy(() -> new RebuildRate(0, 0)).hasMessageContaining("never ends");
    assertThatThrownBy(() -> new RebuildRate(2, 1)).hasMessageContaining("below its least");
  }

  private Rebuild rebuild(RebuildRate rate) {
    var rebuild = new Rebuild(fixture.group, fixture.group.log, 1, rate, outcomes::add);
    rebuild.start();
    return rebuild;
  }

  private void clean() {
    fixture.until(() -> fixture.group.log.dirtyRegions() == 0);
    // On the media, too: what a member's own header calls dirty is copied when it comes back.
    fixture.reactor.advance(100 * IntentFixture.MILLI);
  }

  private void assertEqual() {
    assertThat(fixture.data(1)).isEqualTo(fixture.data(0));
  }
}
