package io.dnvme.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AwaitPointsTest {

  @Test
  void seeds_nameEveryPointOfEveryScriptOnce() {
    var points = new AwaitPoints();
    int count = points.pointsOfTheFirstRound();
    System.out.println("AwaitPointsTest: " + points.summary());
    Set<String> named = new HashSet<>();
    for (long seed = 1; seed <= count; seed++) {
      assertThat(points.randomness(seed)).isEqualTo(1);
      named.add(points.words(seed));
    }
    assertThat(named).hasSize(count);
    assertThat(points.randomness(count + 1)).isEqualTo(2);
  }
}
