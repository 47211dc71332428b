package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * RECORD, OWNER and LEASE against everything that a network, clocks, processes and stores may do:
 * {@code -Dseed=N} replays one seed, {@code -Dseeds=N} runs more of them, from 1 or from the seed.
 */
class OwnershipModelTest {

  private static final int SEEDS = 1000;

  /** Within how many seeds, from 1 on, each mistake must have been seen. */
  private static final Map<PlantedBug, Integer> CAUGHT_WITHIN =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(PlantedBug.FORGET_RECORD_WHEN_RETIRED, 1000),
              Map.entry(PlantedBug.FORGET_RECORD_WHEN_LEAVING, 1000),
              Map.entry(PlantedBug.PROMISE_BECAUSE_CONNECTION_CLOSED, 300),
              Map.entry(PlantedBug.FORGET_LEASE_AT_RESTART, 300),
              Map.entry(PlantedBug.COUNT_UNKNOWN_LEG, 1000),
              Map.entry(PlantedBug.ACCEPT_EQUAL_EPOCH_OF_OTHER_INCARNATION, 300),
              Map.entry(PlantedBug.COUNT_LEASE_FROM_REPLY, 300),
              Map.entry(PlantedBug.ANSWER_BEFORE_DURABLE, 300),
              Map.entry(PlantedBug.WAIT_LEASE_ONLY, 300),
              Map.entry(PlantedBug.SKIP_JOINT_MAJORITY, 300),
              Map.entry(PlantedBug.RULE_OUT_WHAT_MAY_BE_CHOSEN, 300)));

  @Test
  void anySeed_keepsTheInvariants_andTheLegFindsAnOwner() {
    long first = Long.getLong("seed", 1);
    long count = Long.getLong("seeds", Long.getLong("seed") == null ? SEEDS : 1);
    long beganNanos = System.nanoTime();
    var counts = new EventCounts();
    LongStream.range(first, first + count)
        .forEach(seed -> {
          var model = new OwnershipModel(seed, Set.of());
          model.run();
          counts.addAll(model.counts);
        });
    System.out.printf(
        "OwnershipModelTest: %d seeds, %.1f hours, in %.1f s%n%s",
        count,
        count * (OwnershipModel.TROUBLE_NANOS + OwnershipModel.RECOVERY_NANOS) / 3.6e12,
        (System.nanoTime() - beganNanos) / 1e9,
        counts);
    if (count >= SEEDS) {
      assertEverythingHappened(counts);
    }
  }

  /** Each kind of trouble at each step of a claim, and each way in which things end. */
  private static void assertEverythingHappened(EventCounts counts) {
    for (String act : List.of("CRASH_CONTROLLER", "PAUSE_CONTROLLER")) {
      for (Claim.State state : Claim.State.values()) {
        if (state != Claim.State.ENDED) {
          assertThat(counts.of(act + " while " + state)).as(act + " " + state).isPositive();
        }
      }
      for (HolderStep step : HolderStep.values()) {
        String what = act + " while HOLDERS " + step;
        assertThat(counts.of(what)).as(what).isPositive();
      }
    }
    for (String what :
        List.of(
            "change Known",
            "change Refused",
            "change Lost",
            "change of holders Known",
            "change of holders Refused",
            "change of holders Lost",
            "change of holders Refused: too few of the next holders promise and confirm",
            "change of holders Refused: too few holders accept the change",
            "strangers after all",
            "holder died in a write",
            "holder died idle",
            "holder restarted after its store failed",
            "lost: released",
            "lost: holders promised epoch",
            "lost: another controller's epoch",
            "lost: a group has no usable in-sync member",
            "lost: claims the leg anew: who is to keep its record promised epoch",
            "claim failed: holders promised another controller, or must wait for it",
            "claim failed: too few holders answer",
            "claim failed: the present owner's lease goes on",
            "claim failed: too few holders promise",
            "claim failed: too few holders accept",
            "messages lost",
            "messages twice",
            "messages late")) {
      assertThat(counts.of(what)).as(what).isPositive();
    }
  }

  /** A lease that is forgotten by leaving takes too many late messages: RecordHolderTest. */
  @ParameterizedTest
  @EnumSource(
      value = PlantedBug.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "FORGET_LEASE_WHEN_LEAVING")
  void plantedBug_isCaught(PlantedBug bug) {
    int within = CAUGHT_WITHIN.get(bug);
    for (long seed = 1; seed <= within; seed++) {
      try {
        new OwnershipModel(seed, Set.of(bug)).run();
      } catch (AssertionError caught) {
        System.out.printf("OwnershipModelTest: %s caught: %s%n", bug, caught.getMessage());
        assertThat(caught).hasMessageContainingAll("seed " + seed);
        return;
      }
    }
    assertThat(within).as(bug + " was not caught within so many seeds").isZero();
  }
}
