package io.dnvme.main.metrics;

import io.dnvme.transport.EpollReactor;
import io.dnvme.transport.ReactorCounters;
import io.dnvme.transport.Reactors;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToDoubleFunction;

/** Publishes what each reactor's connections did. */
public final class ReactorMetrics {

  private ReactorMetrics() {}

  /** Registers the meters of all reactors. */
  public static void register(MeterRegistry registry, Reactors reactors) {
    reactors.all().forEach(reactor -> register(registry, reactor));
  }

  private static void register(MeterRegistry registry, EpollReactor reactor) {
    Tags tags = Tags.of("reactor", Integer.toString(reactor.index()));
    ReactorCounters counters = reactor.counters();
    Gauge.builder("dnvme.reactor.connections", counters, ReactorCounters::connections)
        .description("connections that are open")
        .tags(tags)
        .register(registry);
    count(registry, tags, counters, "connections.opened", ReactorCounters::connectionsOpened);
    count(registry, tags, counters, "received.bytes", ReactorCounters::bytesIn);
    count(registry, tags, counters, "sent.bytes", ReactorCounters::bytesOut);
    count(registry, tags, counters, "received.pdus", ReactorCounters::pdusIn);
    count(registry, tags, counters, "received.batches", ReactorCounters::batchesIn);
    count(registry, tags, counters, "sent.batches", ReactorCounters::batchesOut);
    count(registry, tags, counters, "receive.calls", ReactorCounters::receiveCalls);
    count(registry, tags, counters, "write.calls", ReactorCounters::writeCalls);
    count(registry, tags, counters, "epoll.waits", ReactorCounters::epollWaits);
    count(registry, tags, counters, "sleeps", ReactorCounters::sleeps);
    count(registry, tags, counters, "spins", ReactorCounters::spins);
    count(registry, tags, counters, "spins.in.vain", ReactorCounters::spinsInVain);
    count(registry, tags, counters, "spilled.bytes", ReactorCounters::spilledBytes);
  }

  private static void count(
      MeterRegistry registry,
      Tags tags,
      ReactorCounters counters,
      String name,
      ToDoubleFunction<ReactorCounters> figure) {
    FunctionCounter.builder("dnvme.reactor." + name, counters, figure)
        .tags(tags)
        .register(registry);
  }
}
