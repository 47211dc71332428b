package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * What is asked of a disk node about one logical disk.
 *
 * @param disk the logical disk; for a list the one behind which it begins, all zeroes for the first
 * @param leg whose disk it is to be, where one is allocated; else all zeroes
 * @param epoch to admit, or with which to grow or free; else {@link WireEpoch#NONE}
 * @param sizeBytes to allocate or grow to; else 0
 * @param body what proves that the caller may free the disk (NO-LEAK); of one to allocate what it
 *     is made for, in bytes that only callers understand; else empty
 */
public record DiskRequest(
    DiskOp op, UUID disk, UUID leg, WireEpoch epoch, long sizeBytes, byte[] body)
    implements VendorEntry {

  /** For what concerns no disk or no leg. */
  public static final UUID NONE = new UUID(0, 0);

  /** What a node keeps with a logical disk. */
  public static final int MAX_PURPOSE_BYTES = 432;

  public DiskRequest {
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("a size is not negative");
    }
    VendorEntry.checkBody(body);
  }

  public static DiskRequest allocate(UUID disk, UUID leg, long sizeBytes) {
    return new DiskRequest(DiskOp.ALLOCATE, disk, leg, WireEpoch.NONE, sizeBytes, NO_BODY);
  }

  /**
   * As {@link #allocate(UUID, UUID, long)}, in conflict with whatever was allocated for another
   * purpose.
   *
   * @param purpose kept with the disk: at most {@link #MAX_PURPOSE_BYTES}
   */
  public static DiskRequest allocate(UUID disk, UUID leg, long sizeBytes, byte[] purpose) {
    return new DiskRequest(DiskOp.ALLOCATE, disk, leg, WireEpoch.NONE, sizeBytes, purpose);
  }

  /**
   * @param epoch the owner's, who asks; none of a logical disk that never admitted any
   */
  public static DiskRequest grow(UUID disk, WireEpoch epoch, long sizeBytes) {
    return new DiskRequest(DiskOp.GROW, disk, NONE, epoch, sizeBytes, NO_BODY);
  }

  public static DiskRequest free(UUID disk, WireEpoch epoch, byte[] proof) {
    return new DiskRequest(DiskOp.FREE, disk, NONE, epoch, 0, proof);
  }

  public static DiskRequest list(UUID behind) {
    return new DiskRequest(DiskOp.LIST, behind, NONE, WireEpoch.NONE, 0, NO_BODY);
  }

  public static DiskRequest usage() {
    return new DiskRequest(DiskOp.USAGE, NONE, NONE, WireEpoch.NONE, 0, NO_BODY);
  }

  public static DiskRequest admit(UUID disk, WireEpoch epoch) {
    return new DiskRequest(DiskOp.ADMIT, disk, NONE, epoch, 0, NO_BODY);
  }

  @Override
  public void write(MemorySegment segment, long offset) {
    new DiskLayout()
        .wrap(segment, offset)
        .set(DiskLayout.OP, op.code())
        .set(DiskLayout.BODY, body.length)
        .setUuid(DiskLayout.DISK, disk)
        .epoch(epoch)
        .setUuid(DiskLayout.LEG, leg)
        .set(DiskLayout.SIZE_BYTES, sizeBytes);
  }

  /** The entry at that place, or null where it makes no sense. */
  static DiskRequest read(MemorySegment segment, long offset, byte[] body, UUID sender) {
    DiskLayout entry = new DiskLayout().wrap(segment, offset);
    DiskOp op = DiskOp.find((int) entry.get(DiskLayout.OP));
    boolean ofReply =
        entry.get(DiskLayout.RESULT) != 0
            || entry.get(DiskLayout.FLAGS) != 0
            || entry.get(DiskLayout.FREE_BYTES) != 0
            || entry.get(DiskLayout.EXTENT_BYTES) != 0
            || entry.get(DiskLayout.BLOCK_SIZE_BYTES) != 0
            || !entry.getUuid(DiskLayout.POWER_INCARNATION).equals(NONE);
    if (op == null || ofReply || entry.isSenseless()) {
      return null;
    }
    return new DiskRequest(
        op,
        entry.getUuid(DiskLayout.DISK),
        entry.getUuid(DiskLayout.LEG),
        entry.epoch(),
        entry.get(DiskLayout.SIZE_BYTES),
        body);
  }
}
