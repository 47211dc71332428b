package io.dnvme.nvme;

/**
 * I/O Command Set Independent Identify Namespace, CNS 08h (NVMe Base 2.0 §5.17.2.8). Bits of
 * NSFEAT, NMIC and RESCAP are those of {@link IdentifyNamespace}.
 */
public final class IdentifyNamespaceIndependent extends Structure<IdentifyNamespaceIndependent> {

  public static final int SIZE = 4096;

  public static final Field.Number<IdentifyNamespaceIndependent> NSFEAT = Field.u8(0);
  public static final Field.Number<IdentifyNamespaceIndependent> NMIC = Field.u8(1);
  public static final Field.Number<IdentifyNamespaceIndependent> RESCAP = Field.u8(2);
  public static final Field.Number<IdentifyNamespaceIndependent> FPI = Field.u8(3);
  public static final Field.Number<IdentifyNamespaceIndependent> ANAGRPID = Field.u32(4);
  public static final Field.Number<IdentifyNamespaceIndependent> NSATTR = Field.u8(8);
  public static final Field.Number<IdentifyNamespaceIndependent> NVMSETID = Field.u16(10);
  public static final Field.Number<IdentifyNamespaceIndependent> ENDGID = Field.u16(12);
  public static final Field.Number<IdentifyNamespaceIndependent> NSTAT = Field.u8(14);

  /** The namespace is ready; without it a host of 2.0 or later hides the namespace. */
  public static final int NSTAT_READY = 1;

  public IdentifyNamespaceIndependent() {
    super(SIZE);
  }
}
