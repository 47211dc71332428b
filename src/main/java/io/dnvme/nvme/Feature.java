package io.dnvme.nvme;

/** Feature identifiers and the fields of their values (NVMe Base 2.0 §5.27.1). */
public final class Feature {

  public static final int ARBITRATION = 0x01;
  public static final int POWER_MANAGEMENT = 0x02;
  public static final int TEMPERATURE_THRESHOLD = 0x04;
  public static final int ERROR_RECOVERY = 0x05;
  public static final int VOLATILE_WRITE_CACHE = 0x06;
  public static final int NUMBER_OF_QUEUES = 0x07;
  public static final int WRITE_ATOMICITY_NORMAL = 0x0a;
  public static final int ASYNC_EVENT_CONFIGURATION = 0x0b;

  /** Data: {@link TimestampData}. */
  public static final int TIMESTAMP = 0x0e;

  public static final int KEEP_ALIVE_TIMER = 0x0f;

  /** Data: {@link HostBehaviorSupport}. */
  public static final int HOST_BEHAVIOR_SUPPORT = 0x16;

  public static final int COMMAND_SET_PROFILE = 0x19;

  /** Data: 16 bytes over Fabrics; see {@link UuidBytes}. */
  public static final int HOST_IDENTIFIER = 0x81;

  public static final int RESERVATION_NOTIFICATION_MASK = 0x82;
  public static final int RESERVATION_PERSISTENCE = 0x83;
  public static final int NAMESPACE_WRITE_PROTECTION = 0x84;

  /** From here to FFh the features are a vendor's. */
  public static final int VENDOR_FIRST = 0xc0;

  private Feature() {}

  /** Arbitration: burst as a power of two (7 for no limit), weights 0's based. */
  public static final class Arbitration {
    public static final BitField AB = BitField.bits(2, 0);
    public static final BitField LPW = BitField.bits(15, 8);
    public static final BitField MPW = BitField.bits(23, 16);
    public static final BitField HPW = BitField.bits(31, 24);

    private Arbitration() {}
  }

  /** Power Management. */
  public static final class PowerManagement {
    public static final BitField PS = BitField.bits(4, 0);
    public static final BitField WH = BitField.bits(7, 5);

    private PowerManagement() {}
  }

  /** Temperature Threshold, in kelvins. */
  public static final class TemperatureThreshold {
    public static final BitField TMPTH = BitField.bits(15, 0);

    /** Which sensor; 0 is the composite temperature, Fh all of them (set only). */
    public static final BitField TMPSEL = BitField.bits(19, 16);

    public static final int TMPSEL_ALL = 0xf;

    /** 0 for over, 1 for under. */
    public static final BitField THSEL = BitField.bits(21, 20);

    private TemperatureThreshold() {}
  }

  /** Error Recovery, of a namespace. */
  public static final class ErrorRecovery {
    /** Units of 100 ms; 0 for no limit. */
    public static final BitField TLER = BitField.bits(15, 0);

    public static final BitField DULBE = BitField.bit(16);

    private ErrorRecovery() {}
  }

  /** Volatile Write Cache. */
  public static final class VolatileWriteCache {
    public static final BitField WCE = BitField.bit(0);

    private VolatileWriteCache() {}
  }

  /** Number of Queues: asked for in dword 11, allocated in dword 0; both 0's based. */
  public static final class NumberOfQueues {
    public static final BitField NSQ = BitField.bits(15, 0);
    public static final BitField NCQ = BitField.bits(31, 16);

    /** A number that may not be asked for. */
    public static final int INVALID = 0xffff;

    private NumberOfQueues() {}
  }

  /** Write Atomicity Normal. */
  public static final class WriteAtomicityNormal {
    /** AWUN and NAWUN need not be kept; AWUPF and NAWUPF are. */
    public static final BitField DN = BitField.bit(0);

    private WriteAtomicityNormal() {}
  }

  /** Asynchronous Event Configuration: what may be sent. */
  public static final class AsyncEventConfiguration {
    public static final BitField SMART_CRITICAL_WARNINGS = BitField.bits(7, 0);
    public static final BitField NAMESPACE_ATTRIBUTE = BitField.bit(8);
    public static final BitField FIRMWARE_ACTIVATION = BitField.bit(9);
    public static final BitField ANA_CHANGE = BitField.bit(11);
    public static final BitField DISCOVERY_LOG_CHANGE = BitField.bit(31);

    private AsyncEventConfiguration() {}
  }

  /** Host Identifier. */
  public static final class HostIdentifier {
    /** 128 bits; over Fabrics it must be set. */
    public static final BitField EXHID = BitField.bit(0);

    private HostIdentifier() {}
  }

  /** Reservation Notification Mask, of a namespace: which are not sent. */
  public static final class ReservationNotificationMask {
    public static final BitField REGPRE = BitField.bit(1);
    public static final BitField RESREL = BitField.bit(2);
    public static final BitField RESPRE = BitField.bit(3);

    private ReservationNotificationMask() {}
  }

  /** Reservation Persistence, of a namespace. */
  public static final class ReservationPersistence {
    /** Persist through power loss. */
    public static final BitField PTPL = BitField.bit(0);

    private ReservationPersistence() {}
  }
}
