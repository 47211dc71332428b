package io.dnvme.disk.format;

import io.dnvme.disk.admission.Epoch;
import java.util.UUID;

/**
 * What a disk says of one of its logical disks; immutable.
 *
 * @param id never reused (NAMES)
 * @param legId the leg that it is a member of
 * @param extentCount its size in extents
 * @param admitted the epoch that it admitted last, durably; {@link Epoch#NONE} at first
 * @param description the caller's: what is needed to find out, from the disks alone, what it was
 */
public record LogicalDisk(
    UUID id, UUID legId, int extentCount, Epoch admitted, Description description) {

  /** Whether both are of one leg and have descriptions, and these differ. */
  public boolean isRivalOf(LogicalDisk other) {
    return legId.equals(other.legId)
        && !description.equals(Description.NONE)
        && !other.description.equals(Description.NONE)
        && !description.equals(other.description);
  }

  LogicalDisk withExtentCount(int count) {
    return new LogicalDisk(id, legId, count, admitted, description);
  }

  LogicalDisk withAdmitted(Epoch epoch) {
    return new LogicalDisk(id, legId, extentCount, epoch, description);
  }
}
