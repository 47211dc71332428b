package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.SeededRandom;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MirrorStormTest {

  private static final int SEEDS = 1000;

  /** Within so many seeds each planted bug is found. */
  private static final int SEEDS_TO_CATCH = 100;

  @Test
  void storms_loseNothing() {
    long first = SeededRandom.of(MirrorStormTest.class).nextLong();
    int acknowledged = 0;
    int removals = 0;
    int promotions = 0;
    for (long seed = first; seed < first + SEEDS; seed++) {
      var storm = new MirrorStorm(seed, Set.of());
      assertThat(storm.run()).as("storm %d", seed).isEmpty();
      acknowledged += storm.acknowledged();
      removals += storm.removals();
      promotions += storm.promotions();
    }
    // A storm in which nothing happens proves nothing.
    System.out.printf(
        "MirrorStormTest: %d answers, %d removals, %d promotions%n",
        acknowledged, removals, promotions);
    assertThat(acknowledged).isGreaterThan(50 * SEEDS);
    assertThat(removals).isGreaterThan(SEEDS);
    assertThat(promotions).isGreaterThan(SEEDS / 2);
  }

  @ParameterizedTest
  @EnumSource(PlantedBug.class)
  void plantedBug_isCaught(PlantedBug bug) {
    long first = SeededRandom.of(MirrorStormTest.class).nextLong();
    Optional<String> found = Optional.empty();
    int seeds = 0;
    while (found.isEmpty() && seeds < SEEDS_TO_CATCH) {
      found = new MirrorStorm(first + seeds++, EnumSet.of(bug)).run();
    }
    System.out.printf("%s: %s, in seed %d%n", bug, found.orElse("not caught"), seeds);
    assertThat(found).as("%s within %d seeds", bug, SEEDS_TO_CATCH).isPresent();
  }
}
