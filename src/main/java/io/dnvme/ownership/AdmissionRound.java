package io.dnvme.ownership;

import io.dnvme.block.Timers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Asks all logical disks of a record to admit its epoch, and those that cannot be reached again,
 * until it is known that the leg can be served, or that another claim is ahead (OWNER).
 *
 * <p>Who does not answer in time cannot be reached, and is done without. In time is sooner for one
 * of which nothing is heard, and later for one whose node is at it: a flush that an owner left
 * behind takes its time, and a healthy member would have to be copied to for that (MEMBER). Owned
 * by one reactor.
 */
final class AdmissionRound {

  private final LegRecord record;
  private final OwnershipPorts ports;
  private final Admissions admissions;
  private final Consumer<AdmissionVerdict> done;
  private final Map<UUID, Admissions.Outcome> outcomes = new HashMap<>();
  private final Set<UUID> asking = new HashSet<>();
  private long startNanos;
  private Timers.Timer patience;
  private Timers.Timer again;
  private boolean over;

  /**
   * @param done gets the verdict, Serve or Superseded, once, unless it is stopped before
   */
  AdmissionRound(
      LegRecord record,
      OwnershipPorts ports,
      Admissions admissions,
      Consumer<AdmissionVerdict> done) {
    this.record = record;
    this.ports = ports;
    this.admissions = admissions;
    this.done = done;
  }

  void start() {
    startNanos = ports.clock().nanos();
    patience = ports.timers().schedule(ports.options().admitPatienceNanos(), this::endPatience);
    record.groups().forEach(group -> group.members().forEach(this::admit));
  }

  void stop() {
    over = true;
    patience.cancel();
    if (again != null) {
      again.cancel();
    }
  }

  /** The logical disks that admitted the epoch. */
  Set<UUID> admitted() {
    var admitted = new HashSet<UUID>();
    outcomes.forEach((disk, outcome) -> {
      if (outcome instanceof Admissions.Outcome.Admitted) {
        admitted.add(disk);
      }
    });
    return admitted;
  }

  private void admit(Member member) {
    UUID disk = member.logicalDisk();
    if (!over && asking.add(disk)) {
      admissions.admit(record, member, outcome -> answered(disk, outcome));
    }
  }

  private void answered(UUID disk, Admissions.Outcome outcome) {
    asking.remove(disk);
    if (!over && !(outcomes.get(disk) instanceof Admissions.Outcome.Admitted)) {
      outcomes.put(disk, outcome);
      judge();
    }
  }

  /** Whether a logical disk has not answered, and will. */
  boolean isUnderWay() {
    return asking.stream().anyMatch(admissions::isUnderWay);
  }

  private void endPatience() {
    dropLate();
    judge();
  }

  /** Who has not answered in time cannot be reached. */
  private void dropLate() {
    long askedNanos = ports.clock().nanos() - startNanos;
    if (askedNanos < ports.options().admitPatienceNanos()) {
      return;
    }
    boolean waits = askedNanos < ports.options().slowMemberNanos();
    for (UUID disk : List.copyOf(asking)) {
      boolean asksAgain = outcomes.containsKey(disk);
      if (!asksAgain && !(waits && admissions.isUnderWay(disk))) {
        asking.remove(disk);
        outcomes.put(disk, new Admissions.Outcome.Unreachable());
      }
    }
  }

  private void judge() {
    AdmissionVerdict verdict = AdmissionVerdict.of(record, outcomes);
    if (!(verdict instanceof AdmissionVerdict.Wait)) {
      stop();
      done.accept(verdict);
    } else if (again == null) {
      again = ports.timers().schedule(ports.options().retryNanos(), this::lookAgain);
    }
  }

  private void lookAgain() {
    again = null;
    dropLate();
    for (Group group : record.groups()) {
      for (Member member : group.members()) {
        if (outcomes.get(member.logicalDisk()) instanceof Admissions.Outcome.Unreachable) {
          admit(member);
        }
      }
    }
    if (!over) {
      judge();
    }
  }
}
