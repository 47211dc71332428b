package io.dnvme.target.controller;

import io.dnvme.nvme.AnaLog;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.CommandEffectsLog;
import io.dnvme.nvme.DiscoveryLog;
import io.dnvme.nvme.EffectsLog;
import io.dnvme.nvme.FirmwareSlotLog;
import io.dnvme.nvme.GetLogPageCommand;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.ana.AnaLogContent;
import io.dnvme.target.discovery.DiscoveryView;
import io.dnvme.target.event.ChangedNamespaces;
import io.dnvme.target.io.IoCommands;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.VendorCommands;
import java.lang.foreign.MemorySegment;

/**
 * Get Log Page (NVMe Base 2.0 §5.16). A page shorter than what is asked for is filled up with
 * zeroes; an offset beyond its end is an error. Reading without Retain Asynchronous Event re-arms
 * the page's event before the content is taken, so a change in between is told again.
 */
final class GetLogPage {

  private static final int[] IO_PAGES = {
    LogPage.SUPPORTED_LOG_PAGES,
    LogPage.ERROR_INFORMATION,
    LogPage.SMART_HEALTH,
    LogPage.FIRMWARE_SLOT,
    LogPage.CHANGED_NAMESPACE_LIST,
    LogPage.COMMANDS_SUPPORTED_AND_EFFECTS,
    LogPage.ASYMMETRIC_NAMESPACE_ACCESS,
    LogPage.FEATURES_SUPPORTED_AND_EFFECTS,
    LogPage.MI_COMMANDS_SUPPORTED_AND_EFFECTS,
    LogPage.RESERVATION_NOTIFICATION
  };

  private static final int[] DISCOVERY_PAGES = {
    LogPage.SUPPORTED_LOG_PAGES,
    LogPage.ERROR_INFORMATION,
    LogPage.FEATURES_SUPPORTED_AND_EFFECTS,
    LogPage.DISCOVERY
  };

  private GetLogPage() {}

  static void executeIo(IoController controller, CommandSlot command) {
    GetLogPageCommand get = wrap(command);
    int length = checkedLength(controller, command, get, IO_PAGES);
    if (length > 0) {
      rearm(controller, get);
      answer(command, get, content(controller, get), length);
    }
  }

  static void executeDiscovery(DiscoveryController controller, CommandSlot command) {
    GetLogPageCommand get = wrap(command);
    int length = checkedLength(controller, command, get, DISCOVERY_PAGES);
    if (length <= 0) {
      return;
    }
    if (get.lid() == LogPage.DISCOVERY) {
      discovery(controller, command, get, length);
      return;
    }
    rearm(controller, get);
    MemorySegment page =
        switch (get.lid()) {
          case LogPage.ERROR_INFORMATION -> controller.errors().page();
          case LogPage.FEATURES_SUPPORTED_AND_EFFECTS -> features(controller);
          default -> supported(DISCOVERY_PAGES);
        };
    answer(command, get, page, length);
  }

  /**
   * The length of the answer once there is a buffer for it; 0 where the command is completed or
   * executed again later.
   */
  private static int checkedLength(
      Controller controller, CommandSlot command, GetLogPageCommand get, int[] pages) {
    int fault = fault(controller, command, get, pages);
    if (fault != Status.SUCCESS) {
      command.complete(fault);
      return 0;
    }
    int length = (int) get.lengthBytes();
    return command.acceptsReply(length) && command.takeBuffer(length) ? length : 0;
  }

  private static int fault(
      Controller controller, CommandSlot command, GetLogPageCommand get, int[] pages) {
    if (!contains(pages, get.lid())) {
      command.errorLocation(GetLogPageCommand.LID);
      return StatusCode.INVALID_LOG_PAGE.dnr();
    }
    if (get.lengthBytes() > controller.target().limits().maxTransferBytes()) {
      command.errorLocation(GetLogPageCommand.NUMDL);
      return StatusCode.INVALID_FIELD.dnr();
    }
    if (get.isOffsetInEntries() || (get.lpo() & 3) != 0 || get.lpo() < 0) {
      command.errorLocation(GetLogPageCommand.LPO);
      return StatusCode.INVALID_FIELD.dnr();
    }
    boolean ofCommandSet = get.lid() == LogPage.COMMANDS_SUPPORTED_AND_EFFECTS;
    if (ofCommandSet && get.csi() != IdentifyCommand.CSI_NVM || get.uuidIndex() != 0) {
      command.errorLocation(GetLogPageCommand.CDW14);
      return StatusCode.INVALID_FIELD.dnr();
    }
    // There are no counters per namespace (LPA).
    boolean ofController = get.nsid() == 0 || get.nsid() == Command.NSID_ALL;
    if (get.lid() == LogPage.SMART_HEALTH && !ofController) {
      command.errorLocation(Command.NSID);
      return StatusCode.INVALID_FIELD.dnr();
    }
    return Status.SUCCESS;
  }

  private static void rearm(Controller controller, GetLogPageCommand get) {
    if (!get.isRae()) {
      controller.events().logRead(get.lid());
    }
  }

