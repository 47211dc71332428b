package io.dnvme.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
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
  private record Catch(String world, String bug, int seeds, String invariant) {}

  private static final List<Catch> CATCHES =
      List.of(
          new Catch("target", "FORGET_DRAIN", 60, "DRAIN"),
          new Catch("target", "EXECUTE_AFTER_KATO", 60, "STALE-PATH"),
          new Catch("target", "EXECUTE_AFTER_GAP", 40, "STALE-PATH"),
          new Catch("target", "ACKNOWLEDGE_FLUSH_EARLY", 40, "LINEARIZABLE"),
          new Catch("target", "RETRY_WITHOUT_QUIESCE", 240, "LINEARIZABLE"),
          new Catch("logical-disk", "FORGET_DRAIN", 60, "OWNER"),
          new Catch("disk-node", "SKIP_FENCE", 40, "OWNER"),
          new Catch("disk-node", "FORGET_DRAIN", 60, "OWNER"),
          new Catch("disk-node", "ADMIT_EQUAL_EPOCH_OF_ANOTHER", 10, "OWNER"),
          new Catch("disk-node", "ACCEPT_EQUAL_EPOCH_OF_OTHER_INCARNATION", 10, "RECORD"),
          new Catch("disk-node", "ADMIT_BEFORE_FLUSH", 120, "OWNER"),
          new Catch("disk-node", "FREE_BEFORE_ZEROING", 40, "ZERO"),
          new Catch("disk-node", "FREE_ON_ANY_WORD", 10, "NO-LEAK"),
          new Catch("disk-node", "GROW_AT_ANY_EPOCH", 10, "OWNER"),
          new Catch("disk-node", "ANSWER_BEFORE_DURABLE", 60, "RECORD"),
          new Catch("disk-node", "FORGET_LEASE_AT_RESTART", 60, "LEASE"),
          new Catch("leg", "PROMOTE_WITHOUT_RECORD", 20, "MEMBER"),
          new Catch("leg", "DROP_INTENT_WRITE", 40, "LINEARIZABLE"),
          new Catch("leg", "NO_RANGE_LOCK", 60, "LINEARIZABLE"),
          new Catch("leg", "ACKNOWLEDGE_BEFORE_REMOVAL", 300, "LINEARIZABLE"),
          new Catch("leg", "TRUST_CHANGED_POWER", 150, "LINEARIZABLE"),
          new Catch("leg", "KEEP_LOSSES_SECRET", 100, "INTENT"),
          new Catch("leg", "SKIP_WHILE_PROMOTION_IN_DOUBT", 120, "LINEARIZABLE"),
          new Catch("leg", "ANSWER_AFTER_LEASE", 120, "LINEARIZABLE"),
          new Catch("leg", "PROMISE_BECAUSE_CONNECTION_CLOSED", 60, "LEASE"),
          new Catch("leg", "COUNT_UNKNOWN_LEG", 60, "RECORD"),
          new Catch("leg", "CLEAR_INTENT_BEFORE_FLUSH", 120, "LINEARIZABLE"),
          new Catch("leg", "RESYNC_FROM_STALE", 150, "LINEARIZABLE"),
          new Catch("leg", "CLEAR_REBUILT_BEFORE_FLUSH", 400, "LINEARIZABLE"),
          new Catch("leg", "PROMOTE_AFTER_MISSED_WRITE", 150, "LINEARIZABLE"),
          new Catch("leg", "FORGET_RECORD_WHEN_RETIRED", 20, "RECORD"),
          new Catch("leg", "FORGET_RECORD_WHEN_LEAVING", 20, "RECORD"),
          new Catch("leg", "SKIP_JOINT_MAJORITY", 150, "RECORD"),
          new Catch("leg", "FORGET_LEASE_AT_RESTART", 60, "LEASE"),
          new Catch("leg", "COUNT_LEASE_FROM_REPLY", 90, "LEASE"),
          new Catch("leg", "WAIT_LEASE_ONLY", 90, "LEASE"));

  @Test
  void everyPlantedBug_hasItsTest() {
    for (Scenario scenario : Scenarios.all()) {
      assertThat(CATCHES.stream().filter(one -> one.world().equals(scenario.name())))
          .extracting(Catch::bug)
          .containsExactlyInAnyOrderElementsOf(scenario.bugs());
    }
  }

  @TestFactory
  Stream<DynamicTest> plantedBug_isCaught() {
    return CATCHES.stream()
        .map(one -> DynamicTest.dynamicTest(one.world() + " " + one.bug(), () -> isCaught(one)));
  }

  private static void isCaught(Catch expected) {
    Scenario scenario = Scenarios.named(expected.world(), expected.bug()).getFirst();
    var caught = new ArrayList<String>();
    Seeds.run(
        scenario,
        1,
        expected.seeds(),
        null,
        run -> {
          run.result().violations().stream()
              .filter(violation -> violation.startsWith(expected.invariant()))
              .map(violation -> "seed " + run.result().seed() + ", " + violation)
              .forEach(caught::add);
          return caught.isEmpty();
        });
    assertThat(caught).as("%s planted, %d seeds", expected.bug(), expected.seeds()).isNotEmpty();
    String how = caught.getFirst().lines().findFirst().orElseThrow();
    System.out.printf("%s: %s: %s%n", expected.world(), expected.bug(), how);
  }
}
