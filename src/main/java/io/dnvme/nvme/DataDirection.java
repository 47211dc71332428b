package io.dnvme.nvme;

/**
 * Which way a command's data goes: bits 1:0 of every opcode, and of a Fabrics command's type (NVMe
 * Base 2.0 §3.3.3.1).
 */
public final class DataDirection {

  public static final int NONE = 0;
  public static final int HOST_TO_CONTROLLER = 1;
  public static final int CONTROLLER_TO_HOST = 2;
  public static final int BOTH = 3;

  private DataDirection() {}

  /** The direction that {@code opcode} (or a Fabrics command type) prescribes. */
  public static int of(int opcode) {
    return opcode & 3;
  }
}
