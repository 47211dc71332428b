package io.dnvme.main.disknode;

import static io.dnvme.main.metrics.HomeFigures.Figure.counter;
import static io.dnvme.main.metrics.HomeFigures.Figure.gauge;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.disk.format.DiskUsage;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.main.metrics.HomeFigures.Figure;
import io.dnvme.main.metrics.IoFigures;
import io.dnvme.ownership.HolderCounters;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;

/** What a disk node tells of itself: space, what its logical disks do, what it does as a holder. */
final class DiskFigures {

  private DiskFigures() {}

  /** On the home reactor. */
  static List<Figure> of(DiskNodeAgent agent) {
    List<Figure> figures = new ArrayList<>();
    DiskUsage usage = agent.disk().usage();
    space(figures, "free", usage.free(), usage);
    space(figures, "used", usage.used(), usage);
    space(figures, "zeroing", usage.zeroing(), usage);
    space(figures, "unusable", usage.unusable(), usage);
    figures.add(
        gauge("dnvme.disk.logical.disks", "logical disks", Tags.empty(), usage.logicalDisks()));
    figures.add(
        gauge(
            "dnvme.disk.failed",
            "1 where the disk has failed and serves nothing",
            Tags.empty(),
            agent.failure().isPresent() ? 1 : 0));
    for (LogicalDisk disk : agent.disk().list()) {
      Tags tags = Tags.of("layer", "logical-disk", "disk", disk.id().toString());
      agent
          .disk()
          .counters(disk.id())
          .ifPresent(counters -> IoFigures.add(figures, tags, counters));
    }
    if (agent.holder() != null) {
      holder(figures, agent.holder().counters());
    }
    return figures;
  }

  private static void space(List<Figure> figures, String state, int extents, DiskUsage usage) {
    figures.add(
        gauge(
            "dnvme.disk.space.bytes",
            "the disk's space by what it is used for",
            Tags.of("state", state),
            (double) extents * usage.extentBytes()));
  }

  private static void holder(List<Figure> figures, HolderCounters counters) {
    holder(figures, "batches", "messages handled as a record holder", counters.batches());
    holder(figures, "promises", "promises of an epoch given", counters.promises());
    holder(figures, "accepts", "records accepted", counters.accepts());
    holder(figures, "confirmations", "leases confirmed", counters.confirmations());
    holder(figures, "refusals", "requests refused", counters.refusals());
    holder(figures, "flushes", "flushes of the record store", counters.flushes());
  }

  private static void holder(List<Figure> figures, String name, String what, long value) {
    figures.add(counter("dnvme.holder." + name, what, Tags.empty(), value));
  }
}
