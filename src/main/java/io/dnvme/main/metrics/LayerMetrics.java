package io.dnvme.main.metrics;

import io.dnvme.block.BlockOp;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Publishes what a layer counts: operations, bytes, errors, time, and commands in flight. */
public final class LayerMetrics {

  private static final double NANOS_PER_SECOND = 1e9;

  private LayerMetrics() {}

  /**
   * Registers the meters of one layer of one disk.
   *
   * @param layer the layer's name, such as {@code file} or {@code qos}
   * @param disk the virtual disk's name
   */
  public static void register(
      MeterRegistry registry, String layer, String disk, LayerCounters counters) {
    Tags tags = Tags.of("layer", layer, "disk", disk);
    for (BlockOp op : BlockOp.values()) {
      Tags opTags = tags.and("op", op.name().toLowerCase(Locale.ROOT));
      counter(
          registry,
          "dnvme.io.operations",
          "commands finished",
          opTags,
          counters,
          c -> c.operations(op));
      counter(
          registry,
          "dnvme.io.bytes",
          "bytes moved by commands that succeeded",
          opTags,
          counters,
          c -> c.bytes(op));
      counter(
          registry, "dnvme.io.errors", "commands that failed", opTags, counters, c -> c.errors(op));
      FunctionCounter.builder(
              "dnvme.io.seconds", counters, c -> c.sum(k -> k.busyNanos(op)) / NANOS_PER_SECOND)
          .description("time from a command's start to its finish, summed")
          .tags(opTags)
          .register(registry);
    }
    Gauge.builder("dnvme.io.in.flight", counters, c -> c.sum(IoCounters::inFlight))
        .description("commands started and not finished")
        .tags(tags)
        .register(registry);
  }

  private static void counter(
      MeterRegistry registry,
      String name,
      String description,
      Tags tags,
      LayerCounters counters,
      ToLongFunction<IoCounters> figure) {
    FunctionCounter.builder(name, counters, c -> c.sum(figure))
        .description(description)
        .tags(tags)
        .register(registry);
  }
}
