package io.dnvme.nvme;

/** One way to reach a subsystem, in the {@link DiscoveryLog} (NVMe Base 2.0 §5.16.1.23). */
public final class DiscoveryEntry extends Structure<DiscoveryEntry> {

  public static final int SIZE = 1024;

  public static final Field.Number<DiscoveryEntry> TRTYPE = Field.u8(0);
  public static final Field.Number<DiscoveryEntry> ADRFAM = Field.u8(1);
  public static final Field.Number<DiscoveryEntry> SUBTYPE = Field.u8(2);
  public static final Field.Number<DiscoveryEntry> TREQ = Field.u8(3);
  public static final Field.Number<DiscoveryEntry> PORTID = Field.u16(4);

  /** {@link ConnectData#CNTLID_DYNAMIC} where any controller will do. */
  public static final Field.Number<DiscoveryEntry> CNTLID = Field.u16(6);

  /** Entries of the admin submission queue at most; at least 32. */
  public static final Field.Number<DiscoveryEntry> ASQSZ = Field.u16(8);

  public static final Field.Number<DiscoveryEntry> EFLAGS = Field.u16(10);

  /** The TCP port, in decimal digits. */
  public static final Field.Ascii<DiscoveryEntry> TRSVCID = new Field.Ascii<>(32, 32);

  public static final Field.Name<DiscoveryEntry> SUBNQN = new Field.Name<>(256);

  /** The address of ADRFAM's kind, in text. */
  public static final Field.Ascii<DiscoveryEntry> TRADDR = new Field.Ascii<>(512, 256);

  /** Of TCP's transport specific address subtype (NVMe/TCP Transport 1.0 §3.1.1). */
  public static final Field.Number<DiscoveryEntry> TSAS_SECTYPE = Field.u8(768);

  public static final int TRTYPE_TCP = 3;

  public static final int ADRFAM_IPV4 = 1;
  public static final int ADRFAM_IPV6 = 2;

  /** Another discovery service. */
  public static final int SUBTYPE_REFERRAL = 1;

  public static final int SUBTYPE_NVM = 2;

  /** The discovery service that answers. */
  public static final int SUBTYPE_CURRENT_DISCOVERY = 3;

  /** Of TREQ: secure channel, bits 1:0. */
  public static final BitField TREQ_SECURE_CHANNEL = BitField.bits(1, 0);

  public static final int SECURE_CHANNEL_NOT_SPECIFIED = 0;
  public static final int SECURE_CHANNEL_REQUIRED = 1;
  public static final int SECURE_CHANNEL_NOT_REQUIRED = 2;

  /** Of TREQ: the controller can do without SQ flow control. */
  public static final BitField TREQ_SQ_FLOW_CONTROL_DISABLE = BitField.bit(2);

  /** Other entries of this service return the same information. */
  public static final int EFLAGS_DUPLICATE_RETURNED_INFORMATION = 1;

  /** The discovery service takes persistent connections. */
  public static final int EFLAGS_PERSISTENT_CONNECTION = 1 << 1;

  public static final int SECTYPE_NONE = 0;
  public static final int SECTYPE_TLS_1_3 = 2;

  public DiscoveryEntry() {
    super(SIZE);
  }
}
