package io.dnvme.main.disknode;

import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.node.NodeConfiguration;
import io.dnvme.main.node.RunningProcess;
import io.dnvme.target.discovery.Portal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
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
      "Serves slices of one physical disk to the controllers of a cluster.",
      "Runs by hand, without a control plane. Formats the disk if it is new, prints a line for each"
          + " address that it serves at, and goes on until it is told to stop (SIGTERM, Ctrl-C)."
    },
    footer = {
      "",
      "The file is explained in docs/by-hand.md, with an example of each setting.",
      "",
      "Exit status: 0 stopped as told, or a check that found the disk sound; 1 failed, or a check"
          + " that found damage; 2 wrong usage: a setting, a disk that is in use or somebody"
          + " else's, a port in use; 5 a node that is to be listed does not answer."
    })
public final class DiskNodeCommand implements Callable<Integer> {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "Says which disk, and where to serve it: section dnvme.disk-node.")
  private Path file;

  @Option(
      names = "--check",
      description =
          "Look at the disk of a node that does not run, say what is found, and end: superblocks,"
              + " tables, records, checksums, and that all space is accounted for. Changes nothing.")
  private boolean check;

  @Option(
      names = "--list",
      description =
          "Ask the node, which runs, how full its disk is and which logical disks it has, and end."
              + " Changes nothing.")
  private boolean list;

  @Option(
      names = "--format",
      description =
          "Make the disk of a node that does not run anew, and end. ALL THAT IS ON IT IS LOST, whatever"
              + " it is and whosever. Without it only a device or file of zeroes is formatted.")
  private boolean format;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    NodeConfiguration configuration = NodeConfiguration.load(file, DiskNodeSettings.ROLE);
    DiskNodeSettings settings = DiskNodeSettings.read(configuration.role());
    var out = spec.commandLine().getOut();
    if (Stream.of(check, list, format).filter(wanted -> wanted).count() > 1) {
      throw new CommandException(ExitCode.USAGE, "--check, --list and --format exclude each other");
    }
    if (list) {
      return new DiskNodeList(settings, out).run(configuration.process());
    }
    if (format) {
      return new DiskNodeFormat(settings, out).run(configuration.process());
    }
    if (check) {
      return new DiskNodeCheck(settings, out).run(configuration.process());
    }
    DiskNode node = DiskNode.start(settings, configuration.process());
    for (Portal portal : node.portals()) {
      out.println(
          "disk node "
              + node.nqn()
              + " at "
              + new Endpoint(portal.listenAddress().getHostAddress(), portal.port()));
    }
    out.flush();
    return RunningProcess.untilStopped(node, new CompletableFuture<>());
  }
}
