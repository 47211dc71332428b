package io.dnvme.main.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.main.metrics.HomeFigures.Figure;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class HomeFiguresTest {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private List<Figure> now = List.of();
  private Executor home = Runnable::run;
  private final HomeFigures figures =
      new HomeFigures(registry, task -> home.execute(task), () -> now);

  private String published() {
    figures.refresh();
    return registry.scrape();
  }

  private static Figure bytes(String member, double value) {
    return Figure.counter("a.bytes", "moved", Tags.of("member", member), value);
  }

  @Test
  void whatComesAndGoes_isPublishedAsItIs() {
    now = List.of(bytes("one", 5), Figure.gauge("a.speed", "of late", Tags.empty(), 1.5));
    assertThat(published())
        .contains("# TYPE a_bytes_total counter", "a_bytes_total{member=\"one\"} 5.0")
        .contains("# TYPE a_speed gauge", "a_speed 1.5");
    now = List.of(bytes("one", 7), bytes("two", 1));
    assertThat(published())
        .contains("a_bytes_total{member=\"one\"} 7.0", "a_bytes_total{member=\"two\"} 1.0")
        .doesNotContain("a_speed");
    now = List.of(bytes("two", 0));
    assertThat(published()).contains("a_bytes_total{member=\"two\"} 0.0").doesNotContain("one");
  }

  @Test
  void reactorThatDoesNotAnswer_leavesWhatItSaidLast() {
    now = List.of(bytes("one", 5));
    assertThat(published()).contains("a_bytes_total{member=\"one\"} 5.0");
    home = task -> {};
    now = List.of(bytes("one", 6));
    assertThat(published()).contains("a_bytes_total{member=\"one\"} 5.0");
  }
}
