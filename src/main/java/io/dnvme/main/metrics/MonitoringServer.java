package io.dnvme.main.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What monitoring asks over HTTP: {@code /metrics} in Prometheus' text form, {@code /health/live}
 * and {@code /health/ready} with 200 or 503. Read-only; runs on a thread of its own, never on a
 * reactor.
 */
public final class MonitoringServer implements AutoCloseable {

  private static final int BACKLOG = 16;
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService thread;

  /**
   * Starts to serve.
   *
   * @param ready whether the process serves what it is there for
   * @throws IOException where the address cannot be listened on
   */
  public MonitoringServer(
      InetSocketAddress address, PrometheusMeterRegistry registry, BooleanSupplier ready)
      throws IOException {
    this(address, registry::scrape, ready);
  }

  /**
   * Likewise.
   *
   * @param metrics asked on the server's thread
   */
  public MonitoringServer(
      InetSocketAddress address, Supplier<String> metrics, BooleanSupplier ready)
      throws IOException {
    server = HttpServer.create(address, BACKLOG);
    thread =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("dnvme-monitoring").daemon().factory());
    server.setExecutor(thread);
    server.createContext("/metrics", exchange -> answer(exchange, 200, METRICS, metrics.get()));
    server.createContext("/health/live", exchange -> answer(exchange, 200, TEXT, "live\n"));
    server.createContext(
        "/health/ready",
        exchange -> {
          boolean isReady = ready.getAsBoolean();
          answer(exchange, isReady ? 200 : 503, TEXT, isReady ? "ready\n" : "not ready\n");
        });
    server.createContext("/", exchange -> answer(exchange, 404, TEXT, "try /metrics\n"));
    server.start();
  }

  /** Where it listens; the port that was taken where 0 was asked. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdown();
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
