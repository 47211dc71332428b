package io.dnvme.nvme;

/**
 * A scatter gather list descriptor (NVMe Base 2.0 §4.1.2). A command over TCP has one, in the
 * command itself: {@link #IN_CAPSULE} or {@link #TRANSPORT}, nothing else is legal (NVMe/TCP
 * Transport 1.0 §3.3.1.3).
 */
public final class SglDescriptor extends Flyweight<SglDescriptor> {

  public static final int SIZE = 16;

  public static final int ADDRESS = 0;
  public static final int LENGTH = 8;
  public static final int IDENTIFIER = 15;

  /** SGL Data Block, subtype Offset: the address counts from the start of in-capsule data. */
  public static final int IN_CAPSULE = 0x01;

  /** Transport SGL Data Block, subtype Transport Specific. */
  public static final int TRANSPORT = 0x5a;

  public long address() {
    return u64(ADDRESS);
  }

  public SglDescriptor address(long address) {
    return u64(ADDRESS, address);
  }

  /** Bytes. */
  public long length() {
    return u32(LENGTH);
  }

  public SglDescriptor length(long lengthBytes) {
    return u32(LENGTH, lengthBytes);
  }

  /** Type in bits 7:4, subtype in bits 3:0. */
  public int identifier() {
    return u8(IDENTIFIER);
  }

  public SglDescriptor identifier(int identifier) {
    return u8(IDENTIFIER, identifier);
  }
}
