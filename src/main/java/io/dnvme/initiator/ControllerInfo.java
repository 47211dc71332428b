package io.dnvme.initiator;

import io.dnvme.nvme.IdentifyController;

/**
 * What a controller says of itself, as far as this host acts on it.
 *
 * @param cntlid controller id
 * @param model model and serial number, for people
 * @param discovery a discovery controller: no I/O queues, no namespaces
 * @param maxTransferBytes by MDTS, and never above the host's own limit
 * @param maxInCapsuleBytes data that an I/O queue's capsule takes
 * @param maxWriteZeroesBytes by WZSL, else as MDTS; 0 where Write Zeroes is not supported
 * @param maxDeallocateBlocks blocks of one Dataset Management range; 0 where not supported
 * @param compare Compare is supported
 * @param compareAndWrite the fused operation is supported
 * @param descriptors the namespaces have Identification Descriptors
 * @param volatileCache a volatile write cache is present
 * @param disconnect single I/O queues may be ended with Disconnect
 * @param ana ANA is reported
 * @param trafficBasedKeepAlive any command restarts the keep alive timer
 * @param keepAlive Keep Alive is supported
 * @param events OAES
 * @param retryDelaysMs CRDT1 to CRDT3
 * @param quiesceMs CQT: how long commands of a lost association may still be executed
 * @param shutdownMs RTD3E: how long an orderly shutdown may take; 0 where not said
 */
record ControllerInfo(
    int cntlid,
    String model,
    boolean discovery,
    int maxTransferBytes,
    int maxInCapsuleBytes,
    int maxWriteZeroesBytes,
    long maxDeallocateBlocks,
    boolean compare,
    boolean compareAndWrite,
    boolean descriptors,
    boolean volatileCache,
    boolean disconnect,
    boolean ana,
    boolean trafficBasedKeepAlive,
    boolean keepAlive,
    long events,
    int[] retryDelaysMs,
    int quiesceMs,
    long shutdownMs) {

  private static final int CAPSULE_UNIT_BYTES = 16;
  private static final int COMMAND_BYTES = 64;
  private static final int RETRY_DELAY_UNIT_MS = 100;
  private static final int MAX_SIZE_SHIFT = 30;
  private static final long MAX_RANGE_BLOCKS = 0xffff_ffffL;

  /**
   * Reads Identify data.
   *
   * @param pageShift log2 of the smallest memory page (CAP.MPSMIN), in bytes
   * @param wzsl from Identify of the NVM command set; 0 where there is none
   * @param dmrsl likewise
   * @param descriptors see above
   */
  static ControllerInfo read(
      IdentifyController data,
      int pageShift,
      int hostLimitBytes,
      int wzsl,
      long dmrsl,
      boolean descriptors) {
    long oncs = data.get(IdentifyController.ONCS);
    int maxTransfer =
        Math.min(hostLimitBytes, sizeLimit((int) data.get(IdentifyController.MDTS), pageShift));
    boolean writesZeroes = (oncs & IdentifyController.ONCS_WRITE_ZEROES) != 0;
    boolean deallocates = (oncs & IdentifyController.ONCS_DATASET_MANAGEMENT) != 0;
    return new ControllerInfo(
        (int) data.get(IdentifyController.CNTLID),
        printable(data.get(IdentifyController.MN) + " " + data.get(IdentifyController.SN)),
        data.get(IdentifyController.CNTRLTYPE) == IdentifyController.CNTRLTYPE_DISCOVERY,
        maxTransfer,
        inCapsuleBytes(data),
        !writesZeroes ? 0 : wzsl == 0 ? maxTransfer : sizeLimit(wzsl, pageShift),
        !deallocates ? 0 : dmrsl == 0 ? MAX_RANGE_BLOCKS : dmrsl,
        (oncs & IdentifyController.ONCS_COMPARE) != 0,
        (data.get(IdentifyController.FUSES) & IdentifyController.FUSES_COMPARE_AND_WRITE) != 0,
        descriptors,
        (data.get(IdentifyController.VWC) & IdentifyController.VWC_PRESENT) != 0,
        (data.get(IdentifyController.OFCS) & IdentifyController.OFCS_DISCONNECT) != 0,
        (data.get(IdentifyController.CMIC) & IdentifyController.CMIC_ANA) != 0,
        (data.get(IdentifyController.CTRATT) & IdentifyController.CTRATT_TRAFFIC_BASED_KEEP_ALIVE)
            != 0,
        data.get(IdentifyController.KAS) != 0,
        data.get(IdentifyController.OAES),
        new int[] {
          (int) data.get(IdentifyController.CRDT1) * RETRY_DELAY_UNIT_MS,
          (int) data.get(IdentifyController.CRDT2) * RETRY_DELAY_UNIT_MS,
          (int) data.get(IdentifyController.CRDT3) * RETRY_DELAY_UNIT_MS
        },
        (int) data.get(IdentifyController.CQT),
        data.get(IdentifyController.RTD3E) / 1000);
  }

  /** What is shown on terminals must not steer them. */
  private static String printable(String text) {
    return text.replaceAll("[^ -~]", "?");
  }

  /** 2^field pages; the largest int's power of two where the field says no limit. */
  private static int sizeLimit(int field, int pageShift) {
    return field == 0 ? 1 << MAX_SIZE_SHIFT : 1 << Math.min(field + pageShift, MAX_SIZE_SHIFT);
  }

  /** In-capsule data at an offset is legal but unheard of: such a target gets none. */
  private static int inCapsuleBytes(IdentifyController data) {
    if (data.get(IdentifyController.ICDOFF) != 0) {
      return 0;
    }
    long bytes = data.get(IdentifyController.IOCCSZ) * CAPSULE_UNIT_BYTES - COMMAND_BYTES;
    return Math.clamp(bytes, 0, QueueOptions.MAX_TRANSFER_BYTES);
  }
}
