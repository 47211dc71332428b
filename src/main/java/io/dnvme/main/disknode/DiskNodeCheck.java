package io.dnvme.main.disknode;

import com.typesafe.config.Config;
import io.dnvme.agent.record.PagedHolderStore;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.DiskReport;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.DiskUsage;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.disk.format.PageStore;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.ownership.HolderEntry;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.RecordFormatException;
import java.io.PrintWriter;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Looks at a disk that no process uses: superblocks, tables, records, their checksums, and whether
 * what is allocated is reachable (NO-LEAK, NO-SILENT-LOSS). Reads only. From one thread.
 */
final class DiskNodeCheck {

  private final DiskNodeSettings settings;
  private final PrintWriter out;

  DiskNodeCheck(DiskNodeSettings settings, PrintWriter out) {
    this.settings = settings;
    this.out = out;
  }

  /**
   * Prints what is found.
   *
   * @return 0 where the disk is sound, 1 where it is damaged
   * @throws CommandException where there is no such disk, it is in use, or it is somebody else's
   */
  int run(Config config) {
    if (!(settings.disk() instanceof PhysicalDisk.Stored stored)) {
      throw new CommandException(ExitCode.USAGE, "a disk in memory cannot be checked");
    }
    try (NodeProcess process = NodeProcess.start(config)) {
      DiskDevice opened = process.onReactors().add(DiskDevice.open(stored));
      return check(process.home(), opened);
    } finally {
      out.flush();
    }
  }

  private int check(Reactor home, DiskDevice opened) {
    DiskReport report;
    switch (DiskNodeCheck.<DiskReport>ask(
        home, (reactor, done) -> DiskStore.check(reactor, opened.device(), done))) {
      case StoreOutcome.Refused<DiskReport>(Reason reason, String message) -> {
        return refused(reason, message);
      }
      case StoreOutcome.Done<DiskReport>(DiskReport found) -> report = found;
    }
    if (!report.clusterId().equals(settings.cluster())) {
      throw new CommandException(
          ExitCode.USAGE,
          "%s is disk %s of cluster %s, not of %s"
              .formatted(
                  settings.disk().name(), report.diskId(), report.clusterId(), settings.cluster()));
    }
    if (!report.nodeId().equals(settings.node())) {
      throw new CommandException(
          ExitCode.USAGE,
          "%s is disk %s of node %s, not of %s"
              .formatted(
                  settings.disk().name(), report.diskId(), report.nodeId(), settings.node()));
    }
    print(report);
    return switch (DiskNodeCheck.<PageStore>ask(
        home, (reactor, done) -> DiskStore.checkRecords(reactor, opened.device(), done))) {
      case StoreOutcome.Refused<PageStore>(Reason reason, String message) ->
          refused(reason, message);
      case StoreOutcome.Done<PageStore>(PageStore pages) -> records(pages);
    };
  }

  private int refused(Reason reason, String message) {
    return switch (reason) {
      case DAMAGED, FAILED -> {
        out.println("damaged: " + message);
        yield ExitCode.FAILED;
      }
      default ->
          throw new CommandException(ExitCode.USAGE, settings.disk().name() + ": " + message);
    };
  }

  private void print(DiskReport report) {
    DiskUsage usage = report.usage();
    out.printf("disk %s of cluster %s%n", report.diskId(), report.clusterId());
    out.printf("superblocks  %s%n", copies(report.badSuperblocks()));
    out.printf("tables       %s%n", copies(report.badPageCopies()));
    out.printf(
        "extents      %d of %s: %d used, %d free, %d to be zeroed, %d of them left over%n",
        usage.extents(),
        Sizes.format(usage.extentBytes()),
        usage.used(),
        usage.free(),
        usage.zeroing(),
        report.leftovers());
    for (LogicalDisk disk : report.logicalDisks()) {
      out.printf(
          "logical disk %s of leg %s: %d extents, admitted %s%n",
          disk.id(),
          disk.legId(),
          disk.extentCount(),
          disk.admitted().isNone() ? "nothing" : "epoch " + disk.admitted());
    }
  }

  private int records(PageStore pages) {
    if (pages == null) {
      out.println("records      none are kept");
    } else {
      PagedHolderStore store;
      try {
        store = new PagedHolderStore(pages, settings.node());
      } catch (RecordFormatException e) {
        out.println("damaged: its records: " + e.getMessage());
        return ExitCode.FAILED;
      }
      out.printf("records      %s%n", copies(pages.badCopies()));
      for (HolderEntry entry : store.entries()) {
        out.printf("record       of leg %s: %s%n", entry.leg(), what(entry));
      }
    }
    out.println("sound");
    return ExitCode.OK;
  }

  private static String what(HolderEntry entry) {
    if (entry.retired()) {
      return "kept no more since generation %d, but by %s"
          .formatted(
              entry.tombstone().generation(),
              entry.tombstone().successors().stream()
                  .map(holder -> "store " + holder.store() + " " + holder.address())
                  .collect(Collectors.joining(", ")));
    }
    LegRecord held = entry.accepted();
    return "promised epoch %s, holds %s"
        .formatted(
            entry.promised(),
            held == null
                ? "nothing"
                : "generation %d of epoch %s".formatted(held.generation(), held.epoch()));
  }

  /** A crash tears one copy at most: the other one is whole, and the next start repairs it. */
  private static String copies(int bad) {
    return bad == 0
        ? "good"
        : "good; " + bad + (bad == 1 ? " copy is" : " copies are") + " damaged, the others whole";
  }

  /** What {@code task} tells, which begins on the home reactor. */
  static <T> StoreOutcome<T> ask(
      Reactor home, BiConsumer<Reactor, Consumer<StoreOutcome<T>>> task) {
    var outcome = new CompletableFuture<StoreOutcome<T>>();
    home.execute(() -> {
      try {
        task.accept(home, outcome::complete);
      } catch (RuntimeException e) {
        outcome.completeExceptionally(e);
      }
    });
    return DiskNode.await(outcome);
  }
}
