package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Stores that promised the owner's number, or a higher one, to a claimant who got no majority: they
 * do nothing at the owner's epoch (RECORD), so it claims the leg anew where it needs them.
 */
class OutbidOwnerTest extends HolderChangeRig {

  private static final int OTHERS_NUMBER = 7;

  /** As who wants them to be the holders does: asked again whenever it was refused. */
  private void wantHolders(LegOwnershipRig.Controller controller, int... numbers) {
    List<Holder> wanted = Samples.holders(numbers);
    boolean isSo =
        controller.leg.record() == null || controller.leg.record().holders().equals(wanted);
    if (!isSo && controller.leg.holderStep() == null) {
      controller.leg.changeHolders(wanted, any -> {});
    }
    time.after(1000 * MILLIS, () -> wantHolders(controller, numbers));
  }

  @Test
  void nextHolderThatPromisedAnother_joins_afterTheLegWasClaimedAnew() {
    for (int number : new int[] {1, OTHERS_NUMBER}) {
      var test = new OutbidOwnerTest();
      test.start();
      test.claimsAnewFor(number);
    }
  }

  private void claimsAnewFor(int number) {
    create();
    promisesAnother(4, number);
    List<ChangeOutcome> outbid = changeHolders(3, 4, 5);
    run(50 * MILLIS);
    assertThat(outbid).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    assertThat(first.lost).singleElement().asString().startsWith("claims the leg anew");
    assertThat(first.leg.mayAnswer()).isTrue();
    assertThat(first.leg.epoch()).isEqualTo(new Epoch(number + 1, Samples.id(3, 1)));
    assertUnknown(5);
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(LEASE);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));
    assertThat(first.leg.record().holders()).isEqualTo(Samples.holders(3, 4, 5));
  }

  /** Nobody is disturbed for a change that would not be made all the same. */
  @Test
  void whereAnotherNextHolderIsMissing_theLegIsNotClaimedAnew() {
    create();
    promisesAnother(4, OTHERS_NUMBER);
    deafHolders.add(Samples.id(5, 5));
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(2000 * MILLIS);
    assertThat(outcomes)
        .containsExactly(
            new ChangeOutcome.Refused("too few of the next holders promise and confirm"));
    deafHolders.clear();
    changeHolders(3, 4, 5);
    run(50 * MILLIS);
    assertThat(first.leg.epoch().number()).isEqualTo(OTHERS_NUMBER + 1);
  }

  /** Two of the next ones suffice, and the third was a holder before. */
  @Test
  void oldHolderThatPromisedAnother_isNotNeeded() {
    create();
    deafHolders.add(Samples.id(5, 3));
    run(2 * WAIT);
    promisesAnother(3, OTHERS_NUMBER);
    deafHolders.clear();
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(2000 * MILLIS);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));
  }

  /** It would be a higher one than there can be. */
  @Test
  void nextHolderThatPromisedTheLastEpoch_endsNobodysTerm() {
    create();
    var last = new Epoch(Epoch.MAX_NUMBER, Samples.id(3, 9));
    holder(4)
        .handle(
            List.of(
                new HolderRequest.Promise(
                    Samples.LEG,
                    last,
                    HolderRequest.Knowledge.CREATE,
                    0,
                    LegRecord.DEFAULT_LEASE_MS)),
            any -> {});
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(2000 * MILLIS);
    assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    first.leg.dismiss(holders.keySet());
    runUndisturbed(2000 * MILLIS);
    first.leg.release();
    first.leg.claim();
    run(50 * MILLIS);
    assertThat(first.leg.mayAnswer()).isTrue();
  }

  /** Whoever gets the leg at once after the release may know less than who gave it up. */
  @Test
  void standbysThatClaimAtTheRelease_doNotKeepTheChangeFromBeingMade() {
    create();
    second.leg.claim();
    promisesAnother(4, OTHERS_NUMBER);
    promisesAnother(5, 2 * OTHERS_NUMBER);
    wantHolders(first, 3, 4, 5);
    wantHolders(second, 3, 4, 5);
    for (int i = 0; i < 20; i++) {
      run(1000 * MILLIS);
      if (!first.lost.isEmpty() && first.leg.state() == LegOwnership.State.IDLE) {
        first.leg.claim();
      }
    }
    LegOwnership owner = first.leg.mayAnswer() ? first.leg : second.leg;
    assertThat(owner.mayAnswer()).isTrue();
    assertThat(owner.record().holders()).isEqualTo(Samples.holders(3, 4, 5));
    assertThat(first.owned.size() + second.owned.size()).isLessThan(5);
  }

  /** It is told by whoever has a higher epoch, and until then nobody says that it was. */
  @Test
  void strangerThatPromisedAnother_isToldAfterTheNextClaim() {
    create();
    promisesAnother(4, OTHERS_NUMBER);
    first.leg.dismiss(List.of(Samples.id(5, 4), Samples.id(5, 5)));
    runUndisturbed(2000 * MILLIS);
    assertThat(first.leg.dismissed()).containsExactly(Samples.id(5, 5));
    first.leg.release();
    first.leg.claim();
    run(50 * MILLIS);
    assertThat(first.leg.epoch().number()).isEqualTo(OTHERS_NUMBER + 1);
    first.leg.dismiss(List.of(Samples.id(5, 4)));
    run(1000 * MILLIS);
    assertThat(first.leg.dismissed()).containsExactly(Samples.id(5, 4));
    assertUnknown(4);
  }

  /** One holder promised another, one is lost: the owner's right is over, and a claim gets both. */
  @Test
  void ownerWithTooFewHolders_getsTheOneThatPromisedAnother_byClaimingAnew() {
    create();
    deafHolders.add(Samples.id(5, 3));
    run(2 * WAIT);
    promisesAnother(3, OTHERS_NUMBER);
    deafHolders.clear();
    deafHolders.add(Samples.id(5, 2));
    run(2 * WAIT);
    assertThat(first.leg.mayAnswer()).isFalse();
    first.leg.release();
    first.leg.claim();
    run(50 * MILLIS);
    assertThat(first.leg.mayAnswer()).isTrue();
    assertThat(first.leg.epoch().number()).isEqualTo(OTHERS_NUMBER + 1);
  }
}
