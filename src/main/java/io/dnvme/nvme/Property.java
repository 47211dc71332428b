package io.dnvme.nvme;

/** The controller properties that exist over Fabrics, and their fields (NVMe Base 2.0 §3.1.3). */
public final class Property {

  /** Offsets, for {@link PropertyCommand#ofst()}. */
  public static final int CAP = 0x00;

  public static final int VS = 0x08;
  public static final int CC = 0x14;
  public static final int CSTS = 0x1c;
  public static final int NSSR = 0x20;
  public static final int CRTO = 0x68;

  /** What resets the NVM subsystem when written to {@link #NSSR}: "NVMe". */
  public static final int NSSR_RESET = 0x4e56_4d65;

  /** Version 2.0 as {@link #VS} and Identify Controller's VER state it. */
  public static final int VERSION_2_0 = 0x0002_0000;

  public static final int VERSION_1_4 = 0x0001_0400;
  public static final int VERSION_1_3 = 0x0001_0300;

  private Property() {}

  /** Bytes of the property at {@code ofst}: 4 or 8, or 0 if Fabrics does not have it. */
  public static int sizeBytes(int ofst) {
    return switch (ofst) {
      case CAP -> 8;
      case VS, CC, CSTS, NSSR, CRTO -> 4;
      default -> 0;
    };
  }

  /** Controller Capabilities. */
  public static final class Cap {
    /** Entries of a queue at most, 0's based. */
    public static final BitField MQES = BitField.bits(15, 0);

    public static final BitField CQR = BitField.bit(16);
    public static final BitField AMS = BitField.bits(18, 17);

    /** Time that CSTS.RDY may take to follow CC.EN, in units of 500 ms. */
    public static final BitField TO = BitField.bits(31, 24);

    public static final BitField DSTRD = BitField.bits(35, 32);
    public static final BitField NSSRS = BitField.bit(36);

    /** Bit 0: the NVM command set; bit 6: several sets, see CC.CSS 110b; bit 7: admin only. */
    public static final BitField CSS = BitField.bits(44, 37);

    public static final int CSS_NVM = 1;
    public static final int CSS_SEVERAL = 1 << 6;
    public static final int CSS_ADMIN_ONLY = 1 << 7;

    public static final BitField BPS = BitField.bit(45);
    public static final BitField CPS = BitField.bits(47, 46);

    /** Smallest memory page of the host: 2^(12 + MPSMIN) bytes. */
    public static final BitField MPSMIN = BitField.bits(51, 48);

    public static final BitField MPSMAX = BitField.bits(55, 52);
    public static final BitField PMRS = BitField.bit(56);
    public static final BitField CMBS = BitField.bit(57);
    public static final BitField NSSS = BitField.bit(58);

    /** Ready modes: with media, independent of media. */
    public static final BitField CRMS_CRWMS = BitField.bit(59);

    public static final BitField CRMS_CRIMS = BitField.bit(60);

    private Cap() {}
  }

  /** Controller Configuration. */
  public static final class Cc {
    public static final BitField EN = BitField.bit(0);
    public static final BitField CSS = BitField.bits(6, 4);
    public static final int CSS_NVM = 0;
    public static final int CSS_SEVERAL = 6;
    public static final int CSS_ADMIN_ONLY = 7;

    public static final BitField MPS = BitField.bits(10, 7);
    public static final BitField AMS = BitField.bits(13, 11);
    public static final BitField SHN = BitField.bits(15, 14);
    public static final int SHN_NONE = 0;
    public static final int SHN_NORMAL = 1;
    public static final int SHN_ABRUPT = 2;

    /** Entry sizes of the I/O queues as powers of two: 6 (64 bytes) and 4 (16 bytes). */
    public static final BitField IOSQES = BitField.bits(19, 16);

    public static final BitField IOCQES = BitField.bits(23, 20);
    public static final BitField CRIME = BitField.bit(24);

    private Cc() {}
  }

  /** Controller Status. */
  public static final class Csts {
    public static final BitField RDY = BitField.bit(0);
    public static final BitField CFS = BitField.bit(1);
    public static final BitField SHST = BitField.bits(3, 2);
    public static final int SHST_NONE = 0;
    public static final int SHST_OCCURRING = 1;
    public static final int SHST_COMPLETE = 2;

    public static final BitField NSSRO = BitField.bit(4);
    public static final BitField PP = BitField.bit(5);
    public static final BitField ST = BitField.bit(6);

    private Csts() {}
  }

  /** Controller Ready Timeouts, in units of 500 ms. */
  public static final class Crto {
    public static final BitField CRWMT = BitField.bits(15, 0);
    public static final BitField CRIMT = BitField.bits(31, 16);

    private Crto() {}
  }

  /** Version. */
  public static final class Vs {
    public static final BitField TER = BitField.bits(7, 0);
    public static final BitField MNR = BitField.bits(15, 8);
    public static final BitField MJR = BitField.bits(31, 16);

    private Vs() {}
  }
}
