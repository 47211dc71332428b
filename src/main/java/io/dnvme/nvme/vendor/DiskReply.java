package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * What a disk node answers about one logical disk: what became of the request, and what is so after
 * it.
 *
 * @param admitted the highest epoch that the logical disk admitted
 * @param leg whose disk it is
 * @param sizeBytes of the logical disk; for usage of all extents
 * @param freeBytes for usage, and where there is too little space: of the extents that are free, or
 *     will be by themselves
 * @param extentBytes the allocation unit
 * @param blockSizeBytes of the disk's logical blocks; 0 where nothing is told
 * @param powerIncarnation what survives no loss of power: the machine's boot, or for a memory disk
 *     the process (INTENT)
 * @param more of a list: there are further ones behind the last
 * @param bodyOmitted the body did not fit the command: the same request alone gets it
 * @param body of a list: {@link LogicalDiskInfo}s
 */
public record DiskReply(
    DiskOp op,
    EntryResult result,
    UUID disk,
    UUID leg,
    WireEpoch admitted,
    long sizeBytes,
    long freeBytes,
    long extentBytes,
    int blockSizeBytes,
    UUID powerIncarnation,
    boolean more,
    boolean bodyOmitted,
    byte[] body)
    implements VendorEntry {

  static final int FLAG_BODY_OMITTED = 1;
  static final int FLAG_MORE = 2;

  public DiskReply {
    if (sizeBytes < 0 || freeBytes < 0 || extentBytes < 0 || blockSizeBytes < 0) {
      throw new IllegalArgumentException("sizes are not negative");
    }
    VendorEntry.checkBody(body);
  }

  /** An answer that tells nothing of what there is. */
  public static DiskReply of(DiskRequest request, EntryResult result) {
    return new DiskReply(
        request.op(),
        result,
        request.disk(),
        DiskRequest.NONE,
        WireEpoch.NONE,
        0,
        0,
        0,
        0,
        DiskRequest.NONE,
        false,
        false,
        NO_BODY);
  }

  /** The same with its body left out. */
  public DiskReply withoutBody() {
    return new DiskReply(
        op,
        result,
        disk,
        leg,
        admitted,
        sizeBytes,
        freeBytes,
        extentBytes,
        blockSizeBytes,
        powerIncarnation,
        more,
        true,
        NO_BODY);
  }

  @Override
  public void write(MemorySegment segment, long offset) {
    new DiskLayout()
        .wrap(segment, offset)
        .set(DiskLayout.OP, op.code())
        .set(DiskLayout.RESULT, result.code())
        .set(DiskLayout.FLAGS, (bodyOmitted ? FLAG_BODY_OMITTED : 0) | (more ? FLAG_MORE : 0))
        .set(DiskLayout.BODY, body.length)
        .setUuid(DiskLayout.DISK, disk)
        .epoch(admitted)
        .setUuid(DiskLayout.LEG, leg)
        .set(DiskLayout.SIZE_BYTES, sizeBytes)
        .set(DiskLayout.FREE_BYTES, freeBytes)
        .set(DiskLayout.EXTENT_BYTES, extentBytes)
        .set(DiskLayout.BLOCK_SIZE_BYTES, blockSizeBytes)
        .setUuid(DiskLayout.POWER_INCARNATION, powerIncarnation);
  }

  /** The entry at that place, or null where it makes no sense. */
  static DiskReply read(MemorySegment segment, long offset, byte[] body, UUID sender) {
    DiskLayout entry = new DiskLayout().wrap(segment, offset);
    DiskOp op = DiskOp.find((int) entry.get(DiskLayout.OP));
    EntryResult result = EntryResult.find((int) entry.get(DiskLayout.RESULT));
    long flags = entry.get(DiskLayout.FLAGS);
    if (op == null
        || result == null
        || (flags & ~(FLAG_BODY_OMITTED | FLAG_MORE)) != 0
        || entry.isSenseless()) {
      return null;
    }
    return new DiskReply(
        op,
        result,
        entry.getUuid(DiskLayout.DISK),
        entry.getUuid(DiskLayout.LEG),
        entry.epoch(),
        entry.get(DiskLayout.SIZE_BYTES),
        entry.get(DiskLayout.FREE_BYTES),
        entry.get(DiskLayout.EXTENT_BYTES),
        (int) entry.get(DiskLayout.BLOCK_SIZE_BYTES),
        entry.getUuid(DiskLayout.POWER_INCARNATION),
        (flags & FLAG_MORE) != 0,
        (flags & FLAG_BODY_OMITTED) != 0,
        body);
  }
}
