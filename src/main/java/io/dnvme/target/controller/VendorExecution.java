package io.dnvme.target.controller;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.vendor.VendorStatus;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.VendorCommands;
import io.dnvme.target.subsystem.VendorRequest;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * Vendor-specific admin commands of one controller: checks what every such command has to be like,
 * fetches its data and hands it to the subsystem (NVMe Base 2.0 §3.3.3.1, common format of
 * vendor-specific commands; docs/vendor-commands.md). On the controller's reactor.
 *
 * <pre>
 *   CDW10 NDT   dwords of the data for the controller; of a command without, of that for the host
 *   CDW11 NDM   0
 *   CDW12       where data goes both ways: dwords that the host takes at most; else 0
 * </pre>
 */
final class VendorExecution {

  /** Commands of one association that are being executed at once. */
  static final int MAX_EXECUTING = 16;

  private static final int DWORD_BYTES = 4;

  private final IoController controller;
  private final VendorCommands commands;
  private int executing;

  VendorExecution(IoController controller, VendorCommands commands) {
    this.controller = controller;
    this.commands = commands;
  }

  /** Executes the command if it is one of these; whether it is. */
  boolean execute(CommandSlot slot) {
    for (VendorCommands.Command command : commands.commands()) {
      if (command.opcode() == slot.sqe().opc()) {
        execute(slot, command);
        return true;
      }
    }
    return false;
  }

  private void execute(CommandSlot slot, VendorCommands.Command command) {
    SubmissionQueueEntry sqe = slot.sqe();
    int wrong = wrongField(sqe, command);
    if (wrong >= 0) {
      slot.errorLocation(wrong).complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    if (executing == MAX_EXECUTING) {
      slot.complete(VendorStatus.TOO_MANY.status());
      return;
    }
    int ndtBytes = sqe.cdw10() * DWORD_BYTES;
    int dataBytes = command.sendsData() ? ndtBytes : 0;
    int maxReplyBytes = command.sendsData() ? sqe.cdw12() * DWORD_BYTES : ndtBytes;
    boolean ready =
        command.sendsData()
            ? slot.fetchData(dataBytes, false)
            : !command.receivesData() || slot.acceptsReply(ndtBytes);
    if (ready) {
      executing++;
      commands.execute(new Execution(slot, dataBytes, maxReplyBytes));
    }
  }

  /** The offset of a field that is wrong, or -1. */
  private static int wrongField(SubmissionQueueEntry sqe, VendorCommands.Command command) {
    if (sqe.nsid() != 0) {
      return Command.NSID;
    }
    int maxNdtBytes = command.sendsData() ? command.maxRequestBytes() : command.maxReplyBytes();
    boolean hasData = command.sendsData() || command.receivesData();
    if (isBeyond(sqe.cdw10(), maxNdtBytes) || hasData && sqe.cdw10() == 0) {
      return Command.CDW10;
    }
    if (sqe.cdw11() != 0) {
      return SubmissionQueueEntry.CDW11;
    }
    boolean bothWays = command.sendsData() && command.receivesData();
    if (isBeyond(sqe.cdw12(), bothWays ? command.maxReplyBytes() : 0)) {
      return SubmissionQueueEntry.CDW12;
    }
    if (sqe.cdw13() != 0) {
      return SubmissionQueueEntry.CDW13;
    }
    if (sqe.cdw14() != 0) {
      return SubmissionQueueEntry.CDW14;
    }
    return sqe.cdw15() == 0 ? -1 : SubmissionQueueEntry.CDW15;
  }

  private static boolean isBeyond(int dwords, int maxBytes) {
    return Integer.compareUnsigned(dwords, maxBytes / DWORD_BYTES) > 0;
  }

  /** One that the subsystem has. */
  private final class Execution implements VendorRequest {

    private final CommandSlot slot;
    private final int dataBytes;
    private final int maxReplyBytes;
    private boolean over;

    Execution(CommandSlot slot, int dataBytes, int maxReplyBytes) {
      this.slot = slot;
      this.dataBytes = dataBytes;
      this.maxReplyBytes = maxReplyBytes;
    }

    @Override
    public int opcode() {
      return slot.sqe().opc();
    }

    @Override
    public Reactor reactor() {
      return controller.home();
    }

    @Override
    public String hostNqn() {
      return controller.hostNqn();
    }

    @Override
    public UUID hostId() {
      return controller.hostId();
    }

    @Override
    public MemorySegment data() {
      return slot.data();
    }

    @Override
    public long dataOffset() {
      return slot.dataOffset();
    }

    @Override
    public int dataBytes() {
      return dataBytes;
    }

    @Override
    public int maxReplyBytes() {
      return maxReplyBytes;
    }

    @Override
    public void complete(byte[] reply) {
      if (reply.length > maxReplyBytes || reply.length % DWORD_BYTES != 0) {
        throw new IllegalArgumentException(
            "a reply of %d bytes for a host that takes %d in dwords"
                .formatted(reply.length, maxReplyBytes));
      }
      end();
      if (reply.length == 0) {
        slot.complete(Status.SUCCESS);
      } else {
        slot.completeWithCopy(reply, reply.length);
      }
    }

    @Override
    public void fail(int status) {
      if (Status.isSuccess(status)) {
        throw new IllegalArgumentException("a failure needs a status");
      }
      end();
      slot.complete(status);
    }

    private void end() {
      if (over) {
        throw new IllegalStateException("a command is completed once");
      }
      over = true;
      executing--;
    }
  }
}
