package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WriteIntentLogTest {

  private static final int BLOCKS = IntentFixture.REGION_BLOCKS;

  private static final long TIMEOUT = 50 * IntentFixture.MILLI;

  private final IntentFixture fixture =
      new IntentFixture(
          2, new IntentSettings(10 * IntentFixture.MILLI, 4, TIMEOUT, 2 * TIMEOUT, TIMEOUT));

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void manyWritesAtOnce_shareOneHeaderWrite() {
    long before = fixture.group.log.headerRounds();
    int[] acknowledged = new int[1];
    for (int region = 0; region < IntentFixture.REGIONS; region++) {
      for (int i = 0; i < 4; i++) {
        fixture.group.write(
            region * BLOCKS + i, 1, IntentFixture.filled(1, 1), () -> acknowledged[0]++);
      }
    }
    fixture.until(() -> acknowledged[0] == 4 * IntentFixture.REGIONS);
    assertThat(fixture.group.log.headerRounds() - before).isEqualTo(1);
    assertThat(fixture.group.log.dirtyRegions()).isEqualTo(IntentFixture.REGIONS);
  }

  @Test
  void writesToADirtyRegion_writeNoHeader() {
    fixture.write(0, 1, 1);
    long before = fixture.group.log.headerRounds();
    for (int i = 0; i < 10; i++) {
      fixture.write(i, 1, i);
    }
    assertThat(fixture.group.log.headerRounds()).isEqualTo(before);
  }

  @Test
  void idleRegion_isCleanedOnAllMedia() {
    fixture.write(0, 1, 1);
    assertThat(intentsOnMedium(0)).isTrue();
    assertThat(intentsOnMedium(1)).isTrue();
    fixture.until(() -> fixture.group.log.dirtyRegions() == 0);
    fixture.until(() -> !intentsOnMedium(0) && !intentsOnMedium(1));
  }

  @Test
  void memberThatLeaves_hasTheDirtyRegionsInItsBitmap() {
    fixture.write(0, 1, 1);
    fixture.remove(1);
    // Its bitmap says what it may lack before anything is written without it.
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(1);
    fixture.until(() -> fixture.group.log.dirtyRegions() == 0);
    assertThat(fixture.group.log.missingRegions(1)).isEqualTo(1);
  }

  @Test
  void takeover_makesDirtyRegionsEqualBeforeTheyAreRead() {
    fixture.write(0, 1, 1);
    fixture.group.die();
    // What one member missed when the owner died.
    fixture.devices[1].rot(fixture.layout.dataStartBlock() + 7, 3);
    fixture.takeOver();
    assertThat(fixture.group.log.dirtyRegions()).isEqualTo(1);
    byte[][] seen = new byte[1][];
    fixture.group.read(7, 1, data -> seen[0] = data);
    fixture.until(() -> seen[0] != null);
    assertThat(fixture.data(1)).isEqualTo(fixture.data(0));
    fixture.until(() -> fixture.group.log.unequalRegions() == 0);
  }

  @Test
  void dirtyRegion_isNotRead_whileAFailedMemberIsInSyncByTheRecord() {
    fixture.write(0, 1, 1);
    fixture.group.die();
    fixture.devices[0].rot(fixture.layout.dataStartBlock() + 7, 3);
    fixture.open(-1);
    fixture.group.lose(0, false);
    fixture.group.log.makeEqual();
    int[] inSync = new int[1];
    fixture.group.read(7, 1, data -> inSync[0] = fixture.record.inSync);
    fixture.until(() -> inSync[0] != 0);
    assertThat(inSync[0])
        .as("else the next owner may follow the failed member, and the value read is gone")
        .isEqualTo(0b10);
  }

  @Test
  void blocksThatNoMemberCanRead_doNotHoldUpTheOthers() {
    fixture.write(0, BLOCKS, 1);
    fixture.group.die();
    for (CrashDevice device : fixture.devices) {
      device.spoil(fixture.layout.dataStartBlock() + 7);
    }
    fixture.devices[0].spoil(fixture.layout.dataStartBlock() + 9);
    fixture.takeOver();
    fixture.until(() -> fixture.group.log.unequalRegions() == 0);
    assertThat(fixture.group.failed()).isZero();
    assertThat(fixture.data(1)).isEqualTo(fixture.data(0));
  }

  @Test
  void pageThatRottedOnAllMembers_countsAllItsRegions() {
    fixture.group.die();
    for (CrashDevice device : fixture.devices) {
      device.rot(fixture.layout.bitmapBlock(0, 0, 1), 200);
    }
    fixture.takeOver();
    assertThat(fixture.group.log.dirtyRegions()).isEqualTo(IntentFixture.REGIONS);
  }

  @Test
  void pageThatRottedOnOneMember_isRepairedFromTheOther() {
    fixture.group.die();
    fixture.devices[0].rot(fixture.layout.bitmapBlock(0, 0, 1), 200);
    fixture.takeOver();
    assertThat(fixture.group.log.dirtyRegions()).isZero();
  }

  @Test
  void memberThatKeepsItsHeader_fails_andTheWriteGoesOn() {
    fixture.connection(1).hang();
    boolean[] done = new boolean[1];
    // Not a write of data, so nobody but the log waits for the member.
    assertThat(fixture.group.log.before(new Ticket(() -> done[0] = true))).isFalse();
    fixture.until(() -> done[0]);
    assertThat(fixture.record.inSync).isEqualTo(0b01);
  }

  @Test
  void membersThatAllKeepTheirHeaders_stay() {
    fixture.connection(0).hang();
    fixture.connection(1).hang();
    fixture.group.log.before(new Ticket(() -> {}));
    fixture.reactor.advance(10 * TIMEOUT);
    assertThat(fixture.group.failed()).isZero();
    assertThat(fixture.group.isDead()).isFalse();
  }

  @Test
  void memberWhoseHeaderIsNotReadInTime_isNotOpened() {
    fixture.hangAtTakeover(1);
    fixture.takeOver();
    assertThat(fixture.group.log.opened()).isEqualTo(0b01);
    assertThat(fixture.group.log.refusal(1)).contains("not read in time");
  }

  @Test
  void nothingIsWritten_whileAMemberWithoutAUsableHeaderIsInSyncByTheRecord() {
    fixture.hangAtTakeover(1);
    fixture.takeOver();
    boolean[] ready = new boolean[1];
    assertThat(fixture.group.log.before(new Ticket(() -> ready[0] = true))).isFalse();
    fixture.reactor.advance(TIMEOUT / 2);
    assertThat(ready[0]).as("the next owner may know that member only").isFalse();
    fixture.group.memberFailed(1, BlockStatus.READ_FAULT);
    fixture.until(() -> ready[0]);
    assertThat(fixture.record.inSync).isEqualTo(0b01);
  }

  @Test
  void memberThatKeepsTheLogsFlush_fails() {
    fixture.write(0, 1, 1);
    fixture.connection(1).hang();
    fixture.until(() -> fixture.record.inSync == 0b01);
  }

  @Test
  void lastMemberThatCannotFlush_stays_andTheRegionsStayDirty() {
    fixture.remove(1);
    fixture.write(0, 1, 1);
    fixture.connection(0).flushes(BlockStatus.WRITE_FAULT);
    fixture.reactor.advance(100 * IntentFixture.MILLI);
    assertThat(fixture.group.isDead()).isFalse();
    assertThat(fixture.group.failed()).isZero();
    assertThat(fixture.group.log.dirtyRegions()).isEqualTo(1);
  }

  @Test
  void returningMemberThatDoesNotAnswer_isNoLongerWaitedFor() {
    fixture.remove(1);
    CrashWire wire = fixture.wire(1);
    wire.hang();
    int[] answers = new int[2];
    fixture.group.beginRebuild(1, wire, yes -> answers[yes ? 1 : 0]++);
    fixture.until(() -> answers[0] == 1);
    wire.cut(true, false);
    fixture.reactor.advance(TIMEOUT);
    assertThat(answers).containsExactly(1, 0);
    fixture.bringBack(1);
  }

  @Test
  void refusedPromotion_isNotTriedAgain_whileItsHeaderIsBeingWritten() {
    fixture.remove(1);
    CrashWire wire = fixture.wire(1);
    boolean[] answers = new boolean[2];
    fixture.group.beginRebuild(1, wire, yes -> answers[0] = yes);
    fixture.until(() -> answers[0]);
    WriteIntentLog log = fixture.group.log;
    log.preparePromotion(1, yes -> answers[1] = yes);
    fixture.until(() -> answers[1]);
    log.before(new Ticket(() -> {}));
    wire.hang();
    fixture.reactor.advance(1);
    log.promotionRefused(1);
    log.preparePromotion(1, yes -> answers[1] = yes);
    assertThat(answers[1]).isFalse();
  }

  @Test
  void readAfterTheStop_isNotKept() {
    fixture.write(0, 1, 1);
    fixture.open(-1);
    WriteIntentLog log = fixture.group.log;
    assertThat(log.unequalRegions()).isPositive();
    log.stop();
    assertThat(log.equal(new Ticket(() -> {}))).isTrue();
  }

  private static final class Ticket extends IntentTicket {
    private final Runnable whenReady;

    Ticket(Runnable whenReady) {
      this.whenReady = whenReady;
      range(0, 1);
    }

    @Override
    protected void ready() {
      whenReady.run();
    }
  }

  private boolean intentsOnMedium(int member) {
    var bits = new RegionBitmap(fixture.layout);
    fixture.wire(member).onMedium(fixture.layout).intents(bits);
    return !bits.isEmpty();
  }
}
