package io.dnvme.target.subsystem;

import java.util.List;

/**
 * The vendor-specific admin commands that a subsystem serves: the port by which a node answers what
 * NVMe has no command for.
 *
 * <p>What can be said of a command without knowing what it means is said by the target: NSID, NDT,
 * NDM, SGL and digest are right, and the data is there, when {@link #execute} is called.
 */
public interface VendorCommands {

  /** A subsystem that has none. */
  VendorCommands NONE =
      new VendorCommands() {
        @Override
        public List<Command> commands() {
          return List.of();
        }

        @Override
        public void execute(VendorRequest request) {
          throw new IllegalStateException("no vendor-specific command was offered");
        }
      };

  /**
   * One of them.
   *
   * @param opcode C0h to FFh; bits 1:0 say which way its data goes
   * @param maxRequestBytes most data for the controller, within the target's largest transfer
   * @param maxReplyBytes most data for the host
   * @param changesNamespaces whether it may change which namespaces there are, for the effects log
   */
  record Command(int opcode, int maxRequestBytes, int maxReplyBytes, boolean changesNamespaces) {

    private static final int FIRST = 0xc0;
    private static final int LAST = 0xff;
    private static final int TO_CONTROLLER = 1;
    private static final int TO_HOST = 2;

    public Command {
      if (opcode < FIRST || opcode > LAST) {
        throw new IllegalArgumentException(
            "a vendor-specific opcode is C0h to FFh, not %Xh".formatted(opcode));
      }
      if (((opcode & TO_CONTROLLER) != 0) != (maxRequestBytes > 0)
          || ((opcode & TO_HOST) != 0) != (maxReplyBytes > 0)
          || maxRequestBytes % 4 != 0
          || maxReplyBytes % 4 != 0) {
        throw new IllegalArgumentException(
            "opcode %Xh says otherwise which way data goes, or it is not of whole dwords"
                .formatted(opcode));
      }
    }

    public boolean sendsData() {
      return maxRequestBytes > 0;
    }

    public boolean receivesData() {
      return maxReplyBytes > 0;
    }
  }

  /** What is served; always the same. From any thread. */
  List<Command> commands();

  /**
   * Executes a command of those; on the reactor of the association that it came by, which may be
   * another for every association. Never blocks, never throws for what a host sent, and leads to
   * exactly one completion, maybe later.
   */
  void execute(VendorRequest request);
}
