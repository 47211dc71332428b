package io.dnvme.nvme;

import java.util.Objects;

/** Commands Supported and Effects, log page 05h (NVMe Base 2.0 §5.16.1.6). */
public final class CommandEffectsLog extends Structure<CommandEffectsLog> {

  public static final int SIZE = 4096;

  private static final int ADMIN = 0;
  private static final int IO = 1024;

  public static final BitField CSUPP = BitField.bit(0);

  /** The command may change: logical blocks, namespaces' capabilities, which there are. */
  public static final BitField LBCC = BitField.bit(1);

  public static final BitField NCC = BitField.bit(2);
  public static final BitField NIC = BitField.bit(3);

  /** The command may change the controller's capabilities. */
  public static final BitField CCC = BitField.bit(4);

  /** What must not be under way beside the command. */
  public static final BitField CSE = BitField.bits(18, 16);

  public CommandEffectsLog() {
    super(SIZE);
  }

  /** Effects of the admin command with that opcode, 0 to 255. */
  public int admin(int opcode) {
    return i32(ADMIN + 4L * Objects.checkIndex(opcode, 256));
  }

  public CommandEffectsLog admin(int opcode, int effects) {
    return u32(ADMIN + 4L * Objects.checkIndex(opcode, 256), effects);
  }

  /** Effects of the I/O command with that opcode, 0 to 255. */
  public int io(int opcode) {
    return i32(IO + 4L * Objects.checkIndex(opcode, 256));
  }

  public CommandEffectsLog io(int opcode, int effects) {
    return u32(IO + 4L * Objects.checkIndex(opcode, 256), effects);
  }
}
