package io.dnvme.main.disknode;

import com.typesafe.config.Config;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import java.io.PrintWriter;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks a disk node that runs how full it is and which logical disks it has, by the commands that
 * controllers use (docs/vendor-commands.md: USAGE, LIST). Changes nothing. From one thread.
 */
final class DiskNodeList {

  private static final int KEEP_ALIVE_MS = 5000;
  private static final long ANSWER_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** One attempt: a node that does not run is told at once. */
  private static final ReconnectOptions ONCE =
      new ReconnectOptions(1_000_000, 1_000_000, 0, false, LossPolicy.FAIL);

  private final DiskNodeSettings settings;
  private final PrintWriter out;
  private final Endpoint endpoint;
  private final UUID caller = UUID.randomUUID();

  DiskNodeList(DiskNodeSettings settings, PrintWriter out) {
    this.settings = settings;
    this.out = out;
    endpoint = settings.listen().getFirst();
  }

  /**
   * Prints what it says.
   *
   * @throws CommandException where it does not answer, or somebody else does
   */
  int run(Config config) {
    if (endpoint.port() == 0) {
      throw new CommandException(
          ExitCode.USAGE, "a node that listens at any free port (" + endpoint + ") is not found");
    }
    try (NodeProcess process = NodeProcess.start(config)) {
      HostController controller = connect(process);
      var client = new NodeClient(controller, settings.cluster(), caller);
      print(process, client);
    } finally {
      out.flush();
    }
    return ExitCode.OK;
  }

  private HostController connect(NodeProcess process) {
    var options =
        new ControllerOptions(
            endpoint.resolve(),
            NodeNames.node(settings.node()),
            HostIdentity.of(caller),
            KEEP_ALIVE_MS,
            QueueOptions.of(0),
            ONCE);
    try {
      return process
          .initiator()
          .connect(options, List.of(process.home()))
          .orTimeout(ANSWER_LIMIT_NANOS, TimeUnit.NANOSECONDS)
          .join();
    } catch (CompletionException e) {
      String why = e.getCause().getMessage();
      throw unavailable(why == null ? "no answer in time" : why);
    }
  }

  private CommandException unavailable(String why) {
    return new CommandException(
        ExitCode.UNAVAILABLE,
        "node %s at %s does not answer: %s; start it, or look at its disk with --check"
            .formatted(settings.node(), endpoint, why));
  }

  private void print(NodeProcess process, NodeClient client) {
    NodeIdentity identity =
        this.<NodeIdentity>ask(process, done -> client.identify(ANSWER_LIMIT_NANOS, done));
    if (!identity.has(NodeIdentity.HAS_LOGICAL_DISKS)) {
      out.printf("witness of cluster %s: keeps records alone%n", identity.cluster());
      return;
    }
    DiskReply usage = ask(process, client, DiskRequest.usage());
    long extentBytes = usage.extentBytes();
    long extents = usage.sizeBytes() / extentBytes;
    long free = usage.freeBytes() / extentBytes;
    out.printf("disk %s of cluster %s%n", identity.disk(), identity.cluster());
    out.printf(
        "extents      %d of %s: %d used, %d free%n",
        extents, Sizes.format(extentBytes), extents - free, free);
    UUID behind = DiskRequest.NONE;
    boolean more = true;
    while (more) {
      DiskReply list = ask(process, client, DiskRequest.list(behind));
      List<LogicalDiskInfo> found = LogicalDiskInfo.decode(list.body());
      if (found == null || found.isEmpty() && list.more()) {
        throw unavailable("its list makes no sense");
      }
      for (LogicalDiskInfo one : found) {
        Epoch admitted = RecordMessages.epoch(one.admitted());
        out.printf(
            "logical disk %s of leg %s: %d extents, admitted %s%n",
            one.disk(),
            one.leg(),
            one.sizeBytes() / extentBytes,
            admitted.isNone() ? "nothing" : "epoch " + admitted);
        behind = one.disk();
      }
      more = list.more();
    }
  }

  private DiskReply ask(NodeProcess process, NodeClient client, DiskRequest request) {
    DiskReply reply =
        this.<DiskReply>ask(process, done -> client.ask(request, ANSWER_LIMIT_NANOS, done));
    if (reply.result() != EntryResult.DONE) {
      throw unavailable(request.op() + " is " + reply.result());
    }
    return reply;
  }

  private <R> R ask(NodeProcess process, Consumer<Consumer<NodeOutcome<R>>> question) {
    var outcome = new CompletableFuture<NodeOutcome<R>>();
    process.home().execute(() -> question.accept(outcome::complete));
    return switch (outcome.join()) {
      case NodeOutcome.Replied<R>(UUID store, R reply) -> reply;
      case NodeOutcome.Refused<R>(String why) -> throw unavailable(why);
      case NodeOutcome.InDoubt<R>(String why) -> throw unavailable(why);
    };
  }
}
