package io.dnvme.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each mistake that can be planted is caught, within so many seeds, by an invariant of its own. */
class PlantedBugsTest {

  /**
   * How it is caught.
   *
   * @param seeds within how many seeds, counted from 1
   * @param invariant what is said to be violated
   */
  private record Catch(int seeds, String invariant) {}

  private static final Map<String, Catch> CATCHES =
      Map.of(
          "FORGET_DRAIN", new Catch(60, "DRAIN"),
          "EXECUTE_AFTER_KATO", new Catch(60, "STALE-PATH"),
          "EXECUTE_AFTER_GAP", new Catch(40, "STALE-PATH"),
          "ACKNOWLEDGE_FLUSH_EARLY", new Catch(40, "LINEARIZABLE"),
          "RETRY_WITHOUT_QUIESCE", new Catch(240, "LINEARIZABLE"));

  @Test
  void everyPlantedBug_hasItsTest() {
    assertThat(CATCHES.keySet()).containsExactlyInAnyOrderElementsOf(Scenarios.bugs());
  }

  @TestFactory
  Stream<DynamicTest> plantedBug_isCaught() {
    return CATCHES.keySet().stream()
        .sorted()
        .map(bug -> DynamicTest.dynamicTest(bug, () -> isCaught(bug, CATCHES.get(bug))));
  }

  private static void isCaught(String bug, Catch expected) {
    Scenario scenario = Scenarios.named(null, bug).getFirst();
    var caught = new ArrayList<String>();
    Seeds.run(
        scenario,
        1,
        expected.seeds(),
        null,
        run -> {
          run.result().violations().stream()
              .filter(violation -> violation.startsWith(expected.invariant()))
              .forEach(caught::add);
          return caught.isEmpty();
        });
    assertThat(caught).as("%s planted, %d seeds", bug, expected.seeds()).isNotEmpty();
  }
}
