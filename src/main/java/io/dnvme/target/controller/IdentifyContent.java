package io.dnvme.target.controller;

import io.dnvme.nvme.CommandSetCombinations;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.ControllerList;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.IdentifyNamespaceIndependent;
import io.dnvme.nvme.IdentifyNvmController;
import io.dnvme.nvme.NamespaceDescriptors;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.UuidBytes;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.event.AsyncEvents;
import io.dnvme.target.io.CompareAndWrite;
import io.dnvme.target.io.DatasetManagement;
import io.dnvme.target.io.WriteZeroes;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The data structures that Identify returns: what our controllers and namespaces are and can do
 * (NVMe Base 2.0 §5.17.2, NVM Command Set 1.0 §4.1.5). What is not set is zero: not there.
 */
final class IdentifyContent {

  private static final int CAPSULE_UNIT_BYTES = 16;

  /** Sizes of queue entries as powers of two, the required and the largest. */
  private static final int SQ_ENTRY_SIZES = 0x66;

  private static final int CQ_ENTRY_SIZES = 0x44;

  /** Temperatures that are warned of, in kelvins; see {@link HealthCounters}. */
  private static final int WARNING_KELVIN = 343;

  private static final int CRITICAL_KELVIN = 353;

  /** 25 W: hosts want to see one power state that uses power. */
  private static final int POWER_CENTIWATT = 2500;

  private static final int RESERVATION_TYPES =
      IdentifyNamespace.RESCAP_WRITE_EXCLUSIVE
          | IdentifyNamespace.RESCAP_EXCLUSIVE_ACCESS
          | IdentifyNamespace.RESCAP_WRITE_EXCLUSIVE_REGISTRANTS_ONLY
          | IdentifyNamespace.RESCAP_EXCLUSIVE_ACCESS_REGISTRANTS_ONLY
          | IdentifyNamespace.RESCAP_WRITE_EXCLUSIVE_ALL_REGISTRANTS
          | IdentifyNamespace.RESCAP_EXCLUSIVE_ACCESS_ALL_REGISTRANTS
          | IdentifyNamespace.RESCAP_IGNORE_EXISTING_KEY;

  private IdentifyContent() {}

  static MemorySegment controller(Controller controller) {
    ControllerLimits limits = controller.target().limits();
    MemorySegment page = page();
    IdentifyController data = new IdentifyController().wrap(page, 0);
    data.set(IdentifyController.MDTS, limits.mdts())
        .set(IdentifyController.CNTLID, controller.cntlid())
        .set(IdentifyController.VER, Property.VERSION_2_0)
        .set(IdentifyController.OAES, controller.supportedEvents() & 0xffff_ffffL)
        .set(IdentifyController.AERL, AsyncEvents.MAX_REQUESTS - 1)
        .set(IdentifyController.ELPE, limits.errorLogEntries() - 1)
        .set(IdentifyController.KAS, KeepAlive.GRANULARITY_100MS)
        .set(IdentifyController.MAXCMD, limits.queueEntries())
        .set(
            IdentifyController.SGLS,
            IdentifyController.SGLS_SUPPORTED
                | IdentifyController.SGLS_OFFSET
                | IdentifyController.SGLS_TRANSPORT_DATA_BLOCK)
        .set(IdentifyController.MN, SubsystemIdentity.MODEL_NUMBER)
        .set(IdentifyController.SN, "")
        .set(IdentifyController.FR, "")
        .set(IdentifyController.SUBNQN, controller.subsystemNqn());
    controller.describe(data);
    return page;
  }

