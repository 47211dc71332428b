package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlobStoreTest {

  private static final UUID STORE = new UUID(7, 8);
  private static final UUID A = new UUID(10, 1);
  private static final UUID B = new UUID(10, 2);
  private static final int PAGES = 80;
  private static final PageLayout LAYOUT = new PageLayout(0, 4096, PAGES);
  private static final BlockGeometry GEOMETRY = new BlockGeometry(512, 2048);
  private static final int PART_BYTES = 4032 - 40;
  private static final long LONG_NANOS = 1_000_000_000;

  private final ManualReactor reactor = new ManualReactor();
  private final PowerLossDevice disk = new PowerLossDevice(GEOMETRY, true, new Random(1));
  private final OpenDisk access = new OpenDisk(reactor, disk);

  @AfterEach
  void close() {
    reactor.close();
  }

  private BlobStore formatted() {
    BlockStatus status =
        access.await(
            done -> PageStore.format(reactor, disk, LAYOUT, STORE, (page, target, at) -> {}, done));
    assertThat(status).isEqualTo(BlockStatus.SUCCESS);
    return open();
  }

  private BlobStore open() {
    return BlobStore.over(
        access.<PageStore>done(done -> PageStore.open(reactor, disk, LAYOUT, STORE, done)));
  }

  private void put(BlobStore store, UUID key, byte[] content) {
    access.<UUID>done(done -> store.put(key, content, done));
  }

  private static byte[] content(int lengthBytes, int value) {
    byte[] content = new byte[lengthBytes];
    Arrays.fill(content, (byte) value);
    return content;
  }

  @Test
  void ofEveryLength_isFoundAgain() {
    BlobStore store = formatted();
    for (int length : new int[] {0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 128 << 10}) {
      byte[] content = content(length, length + 1);
      put(store, A, content);
      assertThat(store.get(A)).hasValue(content);
      assertThat(open().get(A)).hasValue(content);
    }
    assertThat(open().keys()).containsExactly(A);
  }

  @Test
  void removed_isGone_andItsOlderVersionsToo() {
    BlobStore store = formatted();
    put(store, A, content(10_000, 1));
    put(store, A, content(5_000, 2));
    put(store, B, content(1, 3));
    access.<UUID>done(done -> store.remove(A, done));
    access.<UUID>done(done -> store.remove(A, done));
    assertThat(store.get(A)).isEmpty();
    assertThat(open().keys()).containsExactly(B);
    assertThat(open().freePages()).isEqualTo(PAGES - 1);
  }

  @Test
  void fullStore_refuses_andKeepsWhatItHas() {
    BlobStore store = formatted();
    for (int i = 0; i < PAGES; i++) {
      put(store, new UUID(20, i), content(100, i));
    }
    Refused<UUID> refused = access.refused(done -> store.put(A, content(1, 1), done));
    assertThat(refused.reason()).isEqualTo(Reason.NO_SPACE);
    assertThat(open().keys()).hasSize(PAGES);
    access.<UUID>done(done -> store.remove(new UUID(20, 3), done));
    put(store, A, content(1, 1));
  }

  @Test
  void tooLong_isRefused() {
    BlobStore store = formatted();
    Refused<UUID> refused =
        access.refused(done -> store.put(A, new byte[BlobStore.MAX_BLOB_BYTES + 1], done));
    assertThat(refused.reason()).isEqualTo(Reason.INVALID);
    assertThat(store.freePages()).isEqualTo(PAGES);
    put(store, A, new byte[BlobStore.MAX_BLOB_BYTES]);
  }

  @Test
  void manyAtOnce_shareFlushes() {
    BlobStore store = formatted();
    long before = disk.flushes();
    var outcomes = new ArrayList<StoreOutcome<UUID>>();
    for (int i = 0; i < 20; i++) {
      store.put(new UUID(20, i % 4), content(9_000, i), outcomes::add);
    }
    reactor.advance(LONG_NANOS);
    assertThat(outcomes).hasSize(20).allMatch(outcome -> outcome instanceof Done<UUID>);
    assertThat(disk.flushes() - before).isEqualTo(2);
    assertThat(open().get(new UUID(20, 3))).hasValue(content(9_000, 19));
  }

  /** What was acknowledged, or something later, is there as a whole. */
  @Test
  void powerLossAtAnyInstant_leavesWholeBlobs() {
    for (long seed = 0; seed < 150; seed++) {
      run(seed);
    }
  }

  private static void run(long seed) {
    var random = new Random(seed);
    var disk = new PowerLossDevice(GEOMETRY, true, random);
    try (var reactor = new ManualReactor()) {
      PageStore.format(reactor, disk, LAYOUT, STORE, (page, target, at) -> {}, status -> {});
      reactor.advance(LONG_NANOS);
    }
    // Of each key the number that was acknowledged last, and the highest asked for; 0 is removed.
    Map<UUID, List<Integer>> asked = new HashMap<>();
    Map<UUID, Integer> acknowledged = new HashMap<>();
    int[] numbers = {0};
    for (int life = 0; life < 6; life++) {
      try (var reactor = new ManualReactor()) {
        disk.dieAfter(random.nextInt(120));
        var opened = new ArrayList<StoreOutcome<PageStore>>();
        PageStore.open(new DeviceAccess(reactor, disk), LAYOUT, STORE, Set.of(), opened::add);
        reactor.advance(LONG_NANOS);
        if (!opened.isEmpty()) {
          assertThat(opened.getFirst()).as("seed %d", seed).isInstanceOf(Done.class);
          BlobStore store = BlobStore.over(((Done<PageStore>) opened.getFirst()).value());
          compare(seed, store, asked, acknowledged);
          for (int step = 0; step < 25; step++) {
            change(random, store, asked, acknowledged, numbers);
            reactor.advance(random.nextInt(500_000));
          }
        }
      }
      disk = random.nextInt(3) == 0 ? disk.afterKill() : disk.afterPowerLoss();
    }
  }

  private static void change(
      Random random,
      BlobStore store,
      Map<UUID, List<Integer>> asked,
      Map<UUID, Integer> acknowledged,
      int[] numbers) {
    var key = new UUID(30, random.nextInt(4));
    List<Integer> its = asked.computeIfAbsent(key, unused -> new ArrayList<>(List.of(0)));
    if (random.nextInt(5) == 0) {
      its.add(0);
      int index = its.size() - 1;
      store.remove(key, outcome -> acknowledge(outcome, key, index, acknowledged));
    } else {
      int number = ++numbers[0];
      its.add(number);
      int index = its.size() - 1;
      byte[] content = content(number % 3 * 5_000 + 1, number);
      store.put(key, content, outcome -> acknowledge(outcome, key, index, acknowledged));
    }
  }

  private static void acknowledge(
      StoreOutcome<UUID> outcome, UUID key, int index, Map<UUID, Integer> acknowledged) {
    if (outcome instanceof Done<UUID>) {
      acknowledged.merge(key, index, Math::max);
    }
  }

  private static void compare(
      long seed, BlobStore store, Map<UUID, List<Integer>> asked, Map<UUID, Integer> acknowledged) {
    asked.forEach((key, its) -> {
      byte[] found = store.get(key).orElse(null);
      List<Integer> allowed = its.subList(acknowledged.getOrDefault(key, 0), its.size());
      boolean right =
          found == null
              ? allowed.contains(0)
              : allowed.stream()
                  .anyMatch(number ->
                      number > 0 && Arrays.equals(found, content(number % 3 * 5_000 + 1, number)));
      assertThat(right).as("seed %d: %s", seed, key).isTrue();
    });
  }
}
