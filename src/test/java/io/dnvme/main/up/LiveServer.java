package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.main.Configuration;
import io.dnvme.main.Endpoint;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.transport.ReactorCounters;
import io.dnvme.transport.ReactorHoldings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * What {@code dnvme up} runs, in this process, for hosts that behave badly; a machine that is busy
 * with other things does not end associations. Tells whether anything of its hosts was left behind.
 */
final class LiveServer implements AutoCloseable {

  static final long LIMIT_SECONDS = 60;
  static final int BLOCK_BYTES = 4096;
  static final int QUEUE_ENTRIES = ControllerLimits.DEFAULT.queueEntries();
  static final int MAX_H2C_DATA_BYTES = TransportLimits.DEFAULT.maxH2cDataBytes();
  static final int REACTORS = 2;

  /** Limits as they are, but for a reactor's standing still, which is the build machine's fault. */
  static final UpLimits LIMITS = withControllers(UpLimits.DEFAULT.maxControllersPerDisk());

  private static final Endpoint ANY_PORT = new Endpoint("127.0.0.1", 0);
  private static final AtomicLong HOSTS = new AtomicLong();

  final UpServer server;

  private LiveServer(
      UpLimits limits, Map<String, String> settings, Optional<Path> directory, String... disks) {
    var overrides = new HashMap<String, String>();
    overrides.put("transport.reactor.count", Integer.toString(REACTORS));
    overrides.put("transport.reactor.poll", "sleep");
    overrides.putAll(settings);
    server =
        UpServer.start(
            new UpSettings(
                directory.orElse(Path.of("unused")),
                List.of(ANY_PORT),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(disks).stream().map(VirtualDiskSpec::parse).toList(),
                directory.isPresent() ? Backing.FILE : Backing.MEMORY,
                BLOCK_BYTES,
                false,
                false,
                HostAccess.ANY,
                new DiskLimits(0, 0, 0, 0)),
            Configuration.load(overrides),
            limits);
  }

  /** Memory disks, each {@code NAME=SIZE}. */
  static LiveServer ofMemory(String... disks) {
    return new LiveServer(LIMITS, Map.of(), Optional.empty(), disks);
  }

  static LiveServer ofMemory(UpLimits limits, Map<String, String> settings, String... disks) {
    return new LiveServer(limits, settings, Optional.empty(), disks);
  }

  static LiveServer ofFiles(Path directory, String... disks) {
    return new LiveServer(LIMITS, Map.of(), Optional.of(directory), disks);
  }

  static LiveServer ofFiles(Path directory, Map<String, String> settings, String... disks) {
    return new LiveServer(LIMITS, settings, Optional.of(directory), disks);
  }

  static UpLimits withControllers(int maxControllersPerDisk) {
    ControllerLimits usual = ControllerLimits.DEFAULT;
    return new UpLimits(
        TransportLimits.DEFAULT,
        new ControllerLimits(
            usual.queueEntries(),
            usual.maxTransferBytes(),
            usual.errorLogEntries(),
            usual.abortCommands(),
            TimeUnit.SECONDS.toNanos(LIMIT_SECONDS),
            usual.discoveryIdleNanos()),
        maxControllersPerDisk,
        UpLimits.DEFAULT.maxIoQueues());
  }

  InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", server.portals().getFirst().port());
  }

  /** A host that nobody has been before. */
  WireHost host(String disk) {
    return host(disk, new UUID(0x4000, 0x8000_0000_0000_0000L | HOSTS.incrementAndGet()));
  }

  WireHost host(String disk, UUID hostId) {
    return new WireHost(address(), server.nqn(disk), hostId);
  }

  int controllers() {
    return server.target().controllers().count();
  }

  long connections() {
    return server.reactors().sum(ReactorCounters::connections);
  }

  ReactorHoldings holdings() {
    return ReactorHoldings.of(server.reactors());
  }

  /** Waits until all hosts are gone and nothing of theirs is left. */
  void awaitNothingHeld() {
    await("connections end", () -> connections() == 0);
    await("controllers end", () -> controllers() == 0);
    await("all memory is given back", () -> holdings().equals(ReactorHoldings.NONE));
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + LIMIT_SECONDS + " s: " + what);
      }
      Thread.yield();
    }
  }

  /** The sockets of this process, by their inodes. */
  static Set<String> sockets() throws IOException {
    var sockets = new HashSet<String>();
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:")) {
            sockets.add(target);
          }
        } catch (IOException e) {
          // Closed meanwhile.
        }
      }
    }
    return sockets;
  }

  /** Waits until there are no sockets but those of {@code before}. */
  static void awaitSockets(Set<String> before) {
    await(
        "descriptors are given back",
        () -> {
          try {
            return before.containsAll(sockets());
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Override
  public void close() {
    server.close();
    assertThat(controllers()).as("controllers left").isZero();
  }
}
