package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageStoreTest {

  private static final UUID STORE = new UUID(7, 8);
  private static final int PAGES = 5;
  private static final PageLayout LAYOUT = new PageLayout(16, 4096, PAGES);

  private final ManualReactor reactor = new ManualReactor();
  private final PowerLossDevice disk =
      new PowerLossDevice(new BlockGeometry(512, 4096), true, new Random(1));
  private final FaultDevice device = new FaultDevice(disk);

  @AfterEach
  void close() {
    reactor.close();
  }

  private void format() {
    var outcomes = new ArrayList<BlockStatus>();
    PageStore.format(
        reactor,
        device,
        LAYOUT,
        STORE,
        (page, target, at) -> target.set(ValueLayout.JAVA_INT, at, 100 + page),
        outcomes::add);
    reactor.advance(1_000_000_000);
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
  }

  private StoreOutcome<PageStore> tryOpen(UUID storeId) {
    var outcomes = new ArrayList<StoreOutcome<PageStore>>();
    PageStore.open(reactor, device, LAYOUT, storeId, outcomes::add);
    reactor.advance(1_000_000_000);
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  private PageStore open() {
    return ((Done<PageStore>) tryOpen(STORE)).value();
  }

  private static int value(PageStore store, int page) {
    return store.contents().get(ValueLayout.JAVA_INT, store.offsetBytes(page));
  }

  /** At the page's beginning and at its end, so that a torn write has a part of it. */
  private static void set(PageStore store, int page, int value) {
    store.contents().set(ValueLayout.JAVA_INT, store.offsetBytes(page), value);
    store.contents().set(ValueLayout.JAVA_INT, store.offsetBytes(page) + 4000, value);
    store.changed(page);
  }

  private BlockStatus commit(PageStore store) {
    var outcomes = new ArrayList<BlockStatus>();
    store.commit(outcomes::add);
    reactor.advance(1_000_000_000);
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  private static long slotBytes(int page, int copy) {
    return 16 * 512 + (copy * PAGES + page) * 4096L;
  }

  @Test
  void formatted_holdsTheFirstContent() {
    format();
    PageStore store = open();
    for (int page = 0; page < PAGES; page++) {
      assertThat(value(store, page)).isEqualTo(100 + page);
    }
    assertThat(store.badCopies()).isZero();
    assertThat(LAYOUT.payloadBytes()).isEqualTo(4032);
  }

  @Test
  void committed_isReadBack() {
    format();
    PageStore store = open();
    for (int round = 0; round < 3; round++) {
      set(store, 1, 1000 + round);
      set(store, 4, 2000 + round);
      assertThat(commit(store)).isEqualTo(BlockStatus.SUCCESS);
      PageStore again = open();
      assertThat(value(again, 1)).isEqualTo(1000 + round);
      assertThat(value(again, 4)).isEqualTo(2000 + round);
      assertThat(value(again, 0)).isEqualTo(100);
    }
  }

  @Test
  void manyCommits_whileOneIsUnderWay_shareOneFlush() {
    format();
    PageStore store = open();
    long flushesBefore = disk.flushes();
    var outcomes = new ArrayList<BlockStatus>();
    for (int i = 0; i < 100; i++) {
      set(store, i % PAGES, i);
      store.commit(outcomes::add);
    }
    reactor.advance(1_000_000_000);
    assertThat(outcomes).hasSize(100).containsOnly(BlockStatus.SUCCESS);
    assertThat(disk.flushes() - flushesBefore).isEqualTo(2);
    assertThat(store.commits()).isEqualTo(2);
    assertThat(value(open(), 4)).isEqualTo(99);
  }

  @Test
  void nothingChanged_isCommittedAtOnce() {
    format();
    PageStore store = open();
    var outcomes = new ArrayList<BlockStatus>();
    store.commit(outcomes::add);
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void oneCopyDamaged_theOtherIsServed_andItIsRepaired() {
    for (int copy = 0; copy < PageLayout.COPIES; copy++) {
      format();
      PageStore store = open();
      set(store, 2, 4711);
      commit(store);
      disk.corrupt(slotBytes(2, copy) + 3000);
      PageStore again = open();
      assertThat(value(again, 2)).isEqualTo(4711);
      assertThat(again.badCopies()).isEqualTo(1);
      assertThat(open().badCopies()).isZero();
    }
  }

  @Test
  void everyBitOfACopy_isUnderItsChecksum() {
    format();
    Random random = new Random(3);
    for (int at = 0; at < 4096; at += at < 64 ? 1 : 1 + random.nextInt(100)) {
      disk.corrupt(slotBytes(0, 0) + at);
      assertThat(open().badCopies()).as("byte %d", at).isEqualTo(1);
    }
  }

  @Test
  void bothCopiesDamaged_isSaid_andNothingIsServed() {
    format();
    disk.corrupt(slotBytes(3, 0) + 100);
    disk.corrupt(slotBytes(3, 1) + 200);
    assertThat(tryOpen(STORE))
        .isEqualTo(
            StoreOutcome.refused(
                Reason.DAMAGED, "both copies of 1 of its 5 pages are damaged, page 3 first"));
  }

  @Test
  void unreadableSectors_countAsDamage_ofTheirPageOnly() {
    format();
    device
        .inject(new Fault.Fail(BlockStatus.READ_FAULT))
        .on(BlockOp.READ)
        .at(slotBytes(1, 0) / 512 + 3, 1);
    PageStore store = open();
    assertThat(store.badCopies()).isEqualTo(1);
    assertThat(value(store, 1)).isEqualTo(101);
    device
        .inject(new Fault.Fail(BlockStatus.READ_FAULT))
        .on(BlockOp.READ)
        .at(slotBytes(1, 1) / 512, 1);
    assertThat(((Refused<PageStore>) tryOpen(STORE)).reason()).isEqualTo(Reason.DAMAGED);
  }

  @Test
  void anotherStoresPages_areNotOurs() {
    format();
    assertThat(((Refused<PageStore>) tryOpen(new UUID(7, 9))).reason()).isEqualTo(Reason.DAMAGED);
  }

  @Test
  void deviceThatCannotBeRead_isSaid() {
    format();
    device.inject(new Fault.Fail(BlockStatus.FAILED)).on(BlockOp.READ);
    assertThat(((Refused<PageStore>) tryOpen(STORE)).reason()).isEqualTo(Reason.FAILED);
  }

  @Test
  void failedFlush_failsTheStoreForGood_andTheOldContentIsThere() {
    format();
    PageStore store = open();
    device.inject(new Fault.Fail(BlockStatus.WRITE_FAULT)).on(BlockOp.FLUSH).times(1);
    set(store, 0, 5);
    var later = new ArrayList<BlockStatus>();
    store.commit(later::add);
    store.commit(later::add);
    reactor.advance(1_000_000_000);
    assertThat(later).containsExactly(BlockStatus.FAILED, BlockStatus.FAILED);
    assertThat(commit(store)).isEqualTo(BlockStatus.FAILED);
    assertThat(store.failure()).hasValueSatisfying(why -> assertThat(why).contains("WRITE_FAULT"));
  }

  @Test
  void failedWrite_isNotFlushed_andFailsTheStore() {
    format();
    PageStore store = open();
    device.inject(new Fault.Tear(1, BlockStatus.WRITE_FAULT)).on(BlockOp.WRITE).times(1);
    set(store, 0, 5);
    assertThat(commit(store)).isEqualTo(BlockStatus.FAILED);
    assertThat(value(open(), 0)).isEqualTo(100);
  }

  @Test
  void busyDevice_isTriedAgain() {
    format();
    PageStore store = open();
    device.inject(new Fault.Fail(BlockStatus.BUSY)).on(BlockOp.WRITE, BlockOp.FLUSH).times(7);
    set(store, 0, 5);
    assertThat(commit(store)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(value(open(), 0)).isEqualTo(5);
  }

  @Test
  void badLayouts_areRefused() {
    assertThatThrownBy(() -> new PageLayout(0, 1000, 1)).hasMessageContaining("1000");
    assertThatThrownBy(() -> new PageLayout(0, PageLayout.MAX_PAGE_BYTES + 4096, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PageLayout(0, 4096, PageLayout.MAX_PAGES + 1))
        .hasMessageContaining("262145");
    var tooFar = new PageLayout(4096 - 8, 4096, 1);
    assertThatThrownBy(() -> PageStore.open(reactor, device, tooFar, STORE, outcome -> {}))
        .hasMessageContaining("beyond");
  }

  /**
   * Acknowledged commits survive, at any instant of a power loss or of the process's death, also
   * where a flush has failed before.
   */
  @Test
  void powerLossAtAnyInstant_leavesWhatWasAcknowledged() {
    for (long seed = 0; seed < 1500; seed++) {
      assertThat(lostAt(seed, Set.of())).as("seed %d", seed).isNull();
    }
  }

  @Test
  void bothCopiesWrittenAtOnce_isCaught() {
    assertCaught(PlantedBug.BOTH_COPIES_AT_ONCE, 200);
  }

  @Test
  void equalCopiesTrustedAfterAFailedFlush_isCaught() {
    assertCaught(PlantedBug.TRUST_EQUAL_COPIES, 3000);
  }

  private static void assertCaught(PlantedBug bug, int seeds) {
    for (long seed = 0; seed < seeds; seed++) {
      String lost = lostAt(seed, Set.of(bug));
      if (lost != null) {
        System.out.printf("%s: seed %d: %s%n", bug, seed, lost);
        return;
      }
    }
    throw new AssertionError(bug + " is not caught within " + seeds + " seeds");
  }

  /** What a run of several crashes lost, or null. */
  private static String lostAt(long seed, Set<PlantedBug> bugs) {
    var random = new Random(seed);
    var disk = new PowerLossDevice(new BlockGeometry(512, 4096), true, random);
    try (var reactor = new ManualReactor()) {
      PageStore.format(reactor, disk, LAYOUT, STORE, (page, target, at) -> {}, status -> {});
      reactor.advance(1_000_000_000);
    }
    int[] acknowledged = new int[PAGES];
    int[] asked = new int[PAGES];
    boolean flushFails;
    for (int life = 0; life < 8; life++) {
      try (var reactor = new ManualReactor()) {
        disk.dieAfter(random.nextInt(60));
        flushFails = random.nextInt(3) == 0;
        disk.failFlushAfter(flushFails ? 1 + random.nextInt(8) : Integer.MAX_VALUE);
        var outcomes = new ArrayList<StoreOutcome<PageStore>>();
        var access = new DeviceAccess(reactor, disk);
        PageStore.open(access, LAYOUT, STORE, bugs, outcomes::add);
        reactor.advance(1_000_000_000);
        if (!outcomes.isEmpty()) {
          if (!(outcomes.getFirst() instanceof Done<PageStore>(PageStore store))) {
            if (flushFails
                && ((Refused<PageStore>) outcomes.getFirst()).reason() == Reason.FAILED) {
              disk = disk.afterKill();
              continue;
            }
            return "life " + life + ": " + outcomes;
          }
          for (int page = 0; page < PAGES; page++) {
            int value = value(store, page);
            if (value < acknowledged[page] || value > asked[page]) {
              return "page %d is %d, acknowledged %d".formatted(page, value, acknowledged[page]);
            }
            // What was shown once stays.
            acknowledged[page] = value;
          }
          change(reactor, random, store, acknowledged, asked);
        }
      }
      disk = flushFails || random.nextInt(3) == 0 ? disk.afterKill() : disk.afterPowerLoss();
    }
    return null;
  }

  private static void change(
      ManualReactor reactor, Random random, PageStore store, int[] acknowledged, int[] asked) {
    for (int step = 0; step < 20; step++) {
      var changes = new ArrayList<int[]>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        int page = random.nextInt(PAGES);
        asked[page]++;
        set(store, page, asked[page]);
        changes.add(new int[] {page, asked[page]});
      }
      store.commit(status -> {
        if (status.isSuccess()) {
          acknowledge(changes, acknowledged);
        }
      });
      reactor.advance(random.nextInt(300_000));
    }
  }

  private static void acknowledge(List<int[]> changes, int[] acknowledged) {
    for (int[] change : changes) {
      acknowledged[change[0]] = Math.max(acknowledged[change[0]], change[1]);
    }
  }
}
