package io.dnvme.disk.format;

import java.util.UUID;

/**
 * How to format a disk.
 *
 * @param clusterId the cluster that may use it
 * @param nodeId the disk node whose disk it is to be; all zeroes for nobody's in particular
 * @param diskId new; never used for another disk or formatting
 * @param extentBytes 4 MiB to 100 GiB, a multiple of 1 MiB
 * @param recordPages how many leg records it can keep, each in a page of 16 KiB; may be 0
 * @param overwrite also where the disk holds something: it is lost
 */
public record DiskFormatOptions(
    UUID clusterId,
    UUID nodeId,
    UUID diskId,
    long extentBytes,
    int recordPages,
    boolean overwrite) {

  /** Of no node in particular. */
  public static final UUID NO_NODE = new UUID(0, 0);

  public static final long DEFAULT_EXTENT_BYTES = 1L << 30;

  /** 32 MiB of a disk. */
  public static final int DEFAULT_RECORD_PAGES = 1024;

  /** Extents of 1 GiB; refuses a disk that holds something. */
  public static DiskFormatOptions defaults(UUID clusterId, UUID diskId) {
    return new DiskFormatOptions(
        clusterId, NO_NODE, diskId, DEFAULT_EXTENT_BYTES, DEFAULT_RECORD_PAGES, false);
  }

  public DiskFormatOptions withExtentBytes(long value) {
    return new DiskFormatOptions(clusterId, nodeId, diskId, value, recordPages, overwrite);
  }

  public DiskFormatOptions withRecordPages(int value) {
    return new DiskFormatOptions(clusterId, nodeId, diskId, extentBytes, value, overwrite);
  }

  public DiskFormatOptions withOverwrite(boolean value) {
    return new DiskFormatOptions(clusterId, nodeId, diskId, extentBytes, recordPages, value);
  }

  public DiskFormatOptions withNode(UUID value) {
    return new DiskFormatOptions(clusterId, value, diskId, extentBytes, recordPages, overwrite);
  }
}
