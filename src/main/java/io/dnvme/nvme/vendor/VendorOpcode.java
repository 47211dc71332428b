package io.dnvme.nvme.vendor;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.DataDirection;

/**
 * Our admin commands. As with every opcode, bits 1:0 say which way data goes: 10b to the host, 11b
 * both ways (NVMe Base 2.0 §3.3.3.1). The commands have the common format of vendor-specific ones:
 * CDW10 is NDT, the dwords of data, and CDW11 is NDM, which is zero.
 *
 * <p>A command whose data goes both ways has an SGL that describes what goes to the controller, and
 * NDT counts that; what comes back is sent as C2HData, no more of it than CDW12 has dwords, and the
 * completion's dword 0 says how many bytes it is.
 */
public final class VendorOpcode {

  /** To the host: {@link NodeIdentity}. */
  public static final int NODE_IDENTITY = 0xc2;

  /** Both ways: an envelope of {@link RecordRequest}s, answered by one of {@link RecordReply}s. */
  public static final int RECORDS = 0xc3;

  /** Both ways: an envelope of {@link DiskRequest}s, answered by one of {@link DiskReply}s. */
  public static final int LOGICAL_DISKS = 0xc7;

  private VendorOpcode() {}

  /** Whether the opcode is in a vendor's range of the admin commands. */
  public static boolean isVendorSpecific(int opcode) {
    return opcode >= AdminOpcode.VENDOR_FIRST && opcode <= 0xff;
  }

  /** Whether the command has data for the controller. */
  public static boolean sendsData(int opcode) {
    return (DataDirection.of(opcode) & DataDirection.HOST_TO_CONTROLLER) != 0;
  }

  /** Whether the command has data for the host. */
  public static boolean receivesData(int opcode) {
    return (DataDirection.of(opcode) & DataDirection.CONTROLLER_TO_HOST) != 0;
  }
}
