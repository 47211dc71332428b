package io.dnvme.agent;

import io.dnvme.disk.admission.Epoch;
import java.util.UUID;

/**
 * Names of the subsystems by which nodes of a cluster know each other (NAMES). A logical disk's has
 * the number of the epoch that it admitted: an old owner cannot even connect (OWNER).
 */
public final class NodeNames {

  private static final String PREFIX = "nqn.2026-01.io.dnvme:";
  private static final String NODE = PREFIX + "node:";
  private static final String LOGICAL_DISK = PREFIX + "ldisk:";
  private static final String VIRTUAL_DISK = PREFIX + "vdisk:";
  private static final int SERIAL_NUMBER_LENGTH = 20;

  private NodeNames() {}

  /** The node's own subsystem, which serves vendor-specific commands. */
  public static String node(UUID node) {
    return NODE + node;
  }

  public static String logicalDisk(UUID logicalDisk, Epoch epoch) {
    return logicalDiskPrefix(logicalDisk) + Long.toHexString(epoch.number());
  }

  /** What all names of the logical disk begin with, whatever the epoch. */
  public static String logicalDiskPrefix(UUID logicalDisk) {
    return LOGICAL_DISK + logicalDisk + ":";
  }

  public static String virtualDisk(UUID virtualDisk) {
    return VIRTUAL_DISK + virtualDisk;
  }

  /** As much of the UUID as a serial number holds. */
  public static String serialNumber(UUID id) {
    return id.toString().replace("-", "").substring(0, SERIAL_NUMBER_LENGTH);
  }
}
