package io.dnvme.nvme;

import java.util.Objects;

/**
 * 256 dwords, each for one identifier: log pages 00h (Supported Log Pages, NVMe Base 2.0
 * §5.16.1.1), 12h (features, §5.16.1.18) and 13h (commands over NVMe-MI, §5.16.1.19).
 */
public final class EffectsLog extends Structure<EffectsLog> {

  public static final int SIZE = 1024;

  /** Of page 00h: the log page is there; Get Log Page takes an index offset. */
  public static final BitField LSUPP = BitField.bit(0);

  public static final BitField IOS = BitField.bit(1);

  /** Of page 00h, for the discovery log: which parameters are taken. */
  public static final BitField LID_SPECIFIC = BitField.bits(31, 16);

  /** Of page 12h: the feature is there; setting it may change user data. */
  public static final BitField FSUPP = BitField.bit(0);

  public static final BitField UDCC = BitField.bit(1);
  public static final BitField NCC = BitField.bit(2);
  public static final BitField NIC = BitField.bit(3);
  public static final BitField CCC = BitField.bit(4);

  /** Of page 12h: what the feature belongs to. */
  public static final BitField FSP = BitField.bits(31, 20);

  public static final int FSP_NAMESPACE = 1;
  public static final int FSP_CONTROLLER = 1 << 1;

  public EffectsLog() {
    super(SIZE);
  }

  /** What is said of {@code identifier}, 0 to 255. */
  public int of(int identifier) {
    return i32(4L * Objects.checkIndex(identifier, 256));
  }

  public EffectsLog set(int identifier, int effects) {
    return u32(4L * Objects.checkIndex(identifier, 256), effects);
  }
}
