package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dnvme.main.bench.BenchCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * Hosts that send anything, on many sockets, while {@code dnvme bench --verify} uses the same disk:
 * it notices nothing, and nothing is left of them.
 */
class LiveFuzzTest {

  private static final int FUZZERS = 6;
  private static final int SECONDS = 4;

  /** What the product says of its own mistakes; no peer's. */
  private final ListAppender<ILoggingEvent> complaints = new ListAppender<>();

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.dnvme");

  @BeforeEach
  void listenToLog() {
    complaints.start();
    logger.addAppender(complaints);
  }

  @AfterEach
  void noComplaint() {
    logger.detachAppender(complaints);
    assertThat(List.copyOf(complaints.list))
        .filteredOn(event -> event.getLevel() == Level.ERROR)
        .extracting(ILoggingEvent::getFormattedMessage)
        .isEmpty();
  }

  @TempDir Path temp;

  @ParameterizedTest
  @EnumSource(Backing.class)
  void hostsThatSendAnything_harmNoneThatBehaves(Backing backing) throws Exception {
    long seed = Long.getLong("dnvme.seed", System.nanoTime());
    System.out.println("LiveFuzzTest seed " + seed + " (repeat with -Ddnvme.seed=" + seed + ")");
    try (LiveServer server =
            backing == Backing.MEMORY
                ? LiveServer.ofMemory("a=64M")
                : LiveServer.ofFiles(temp.resolve("disks"), "a=64M");
        var threads = Executors.newFixedThreadPool(FUZZERS)) {
      var stop = new AtomicBoolean();
      var fuzzers = new ArrayList<WireFuzz>();
      List<Future<Void>> runs = new ArrayList<>();
      for (int i = 0; i < FUZZERS; i++) {
        var fuzz = new WireFuzz(server, new Random(seed + i));
        fuzzers.add(fuzz);
        Callable<Void> run =
            () -> {
              fuzz.runUntil(stop);
              return null;
            };
        runs.add(threads.submit(run));
      }
      JsonNode result;
      try {
        result = bench(server);
      } finally {
        stop.set(true);
      }
      for (Future<Void> run : runs) {
        run.get();
      }
      assertThat(result.get("errors")).as("errors of the host that behaves").isEmpty();
      assertThat(result.get("verify").get("mismatches").asLong()).isZero();
      assertThat(result.get("verify").get("blocks").asLong()).isPositive();
      assertThat(result.get("connection_losses").asLong()).isZero();
      server.awaitNothingHeld();
      long sent = fuzzers.stream().mapToLong(WireFuzz::sent).sum();
      long connections = fuzzers.stream().mapToLong(WireFuzz::connections).sum();
      System.out.printf("LiveFuzzTest: %d connections, %d PDUs%n", connections, sent);
      assertThat(connections).isGreaterThan(FUZZERS);
      assertThat(sent).isGreaterThan(1000);
    }
  }

  /** A run with verification on the part of the disk that is not for fuzzers. */
  private static JsonNode bench(LiveServer server) throws Exception {
    var out = new StringWriter();
    var err = new StringWriter();
    int exit =
        new CommandLine(new BenchCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(
                "--connect=127.0.0.1:" + server.address().getPort(),
                "--nqn=" + server.server.nqn("a"),
                "--rw=rw",
                "--bs=8k",
                "--qd=16",
                "--queues=2",
                "--verify",
                "--size=0+" + WireFuzz.FIRST_BLOCK * LiveServer.BLOCK_BYTES / 1024 + "k",
                "--ramp=0",
                "--time=" + SECONDS,
                "--keep-alive-tmo=30",
                "--poll=sleep",
                "--output=json");
    assertThat(exit).as(err + "" + out).isZero();
    return new ObjectMapper().readTree(out.toString());
  }
}
