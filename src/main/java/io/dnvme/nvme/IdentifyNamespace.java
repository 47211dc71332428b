package io.dnvme.nvme;

/** Identify Namespace of the NVM command set, CNS 00h (NVM Command Set 1.0 §4.1.5.1). */
public final class IdentifyNamespace extends Structure<IdentifyNamespace> {

  public static final int SIZE = 4096;

  /** Size, capacity and use, in logical blocks. */
  public static final Field.Number<IdentifyNamespace> NSZE = Field.u64(0);

  public static final Field.Number<IdentifyNamespace> NCAP = Field.u64(8);
  public static final Field.Number<IdentifyNamespace> NUSE = Field.u64(16);
  public static final Field.Number<IdentifyNamespace> NSFEAT = Field.u8(24);

  /** LBA formats, 0's based. */
  public static final Field.Number<IdentifyNamespace> NLBAF = Field.u8(25);

  public static final Field.Number<IdentifyNamespace> FLBAS = Field.u8(26);
  public static final Field.Number<IdentifyNamespace> MC = Field.u8(27);
  public static final Field.Number<IdentifyNamespace> DPC = Field.u8(28);
  public static final Field.Number<IdentifyNamespace> DPS = Field.u8(29);
  public static final Field.Number<IdentifyNamespace> NMIC = Field.u8(30);
  public static final Field.Number<IdentifyNamespace> RESCAP = Field.u8(31);
  public static final Field.Number<IdentifyNamespace> FPI = Field.u8(32);
  public static final Field.Number<IdentifyNamespace> DLFEAT = Field.u8(33);

  /** Atomicity and optimal I/O, in logical blocks; all but NABO and NOIOB 0's based. */
  public static final Field.Number<IdentifyNamespace> NAWUN = Field.u16(34);

  public static final Field.Number<IdentifyNamespace> NAWUPF = Field.u16(36);
  public static final Field.Number<IdentifyNamespace> NACWU = Field.u16(38);
  public static final Field.Number<IdentifyNamespace> NABSN = Field.u16(40);
  public static final Field.Number<IdentifyNamespace> NABO = Field.u16(42);
  public static final Field.Number<IdentifyNamespace> NABSPF = Field.u16(44);
  public static final Field.Number<IdentifyNamespace> NOIOB = Field.u16(46);

  /** Bytes. */
  public static final Field.Number<IdentifyNamespace> NVMCAP = Field.u128(48);

  /** Preferred granularity and alignment of writes and deallocation, in blocks, 0's based. */
  public static final Field.Number<IdentifyNamespace> NPWG = Field.u16(64);

  public static final Field.Number<IdentifyNamespace> NPWA = Field.u16(66);
  public static final Field.Number<IdentifyNamespace> NPDG = Field.u16(68);
  public static final Field.Number<IdentifyNamespace> NPDA = Field.u16(70);
  public static final Field.Number<IdentifyNamespace> NOWS = Field.u16(72);
  public static final Field.Number<IdentifyNamespace> MSSRL = Field.u16(74);
  public static final Field.Number<IdentifyNamespace> MCL = Field.u32(76);
  public static final Field.Number<IdentifyNamespace> MSRC = Field.u8(80);
  public static final Field.Number<IdentifyNamespace> NULBAF = Field.u8(82);
  public static final Field.Number<IdentifyNamespace> ANAGRPID = Field.u32(92);
  public static final Field.Number<IdentifyNamespace> NSATTR = Field.u8(99);
  public static final Field.Number<IdentifyNamespace> NVMSETID = Field.u16(100);
  public static final Field.Number<IdentifyNamespace> ENDGID = Field.u16(102);
  public static final Field.Bytes<IdentifyNamespace> NGUID = new Field.Bytes<>(104, 16);
  public static final Field.Bytes<IdentifyNamespace> EUI64 = new Field.Bytes<>(120, 8);

  /** LBA format 0: metadata bytes, data bytes as a power of two, relative performance. */
  public static final Field.Number<IdentifyNamespace> LBAF0_MS = Field.u16(128);

  public static final Field.Number<IdentifyNamespace> LBAF0_LBADS = Field.u8(130);
  public static final Field.Number<IdentifyNamespace> LBAF0_RP = Field.u8(131);

  /** NCAP may exceed what is there: thin provisioning. */
  public static final int NSFEAT_THIN = 1;

  /** NAWUN, NAWUPF and NACWU apply in place of the controller's. */
  public static final int NSFEAT_ATOMICITY = 1 << 1;

  /** NGUID and EUI64 are never used again. */
  public static final int NSFEAT_IDS_NOT_REUSED = 1 << 3;

  /** NPWG, NPWA, NPDG, NPDA and NOWS are stated. */
  public static final int NSFEAT_OPTIMAL_PERFORMANCE = 1 << 4;

  public static final int NMIC_SHARED = 1;

  public static final int RESCAP_PERSIST_THROUGH_POWER_LOSS = 1;
  public static final int RESCAP_WRITE_EXCLUSIVE = 1 << 1;
  public static final int RESCAP_EXCLUSIVE_ACCESS = 1 << 2;
  public static final int RESCAP_WRITE_EXCLUSIVE_REGISTRANTS_ONLY = 1 << 3;
  public static final int RESCAP_EXCLUSIVE_ACCESS_REGISTRANTS_ONLY = 1 << 4;
  public static final int RESCAP_WRITE_EXCLUSIVE_ALL_REGISTRANTS = 1 << 5;
  public static final int RESCAP_EXCLUSIVE_ACCESS_ALL_REGISTRANTS = 1 << 6;

  /** "Ignore existing key" as revision 1.3 and later define it. */
  public static final int RESCAP_IGNORE_EXISTING_KEY = 1 << 7;

  /** Deallocated blocks read as zeroes. */
  public static final int DLFEAT_READS_ZEROES = 1;

  /** Write Zeroes takes DEAC. */
  public static final int DLFEAT_WRITE_ZEROES_DEALLOCATES = 1 << 3;

  public IdentifyNamespace() {
    super(SIZE);
  }
}
