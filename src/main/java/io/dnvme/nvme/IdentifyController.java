package io.dnvme.nvme;

/**
 * Identify Controller, of I/O, administrative and discovery controllers (NVMe Base 2.0 §5.17.2.1
 * figure 275). CQT is newer (TP4129, NVMe Base 2.1); a host of 2.0 ignores it as reserved.
 */
public final class IdentifyController extends Structure<IdentifyController> {

  public static final int SIZE = 4096;

  public static final Field.Number<IdentifyController> VID = Field.u16(0);
  public static final Field.Number<IdentifyController> SSVID = Field.u16(2);
  public static final Field.Ascii<IdentifyController> SN = new Field.Ascii<>(4, 20);
  public static final Field.Ascii<IdentifyController> MN = new Field.Ascii<>(24, 40);
  public static final Field.Ascii<IdentifyController> FR = new Field.Ascii<>(64, 8);
  public static final Field.Number<IdentifyController> RAB = Field.u8(72);
  public static final Field.Number<IdentifyController> IEEE = new Field.Number<>(73, 3);
  public static final Field.Number<IdentifyController> CMIC = Field.u8(76);

  /** Largest transfer: 2^MDTS pages of the size CAP.MPSMIN; 0 for no limit. */
  public static final Field.Number<IdentifyController> MDTS = Field.u8(77);

  public static final Field.Number<IdentifyController> CNTLID = Field.u16(78);
  public static final Field.Number<IdentifyController> VER = Field.u32(80);
  public static final Field.Number<IdentifyController> RTD3R = Field.u32(84);
  public static final Field.Number<IdentifyController> RTD3E = Field.u32(88);
  public static final Field.Number<IdentifyController> OAES = Field.u32(92);
  public static final Field.Number<IdentifyController> CTRATT = Field.u32(96);
  public static final Field.Number<IdentifyController> RRLS = Field.u16(100);
  public static final Field.Number<IdentifyController> CNTRLTYPE = Field.u8(111);
  public static final Field.Bytes<IdentifyController> FGUID = new Field.Bytes<>(112, 16);

  /** Command retry delays, in units of 100 ms. */
  public static final Field.Number<IdentifyController> CRDT1 = Field.u16(128);

  public static final Field.Number<IdentifyController> CRDT2 = Field.u16(130);
  public static final Field.Number<IdentifyController> CRDT3 = Field.u16(132);
  public static final Field.Number<IdentifyController> NVMSR = Field.u8(253);
  public static final Field.Number<IdentifyController> VWCI = Field.u8(254);
  public static final Field.Number<IdentifyController> MEC = Field.u8(255);
  public static final Field.Number<IdentifyController> OACS = Field.u16(256);

  /** Abort commands at once, 0's based. */
  public static final Field.Number<IdentifyController> ACL = Field.u8(258);

  /** Asynchronous event requests at once, 0's based. */
  public static final Field.Number<IdentifyController> AERL = Field.u8(259);

  public static final Field.Number<IdentifyController> FRMW = Field.u8(260);
  public static final Field.Number<IdentifyController> LPA = Field.u8(261);

  /** Entries of the error log, 0's based. */
  public static final Field.Number<IdentifyController> ELPE = Field.u8(262);

  public static final Field.Number<IdentifyController> NPSS = Field.u8(263);

  /** Bit 0: vendor-specific admin commands have NDT and NDM in CDW10 and CDW11. */
  public static final Field.Number<IdentifyController> AVSCC = Field.u8(264);

  public static final Field.Number<IdentifyController> APSTA = Field.u8(265);

  /** Temperatures, in kelvins. */
  public static final Field.Number<IdentifyController> WCTEMP = Field.u16(266);

  public static final Field.Number<IdentifyController> CCTEMP = Field.u16(268);
  public static final Field.Number<IdentifyController> MTFA = Field.u16(270);
  public static final Field.Number<IdentifyController> HMPRE = Field.u32(272);
  public static final Field.Number<IdentifyController> HMMIN = Field.u32(276);

  /** Capacities, in bytes. */
  public static final Field.Number<IdentifyController> TNVMCAP = Field.u128(280);

