package io.dnvme.nvme;

/** Identify (NVMe Base 2.0 §5.17); CNS says which structure is asked for. */
public final class IdentifyCommand extends Command<IdentifyCommand> {

  public static final int CNS = 40;
  public static final int CNTID = 42;
  public static final int CNS_SPECIFIC_IDENTIFIER = 44;
  public static final int CSI = 47;
  public static final int UUID_INDEX = 56;

  /** Bytes of every structure that Identify returns. */
  public static final int DATA_SIZE = 4096;

  /** {@link IdentifyNamespace}. */
  public static final int CNS_NAMESPACE = 0x00;

  /** {@link IdentifyController}. */
  public static final int CNS_CONTROLLER = 0x01;

  /** {@link NamespaceList} of active namespaces with a larger id than the command's. */
  public static final int CNS_ACTIVE_NAMESPACES = 0x02;

  /** {@link NamespaceDescriptors}. */
  public static final int CNS_NAMESPACE_DESCRIPTORS = 0x03;

  public static final int CNS_NVM_SETS = 0x04;

  /** For {@link #CSI_NVM}: {@link IdentifyNvmNamespace}. */
  public static final int CNS_NAMESPACE_OF_COMMAND_SET = 0x05;

  /** For {@link #CSI_NVM}: {@link IdentifyNvmController}. */
  public static final int CNS_CONTROLLER_OF_COMMAND_SET = 0x06;

  public static final int CNS_ACTIVE_NAMESPACES_OF_COMMAND_SET = 0x07;

  /** {@link IdentifyNamespaceIndependent}. */
  public static final int CNS_NAMESPACE_INDEPENDENT = 0x08;

  public static final int CNS_ALLOCATED_NAMESPACES = 0x10;
  public static final int CNS_ALLOCATED_NAMESPACE = 0x11;

  /** {@link ControllerList} of controllers that a namespace is attached to. */
  public static final int CNS_CONTROLLERS_OF_NAMESPACE = 0x12;

  /** {@link ControllerList} of the subsystem. */
  public static final int CNS_CONTROLLERS = 0x13;

  /** {@link CommandSetCombinations}. */
  public static final int CNS_COMMAND_SETS = 0x1c;

  /** The NVM command set. */
  public static final int CSI_NVM = 0;

  public IdentifyCommand start(int cid, int cns, int nsid) {
    return start(AdminOpcode.IDENTIFY, cid).u8(CNS, cns).nsid(nsid).sglTransport(DATA_SIZE);
  }

  public int cns() {
    return u8(CNS);
  }

  public int cntid() {
    return u16(CNTID);
  }

  public IdentifyCommand cntid(int cntid) {
    return u16(CNTID, cntid);
  }

  public int cnsSpecificIdentifier() {
    return u16(CNS_SPECIFIC_IDENTIFIER);
  }

  /** The I/O command set asked about. */
  public int csi() {
    return u8(CSI);
  }

  public IdentifyCommand csi(int csi) {
    return u8(CSI, csi);
  }
}
