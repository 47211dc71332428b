package io.dnvme.target.io;

import io.dnvme.nvme.Command;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.ana.AnaPort;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.Subsystem;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What a controller's I/O queues may use at one moment; immutable, replaced as a whole by the
 * controller, read once per command.
 */
public final class IoView {

  private final Namespace[] byNsid;
  private final AnaPort ana;
  private final boolean writeThrough;
  private final int maxTransferBytes;

  /**
   * @param byNsid attached namespace n at index n - 1, null where there is none; not changed
   *     afterwards
   * @param ana states of their groups on the way that the controller is reached by
   * @param writeThrough the host has turned the volatile write cache off: every write is FUA
   * @param maxTransferBytes MDTS, in bytes
   */
  public IoView(Namespace[] byNsid, AnaPort ana, boolean writeThrough, int maxTransferBytes) {
    this.byNsid = byNsid;
    this.ana = ana;
    this.writeThrough = writeThrough;
    this.maxTransferBytes = maxTransferBytes;
  }

  /** The namespace, or null; any NSID is fair input. */
  public Namespace namespace(int nsid) {
    int index = nsid - 1;
    return index >= 0 && index < byNsid.length ? byNsid[index] : null;
  }

  /** The namespace that the command names; null where there is none: the command is completed. */
  public Namespace namespaceOf(CommandSlot command) {
    int nsid = command.sqe().nsid();
    Namespace namespace = namespace(nsid);
    if (namespace == null) {
      command
          .errorLocation(Command.NSID)
          .complete(
              isValid(nsid)
                  ? StatusCode.INVALID_FIELD.dnr()
                  : StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
    }
    return namespace;
  }

  /** All of them, in ascending order of their identifiers. */
  public List<Namespace> namespaces() {
    return Arrays.stream(byNsid).filter(Objects::nonNull).toList();
  }

  /** Whether the NSID could be that of a namespace: then one that is not there is inactive. */
  public static boolean isValid(int nsid) {
    return nsid >= 1 && nsid <= Subsystem.MAX_NAMESPACES;
  }

  /** One more than the highest NSID. */
  int end() {
    return byNsid.length + 1;
  }

  AnaPort ana() {
    return ana;
  }

  boolean writeThrough() {
    return writeThrough;
  }

  int maxTransferBytes() {
    return maxTransferBytes;
  }
}
