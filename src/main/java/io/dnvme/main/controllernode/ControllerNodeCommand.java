package io.dnvme.main.controllernode;

import io.dnvme.main.node.ConnectCommandLine;
import io.dnvme.main.node.NodeConfiguration;
import io.dnvme.main.node.RunningProcess;
import io.dnvme.target.discovery.Portal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnvme controller-node}: serves virtual disks, or stands by, until told to stop. */
@Command(
    name = "controller-node",
    aliases = "controller",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serves virtual disks whose data is mirrored on disk nodes.",
      "Runs by hand, without a control plane. Of several controllers of a disk one owns it; the"
          + " others take over when it is gone. Prints the commands that connect a Linux host, for"
          + " each disk and address, and goes on until it is told to stop (SIGTERM, Ctrl-C)."
    },
    footer = {
      "",
      "The file is explained in docs/by-hand.md, with an example of each setting.",
      "",
      "Exit status: 0 stopped as told; 1 failed; 2 wrong usage: a setting, a port in use, or no"
          + " virtual disk that its disk nodes have room for."
    })
public final class ControllerNodeCommand implements Callable<Integer> {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description =
          "Says which disks, and where their disk nodes are: section dnvme.controller-node.")
  private Path file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    NodeConfiguration configuration = NodeConfiguration.load(file, ControllerNodeSettings.ROLE);
    ControllerNode node =
        ControllerNode.start(
            ControllerNodeSettings.read(configuration.role()), configuration.process());
    var out = spec.commandLine().getOut();
    for (String nqn : node.nqns()) {
      for (Portal portal : node.portals()) {
        out.println(ConnectCommandLine.of(nqn, portal, true));
      }
    }
    out.flush();
    return RunningProcess.untilStopped(node, node.found());
  }
}
