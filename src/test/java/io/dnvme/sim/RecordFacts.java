package io.dnvme.sim;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.LegRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What a record holder has told its claimants of one leg, and whether what it says later agrees
 * with it:
 *
 * <ul>
 *   <li>RECORD: a promise is kept, and made to one incarnation; a record that was accepted is
 *       found; a generation has one content;
 *   <li>LEASE: no higher epoch is promised within L of a confirmation.
 * </ul>
 */
final class RecordFacts {

  /**
   * What was known when something was asked for.
   *
   * @param accepted null for none
   */
  record Known(long atNanos, Epoch promised, LegRecord accepted) {}

  private record Generation(Epoch epoch, long number) {}

  private final SimWorld world;
  private final UUID leg;
  private final int leaseMs;
  private final Map<Long, UUID> promisedTo = new HashMap<>();
  private final Map<Generation, LegRecord> contents = new HashMap<>();
  private final Map<Epoch, Long> confirmedNanos = new HashMap<>();
  private final Set<Epoch> released = new HashSet<>();
  private Epoch promised = Epoch.NONE;
  private LegRecord accepted;
  private long highestSeen;

  RecordFacts(SimWorld world, UUID leg, int leaseMs) {
    this.world = world;
    this.leg = leg;
    this.leaseMs = leaseMs;
  }

  UUID leg() {
    return leg;
  }

  int leaseMs() {
    return leaseMs;
  }

  long highestSeen() {
    return highestSeen;
  }

  Known now() {
    return new Known(world.nowNanos(), promised, accepted);
  }

  /** An owner has said, or may have said, that it serves no more at this epoch. */
  void released(Epoch epoch) {
    released.add(epoch);
  }

  /** What was answered to {@code request}, asked for when {@code known} was known. */
  void answered(HolderRequest request, HolderReply reply, Known known) {
    switch (reply) {
      case HolderReply.State state -> {
        checkPromise(known, state.promised());
        found(known, state.accepted());
      }
      case HolderReply.Promised done -> promised(known, done);
      case HolderReply.Confirmed confirmed -> {
        checkPromise(known, confirmed.epoch());
        confirmedNanos.merge(confirmed.epoch(), known.atNanos(), Math::max);
      }
      case HolderReply.Done done -> {
        if (request instanceof HolderRequest.Accept(LegRecord record)) {
          accepted(known, record);
        }
      }
      case HolderReply.Refused refused -> checkPromise(known, refused.promised());
      case HolderReply.Unknown unknown -> {
        if (!known.promised().isNone()) {
          violated("is unknown after " + known.promised() + " was promised");
        }
      }
      case HolderReply.Retired retired -> violated("is retired, which nobody asked for");
      case HolderReply.Unavailable unavailable -> {}
    }
  }

  private void promised(Known known, HolderReply.Promised reply) {
    Epoch epoch = reply.epoch();
    checkPromise(known, epoch);
    UUID before = promisedTo.putIfAbsent(epoch.number(), epoch.incarnation());
    if (before != null && !before.equals(epoch.incarnation())) {
      violated("is promised to two incarnations at " + epoch.number());
    }
    found(known, reply.accepted());
    confirmedNanos.forEach((owner, atNanos) -> {
      long endNanos = atNanos + leaseMs * SimWorld.MILLIS;
      if (epoch.isHigherThan(owner) && !released.contains(owner) && world.nowNanos() < endNanos) {
        world.violated(
            "LEASE",
            "leg %s is promised to %s within L of a confirmation of %s"
                .formatted(leg, epoch, owner));
      }
    });
    if (epoch.isHigherThan(promised)) {
      promised = epoch;
    }
  }

  /** A promise that was answered holds. */
  private void checkPromise(Known known, Epoch told) {
    highestSeen = Math.max(highestSeen, told.number());
    boolean rival = told.number() == known.promised().number() && !told.equals(known.promised());
    if (known.promised().isHigherThan(told) || rival) {
      violated("is said to be promised to " + told + " after " + known.promised());
    }
  }

  private void accepted(Known known, LegRecord record) {
    checkPromise(known, record.epoch());
    checkContent(record);
    if (accepted == null || record.isNewerThan(accepted)) {
      accepted = record;
    }
  }

  private void found(Known known, LegRecord record) {
    if (known.accepted() != null && (record == null || known.accepted().isNewerThan(record))) {
      violated(
          "has the record "
              + (record == null ? "none" : record.epoch() + " generation " + record.generation())
              + " after "
              + known.accepted().epoch()
              + " generation "
              + known.accepted().generation()
              + " was accepted");
    }
    if (record != null) {
      checkContent(record);
    }
  }

  private void checkContent(LegRecord record) {
    var generation = new Generation(record.epoch(), record.generation());
    LegRecord before = contents.putIfAbsent(generation, record);
    if (before != null && !before.equals(record)) {
      violated("has two contents for " + generation);
    }
  }

  private void violated(String what) {
    world.violated("RECORD", "leg " + leg + " " + what);
  }
}
