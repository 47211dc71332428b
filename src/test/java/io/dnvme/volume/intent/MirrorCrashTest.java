package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The mirror and its log together, under everything that befalls owners and members (ACK, MEMBER,
 * OVERLAP, INTENT, LEASE). {@code -Dseed=N} runs that seed only, {@code -Dseeds=M} so many from it,
 * or from 1, on.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MirrorCrashTest {

  private static final int SEEDS = 300;

  /** Each planted bug is found within so many seeds. */
  private static final int SEEDS_FOR_A_BUG = 1000;

  @Test
  void crashesOfAllKinds_loseNothingThatWasPromised() {
    Long only = Long.getLong("seed");
    long first = only == null ? 1 : only;
    long last = first + Integer.getInteger("seeds", only == null ? SEEDS : 1) - 1;
    var nemeses = new EnumMap<CrashWorld.Nemesis, Integer>(CrashWorld.Nemesis.class);
    var steps = new EnumMap<CrashWorld.Step, Integer>(CrashWorld.Step.class);
    for (long seed = first; seed <= last; seed++) {
      try (var world = new MirrorCrashWorld(seed, Set.of(), Set.of())) {
        world.run();
        world.nemeses.forEach((key, count) -> nemeses.merge(key, count, Integer::sum));
        world.steps.forEach((key, count) -> steps.merge(key, count, Integer::sum));
      } catch (AssertionError | RuntimeException e) {
        fail("seed " + seed + "; to replay, add -Dseed=" + seed, e);
      }
    }
    System.out.println("MirrorCrashTest: seeds " + first + " to " + last + " " + nemeses + steps);
    if (only == null) {
      assertThat(nemeses).containsOnlyKeys(CrashWorld.Nemesis.values());
      assertThat(steps).containsOnlyKeys(CrashWorld.Step.values());
    }
  }

  @ParameterizedTest
  @EnumSource(PlantedBug.class)
  void plantedBugOfTheLog_isFound(PlantedBug bug) {
    assertFound(bug, EnumSet.of(bug), Set.of());
  }

  @ParameterizedTest
  @EnumSource(io.dnvme.volume.mirror.PlantedBug.class)
  void plantedBugOfTheMirror_isFound(io.dnvme.volume.mirror.PlantedBug bug) {
    assertFound(bug, Set.of(), EnumSet.of(bug));
  }

  private static void assertFound(
      Enum<?> bug, Set<PlantedBug> ofLog, Set<io.dnvme.volume.mirror.PlantedBug> ofMirror) {
    for (long seed = 1; seed <= SEEDS_FOR_A_BUG; seed++) {
      try (var world = new MirrorCrashWorld(seed, ofLog, ofMirror)) {
        world.run();
      } catch (BrokenPromise found) {
        System.out.println(bug + " found by seed " + seed + ": " + found.getMessage());
        return;
      }
    }
    fail(bug + " was not found by seeds 1 to " + SEEDS_FOR_A_BUG);
  }
}
