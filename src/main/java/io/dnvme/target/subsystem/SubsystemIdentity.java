package io.dnvme.target.subsystem;

import io.dnvme.nvme.Nqn;

/**
 * What names a subsystem; the same on every node that serves it (NAMES).
 *
 * @param nqn NVMe qualified name; contains the disk's UUID
 * @param serialNumber at most 20 printable ASCII characters
 * @param firmwareRevision at most 8 printable ASCII characters; see {@link #firmwareRevision}
 */
public record SubsystemIdentity(String nqn, String serialNumber, String firmwareRevision) {

  /** Model number (MN) of all our subsystems. */
  public static final String MODEL_NUMBER = "dnvme";

  public static final int SERIAL_NUMBER_LENGTH = 20;
  public static final int FIRMWARE_REVISION_LENGTH = 8;

  public SubsystemIdentity {
    if (!Nqn.isValid(nqn)) {
      throw new IllegalArgumentException("not an NVMe qualified name: " + nqn);
    }
    if (nqn.equals(Nqn.DISCOVERY)) {
      throw new IllegalArgumentException("the discovery subsystem's name is taken: " + nqn);
    }
    checkText("serial number", serialNumber, SERIAL_NUMBER_LENGTH);
    checkText("firmware revision", firmwareRevision, FIRMWARE_REVISION_LENGTH);
  }

  /** The firmware revision (FR) that stands for a build's version: what fits of it. */
  public static String firmwareRevision(String buildVersion) {
    int suffix = buildVersion.indexOf('-');
    String release = suffix > 0 ? buildVersion.substring(0, suffix) : buildVersion;
    return release.substring(0, Math.min(release.length(), FIRMWARE_REVISION_LENGTH));
  }

  private static void checkText(String what, String text, int limit) {
    if (text.isBlank()
        || text.length() > limit
        || !text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          what + " must be 1 to " + limit + " printable ASCII characters, not '" + text + "'");
    }
  }
}
