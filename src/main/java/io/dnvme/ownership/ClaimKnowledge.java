package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * What one claim has learnt of a leg from its holders (RECORD): who they may be, what they hold,
 * and the highest number of an epoch among all that was seen. It only grows. Of one reactor.
 */
final class ClaimKnowledge {

  private final OwnershipPorts ports;
  private final LegRecord first;
  private final HeldRecords held;
  private final Set<UUID> holders = new LinkedHashSet<>();
  private long highestNumber;

  /**
   * @param first the leg's first record where it may have to be created, else null
   */
  ClaimKnowledge(OwnershipPorts ports, LegRecord first, long highestNumber) {
    this.ports = ports;
    this.first = first;
    this.highestNumber = highestNumber;
    held = new HeldRecords(ports.bugs());
  }

  /** These may be holders, or have been. */
  void mayBeHolders(Collection<UUID> stores) {
    holders.addAll(stores);
  }

  /** Every one that was heard of. */
  Set<UUID> holders() {
    return Collections.unmodifiableSet(holders);
  }

  long highestNumber() {
    return highestNumber;
  }

  /** A number that is higher than all before, and from now on the highest one. */
  long nextNumber() {
    return ++highestNumber;
  }

  void seen(Epoch epoch) {
    highestNumber = Math.max(highestNumber, epoch.number());
  }

  /**
   * @param accepted the newest record that the holder accepted, or null
   */
  void note(UUID holder, LegRecord accepted) {
    held.report(holder, accepted);
    if (accepted != null) {
      seen(accepted.epoch());
      holders.addAll(ports.quorumOf(accepted).all());
    }
  }

  /** Somebody who is no holder says who is. */
  void follow(HolderReply.Retired retired) {
    retired.successors().forEach(holder -> holders.add(holder.store()));
    seen(retired.epoch());
  }

  /** Whether any holder has a record. */
  boolean hasRecord() {
    return held.isAny();
  }

  /** As {@link HeldRecords#newest}. */
  LegRecord newest(Predicate<UUID> counts) {
    return held.newest(counts);
  }

  /** Which holders are needed, as far as is known; null where no record was seen. */
  Quorum needed(Predicate<UUID> counts) {
    LegRecord newest = newest(counts);
    LegRecord base = newest != null ? newest : first;
    return base == null ? null : ports.quorumOf(base);
  }
}
