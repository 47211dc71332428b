package io.dnvme.volume.intent;

import io.dnvme.block.ManualReactor;
import io.dnvme.volume.mirror.MemberChange;
import io.dnvme.volume.mirror.MembershipPort;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The record as one owner changes it: late, refused now and then, and in doubt, made or not. When
 * the owner is none any more the change under way is made or not, and all others are refused.
 */
final class MirrorRecord implements MembershipPort {

  private static final int MAX_CHANGE_NANOS = 2_000_000;

  private final CrashRecord record;
  private final ManualReactor reactor;
  private final Random random;
  private final CrashChecks checks;
  private final CrashWire[] wires;
  private MemberChange underWay;

  /** Of the member that comes back by it. */
  private int power;

  private int doubts;
  private boolean ended;

  MirrorRecord(
      CrashRecord record,
      ManualReactor reactor,
      Random random,
      CrashChecks checks,
      CrashWire[] wires) {
    this.record = record;
    this.reactor = reactor;
    this.random = random;
    this.checks = checks;
    this.wires = wires;
  }

  /** Times that a change was in doubt. */
  int doubts() {
    return doubts;
  }

  /** The owner is none any more. */
  void end() {
    ended = true;
    if (underWay != null && random.nextBoolean()) {
      apply(underWay);
    }
  }

  @Override
  public void ask(MemberChange change, Consumer<Outcome> done) {
    if (ended) {
      done.accept(Outcome.OWNERSHIP_LOST);
      return;
    }
    if (underWay != null) {
      throw new BrokenPromise("MEMBER: %s is asked while %s is".formatted(change, underWay));
    }
    switch (change) {
      case MemberChange.Remove(int members) -> checks.removal(members, record.inSync);
      case MemberChange.Promote(int member) -> checks.promotion(member);
      case MemberChange.BeginRebuild(int member) -> power = wires[member].powerIncarnation();
    }
    underWay = change;
    reactor
        .timers()
        .schedule(1 + random.nextInt(MAX_CHANGE_NANOS), () -> done.accept(decide(change)));
  }

  private Outcome decide(MemberChange change) {
    if (ended) {
      return Outcome.OWNERSHIP_LOST;
    }
    underWay = null;
    switch (random.nextInt(10)) {
      case 0 -> {
        return isMade(change) ? Outcome.MADE : Outcome.REFUSED;
      }
      case 1 -> {
        doubts++;
        return Outcome.IN_DOUBT;
      }
      case 2, 3 -> {
        doubts++;
        apply(change);
        return Outcome.IN_DOUBT;
      }
      default -> {
        apply(change);
        return Outcome.MADE;
      }
    }
  }

  /** Asked for before, and in doubt. */
  private boolean isMade(MemberChange change) {
    return switch (change) {
      case MemberChange.Remove(int members) -> ((record.inSync | record.rebuilding) & members) == 0;
      case MemberChange.BeginRebuild(int member) -> (record.rebuilding & 1 << member) != 0;
      case MemberChange.Promote(int member) -> (record.inSync & 1 << member) != 0;
    };
  }

  private void apply(MemberChange change) {
    switch (change) {
      case MemberChange.Remove(int members) -> {
        record.inSync &= ~members;
        record.rebuilding &= ~members;
      }
      case MemberChange.BeginRebuild(int member) -> {
        record.rebuilding |= 1 << member & ~record.inSync;
        record.power[member] = power;
      }
      case MemberChange.Promote(int member) -> {
        record.rebuilding &= ~(1 << member);
        record.inSync |= 1 << member;
      }
    }
    if (record.inSync == 0) {
      throw new BrokenPromise("NO-SILENT-LOSS: no in-sync member is left by " + change);
    }
  }

  @Override
  public String toString() {
    return "changing " + underWay;
  }
}
