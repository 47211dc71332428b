package io.dnvme.main.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Publishes what only a reactor may look at, and what comes and goes: legs, members, rebuilds. The
 * reactor is asked for all of it whenever somebody asks for metrics; where it does not answer, what
 * it said last is published. On the monitoring thread.
 */
public final class HomeFigures {

  private static final long LIMIT_SECONDS = 1;

  /**
   * One number.
   *
   * @param counter whether it only grows, until what it counts begins anew
   */
  public record Figure(String name, String description, boolean counter, Tags tags, double value) {

    public static Figure gauge(String name, String description, Tags tags, double value) {
      return new Figure(name, description, false, tags, value);
    }

    public static Figure counter(String name, String description, Tags tags, double value) {
      return new Figure(name, description, true, tags, value);
    }
  }

  private record Key(String name, Tags tags) {}

  private static final class Row {
    private Meter meter;
    private volatile double value;

    double value() {
      return value;
    }
  }

  private final MeterRegistry registry;
  private final Executor home;
  private final Supplier<List<Figure>> source;
  private final Map<Key, Row> rows = new HashMap<>();

  /**
   * @param home where {@code source} is asked
   */
  public HomeFigures(MeterRegistry registry, Executor home, Supplier<List<Figure>> source) {
    this.registry = registry;
    this.home = home;
    this.source = source;
  }

  /** Brings what is published up to date. */
  public void refresh() {
    var answer = new CompletableFuture<List<Figure>>();
    home.execute(() -> {
      try {
        answer.complete(source.get());
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    });
    try {
      publish(answer.get(LIMIT_SECONDS, TimeUnit.SECONDS));
    } catch (TimeoutException e) {
      // What it said last is still there.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void publish(List<Figure> figures) {
    Set<Key> seen = new HashSet<>();
    for (Figure figure : figures) {
      var key = new Key(figure.name(), figure.tags());
      seen.add(key);
      Row row = rows.get(key);
      if (row == null) {
        row = new Row();
        rows.put(key, row);
        row.value = figure.value();
        row.meter = register(figure, row);
      }
      row.value = figure.value();
    }
    rows.entrySet()
        .removeIf(entry -> {
          boolean gone = !seen.contains(entry.getKey());
          if (gone) {
            registry.remove(entry.getValue().meter);
          }
          return gone;
        });
  }

  private Meter register(Figure figure, Row row) {
    return figure.counter()
        ? FunctionCounter.builder(figure.name(), row, Row::value)
            .description(figure.description())
            .tags(figure.tags())
            .register(registry)
        : Gauge.builder(figure.name(), row, Row::value)
            .description(figure.description())
            .tags(figure.tags())
            .register(registry);
  }
}
