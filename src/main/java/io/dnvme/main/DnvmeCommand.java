package io.dnvme.main;

import io.dnvme.main.bench.BenchCommand;
import io.dnvme.main.controllernode.ControllerNodeCommand;
import io.dnvme.main.disknode.DiskNodeCommand;
import io.dnvme.main.up.UpCommand;
import picocli.CommandLine.Command;

/** The root of the command line. */
@Command(
    name = "dnvme",
    description = "Distributed block storage that speaks NVMe/TCP on both sides.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      UpCommand.class,
      DiskNodeCommand.class,
      ControllerNodeCommand.class,
      BenchCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "  simulate  (from a checkout) runs the product in simulated worlds that break;",
      "            see 'dnvme simulate --help'"
    })
final class DnvmeCommand {}
