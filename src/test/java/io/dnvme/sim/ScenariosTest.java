package io.dnvme.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every world: the same seed is the same course, and some hundred seeds find nothing. */
class ScenariosTest {

  @TestFactory
  Stream<DynamicTest> sameSeed_takesTheSameCourse() {
    return Scenarios.all().stream()
        .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> runTwice(scenario)));
  }

  private static void runTwice(Scenario scenario) {
    for (long seed = 1; seed <= 3; seed++) {
      var first = new ArrayList<String>();
      var second = new ArrayList<String>();
      Simulation.Result one = Simulation.run(scenario, seed, first::add);
      Simulation.Result other = Simulation.run(scenario, seed, second::add);
      assertThat(String.join("\n", first)).isEqualTo(String.join("\n", second));
      assertThat(List.of(one.digest(), one.events(), one.faults(), one.opsDone()))
          .isEqualTo(List.of(other.digest(), other.events(), other.faults(), other.opsDone()));
    }
  }

  @TestFactory
  Stream<DynamicTest> attackedWorlds_keepTheirInvariants() {
    return Scenarios.all().stream()
        .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> runMany(scenario)));
  }

  private static void runMany(Scenario scenario) {
    var failures = new ArrayList<String>();
    var table = new NemesisTable(scenario.nemeses(), scenario.steps());
    Seeds.run(
        scenario,
        1,
        scenario.seeds(),
        null,
        run -> {
          table.add(run.result().table());
          if (!run.result().isGood()) {
            failures.add(
                "./dnvme simulate --world "
                    + scenario.name()
                    + " --seed "
                    + run.result().seed()
                    + " --trace\n"
                    + String.join("\n", run.result().violations()));
          }
          return true;
        });
    assertThat(failures).isEmpty();
    assertThat(table.zeroes(scenario::mustMeet))
        .as("nemesis and step that never met in\n%s", table)
        .isEmpty();
  }
}
