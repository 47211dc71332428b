package io.dnvme.disk.format;

/**
 * How a disk's space is used; in extents, which together are all of it (NO-LEAK).
 *
 * @param extentBytes size of an extent
 * @param free ready to be allocated
 * @param used by logical disks
 * @param zeroing were used, or not looked at yet; become free by themselves
 * @param unusable could not be zeroed when it was last tried
 * @param logicalDisks how many there are
 * @param maxLogicalDisks how many there can be
 */
public record DiskUsage(
    long extentBytes,
    int free,
    int used,
    int zeroing,
    int unusable,
    int logicalDisks,
    int maxLogicalDisks) {

  public int extents() {
    return free + used + zeroing + unusable;
  }
}
