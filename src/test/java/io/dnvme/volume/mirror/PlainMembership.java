package io.dnvme.volume.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A record in memory, changed at once or, where the test holds it, when and as the test says. */
final class PlainMembership implements MembershipPort {

  private record Asked(MemberChange change, Consumer<Outcome> done) {}

  private final List<MemberChange> made = new ArrayList<>();
  private final List<Asked> waiting = new ArrayList<>();
  private int inSync;
  private int rebuilding;
  private boolean holding;

  PlainMembership(int inSync, int rebuilding) {
    this.inSync = inSync;
    this.rebuilding = rebuilding;
  }

  void hold() {
    holding = true;
  }

  void goOn() {
    holding = false;
  }

  int waiting() {
    return waiting.size();
  }

  MemberChange asked() {
    return waiting.getFirst().change();
  }

  /** Makes the change that waits, and says so. */
  void make() {
    Asked asked = waiting.removeFirst();
    apply(asked.change());
    asked.done().accept(Outcome.MADE);
  }

  void refuse() {
    waiting.removeFirst().done().accept(Outcome.REFUSED);
  }

  /**
   * Says that nobody knows.
   *
   * @param madeInTruth whether the record has the change
   */
  void doubt(boolean madeInTruth) {
    Asked asked = waiting.removeFirst();
    if (madeInTruth) {
      apply(asked.change());
    }
    asked.done().accept(Outcome.IN_DOUBT);
  }

  void loseOwnership() {
    waiting.removeFirst().done().accept(Outcome.OWNERSHIP_LOST);
  }

  List<MemberChange> made() {
    return made;
  }

  /** What the record says, whether anybody knows or not. */
  int inSync() {
    return inSync;
  }

  int rebuilding() {
    return rebuilding;
  }

  @Override
  public void ask(MemberChange change, Consumer<Outcome> done) {
    waiting.add(new Asked(change, done));
    if (waiting.size() > 1) {
      throw new AssertionError("MEMBER: two changes at a time: " + waiting);
    }
    if (!holding) {
      make();
    }
  }

  private void apply(MemberChange change) {
    if (made.isEmpty() || !made.getLast().equals(change)) {
      made.add(change);
    }
    switch (change) {
      case MemberChange.Remove(int members) -> {
        inSync &= ~members;
        rebuilding &= ~members;
      }
      case MemberChange.BeginRebuild(int member) -> rebuilding |= 1 << member & ~inSync;
      case MemberChange.Promote(int member) -> {
        rebuilding &= ~(1 << member);
        inSync |= 1 << member;
      }
    }
    if (inSync == 0) {
      throw new AssertionError("NO-SILENT-LOSS: the record has no in-sync member left");
    }
  }
}
