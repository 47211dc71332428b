package io.dnvme.main.disknode;

import com.typesafe.config.Config;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.node.NodeProcess;
import java.io.PrintWriter;
import java.util.UUID;

/** Makes the disk of a node anew, whatever is on it, because somebody says so. From one thread. */
final class DiskNodeFormat {

  private final DiskNodeSettings settings;
  private final PrintWriter out;

  DiskNodeFormat(DiskNodeSettings settings, PrintWriter out) {
    this.settings = settings;
    this.out = out;
  }

  /**
   * Prints what was made.
   *
   * @return 0
   * @throws CommandException where there is no such disk, it is in use, or it cannot be formatted
   */
  int run(Config config) {
    if (settings.disk() instanceof PhysicalDisk.Memory) {
      throw new CommandException(ExitCode.USAGE, "a disk in memory is new at every start");
    }
    try (NodeProcess process = NodeProcess.start(config)) {
      DiskDevice opened = process.onReactors().add(DiskDevice.openOrMake(settings.disk()));
      StoreOutcome<UUID> outcome =
          DiskNodeCheck.ask(
              process.home(),
              (home, done) ->
                  DiskStore.format(
                      home, opened.device(), settings.format().withOverwrite(true), done));
      switch (outcome) {
        case StoreOutcome.Refused<UUID> refused ->
            throw new CommandException(
                ExitCode.USAGE, settings.disk().name() + ": " + refused.message());
        case StoreOutcome.Done<UUID>(UUID disk) -> {
          opened.keep();
          out.printf(
              "disk %s of node %s made in %s%n", disk, settings.node(), settings.disk().name());
        }
      }
      return ExitCode.OK;
    } finally {
      out.flush();
    }
  }
}