  static void describeIoController(IoController controller, IdentifyController data) {
    Subsystem subsystem = controller.subsystem();
    ControllerLimits limits = controller.target().limits();
    int capsule =
        SubmissionQueueEntry.SIZE + controller.target().transportLimits().inCapsuleDataBytes();
    data.set(IdentifyController.SN, subsystem.identity().serialNumber())
        .set(IdentifyController.FR, subsystem.identity().firmwareRevision())
        .set(
            IdentifyController.CMIC,
            IdentifyController.CMIC_MULTI_PORT
                | IdentifyController.CMIC_MULTI_CONTROLLER
                | IdentifyController.CMIC_ANA)
        .set(
            IdentifyController.CTRATT,
            IdentifyController.CTRATT_HOST_ID_128
                | IdentifyController.CTRATT_TRAFFIC_BASED_KEEP_ALIVE)
        .set(IdentifyController.CNTRLTYPE, IdentifyController.CNTRLTYPE_IO)
        .set(IdentifyController.ACL, limits.abortCommands() - 1)
        .set(
            IdentifyController.FRMW,
            IdentifyController.FRMW_SLOT_1_READ_ONLY | IdentifyController.FRMW_SLOTS)
        .set(
            IdentifyController.LPA,
            IdentifyController.LPA_COMMAND_EFFECTS
                | IdentifyController.LPA_EXTENDED_DATA
                | IdentifyController.LPA_SUPPORTED_LOG_PAGES)
        .set(IdentifyController.AVSCC, IdentifyController.AVSCC_COMMON_FORMAT)
        .set(IdentifyController.WCTEMP, WARNING_KELVIN)
        .set(IdentifyController.CCTEMP, CRITICAL_KELVIN)
        .set(IdentifyController.ANATT, AnaGroups.ANATT_SECONDS)
        .set(
            IdentifyController.ANACAP,
            IdentifyController.ANACAP_OPTIMIZED
                | IdentifyController.ANACAP_NON_OPTIMIZED
                | IdentifyController.ANACAP_INACCESSIBLE
                | IdentifyController.ANACAP_PERSISTENT_LOSS
                | IdentifyController.ANACAP_CHANGE)
        .set(IdentifyController.ANAGRPMAX, subsystem.ana().count())
        .set(IdentifyController.NANAGRPID, subsystem.ana().count())
        .set(IdentifyController.CQT, quiesceMs(limits))
        .set(IdentifyController.SQES, SQ_ENTRY_SIZES)
        .set(IdentifyController.CQES, CQ_ENTRY_SIZES)
        .set(IdentifyController.NN, Subsystem.MAX_NAMESPACES)
        .set(IdentifyController.MNAN, Subsystem.MAX_NAMESPACES)
        .set(
            IdentifyController.ONCS,
            IdentifyController.ONCS_COMPARE
                | IdentifyController.ONCS_DATASET_MANAGEMENT
                | IdentifyController.ONCS_WRITE_ZEROES
                | IdentifyController.ONCS_SAVE_AND_SELECT
                | (offersReservations(controller) ? IdentifyController.ONCS_RESERVATIONS : 0))
        .set(IdentifyController.FUSES, IdentifyController.FUSES_COMPARE_AND_WRITE)
        .set(
            IdentifyController.VWC,
            IdentifyController.VWC_FLUSH_ALL_SUPPORTED
                | (hasVolatileCache(controller) ? IdentifyController.VWC_PRESENT : 0))
        .set(IdentifyController.ACWU, CompareAndWrite.MAX_BLOCKS - 1)
        .set(IdentifyController.IOCCSZ, capsule / CAPSULE_UNIT_BYTES)
        .set(IdentifyController.IORCSZ, CompletionQueueEntry.SIZE / CAPSULE_UNIT_BYTES)
        .set(IdentifyController.MSDBD, 1)
        .set(IdentifyController.OFCS, IdentifyController.OFCS_DISCONNECT)
        .set(IdentifyController.PSD0_MP, POWER_CENTIWATT);
  }

  /**
   * CQT: how long after the loss of an association its commands may still be executed here
   * (STALE-PATH).
   */
  static long quiesceMs(ControllerLimits limits) {
    return TimeUnit.NANOSECONDS.toMillis(limits.gapLimitNanos()) + KeepAlive.SLACK_MS;
  }

  static boolean hasVolatileCache(IoController controller) {
    return controller.view().namespaces().stream()
        .anyMatch(namespace -> namespace.device().traits().volatileCache());
  }

  /** Where there is no namespace yet, one that comes may be reserved. */
  static boolean offersReservations(IoController controller) {
    List<Namespace> namespaces = controller.view().namespaces();
    return namespaces.isEmpty()
        || namespaces.stream().anyMatch(namespace -> namespace.reservations().offered());
  }

  /**
   * Of an inactive one all is zero.
   *
   * @param namespace null for an inactive one
   */
  static MemorySegment namespace(Namespace namespace) {
    MemorySegment page = page();
    if (namespace == null) {
      return page;
    }
    long blocks = namespace.geometry().blockCount();
    boolean deallocates = namespace.device().traits().deallocates();
    NamespaceIds ids = namespace.ids();
    IdentifyNamespace data =
        new IdentifyNamespace()
            .wrap(page, 0)
            .set(IdentifyNamespace.NSZE, blocks)
            .set(IdentifyNamespace.NCAP, blocks)
            .set(IdentifyNamespace.NUSE, blocks)
            .set(IdentifyNamespace.NSFEAT, IdentifyNamespace.NSFEAT_IDS_NOT_REUSED)
            .set(IdentifyNamespace.NMIC, IdentifyNamespace.NMIC_SHARED)
            .set(IdentifyNamespace.RESCAP, reservationCapabilities(namespace))
            .set(
                IdentifyNamespace.DLFEAT,
                deallocates
                    ? IdentifyNamespace.DLFEAT_READS_ZEROES
                        | IdentifyNamespace.DLFEAT_WRITE_ZEROES_DEALLOCATES
                    : 0)
            .set(IdentifyNamespace.NVMCAP, namespace.geometry().sizeBytes())
            .set(IdentifyNamespace.ANAGRPID, namespace.anaGroupId())
            .set(IdentifyNamespace.LBAF0_LBADS, namespace.geometry().blockShift())
            .setUuid(IdentifyNamespace.NGUID, ids.nguid());
    if (ids.eui64() != NamespaceIds.NO_EUI64) {
      data.set(IdentifyNamespace.EUI64, bigEndian(ids.eui64()));
    }
    return page;
  }