  public static final Field.Number<IdentifyController> UNVMCAP = Field.u128(296);
  public static final Field.Number<IdentifyController> RPMBS = Field.u32(312);
  public static final Field.Number<IdentifyController> EDSTT = Field.u16(316);
  public static final Field.Number<IdentifyController> DSTO = Field.u8(318);
  public static final Field.Number<IdentifyController> FWUG = Field.u8(319);

  /** Granularity of the keep alive timer, in units of 100 ms; 0 for no keep alive. */
  public static final Field.Number<IdentifyController> KAS = Field.u16(320);

  public static final Field.Number<IdentifyController> HCTMA = Field.u16(322);
  public static final Field.Number<IdentifyController> MNTMT = Field.u16(324);
  public static final Field.Number<IdentifyController> MXTMT = Field.u16(326);
  public static final Field.Number<IdentifyController> SANICAP = Field.u32(328);
  public static final Field.Number<IdentifyController> HMMINDS = Field.u32(332);
  public static final Field.Number<IdentifyController> HMMAXD = Field.u16(336);
  public static final Field.Number<IdentifyController> NSETIDMAX = Field.u16(338);
  public static final Field.Number<IdentifyController> ENDGIDMAX = Field.u16(340);

  /** The longest ANA Change, in seconds. */
  public static final Field.Number<IdentifyController> ANATT = Field.u8(342);

  public static final Field.Number<IdentifyController> ANACAP = Field.u8(343);
  public static final Field.Number<IdentifyController> ANAGRPMAX = Field.u32(344);
  public static final Field.Number<IdentifyController> NANAGRPID = Field.u32(348);
  public static final Field.Number<IdentifyController> PELS = Field.u32(352);
  public static final Field.Number<IdentifyController> DOMAIN_IDENTIFIER = Field.u16(356);
  public static final Field.Number<IdentifyController> MEGCAP = Field.u128(368);

  /** Command quiesce time: commands of a lost association may execute so long, in ms. */
  public static final Field.Number<IdentifyController> CQT = Field.u16(386);

  /** Sizes of queue entries as powers of two: required in bits 3:0, largest in bits 7:4. */
  public static final Field.Number<IdentifyController> SQES = Field.u8(512);

  public static final Field.Number<IdentifyController> CQES = Field.u8(513);
  public static final Field.Number<IdentifyController> MAXCMD = Field.u16(514);
  public static final Field.Number<IdentifyController> NN = Field.u32(516);
  public static final Field.Number<IdentifyController> ONCS = Field.u16(520);
  public static final Field.Number<IdentifyController> FUSES = Field.u16(522);
  public static final Field.Number<IdentifyController> FNA = Field.u8(524);
  public static final Field.Number<IdentifyController> VWC = Field.u8(525);

  /** Atomic writes, in logical blocks, 0's based. */
  public static final Field.Number<IdentifyController> AWUN = Field.u16(526);

  public static final Field.Number<IdentifyController> AWUPF = Field.u16(528);
  public static final Field.Number<IdentifyController> ICSVSCC = Field.u8(530);
  public static final Field.Number<IdentifyController> NWPC = Field.u8(531);
  public static final Field.Number<IdentifyController> ACWU = Field.u16(532);
  public static final Field.Number<IdentifyController> OCFS = Field.u16(534);
  public static final Field.Number<IdentifyController> SGLS = Field.u32(536);
  public static final Field.Number<IdentifyController> MNAN = Field.u32(540);
  public static final Field.Number<IdentifyController> MAXDNA = Field.u128(544);
  public static final Field.Number<IdentifyController> MAXCNA = Field.u32(560);
  public static final Field.Name<IdentifyController> SUBNQN = new Field.Name<>(768);

  /** Capsule sizes on I/O queues, in units of 16 bytes. */
  public static final Field.Number<IdentifyController> IOCCSZ = Field.u32(1792);

