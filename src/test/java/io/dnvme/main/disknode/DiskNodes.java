package io.dnvme.main.disknode;

import com.typesafe.config.ConfigFactory;
import io.dnvme.agent.NodeNames;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.main.node.NodeConfiguration;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Starts disk nodes for tests of other packages. */
public final class DiskNodes {

  private DiskNodes() {}

  /** What a file says. */
  public static DiskNodeSettings read(Path file) {
    return DiskNodeSettings.read(NodeConfiguration.load(file, DiskNodeSettings.ROLE).role());
  }

  /** Has a node that runs make a logical disk, as a controller does. */
  public static void allocate(Path file, UUID logicalDisk, UUID leg, long sizeBytes) {
    DiskNodeSettings settings = read(file);
    var config = ConfigFactory.parseString("dnvme.transport.reactor { count = 1, poll = sleep }");
    try (NodeProcess host =
        NodeProcess.start(config.withFallback(ConfigFactory.load()).resolve())) {
      UUID caller = UUID.randomUUID();
      HostController controller =
          host.initiator()
              .connect(
                  new ControllerOptions(
                      settings.listen().getFirst().resolve(),
                      NodeNames.node(settings.node()),
                      HostIdentity.of(caller),
                      1000,
                      QueueOptions.of(0),
                      ReconnectOptions.DEFAULT),
                  List.of(host.home()))
              .orTimeout(30, TimeUnit.SECONDS)
              .join();
      var client = new NodeClient(controller, settings.cluster(), caller);
      var outcome = new CompletableFuture<NodeOutcome<DiskReply>>();
      host.home()
          .execute(() ->
              client.ask(
                  DiskRequest.allocate(logicalDisk, leg, sizeBytes),
                  TimeUnit.SECONDS.toNanos(30),
                  outcome::complete));
      if (!(outcome.join() instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply))
          || reply.result() != EntryResult.DONE) {
        throw new AssertionError(outcome.join());
      }
    }
  }

  public static DiskNode start(Path file) {
    NodeConfiguration configuration = NodeConfiguration.load(file, DiskNodeSettings.ROLE);
    return DiskNode.start(DiskNodeSettings.read(configuration.role()), configuration.process());
  }
}
