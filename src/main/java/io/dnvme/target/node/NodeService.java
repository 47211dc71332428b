package io.dnvme.target.node;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.Envelope;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.VendorLimits;
import io.dnvme.nvme.vendor.VendorOpcode;
import io.dnvme.nvme.vendor.VendorStatus;
import io.dnvme.target.subsystem.VendorCommands;
import io.dnvme.target.subsystem.VendorRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The vendor-specific commands of a node's own subsystem (docs/vendor-commands.md). Commands are
 * read on their associations' reactors, and handed to the rules on the home reactor. What is wrong
 * with a command is said before the rules see any of it: so nothing of it is done.
 */
public final class NodeService implements VendorCommands {

  private final Reactor home;
  private final NodeRules rules;
  private final NodeIdentity identity;
  private final List<Command> commands;
  private volatile boolean stopping;

  /**
   * @param home where the rules live
   */
  public NodeService(Reactor home, NodeRules rules) {
    this.home = home;
    this.rules = rules;
    identity = rules.identity();
    commands = commands(identity.capabilities());
  }

  private static List<Command> commands(int capabilities) {
    var commands = new ArrayList<Command>();
    commands.add(new Command(VendorOpcode.NODE_IDENTITY, 0, NodeIdentity.SIZE, false));
    int most = VendorLimits.MAX_DATA_BYTES;
    if ((capabilities & NodeIdentity.HOLDS_RECORDS) != 0) {
      commands.add(new Command(VendorOpcode.RECORDS, most, most, false));
    }
    if ((capabilities & NodeIdentity.HAS_LOGICAL_DISKS) != 0) {
      commands.add(new Command(VendorOpcode.LOGICAL_DISKS, most, most, false));
    }
    return List.copyOf(commands);
  }

  /** Takes no further request from now on; from any thread. Those under way are answered. */
  public void stop() {
    stopping = true;
  }

  @Override
  public List<Command> commands() {
    return commands;
  }

  @Override
  public void execute(VendorRequest request) {
    if (stopping) {
      request.fail(VendorStatus.STOPPING.status());
      return;
    }
    switch (request.opcode()) {
      case VendorOpcode.NODE_IDENTITY -> identify(request);
      case VendorOpcode.RECORDS ->
          exchange(
              request,
              Envelope.Kind.RECORD_REQUESTS,
              rules::records,
              Envelope.Kind.RECORD_REPLIES,
              RecordReply::withoutBody);
      case VendorOpcode.LOGICAL_DISKS ->
          exchange(
              request,
              Envelope.Kind.DISK_REQUESTS,
              rules::logicalDisks,
              Envelope.Kind.DISK_REPLIES,
              DiskReply::withoutBody);
      default -> throw new IllegalStateException("opcode " + request.opcode());
    }
  }

  private void identify(VendorRequest request) {
    if (request.maxReplyBytes() < NodeIdentity.SIZE) {
      request.fail(VendorStatus.REPLY_TOO_SMALL.status());
    } else {
      request.complete(identity.encode());
    }
  }

  /** What has a batch done. */
  @FunctionalInterface
  private interface Batch<Q, R> {
    void run(UUID caller, List<Q> requests, Consumer<List<R>> done);
  }

  private <Q extends VendorEntry, R extends VendorEntry> void exchange(
      VendorRequest request,
      Envelope.Kind<Q> asked,
      Batch<Q, R> batch,
      Envelope.Kind<R> answered,
      UnaryOperator<R> withoutBody) {
    var received =
        Envelope.decode(asked, request.data(), request.dataOffset(), request.dataBytes());
    switch (received) {
      case Envelope.Received.Bad<Q> bad -> request.fail(bad.why().status());
      case Envelope.Received.Good<Q>(Envelope<Q> envelope) -> {
        VendorStatus fault = fault(request, envelope);
        if (fault != null) {
          request.fail(fault.status());
          return;
        }
        Consumer<List<R>> done =
            replies ->
                request
                    .reactor()
                    .execute(() ->
                        request.complete(reply(request, envelope, answered, replies, withoutBody)));
        try {
          home.execute(() -> batch.run(envelope.sender(), envelope.entries(), done));
        } catch (RejectedExecutionException e) {
          request.fail(VendorStatus.STOPPING.status());
        }
      }
    }
  }

  /** What is wrong with a request that is well-formed, or null. */
  private VendorStatus fault(VendorRequest request, Envelope<?> envelope) {
    if (!envelope.cluster().equals(identity.cluster())) {
      return VendorStatus.WRONG_CLUSTER;
    }
    if (!envelope.sender().equals(request.hostId())) {
      return VendorStatus.MALFORMED;
    }
    int least = Envelope.HEADER_BYTES + envelope.entries().size() * VendorEntry.SIZE;
    return request.maxReplyBytes() < least ? VendorStatus.REPLY_TOO_SMALL : null;
  }

  private <R extends VendorEntry> byte[] reply(
      VendorRequest request,
      Envelope<?> asked,
      Envelope.Kind<R> kind,
      List<R> replies,
      UnaryOperator<R> withoutBody) {
    if (replies.size() != asked.entries().size()) {
      throw new IllegalStateException(
          replies.size() + " replies to " + asked.entries().size() + " requests");
    }
    return new Envelope<>(
            kind,
            identity.cluster(),
            identity.store(),
            asked.request(),
            fitting(replies, withoutBody, request.maxReplyBytes()))
        .encode();
  }

  /** The replies, with bodies left out from the last on where they do not fit. */
  private static <R extends VendorEntry> List<R> fitting(
      List<R> replies, UnaryOperator<R> withoutBody, int maxBytes) {
    int bytes = Envelope.HEADER_BYTES;
    for (R reply : replies) {
      bytes += reply.encodedBytes();
    }
    var fitting = new ArrayList<>(replies);
    for (int i = fitting.size() - 1; i >= 0 && bytes > maxBytes; i--) {
      R reply = fitting.get(i);
      if (reply.body().length > 0) {
        bytes -= reply.encodedBytes() - VendorEntry.SIZE;
        fitting.set(i, withoutBody.apply(reply));
      }
    }
    return fitting;
  }
}
