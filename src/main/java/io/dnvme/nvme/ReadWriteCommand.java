package io.dnvme.nvme;

/**
 * Commands on a range of logical blocks: Read, Write, Compare, Write Zeroes, Verify, Write
 * Uncorrectable (NVM Command Set 1.0 §3.2).
 */
public final class ReadWriteCommand extends Command<ReadWriteCommand> {

  public static final int SLBA = 40;
  public static final int NLB = 48;
  public static final int CONTROL = 50;
  public static final int DSM = 52;

  /** Of {@link #control()}. */
  public static final BitField CONTROL_DTYPE = BitField.bits(7, 4);

  /** Of Write Zeroes: deallocate, where that reads zeroes. */
  public static final BitField CONTROL_DEAC = BitField.bit(9);

  public static final BitField CONTROL_PRINFO = BitField.bits(13, 10);

  /** Force unit access: the data is on the medium before the command completes. */
  public static final BitField CONTROL_FUA = BitField.bit(14);

  /** Limited retry. */
  public static final BitField CONTROL_LR = BitField.bit(15);

  /**
   * A command on a range; its SGL is still to be set where it has data.
   *
   * @param blocks 1 to 65,536
   */
  public ReadWriteCommand start(int opc, int cid, int nsid, long slba, int blocks) {
    return start(opc, cid).nsid(nsid).u64(SLBA, slba).u16(NLB, blocks - 1);
  }

  /** The first logical block; unsigned. */
  public long slba() {
    return u64(SLBA);
  }

  /** Logical blocks, 1 to 65,536. */
  public int blocks() {
    return u16(NLB) + 1;
  }

  /** The upper half of dword 12. */
  public int control() {
    return u16(CONTROL);
  }

  public ReadWriteCommand control(int control) {
    return u16(CONTROL, control);
  }

  public boolean isFua() {
    return CONTROL_FUA.isSet(control());
  }

  public boolean isDeallocate() {
    return CONTROL_DEAC.isSet(control());
  }
}
