package io.dnvme.nvme;

/**
 * Property Get and Property Set (NVMe Base 2.0 §6.5 and §6.6). What a get read is its completion's
 * {@link CompletionQueueEntry#result()}.
 */
public final class PropertyCommand extends FabricsCommand<PropertyCommand> {

  public static final int ATTRIB = 40;
  public static final int OFST = 44;
  public static final int VALUE = 48;

  /** Of {@link #attrib()}: the property's size. */
  public static final BitField ATTRIB_SIZE = BitField.bits(2, 0);

  public static final int SIZE_4_BYTES = 0;
  public static final int SIZE_8_BYTES = 1;

  public PropertyCommand startGet(int cid, int ofst, int sizeBytes) {
    return startFabrics(FCTYPE_PROPERTY_GET, cid).property(ofst, sizeBytes);
  }

  public PropertyCommand startSet(int cid, int ofst, int sizeBytes, long value) {
    return startFabrics(FCTYPE_PROPERTY_SET, cid).property(ofst, sizeBytes).u64(VALUE, value);
  }

  private PropertyCommand property(int ofst, int sizeBytes) {
    return u8(ATTRIB, sizeBytes == 8 ? SIZE_8_BYTES : SIZE_4_BYTES).u32(OFST, ofst);
  }

  public int attrib() {
    return u8(ATTRIB);
  }

  /** 4 or 8; 0 for a size that is reserved. */
  public int sizeBytes() {
    return switch (ATTRIB_SIZE.get(attrib())) {
      case SIZE_4_BYTES -> 4;
      case SIZE_8_BYTES -> 8;
      default -> 0;
    };
  }

  /** The property, see {@link Property}. */
  public int ofst() {
    return i32(OFST);
  }

  /** What to set; a property of 4 bytes uses the low half. */
  public long value() {
    return u64(VALUE);
  }
}
