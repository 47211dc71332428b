package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.ArrayList;
import java.util.List;

/** A leg that holders 1 to 3 keep and the first controller owns, and that others are to keep. */
abstract class HolderChangeRig extends LegOwnershipRig {

  RecordHolder holder(int number) {
    return holders.get(Samples.id(5, number));
  }

  /** All that it keeps of the leg; it knows it. */
  HolderEntry entryOf(int number) {
    assertThat(holder(number).entries()).as("holder " + number).hasSize(1);
    return holder(number).entries().iterator().next();
  }

  /** A claimant who gets no majority was there, with an epoch of that number. */
  void promisesAnother(int holder, int number) {
    var promise =
        new HolderRequest.Promise(
            Samples.LEG,
            new Epoch(number, Samples.id(3, 100 + number)),
            Knowledge.CREATE,
            0,
            LegRecord.DEFAULT_LEASE_MS);
    holder(holder)
        .handle(
            List.of(promise),
            replies -> assertThat(replies).first().isInstanceOf(HolderReply.Promised.class));
  }

  List<ChangeOutcome> changeHolders(int... numbers) {
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.changeHolders(Samples.holders(numbers), outcomes::add);
    return outcomes;
  }

  /** As far as the record that names both sets, of which these do not hear. */
  void beginHalfStep(List<Integer> deafToIt, int... next) {
    create();
    deafToIt.forEach(number -> deafToRecords.add(Samples.id(5, number)));
    changeHolders(next);
    runUntilStep(HolderStep.BOTH);
  }

  /** The first controller and these holders are gone; the second one claims. */
  void secondClaimsWithout(int... lost) {
    first.cutOff = true;
    deafToRecords.clear();
    for (int number : lost) {
      deafHolders.add(Samples.id(5, number));
    }
    second.leg.claim();
    run(WAIT + 100 * MILLIS);
  }

  void runUntilStep(HolderStep step) {
    for (int i = 0; i < 5000 && first.leg.holderStep() != step; i++) {
      run(MILLIS);
    }
    assertThat(first.leg.holderStep()).isEqualTo(step);
  }

  /** Runs on, and the owner may answer at every instant of it (LEASE). */
  void runUndisturbed(long nanos) {
    time.runUntil(time.nowNanos() + nanos, () -> assertThat(first.leg.mayAnswer()).isTrue());
  }

  void assertUnknown(int... numbers) {
    for (int number : numbers) {
      assertThat(holder(number).entries()).as("holder " + number).isEmpty();
    }
  }

  void assertRetired(int number, List<Holder> successors) {
    assertThat(entryOf(number).retired()).as("whether holder %d is retired", number).isTrue();
    assertThat(entryOf(number).tombstone().successors()).isEqualTo(successors);
  }

  void assertHasBoth(int number, boolean has) {
    LegRecord accepted = entryOf(number).accepted();
    assertThat(accepted != null && accepted.changesHolders())
        .as("whether holder %d has the half step", number)
        .isEqualTo(has);
  }

  void assertSecondOwns(int... holders) {
    assertThat(second.leg.mayAnswer()).isTrue();
    assertThat(second.leg.record().changesHolders()).isFalse();
    assertThat(second.leg.record().holders()).isEqualTo(Samples.holders(holders));
  }

  /** After the first one gave the leg back. */
  void assertSecondCanClaim() {
    first.leg.release();
    second.leg.claim();
    run(50 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
  }
}
