package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LegWatchesTest {

  private static final long MILLIS = 1_000_000L;
  private static final long LIMIT = 5_000 * MILLIS;
  private static final UUID ONE = new UUID(1, 1);
  private static final UUID TWO = new UUID(1, 2);
  private static final UUID LEG = new UUID(2, 1);
  private static final UUID OTHER = new UUID(2, 2);

  private final ModelTime time = new ModelTime();
  private final ModelNode clock = new ModelNode("clock", time, 1, 0);
  private final Map<UUID, Long> untilNanos = new HashMap<>();
  private final Map<UUID, List<List<UUID>>> answers = new HashMap<>();
  private LegWatches watches;

  @BeforeEach
  void start() {
    clock.begin();
    watches =
        new LegWatches(
            clock, clock, leg -> Math.max(untilNanos.getOrDefault(leg, 0L) - clock.nanos(), 0));
  }

  private void run(long nanos) {
    time.runUntil(time.nowNanos() + nanos, () -> {});
  }

  /** A lease that lasts for so long still. */
  private void owned(UUID leg, long nanos) {
    untilNanos.put(leg, clock.nanos() + nanos);
  }

  private void read(UUID caller, UUID... legs) {
    watches.handled(
        caller, java.util.Arrays.stream(legs).<HolderRequest>map(HolderRequest.Read::new).toList());
  }

  private void release(UUID leg) {
    untilNanos.remove(leg);
    watches.handled(new UUID(9, 9), List.of(new HolderRequest.Release(leg, Epoch.NONE)));
  }

  private void await(UUID caller) {
    watches.await(
        caller, LIMIT, legs -> answers.computeIfAbsent(caller, any -> new ArrayList<>()).add(legs));
  }

  private List<List<UUID>> told(UUID caller) {
    return answers.getOrDefault(caller, List.of());
  }

  @Test
  void releasedLeg_isToldAtOnce_toThoseThatWaitForIt() {
    owned(LEG, 400 * MILLIS);
    owned(OTHER, 400 * MILLIS);
    read(ONE, LEG);
    read(TWO, OTHER);
    await(ONE);
    await(TWO);
    release(LEG);
    assertThat(told(ONE)).containsExactly(List.of(LEG));
    assertThat(told(TWO)).isEmpty();
  }

  @Test
  void leaseThatEnds_isToldThen_andNotWhileItIsConfirmed() {
    owned(LEG, 400 * MILLIS);
    read(ONE, LEG);
    await(ONE);
    run(300 * MILLIS);
    owned(LEG, 400 * MILLIS);
    run(399 * MILLIS);
    assertThat(told(ONE)).isEmpty();
    run(2 * MILLIS);
    assertThat(told(ONE)).containsExactly(List.of(LEG));
  }

  @Test
  void shorterLease_isNotMissed_becauseALongerOneWasWatchedFirst() {
    owned(OTHER, 4000 * MILLIS);
    owned(LEG, 40 * MILLIS);
    read(ONE, OTHER);
    read(ONE, LEG);
    await(ONE);
    run(41 * MILLIS);
    assertThat(told(ONE)).containsExactly(List.of(LEG));
  }

  @Test
  void whatIsFreeWhenNobodyAsks_isToldToTheNextQuestion_once() {
    owned(LEG, 400 * MILLIS);
    read(ONE, LEG);
    release(LEG);
    await(ONE);
    assertThat(told(ONE)).containsExactly(List.of(LEG));
    await(ONE);
    run(LIMIT - MILLIS);
    assertThat(told(ONE)).hasSize(1);
    run(MILLIS);
    assertThat(told(ONE)).containsExactly(List.of(LEG), List.of());
  }

  @Test
  void newQuestion_endsTheOneBefore() {
    await(ONE);
    await(ONE);
    assertThat(told(ONE)).containsExactly(List.of());
    run(LIMIT);
    assertThat(told(ONE)).containsExactly(List.of(), List.of());
  }

  @Test
  void legThatNeedNotBeWaitedFor_isNotWatched_norOneThatIsPromised() {
    read(ONE, LEG);
    owned(OTHER, 400 * MILLIS);
    read(ONE, OTHER);
    watches.handled(ONE, List.of(HolderRequest.Promise.of(OTHER, Epoch.NONE.next(ONE))));
    await(ONE);
    release(LEG);
    release(OTHER);
    assertThat(told(ONE)).isEmpty();
  }

  @Test
  void moreLegsThanOneAnswerHas_comeWithTheNext() {
    UUID[] legs =
        IntStream.range(0, LegWatches.MAX_TOLD + 1)
            .mapToObj(i -> new UUID(3, i))
            .toArray(UUID[]::new);
    for (UUID leg : legs) {
      owned(leg, 400 * MILLIS);
    }
    read(ONE, legs);
    run(500 * MILLIS);
    await(ONE);
    await(ONE);
    assertThat(told(ONE)).extracting(List::size).containsExactly(LegWatches.MAX_TOLD, 1);
  }

  @Test
  void moreClaimantsThanAreRemembered_theOneHeardOfLongestAgoIsForgotten() {
    owned(LEG, 400 * MILLIS);
    read(ONE, LEG);
    await(ONE);
    for (int i = 0; i < LegWatches.MAX_CALLERS; i++) {
      read(new UUID(4, i), LEG);
    }
    assertThat(told(ONE)).as("is answered, and told nothing").containsExactly(List.of());
    release(LEG);
    await(ONE);
    assertThat(told(ONE)).hasSize(1);
    await(new UUID(4, 7));
    assertThat(told(new UUID(4, 7))).containsExactly(List.of(LEG));
  }

  /** It watched, and is gone: what it waits for is not looked at for ever. */
  @Test
  void claimantWithoutAQuestion_isForgottenAfterAWhile_andOneThatAsksIsNot() {
    UUID three = new UUID(1, 3);
    read(ONE, LEG);
    for (int i = 0; i < 30; i++) {
      owned(LEG, 900 * MILLIS);
      read(three, LEG);
      if (i == 0) {
        read(ONE, LEG);
        read(TWO, LEG);
        await(TWO);
        assertThat(watches.callers()).isEqualTo(3);
      } else if (i % 4 == 0) {
        await(TWO);
      }
      run(500 * MILLIS);
    }
    assertThat(watches.callers()).as("the second, and the third, that reads again").isEqualTo(2);
    release(LEG);
    assertThat(told(TWO).getLast()).containsExactly(LEG);
    await(ONE);
    assertThat(told(ONE)).isEmpty();
  }
}
