package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.UUID;

/**
 * Namespace Identification Descriptor list, CNS 03h: who a namespace is (NVMe Base 2.0 §5.17.2.3).
 * Descriptors follow each other: type (NIDT), length (NIDL), two reserved bytes, the identifier
 * (NID); a length of zero ends them.
 */
public final class NamespaceDescriptors extends Structure<NamespaceDescriptors> {

  public static final int SIZE = 4096;

  public static final int NIDT_EUI64 = 1;
  public static final int NIDT_NGUID = 2;
  public static final int NIDT_UUID = 3;
  public static final int NIDT_CSI = 4;

  private static final int HEADER_SIZE = 4;

  public NamespaceDescriptors() {
    super(SIZE);
  }

  /**
   * Appends a descriptor.
   *
   * @throws IllegalArgumentException if it does not fit, or is empty or longer than 255 bytes
   */
  public NamespaceDescriptors add(int nidt, byte[] nid) {
    int at = end();
    if (nid.length == 0 || nid.length > 255 || at + HEADER_SIZE + nid.length > SIZE) {
      throw new IllegalArgumentException(nid.length + " bytes of identifier at " + at);
    }
    u8(at, nidt);
    u8(at + 1, nid.length);
    MemorySegment.copy(
        nid, 0, segment(), ValueLayout.JAVA_BYTE, offset() + at + HEADER_SIZE, nid.length);
    return this;
  }

  public NamespaceDescriptors addUuid(UUID uuid) {
    var nid = new byte[UuidBytes.SIZE];
    UuidBytes.write(MemorySegment.ofArray(nid), 0, uuid);
    return add(NIDT_UUID, nid);
  }

  public NamespaceDescriptors addCsi(int csi) {
    return add(NIDT_CSI, new byte[] {(byte) csi});
  }

  /** The first identifier of that type, or null. */
  public byte[] find(int nidt) {
    for (int at = 0; hasDescriptor(at); at = next(at)) {
      if (u8(at) == nidt) {
        return segment()
            .asSlice(offset() + at + HEADER_SIZE, u8(at + 1))
            .toArray(ValueLayout.JAVA_BYTE);
      }
    }
    return null;
  }

  private int end() {
    int at = 0;
    while (hasDescriptor(at)) {
      at = next(at);
    }
    return at;
  }

  /** A descriptor that would reach beyond the list is none: lists come from peers, too. */
  private boolean hasDescriptor(int at) {
    return at + HEADER_SIZE <= SIZE && u8(at + 1) != 0 && next(at) <= SIZE;
  }

  private int next(int at) {
    return at + HEADER_SIZE + u8(at + 1);
  }
}
