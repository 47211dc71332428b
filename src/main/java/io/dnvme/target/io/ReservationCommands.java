package io.dnvme.target.io;

import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReservationCommand;
import io.dnvme.nvme.ReservationKeys;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.reservation.ReservationReport;
import io.dnvme.target.reservation.ReservationRequest;
import io.dnvme.target.subsystem.Namespace;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * Reservation Register, Acquire, Release and Report (NVMe Base 2.0 §7.2 to §7.5): takes the fields
 * off the wire; what they mean is decided in {@code io.dnvme.target.reservation}.
 */
final class ReservationCommands {

  private ReservationCommands() {}

  static boolean isOne(int opcode) {
    return switch (opcode) {
      case IoOpcode.RESERVATION_REGISTER,
          IoOpcode.RESERVATION_REPORT,
          IoOpcode.RESERVATION_ACQUIRE,
          IoOpcode.RESERVATION_RELEASE ->
          true;
      default -> false;
    };
  }

  static void register(IoQueue queue, CommandSlot command) {
    Namespace namespace = reservable(queue, command);
    if (namespace != null && command.fetchData(ReservationKeys.SIZE, true)) {
      ReservationKeys keys = keys(command);
      request(
          queue,
          command,
          namespace,
          ReservationRequest.parseRegister(
              hostId(queue),
              command.sqe().cdw10(),
              keys.get(ReservationKeys.CRKEY),
              keys.get(ReservationKeys.NRKEY)));
    }
  }

  static void acquire(IoQueue queue, CommandSlot command) {
    Namespace namespace = reservable(queue, command);
    if (namespace != null && command.fetchData(ReservationKeys.SIZE, true)) {
      ReservationKeys keys = keys(command);
      request(
          queue,
          command,
          namespace,
          ReservationRequest.parseAcquire(
              hostId(queue),
              command.sqe().cdw10(),
              keys.get(ReservationKeys.CRKEY),
              keys.get(ReservationKeys.PRKEY)));
    }
  }

  static void release(IoQueue queue, CommandSlot command) {
    Namespace namespace = reservable(queue, command);
    if (namespace != null && command.fetchData(ReservationKeys.RELEASE_SIZE, true)) {
      request(
          queue,
          command,
          namespace,
          ReservationRequest.parseRelease(
              hostId(queue), command.sqe().cdw10(), keys(command).get(ReservationKeys.CRKEY)));
    }
  }

  static void report(IoQueue queue, CommandSlot command) {
    Namespace namespace = reservable(queue, command);
    if (namespace == null) {
      return;
    }
    int status = ReservationReport.status(command.sqe().cdw11());
    long length = ((command.sqe().cdw10() & 0xffff_ffffL) + 1) * 4;
    if (length > queue.owner().view().maxTransferBytes()) {
      command.errorLocation(ReservationCommand.CDW10);
      status = StatusCode.INVALID_FIELD.dnr();
    }
    if (status != Status.SUCCESS) {
      command.complete(status);
      return;
    }
    if (command.acceptsReply((int) length) && command.takeBuffer((int) length)) {
      MemorySegment report = ReservationReport.of(namespace.reservations().state());
      command.replyWith(report, (int) length);
    }
  }

  /** The command's namespace; null where the command has been answered. */
  private static Namespace reservable(IoQueue queue, CommandSlot command) {
    Namespace namespace = queue.owner().view().namespaceOf(command);
    if (namespace != null && !namespace.reservations().offered()) {
      IoCommands.UNSUPPORTED.execute(queue, command);
      return null;
    }
    return namespace == null ? null : queue.accessibleNamespace(command, CommandGroup.FREE);
  }

  private static void request(
      IoQueue queue, CommandSlot command, Namespace namespace, ReservationRequest request) {
    namespace.reservations().execute(queue.reactor(), request, command::complete);
  }

  private static ReservationKeys keys(CommandSlot command) {
    return new ReservationKeys().wrap(command.data(), command.dataOffset());
  }

  private static UUID hostId(IoQueue queue) {
    return queue.owner().hostId();
  }
}
