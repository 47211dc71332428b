package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.Field;
import io.dnvme.nvme.Structure;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.UUID;

/**
 * Who a node is: what {@link VendorOpcode#NODE_IDENTITY} tells. Read at every connection before any
 * other command is sent (INTENT: a power incarnation may have changed).
 *
 * @param node the process's configured identity, which its NQN has, too
 * @param cluster the only one whose commands it takes
 * @param store the record store's identity: which holder this is (RECORD); all zeroes without one
 * @param disk the physical disk's identity; all zeroes for a witness
 * @param powerIncarnation what survives no loss of power: the machine's boot, or for a memory disk
 *     the process (INTENT)
 * @param capabilities what it serves: {@link #HOLDS_RECORDS}, {@link #HAS_LOGICAL_DISKS}, {@link
 *     #FORGETS}
 * @param recordFormat version of the leg records that it keeps; 0 without
 * @param diskFormat version of its disk's format; 0 without
 */
public record NodeIdentity(
    UUID node,
    UUID cluster,
    UUID store,
    UUID disk,
    UUID powerIncarnation,
    int capabilities,
    int recordFormat,
    int diskFormat) {

  /** Capability: {@link VendorOpcode#RECORDS}. */
  public static final int HOLDS_RECORDS = 1;

  /** Capability: {@link VendorOpcode#LOGICAL_DISKS}. */
  public static final int HAS_LOGICAL_DISKS = 2;

  /** Capability: its disk is memory; what was on it is gone when the process ends. */
  public static final int FORGETS = 4;

  /** Bytes of the data. */
  public static final int SIZE = 256;

  static final class Layout extends Structure<Layout> {

    /** "DNVI", in that order. */
    static final int MAGIC_VALUE = 0x4956_4e44;

    static final int VERSION_1 = 1;

    static final Field.Number<Layout> MAGIC = Field.u32(0);
    static final Field.Number<Layout> VERSION = Field.u16(4);
    static final Field.Number<Layout> CAPABILITIES = Field.u32(8);
    static final Field.Bytes<Layout> NODE = Field.uuid(16);
    static final Field.Bytes<Layout> CLUSTER = Field.uuid(32);
    static final Field.Bytes<Layout> STORE = Field.uuid(48);
    static final Field.Bytes<Layout> DISK = Field.uuid(64);
    static final Field.Bytes<Layout> POWER_INCARNATION = Field.uuid(80);

    /** The envelope version that the node speaks. */
    static final Field.Number<Layout> ENVELOPE_VERSION = Field.u16(96);

    static final Field.Number<Layout> RECORD_FORMAT = Field.u16(98);
    static final Field.Number<Layout> DISK_FORMAT = Field.u16(100);

    /** Of all that is before it. */
    static final Field.Number<Layout> CRC = Field.u32(252);

    Layout() {
      super(SIZE);
    }
  }

  /** What was received: an identity, or why it is none. */
  public sealed interface Received {
    record Good(NodeIdentity identity) implements Received {}

    record Bad(VendorStatus why) implements Received {}
  }

  /** Whether it has all of these capabilities. */
  public boolean has(int wanted) {
    return (capabilities & wanted) == wanted;
  }

  /** {@link #SIZE} bytes. */
  public byte[] encode() {
    var bytes = new byte[SIZE];
    MemorySegment segment = MemorySegment.ofArray(bytes);
    Layout layout =
        new Layout()
            .wrap(segment, 0)
            .set(Layout.MAGIC, Layout.MAGIC_VALUE)
            .set(Layout.VERSION, Layout.VERSION_1)
            .set(Layout.CAPABILITIES, capabilities)
            .setUuid(Layout.NODE, node)
            .setUuid(Layout.CLUSTER, cluster)
            .setUuid(Layout.STORE, store)
            .setUuid(Layout.DISK, disk)
            .setUuid(Layout.POWER_INCARNATION, powerIncarnation)
            .set(Layout.ENVELOPE_VERSION, EnvelopeLayout.VERSION_1)
            .set(Layout.RECORD_FORMAT, recordFormat)
            .set(Layout.DISK_FORMAT, diskFormat);
    layout.set(Layout.CRC, new Crc32c().of(segment, 0, Layout.CRC.offset()));
    return bytes;
  }

  /** Reads an identity of {@link #SIZE} bytes; anything is fair input. */
  public static Received decode(MemorySegment segment, long offset) {
    byte[] bytes = segment.asSlice(offset, SIZE).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment copy = MemorySegment.ofArray(bytes);
    Layout layout = new Layout().wrap(copy, 0);
    if ((int) layout.get(Layout.MAGIC) != Layout.MAGIC_VALUE) {
      return new Received.Bad(VendorStatus.MALFORMED);
    }
    if (layout.get(Layout.VERSION) != Layout.VERSION_1
        || layout.get(Layout.ENVELOPE_VERSION) != EnvelopeLayout.VERSION_1) {
      return new Received.Bad(VendorStatus.WRONG_VERSION);
    }
    if (new Crc32c().of(copy, 0, Layout.CRC.offset()) != (int) layout.get(Layout.CRC)) {
      return new Received.Bad(VendorStatus.CORRUPT);
    }
    return new Received.Good(
        new NodeIdentity(
            layout.getUuid(Layout.NODE),
            layout.getUuid(Layout.CLUSTER),
            layout.getUuid(Layout.STORE),
            layout.getUuid(Layout.DISK),
            layout.getUuid(Layout.POWER_INCARNATION),
            (int) layout.get(Layout.CAPABILITIES),
            (int) layout.get(Layout.RECORD_FORMAT),
            (int) layout.get(Layout.DISK_FORMAT)));
  }
}
