package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random operations on a disk that loses power, or whose process is killed, at random instants:
 * what was acknowledged is there, no extent has two owners, none is lost, and what is allocated is
 * zero. Each planted bug is found within {@link #SEEDS_TO_CATCH} seeds; two others by tests of
 * their own.
 *
 * <p>{@code -Dseed=N -Dseeds=M} runs M other seeds from N on.
 */
class DiskModelTest {

  private static final int SEEDS = 250;
  private static final int SEEDS_TO_CATCH = 600;
  private static final int LIVES = 5;
  private static final long LONG_NANOS = 60_000_000_000L;

  private static BlockGeometry geometry(Random random) {
    int blockBytes = random.nextBoolean() ? 512 : 4096;
    return new BlockGeometry(
        blockBytes,
        (OpenDisk.FIRST_EXTENT_BYTES + DiskModel.EXTENTS * OpenDisk.EXTENT_BYTES) / blockBytes);
  }

  /** What a run violated, or null. */
  private static String violation(long seed, Set<PlantedBug> bugs) {
    var random = new Random(seed);
    var disk = new PowerLossDevice(geometry(random), random.nextInt(4) > 0, random);
    try (var reactor = new ManualReactor()) {
      new OpenDisk(reactor, disk).format();
    }
    var model = new DiskModel(random);
    for (int life = 0; life < LIVES; life++) {
      boolean undisturbed = life == LIVES - 1;
      disk.dieAfter(undisturbed ? Integer.MAX_VALUE : random.nextInt(500));
      String violated = live(random, disk, model, bugs, undisturbed);
      if (violated != null) {
        return "life %d: %s".formatted(life, violated);
      }
      boolean killed = random.nextInt(3) == 0;
      disk = killed ? disk.afterKill() : disk.afterPowerLoss();
    }
    return null;
  }

  private static String live(
      Random random,
      PowerLossDevice disk,
      DiskModel model,
      Set<PlantedBug> bugs,
      boolean undisturbed) {
    try (var reactor = new ManualReactor()) {
      var opened = new ArrayList<StoreOutcome<DiskStore>>();
      DiskStore.open(reactor, disk, OpenDisk.CLUSTER, OpenDisk.BOOT, bugs, opened::add);
      reactor.advance(undisturbed || random.nextBoolean() ? LONG_NANOS : 5_000_000);
      if (opened.isEmpty()) {
        return undisturbed ? "it does not open" : null;
      }
      if (!(opened.getFirst() instanceof Done<DiskStore>(DiskStore store))) {
        return "" + opened;
      }
      model.opened(reactor, disk, store);
      for (int step = 0; step < 60 && !disk.isDead(); step++) {
        model.step();
        reactor.advance(random.nextInt(4) == 0 ? 20_000_000 : random.nextInt(400_000));
      }
      if (undisturbed) {
        reactor.advance(LONG_NANOS);
        model.settled();
      }
      return model.violation();
    }
  }

  @Test
  void whateverHappens_theInvariantsHold() {
    long first = Long.getLong("seed", 0);
    long count = Long.getLong("seeds", SEEDS);
    for (long seed = first; seed < first + count; seed++) {
      assertThat(violation(seed, Set.of())).as("seed %d", seed).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PlantedBug.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"BOTH_COPIES_AT_ONCE", "TRUST_EQUAL_COPIES", "FORGET_DRAIN"})
  void plantedBug_isCaught(PlantedBug bug) {
    for (long seed = 0; seed < SEEDS_TO_CATCH; seed++) {
      String violated = violation(seed, EnumSet.of(bug));
      if (violated != null) {
        System.out.printf("%s: seed %d, %s%n", bug, seed, violated);
        return;
      }
    }
    throw new AssertionError(bug + " was not caught within " + SEEDS_TO_CATCH + " seeds");
  }

  /** A format that a crash ended is no disk, or it is one; it can be formatted again. */
  @Test
  void powerLossWhileFormatting_leavesNoDisk_orAWholeOne() {
    int whole = 0;
    for (long seed = 0; seed < 60; seed++) {
      var random = new Random(seed);
      var disk = new PowerLossDevice(geometry(random), true, random);
      disk.dieAfter(random.nextInt(32));
      try (var reactor = new ManualReactor()) {
        DiskStore.format(reactor, disk, OpenDisk.options(), outcome -> {});
        reactor.advance(LONG_NANOS);
      }
      PowerLossDevice found = disk.afterPowerLoss();
      try (var reactor = new ManualReactor()) {
        var own = new OpenDisk(reactor, found);
        StoreOutcome<DiskStore> opened =
            own.await(
                done -> DiskStore.open(reactor, found, OpenDisk.CLUSTER, OpenDisk.BOOT, done));
        switch (opened) {
          case Done<DiskStore>(DiskStore store) -> {
            whole++;
            assertThat(store.usage().free()).as("seed %d", seed).isEqualTo(DiskModel.EXTENTS);
          }
          case Refused<DiskStore>(Reason reason, String message) -> {
            assertThat(reason).as("seed %d", seed).isIn(Reason.NOT_FORMATTED, Reason.DAMAGED);
            own.format(OpenDisk.options().withOverwrite(reason == Reason.DAMAGED));
            own.allocate(own.open(), new UUID(5, 5), 1);
          }
        }
      }
    }
    assertThat(whole).isBetween(1, 59);
  }
}