  public static final Field.Number<IdentifyController> IORCSZ = Field.u32(1796);
  public static final Field.Number<IdentifyController> ICDOFF = Field.u16(1800);
  public static final Field.Number<IdentifyController> FCATT = Field.u8(1802);
  public static final Field.Number<IdentifyController> MSDBD = Field.u8(1803);
  public static final Field.Number<IdentifyController> OFCS = Field.u16(1804);
  public static final Field.Number<IdentifyController> DCTYPE = Field.u8(1806);

  /** Power state 0: its maximum power in units of 10 mW. */
  public static final Field.Number<IdentifyController> PSD0_MP = Field.u16(2048);

  public static final int AVSCC_COMMON_FORMAT = 1;
  public static final int CMIC_MULTI_PORT = 1;
  public static final int CMIC_MULTI_CONTROLLER = 1 << 1;
  public static final int CMIC_ANA = 1 << 3;

  public static final int OAES_NAMESPACE_ATTRIBUTE = 1 << 8;
  public static final int OAES_ANA_CHANGE = 1 << 11;
  public static final long OAES_DISCOVERY_LOG_CHANGE = 1L << 31;

  public static final int CTRATT_HOST_ID_128 = 1;

  /** Any command, not only Keep Alive, restarts the keep alive timer. */
  public static final int CTRATT_TRAFFIC_BASED_KEEP_ALIVE = 1 << 6;

  public static final int CTRATT_EXTENDED_LBA_FORMATS = 1 << 15;

  public static final int CNTRLTYPE_IO = 1;
  public static final int CNTRLTYPE_DISCOVERY = 2;
  public static final int CNTRLTYPE_ADMINISTRATIVE = 3;

  public static final int FRMW_SLOT_1_READ_ONLY = 1;

  /** Number of firmware slots: this value times the number. */
  public static final int FRMW_SLOTS = 1 << 1;

  public static final int LPA_SMART_PER_NAMESPACE = 1;
  public static final int LPA_COMMAND_EFFECTS = 1 << 1;

  /** Get Log Page takes an offset and lengths of more than 12 bits. */
  public static final int LPA_EXTENDED_DATA = 1 << 2;

  /** Log pages 00h, 12h and 13h are there. */
  public static final int LPA_SUPPORTED_LOG_PAGES = 1 << 5;

  public static final int ANACAP_OPTIMIZED = 1;
  public static final int ANACAP_NON_OPTIMIZED = 1 << 1;
  public static final int ANACAP_INACCESSIBLE = 1 << 2;
  public static final int ANACAP_PERSISTENT_LOSS = 1 << 3;
  public static final int ANACAP_CHANGE = 1 << 4;

  /** A namespace's ANA group does not change while it is attached to any controller. */
  public static final int ANACAP_GROUP_ID_FIXED = 1 << 6;

  public static final int ONCS_COMPARE = 1;
  public static final int ONCS_WRITE_UNCORRECTABLE = 1 << 1;
  public static final int ONCS_DATASET_MANAGEMENT = 1 << 2;
  public static final int ONCS_WRITE_ZEROES = 1 << 3;
  public static final int ONCS_SAVE_AND_SELECT = 1 << 4;
  public static final int ONCS_RESERVATIONS = 1 << 5;
  public static final int ONCS_TIMESTAMP = 1 << 6;
  public static final int ONCS_VERIFY = 1 << 7;
  public static final int ONCS_COPY = 1 << 8;

  public static final int FUSES_COMPARE_AND_WRITE = 1;

  public static final int VWC_PRESENT = 1;

  /** Flush with NSID FFFFFFFFh fails, or flushes all namespaces. */
  public static final int VWC_FLUSH_ALL_UNSUPPORTED = 2 << 1;

  public static final int VWC_FLUSH_ALL_SUPPORTED = 3 << 1;

  public static final int SGLS_SUPPORTED = 1;

  /** The address of an SGL data block may be an offset into in-capsule data. */
  public static final int SGLS_OFFSET = 1 << 20;

  public static final int SGLS_TRANSPORT_DATA_BLOCK = 1 << 21;

  public static final int OFCS_DISCONNECT = 1;

  public static final int DCTYPE_DIRECT = 1;
  public static final int DCTYPE_CENTRALIZED = 2;

  public IdentifyController() {
    super(SIZE);
  }
}
