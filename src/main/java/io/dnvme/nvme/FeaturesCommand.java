package io.dnvme.nvme;

/**
 * Get Features and Set Features (NVMe Base 2.0 §5.15 and §5.27). What a get read is its
 * completion's dword 0, for some features data besides.
 */
public final class FeaturesCommand extends Command<FeaturesCommand> {

  public static final int CDW11 = 44;
  public static final int CDW12 = 48;
  public static final int CDW14 = 56;

  public static final BitField FID = BitField.bits(7, 0);

  /** Of Get Features: which value. */
  public static final BitField SEL = BitField.bits(10, 8);

  public static final int SEL_CURRENT = 0;
  public static final int SEL_DEFAULT = 1;
  public static final int SEL_SAVED = 2;
  public static final int SEL_CAPABILITIES = 3;

  /** Of Set Features: keep the value over resets and power cycles. */
  public static final BitField SV = BitField.bit(31);

  /** What {@link #SEL_CAPABILITIES} returns, in dword 0. */
  public static final int CAPABILITY_SAVEABLE = 1;

  public static final int CAPABILITY_NAMESPACE_SPECIFIC = 1 << 1;
  public static final int CAPABILITY_CHANGEABLE = 1 << 2;

  public FeaturesCommand startGet(int cid, int fid, int sel) {
    return start(AdminOpcode.GET_FEATURES, cid).u32(CDW10, FID.of(fid) | SEL.of(sel));
  }

  public FeaturesCommand startSet(int cid, int fid, int value) {
    return start(AdminOpcode.SET_FEATURES, cid).u32(CDW10, FID.of(fid)).u32(CDW11, value);
  }

  /** {@link Feature}. */
  public int fid() {
    return FID.get(i32(CDW10));
  }

  public int sel() {
    return SEL.get(i32(CDW10));
  }

  public boolean isSave() {
    return SV.isSet(i32(CDW10));
  }

  public FeaturesCommand save(boolean save) {
    return u32(CDW10, SV.with(i32(CDW10), save ? 1 : 0));
  }

  /** Dword 11: the value, or its first dword, or parameters, as the feature has it. */
  public int value() {
    return i32(CDW11);
  }

  public int cdw12() {
    return i32(CDW12);
  }

  public int uuidIndex() {
    return u8(CDW14) & 0x7f;
  }
}