  static MemorySegment independentNamespace(Namespace namespace) {
    MemorySegment page = page();
    if (namespace != null) {
      new IdentifyNamespaceIndependent()
          .wrap(page, 0)
          .set(IdentifyNamespaceIndependent.NSFEAT, IdentifyNamespace.NSFEAT_IDS_NOT_REUSED)
          .set(IdentifyNamespaceIndependent.NMIC, IdentifyNamespace.NMIC_SHARED)
          .set(IdentifyNamespaceIndependent.RESCAP, reservationCapabilities(namespace))
          .set(IdentifyNamespaceIndependent.ANAGRPID, namespace.anaGroupId())
          .set(IdentifyNamespaceIndependent.NSTAT, IdentifyNamespaceIndependent.NSTAT_READY);
    }
    return page;
  }

  static MemorySegment descriptors(Namespace namespace) {
    MemorySegment page = page();
    NamespaceIds ids = namespace.ids();
    NamespaceDescriptors data = new NamespaceDescriptors().wrap(page, 0);
    if (ids.eui64() != NamespaceIds.NO_EUI64) {
      data.add(NamespaceDescriptors.NIDT_EUI64, bigEndian(ids.eui64()));
    }
    var nguid = new byte[UuidBytes.SIZE];
    UuidBytes.write(MemorySegment.ofArray(nguid), 0, ids.nguid());
    data.add(NamespaceDescriptors.NIDT_NGUID, nguid)
        .addUuid(ids.uuid())
        .addCsi(IdentifyCommand.CSI_NVM);
    return page;
  }

  /** Protection information is not there, which is all that the structure is about. */
  static MemorySegment nvmNamespace() {
    return page();
  }

  static MemorySegment nvmController() {
    MemorySegment page = page();
    new IdentifyNvmController()
        .wrap(page, 0)
        .set(IdentifyNvmController.WZSL, WriteZeroes.WZSL)
        .set(IdentifyNvmController.DMRSL, DatasetManagement.DMRSL);
    return page;
  }

  static MemorySegment commandSets() {
    MemorySegment page = page();
    new CommandSetCombinations().wrap(page, 0).combination(0, CommandSetCombinations.NVM);
    return page;
  }

  /** Namespaces with a larger identifier than {@code after}. */
  static MemorySegment namespaceList(List<Namespace> namespaces, int after) {
    MemorySegment page = page();
    NamespaceList list = new NamespaceList().wrap(page, 0);
    int count = 0;
    for (Namespace namespace : namespaces) {
      if (Integer.compareUnsigned(namespace.nsid(), after) > 0 && count < NamespaceList.MAX_COUNT) {
        list.nsid(count++, namespace.nsid());
      }
    }
    return page;
  }

  /** This node's controllers of the subsystem from {@code first} on. */
  static MemorySegment controllers(IoController controller, int first) {
    MemorySegment page = page();
    ControllerList list = new ControllerList().wrap(page, 0);
    int count = 0;
    for (int cntlid : controller.target().controllers().cntlids(controller.subsystemNqn())) {
      if (cntlid >= first && count < ControllerList.MAX_COUNT) {
        list.cntlid(count++, cntlid);
      }
    }
    list.set(ControllerList.COUNT, count);
    return page;
  }

  private static int reservationCapabilities(Namespace namespace) {
    if (!namespace.reservations().offered()) {
      return 0;
    }
    return RESERVATION_TYPES
        | (namespace.reservations().canPersist()
            ? IdentifyNamespace.RESCAP_PERSIST_THROUGH_POWER_LOSS
            : 0);
  }

  private static byte[] bigEndian(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static MemorySegment page() {
    return MemorySegment.ofArray(new byte[IdentifyCommand.DATA_SIZE]);
  }
}