  private static void answer(
      CommandSlot command, GetLogPageCommand get, MemorySegment page, int length) {
    if (get.lpo() > page.byteSize()) {
      command.errorLocation(GetLogPageCommand.LPO).complete(StatusCode.INVALID_FIELD.dnr());
    } else {
      command.replyWith(page.asSlice(get.lpo()), length);
    }
  }

  private static MemorySegment content(IoController controller, GetLogPageCommand get) {
    return switch (get.lid()) {
      case LogPage.SUPPORTED_LOG_PAGES -> supported(IO_PAGES);
      case LogPage.ERROR_INFORMATION -> controller.errors().page();
      case LogPage.SMART_HEALTH ->
          controller.health().page(controller.errors().count(), controller.upNanos());
      case LogPage.FIRMWARE_SLOT -> firmware(controller);
      case LogPage.CHANGED_NAMESPACE_LIST -> changedNamespaces(controller, get.isRae());
      case LogPage.COMMANDS_SUPPORTED_AND_EFFECTS -> commands(controller);
      case LogPage.ASYMMETRIC_NAMESPACE_ACCESS ->
          AnaLogContent.of(
              controller.ana().snapshot(),
              controller.anaCountAtReset(),
              controller.subsystem()::nsidsOfGroup,
              Subsystem.MAX_NAMESPACES,
              (get.lsp() & AnaLog.LSP_GROUPS_ONLY) != 0);
      case LogPage.FEATURES_SUPPORTED_AND_EFFECTS -> features(controller);
      case LogPage.RESERVATION_NOTIFICATION -> controller.notifications().read(get.isRae());
      case LogPage.MI_COMMANDS_SUPPORTED_AND_EFFECTS ->
          MemorySegment.ofArray(new byte[EffectsLog.SIZE]);
      default -> throw new IllegalStateException("log page " + get.lid());
    };
  }

  private static MemorySegment supported(int[] pages) {
    MemorySegment page = MemorySegment.ofArray(new byte[EffectsLog.SIZE]);
    EffectsLog log = new EffectsLog().wrap(page, 0);
    for (int lid : pages) {
      int specific =
          lid == LogPage.DISCOVERY
              ? (int) EffectsLog.LID_SPECIFIC.of(DiscoveryLog.LSP_PORT_LOCAL_ENTRIES_ONLY)
              : 0;
      log.set(lid, (int) EffectsLog.LSUPP.of(1) | specific);
    }
    return page;
  }

  private static MemorySegment features(Controller controller) {
    MemorySegment page = MemorySegment.ofArray(new byte[EffectsLog.SIZE]);
    controller.features().describe(new EffectsLog().wrap(page, 0));
    return page;
  }

  private static MemorySegment commands(IoController controller) {
    MemorySegment page = MemorySegment.ofArray(new byte[CommandEffectsLog.SIZE]);
    CommandEffectsLog log = new CommandEffectsLog().wrap(page, 0);
    IoController.commands().describe(log);
    IoCommands.describe(log, IdentifyContent.offersReservations(controller));
    for (VendorCommands.Command command : controller.subsystem().vendorCommands().commands()) {
      long effects =
          CommandEffectsLog.CSUPP.of(1)
              | CommandEffectsLog.NIC.of(command.changesNamespaces() ? 1 : 0);
      log.admin(command.opcode(), (int) effects);
    }
    return page;
  }

  private static MemorySegment firmware(IoController controller) {
    MemorySegment page = MemorySegment.ofArray(new byte[FirmwareSlotLog.SIZE]);
    new FirmwareSlotLog()
        .wrap(page, 0)
        .set(FirmwareSlotLog.AFI, 1)
        .set(FirmwareSlotLog.FRS1, controller.subsystem().identity().firmwareRevision());
    return page;
  }

  private static MemorySegment changedNamespaces(IoController controller, boolean retain) {
    MemorySegment page = MemorySegment.ofArray(new byte[NamespaceList.SIZE]);
    NamespaceList list = new NamespaceList().wrap(page, 0);
    ChangedNamespaces changed = controller.changedNamespaces();
    int count = 0;
    for (int nsid : changed.list()) {
      list.nsid(count++, nsid);
    }
    if (!retain) {
      changed.clear();
    }
    return page;
  }

  private static void discovery(
      DiscoveryController controller, CommandSlot command, GetLogPageCommand get, int length) {
    boolean portLocal = (get.lsp() & DiscoveryLog.LSP_PORT_LOCAL_ENTRIES_ONLY) != 0;
    DiscoveryView view = controller.view();
    if (get.lpo() > view.lengthBytes(portLocal)) {
      command.errorLocation(GetLogPageCommand.LPO).complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    rearm(controller, get);
    view.read(portLocal, get.lpo(), command.buffer(), 0, length);
    command.completeWithBuffer(length, 0);
  }

  private static boolean contains(int[] pages, int lid) {
    for (int page : pages) {
      if (page == lid) {
        return true;
      }
    }
    return false;
  }

  private static GetLogPageCommand wrap(CommandSlot command) {
    return new GetLogPageCommand().wrap(command.sqe().segment(), command.sqe().offset());
  }
}
