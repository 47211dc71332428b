package io.dnvme.agent.leg;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.OwnershipOptions;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An owner's one association with one logical disk, which admitted its epoch (OWNER). It is not
 * made again when it is lost: a member that missed a write leaves its group first, and comes back
 * by a new admission (MEMBER). Lives on the controller's home reactor.
 *
 * <pre>
 *   ADMITTING ──► CONNECTING ──► LIVE ──► OVER
 *       └─────────────┴─────────────────────▲
 * </pre>
 */
final class MemberLink {

  private static final int NAMESPACE_ID = 1;
  private static final int KEEP_ALIVE_MS = 1000;
  private static final int DEPTH = 128;

  /** A node drains what is in flight first: a flush may take a healthy disk seconds. */
  private static final long ADMIT_LIMIT_NANOS = OwnershipOptions.SLOW_STEP_NANOS;

  private static final long IDENTIFY_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** One attempt, and no second one. */
  private static final ReconnectOptions ONCE =
      new ReconnectOptions(1_000_000, 1_000_000, 0, false, LossPolicy.FAIL);

  /** What became of the attempt to use the logical disk; told once. */
  sealed interface Opened {

    record Live() implements Opened {}

    record HigherEpoch(Epoch epoch) implements Opened {}

    /** Its node answers, and has no such logical disk. */
    record Missing() implements Opened {}

    record Unreachable(String why) implements Opened {}
  }

  private final UUID logicalDisk;
  private final Epoch epoch;
  private final DiskNodeLink node;
  private final Connector connector;
  private final Consumer<Opened> opened;
  private HostController controller;
  private RemoteNamespace device;
  private UUID powerIncarnation;
  private boolean forgets;
  private boolean told;
  private boolean over;
  private Consumer<String> whenLost = why -> {};

  MemberLink(
      UUID logicalDisk,
      Epoch epoch,
      DiskNodeLink node,
      Connector connector,
      Consumer<Opened> opened) {
    this.logicalDisk = logicalDisk;
    this.epoch = epoch;
    this.node = node;
    this.connector = connector;
    this.opened = opened;
  }

  /** Has the epoch admitted and connects. */
  void open() {
    if (!node.isLive()) {
      tell(new Opened.Unreachable("its node is not connected"));
      return;
    }
    node.client()
        .ask(
            DiskRequest.admit(logicalDisk, RecordMessages.wire(epoch)),
            ADMIT_LIMIT_NANOS,
            this::admitted);
  }

  Epoch epoch() {
    return epoch;
  }

  boolean isLive() {
    return device != null && !over;
  }

  /** Whether its node answers, as far as is known. */
  boolean isNodeLive() {
    return node.isLive();
  }

  /** The whole logical disk; only when it is or was live. */
  RemoteNamespace device() {
    return device;
  }

  /** As the node told it with the admission. */
  UUID powerIncarnation() {
    return powerIncarnation;
  }

  /** Whether the node's disk is memory, so that what it does not know is gone. */
  boolean forgets() {
    return forgets;
  }

  /** Whom to tell when a live association is lost. */
  void whenLost(Consumer<String> listener) {
    whenLost = listener;
  }

  /**
   * Ends the association at once: commands under way get a lost path. A logical disk that hangs
   * must not hold what hosts wait for (MEMBER); what of it is executed late is cut off and drained
   * by the next admission (OWNER).
   */
  void close() {
    over = true;
    whenLost = why -> {};
    tell(new Opened.Unreachable("it was given up"));
    if (controller != null) {
      controller.abandon();
    }
  }

  private void admitted(NodeOutcome<DiskReply> outcome) {
    if (over) {
      return;
    }
    if (!(outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply))) {
      tell(new Opened.Unreachable("its node does not answer: " + outcome));
    } else if (reply.result() == EntryResult.LOWER_EPOCH) {
      tell(new Opened.HigherEpoch(RecordMessages.epoch(reply.admitted())));
    } else if (reply.result() == EntryResult.UNKNOWN) {
      powerIncarnation = reply.powerIncarnation();
      forgets = node.isLive() && node.identity().has(NodeIdentity.FORGETS);
      tell(new Opened.Missing());
    } else if (reply.result() != EntryResult.DONE) {
      tell(new Opened.Unreachable("its node answers " + reply.result()));
    } else {
      powerIncarnation = reply.powerIncarnation();
      connect();
    }
  }

  private void connect() {
    controller =
        connector.open(
            new ControllerOptions(
                node.address(),
                NodeNames.logicalDisk(logicalDisk, epoch),
                HostIdentity.of(epoch.incarnation()),
                KEEP_ALIVE_MS,
                QueueOptions.of(1).withDepth(DEPTH),
                ONCE),
            new Watch());
  }

  private void identified(RemoteNamespace found, NodeOutcome<NodeIdentity> outcome) {
    if (over) {
      return;
    }
    if (outcome instanceof NodeOutcome.Replied<NodeIdentity>(UUID store, NodeIdentity identity)
        && identity.powerIncarnation().equals(powerIncarnation)) {
      device = found;
      tell(new Opened.Live());
    } else {
      ended("its node lost its power after the admission, or does not say: " + outcome);
    }
  }

  private void tell(Opened outcome) {
    if (!told) {
      told = true;
      opened.accept(outcome);
    }
  }

  private void ended(String reason) {
    boolean wasLive = isLive();
    over = true;
    if (wasLive) {
      whenLost.accept(reason);
    } else {
      tell(new Opened.Unreachable(reason));
    }
  }

  private final class Watch implements ControllerListener {

    @Override
    public void live(HostController now) {
      RemoteNamespace found = now.namespace(NAMESPACE_ID);
      if (over || found == null) {
        ended("it has no namespace");
      } else if (!node.isLive()) {
        ended("its node is not connected any more");
      } else {
        // It may have lost its power between the admission and now, and offer the same epoch again:
        // whoever answers after the association was made has had its power since the admission.
        node.client().identify(IDENTIFY_LIMIT_NANOS, outcome -> identified(found, outcome));
      }
    }

    @Override
    public void lost(HostController now, String reason) {
      ended(reason);
    }

    @Override
    public void closed(HostController now, String reason) {
      ended(reason);
    }
  }
}
