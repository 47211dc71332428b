package io.dnvme.nvme;

/**
 * What all commands have in common: a submission queue entry's first 40 bytes, with an SGL as NVMe
 * over Fabrics requires (NVMe Base 2.0 §3.3.3.1).
 *
 * @param <S> the command itself, for chained calls
 */
public abstract class Command<S extends Command<S>> extends Flyweight<S> {

  /** Bytes of every command. */
  public static final int SIZE = 64;

  public static final int OPC = 0;
  public static final int FLAGS = 1;
  public static final int CID = 2;
  public static final int NSID = 4;
  public static final int SGL1 = 24;
  public static final int CDW10 = 40;

  /** The NSID that stands for all namespaces. */
  public static final int NSID_ALL = 0xffff_ffff;

  /** Of {@link #flags()}: the command's place in a fused operation. */
  public static final BitField FUSE = BitField.bits(1, 0);

  public static final int FUSE_NORMAL = 0;
  public static final int FUSE_FIRST = 1;
  public static final int FUSE_SECOND = 2;

  /** Of {@link #flags()}: PRP or SGL; over Fabrics always {@link #PSDT_SGL}. */
  public static final BitField PSDT = BitField.bits(7, 6);

  /** SGL for the data; a metadata pointer, if any, is a contiguous buffer. */
  public static final int PSDT_SGL = 1;

  public final int opc() {
    return u8(OPC);
  }

  public final S opc(int opc) {
    return u8(OPC, opc);
  }

  public final int flags() {
    return u8(FLAGS);
  }

  public final S flags(int flags) {
    return u8(FLAGS, flags);
  }

  public final int cid() {
    return u16(CID);
  }

  public final S cid(int cid) {
    return u16(CID, cid);
  }

  /** All 32 bits; {@link #NSID_ALL} is -1. */
  public final int nsid() {
    return i32(NSID);
  }

  public final S nsid(int nsid) {
    return u32(NSID, nsid);
  }

  public final long sglAddress() {
    return u64(SGL1 + SglDescriptor.ADDRESS);
  }

  /** Bytes of data that the SGL describes. */
  public final long sglLength() {
    return u32(SGL1 + SglDescriptor.LENGTH);
  }

  /** Type and subtype, as in {@link SglDescriptor#identifier()}. */
  public final int sglIdentifier() {
    return u8(SGL1 + SglDescriptor.IDENTIFIER);
  }

  public final S sgl(int identifier, long address, long lengthBytes) {
    u64(SGL1 + SglDescriptor.ADDRESS, address);
    return u64(SGL1 + SglDescriptor.LENGTH, lengthBytes & 0xffff_ffffL | (long) identifier << 56);
  }

  /** Data of {@code lengthBytes} in the capsule, from its first data byte. */
  public final S sglInCapsule(long lengthBytes) {
    return sgl(SglDescriptor.IN_CAPSULE, 0, lengthBytes);
  }

  /** Data of {@code lengthBytes} by way of R2T and H2CData, or C2HData. */
  public final S sglTransport(long lengthBytes) {
    return sgl(SglDescriptor.TRANSPORT, 0, lengthBytes);
  }

  /** The command is all zeroes but for its opcode, the use of an SGL, and its identifier. */
  public final S start(int opc, int cid) {
    return zero(SIZE).u32(OPC, opc | PSDT_SGL << 14 | cid << 16);
  }
}
