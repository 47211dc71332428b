package io.dnvme.main.disknode;

import io.dnvme.main.Endpoint;
import io.dnvme.main.node.NodeConfiguration;
import io.dnvme.main.node.RunningProcess;
import io.dnvme.target.discovery.Portal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnvme disk-node}: serves one physical disk until it is told to stop. */
@Command(
    name = "disk-node",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serves slices of one physical disk to the controllers of a cluster; by hand, without a",
      "control plane. Formats the disk if it is new. Prints a line for each address it serves at."
    })
public final class DiskNodeCommand implements Callable<Integer> {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "Says which disk, and where to serve it: section dnvme.disk-node.")
  private Path file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    NodeConfiguration configuration = NodeConfiguration.load(file, DiskNodeSettings.ROLE);
    DiskNode node =
        DiskNode.start(DiskNodeSettings.read(configuration.role()), configuration.process());
    var out = spec.commandLine().getOut();
    for (Portal portal : node.portals()) {
      out.println(
          "disk node "
              + node.nqn()
              + " at "
              + new Endpoint(portal.listenAddress().getHostAddress(), portal.port()));
    }
    out.flush();
    return RunningProcess.untilStopped(node);
  }
}
