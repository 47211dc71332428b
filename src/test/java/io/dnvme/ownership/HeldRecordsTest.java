package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which record a claim goes on from, by what holders have and by who promised. */
class HeldRecordsTest {

  private static final LegRecord OLD =
      Samples.first(Samples.LEG, Samples.EPOCH, Samples.holders(1, 2, 3));
  private static final LegRecord BOTH = OLD.withNextHolders(Samples.holders(4, 5, 6));
  private static final LegRecord NEXT = BOTH.withoutOldHolders();

  private final HeldRecords held = new HeldRecords(Set.of());

  private static UUID holder(int number) {
    return Samples.id(5, number);
  }

  private void have(LegRecord record, int... holders) {
    for (int holder : holders) {
      held.report(holder(holder), record);
    }
  }

  private LegRecord newest(Integer... promised) {
    return held.newest(
        store -> Set.of(promised).stream().anyMatch(number -> holder(number).equals(store)));
  }

  @Test
  void nothingHeld_isNothing() {
    assertThat(held.isAny()).isFalse();
    have(null, 1, 2, 3);
    assertThat(held.isAny()).isFalse();
    assertThat(newest(1, 2, 3)).isNull();
  }

  @Test
  void halfStepOfAMinority_isRuledOut_byAMajorityThatPromised_andByNoSmallerOne() {
    have(BOTH, 1, 4, 5, 6);
    have(OLD, 2);
    assertThat(newest(1, 2, 3, 4, 5, 6)).isEqualTo(BOTH);
    have(OLD, 3);
    assertThat(newest(1, 2)).isEqualTo(BOTH);
    assertThat(newest(2, 3)).isEqualTo(OLD);
    have(null, 3);
    assertThat(newest(2, 3)).isEqualTo(OLD);
  }

  @Test
  void halfStepOfTheOldMajority_staysWhateverTheOthersHave() {
    have(BOTH, 1, 2);
    have(OLD, 3);
    have(null, 4, 5, 6);
    assertThat(newest(1, 2, 3, 4, 5, 6)).isEqualTo(BOTH);
  }

  /** It was asked for when the half step was chosen, and the old ones have nothing newer. */
  @Test
  void nextHoldersAlone_areNeverRuledOut() {
    have(BOTH, 1, 2);
    have(OLD, 3);
    have(NEXT, 4);
    assertThat(newest(1, 2, 3, 4)).isEqualTo(NEXT);
  }

  /** A claim found the half step and died: the earlier one is what is left, and may be chosen. */
  @Test
  void halfStepOfALaterClaim_isRuledOut_andTheEarlierOneIsNot() {
    LegRecord again = BOTH.claimedBy(new Epoch(9, Samples.id(3, 9)), Samples.id(2, 9));
    have(BOTH, 1, 2);
    have(OLD, 3);
    have(again, 5);
    assertThat(newest(1, 2, 3)).isEqualTo(BOTH);
    assertThat(newest(1)).isEqualTo(again);
    have(again, 1, 2);
    assertThat(newest(1, 2, 3)).isEqualTo(again);
  }

  @Test
  void everythingRuledOut_isNotNothing() {
    have(BOTH, 1);
    have(null, 2, 3);
    assertThat(newest(2, 3)).isEqualTo(BOTH);
  }
}
