package io.dnvme.main.metrics;

import static io.dnvme.main.metrics.HomeFigures.Figure.counter;
import static io.dnvme.main.metrics.HomeFigures.Figure.gauge;

import io.dnvme.block.BlockOp;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.main.metrics.HomeFigures.Figure;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Locale;

/** What a layer counts, by the names of {@link LayerMetrics}, where the layer comes and goes. */
public final class IoFigures {

  private static final double NANOS_PER_SECOND = 1e9;

  private IoFigures() {}

  /** Adds the figures of one layer; operations that there were none of are left out. */
  public static void add(List<Figure> figures, Tags tags, LayerCounters counters) {
    for (BlockOp op : BlockOp.values()) {
      long operations = counters.sum(c -> c.operations(op));
      if (operations == 0) {
        continue;
      }
      Tags opTags = tags.and("op", op.name().toLowerCase(Locale.ROOT));
      figures.add(counter("dnvme.io.operations", "commands finished", opTags, operations));
      figures.add(
          counter(
              "dnvme.io.bytes",
              "bytes moved by commands that succeeded",
              opTags,
              counters.sum(c -> c.bytes(op))));
      figures.add(
          counter(
              "dnvme.io.errors", "commands that failed", opTags, counters.sum(c -> c.errors(op))));
      figures.add(
          counter(
              "dnvme.io.seconds",
              "time from a command's start to its finish, summed",
              opTags,
              counters.sum(c -> c.busyNanos(op)) / NANOS_PER_SECOND));
    }
    figures.add(
        gauge(
            "dnvme.io.in.flight",
            "commands started and not finished",
            tags,
            counters.sum(IoCounters::inFlight)));
  }
}
