package io.dnvme.target.controller;

import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.PropertyCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.queue.CommandSlot;

/** Fabrics commands on an admin queue after Connect: properties (NVMe Base 2.0 §6.5, §6.6). */
final class AdminFabrics {

  private AdminFabrics() {}

  static void execute(Controller controller, CommandSlot command) {
    SubmissionQueueEntry sqe = command.sqe();
    switch (sqe.nsid() & 0xff) {
      case FabricsCommand.FCTYPE_PROPERTY_GET -> get(controller, command);
      case FabricsCommand.FCTYPE_PROPERTY_SET -> set(controller, command);
      case FabricsCommand.FCTYPE_CONNECT ->
          command.complete(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
      case FabricsCommand.FCTYPE_DISCONNECT ->
          command.complete(StatusCode.DISCONNECT_INVALID_QUEUE_TYPE.dnr());
      default ->
          command.errorLocation(FabricsCommand.FCTYPE).complete(StatusCode.INVALID_OPCODE.dnr());
    }
  }

  private static void get(Controller controller, CommandSlot command) {
    PropertyCommand property = wrap(command);
    int ofst = property.ofst();
    if (!ControllerProperties.isReadable(ofst)) {
      invalid(command, PropertyCommand.OFST);
    } else if (property.sizeBytes() != Property.sizeBytes(ofst)) {
      invalid(command, PropertyCommand.ATTRIB);
    } else {
      command.complete(Status.SUCCESS, controller.properties().get(ofst));
    }
  }

  private static void set(Controller controller, CommandSlot command) {
    PropertyCommand property = wrap(command);
    int ofst = property.ofst();
    if (!ControllerProperties.isWritable(ofst)) {
      invalid(command, PropertyCommand.OFST);
    } else if (property.sizeBytes() != Property.sizeBytes(ofst)) {
      invalid(command, PropertyCommand.ATTRIB);
    } else {
      controller.configure((int) property.value());
      command.complete(Status.SUCCESS);
    }
  }

  private static void invalid(CommandSlot command, int field) {
    command.errorLocation(field).complete(StatusCode.INVALID_FIELD.dnr());
  }

  private static PropertyCommand wrap(CommandSlot command) {
    return new PropertyCommand().wrap(command.sqe().segment(), command.sqe().offset());
  }
}
