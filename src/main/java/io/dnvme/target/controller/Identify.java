package io.dnvme.target.controller;

import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.io.IoView;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.Namespace;
import java.lang.foreign.MemorySegment;

/**
 * Identify (NVMe Base 2.0 §5.17): finds out what is asked for; {@link IdentifyContent} writes it.
 *
 * <p>An inactive NSID is answered with zeroes where the specification says so, an invalid one with
 * Invalid Namespace or Format.
 */
final class Identify {

  /** The largest NSID that a list can begin behind. */
  private static final int LAST_LIST_NSID = 0xffff_fffd;

  private Identify() {}

  static void executeDiscovery(DiscoveryController controller, CommandSlot command) {
    if (wrap(command).cns() != IdentifyCommand.CNS_CONTROLLER) {
      invalid(command, IdentifyCommand.CNS);
    } else if (isReady(command)) {
      answer(command, IdentifyContent.controller(controller));
    }
  }

  static void executeIo(IoController controller, CommandSlot command) {
    IdentifyCommand identify = wrap(command);
    int fault = fault(controller, identify);
    if (fault != Status.SUCCESS) {
      command.complete(fault);
    } else if (isReady(command)) {
      answer(command, content(controller, identify));
    }
  }

  /** What is wrong with the command's parameters, or success. */
  private static int fault(IoController controller, IdentifyCommand identify) {
    int nsid = identify.nsid();
    return switch (identify.cns()) {
      case IdentifyCommand.CNS_CONTROLLER,
          IdentifyCommand.CNS_CONTROLLERS,
          IdentifyCommand.CNS_COMMAND_SETS ->
          Status.SUCCESS;
      case IdentifyCommand.CNS_NAMESPACE,
          IdentifyCommand.CNS_NAMESPACE_INDEPENDENT,
          IdentifyCommand.CNS_ALLOCATED_NAMESPACE ->
          validNsid(nsid);
      case IdentifyCommand.CNS_NAMESPACE_DESCRIPTORS,
          IdentifyCommand.CNS_CONTROLLERS_OF_NAMESPACE ->
          controller.view().namespace(nsid) == null
              ? StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr()
              : Status.SUCCESS;
      case IdentifyCommand.CNS_NAMESPACE_OF_COMMAND_SET -> nvmCommandSet(identify, validNsid(nsid));
      case IdentifyCommand.CNS_CONTROLLER_OF_COMMAND_SET -> nvmCommandSet(identify, Status.SUCCESS);
      case IdentifyCommand.CNS_ACTIVE_NAMESPACES, IdentifyCommand.CNS_ALLOCATED_NAMESPACES ->
          listNsid(nsid);
      case IdentifyCommand.CNS_ACTIVE_NAMESPACES_OF_COMMAND_SET ->
          nvmCommandSet(identify, listNsid(nsid));
      default -> StatusCode.INVALID_FIELD.dnr();
    };
  }

  private static MemorySegment content(IoController controller, IdentifyCommand identify) {
    int nsid = identify.nsid();
    Namespace namespace = controller.view().namespace(nsid);
    return switch (identify.cns()) {
      case IdentifyCommand.CNS_CONTROLLER -> IdentifyContent.controller(controller);
      case IdentifyCommand.CNS_NAMESPACE, IdentifyCommand.CNS_ALLOCATED_NAMESPACE ->
          IdentifyContent.namespace(namespace);
      case IdentifyCommand.CNS_NAMESPACE_DESCRIPTORS -> IdentifyContent.descriptors(namespace);
      case IdentifyCommand.CNS_NAMESPACE_OF_COMMAND_SET -> IdentifyContent.nvmNamespace();
      case IdentifyCommand.CNS_CONTROLLER_OF_COMMAND_SET -> IdentifyContent.nvmController();
      case IdentifyCommand.CNS_NAMESPACE_INDEPENDENT ->
          IdentifyContent.independentNamespace(namespace);
      case IdentifyCommand.CNS_COMMAND_SETS -> IdentifyContent.commandSets();
      case IdentifyCommand.CNS_CONTROLLERS_OF_NAMESPACE, IdentifyCommand.CNS_CONTROLLERS ->
          IdentifyContent.controllers(controller, identify.cntid());
      default -> IdentifyContent.namespaceList(controller.view().namespaces(), nsid);
    };
  }

  private static int validNsid(int nsid) {
    return IoView.isValid(nsid) ? Status.SUCCESS : StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr();
  }

  private static int listNsid(int nsid) {
    return Integer.compareUnsigned(nsid, LAST_LIST_NSID) <= 0
        ? Status.SUCCESS
        : StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr();
  }

  private static int nvmCommandSet(IdentifyCommand identify, int otherwise) {
    return identify.csi() == IdentifyCommand.CSI_NVM ? otherwise : StatusCode.INVALID_FIELD.dnr();
  }

  private static boolean isReady(CommandSlot command) {
    return command.acceptsReply(IdentifyCommand.DATA_SIZE)
        && command.takeBuffer(IdentifyCommand.DATA_SIZE);
  }

  private static void answer(CommandSlot command, MemorySegment content) {
    command.replyWith(content, IdentifyCommand.DATA_SIZE);
  }

  private static void invalid(CommandSlot command, int field) {
    command.errorLocation(field).complete(StatusCode.INVALID_FIELD.dnr());
  }

  private static IdentifyCommand wrap(CommandSlot command) {
    return new IdentifyCommand().wrap(command.sqe().segment(), command.sqe().offset());
  }
}
