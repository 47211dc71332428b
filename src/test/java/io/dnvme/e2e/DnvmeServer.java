package io.dnvme.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * The product as a user runs it: a process {@code ./dnvme up} of this checkout, on ports of its own
 * choice on 127.0.0.1. It can be killed, stopped and started again on the same directory and ports.
 * Used by one thread.
 */
final class DnvmeServer implements AutoCloseable {

  /** This machine's 127.0.0.1 as the guest knows it. */
  static final String ADDRESS_IN_GUEST = "10.0.2.2";

  private static final AtomicInteger SERVERS = new AtomicInteger();

  private static final Pattern CONNECT =
      Pattern.compile("nvme connect .*--trsvcid=(\\d+) .*--nqn=(\\S+).*");

  private final List<String> options;
  private final int diskCount;
  private final int portalCount;
  private final DnvmeProcess process;
  private final Map<String, List<Integer>> portsByNqn = new LinkedHashMap<>();
  private final int discoveryPort;

  private DnvmeServer(List<String> options, int diskCount, int portalCount) throws IOException {
    this.options = options;
    this.diskCount = diskCount;
    this.portalCount = portalCount;
    this.process = new DnvmeProcess("server-" + SERVERS.incrementAndGet(), List.of());
    // Chosen here, because the server would not say which it chose.
    this.discoveryPort = Project.freePort();
  }

  /** How to start a server; each call adds to it. */
  static final class Setup {
    private final List<String> options = new ArrayList<>();
    private int diskCount;
    private int portalCount = 1;

    private Setup() {}

    /**
     * @param size as the command line takes it, such as 400M
     */
    Setup disk(String name, String size) {
      diskCount++;
      return option("--vdisk", name + "=" + size);
    }

    Setup portals(int count) {
      portalCount = count;
      return this;
    }

    Setup flag(String name) {
      options.add(name);
      return this;
    }

    Setup option(String name, String value) {
      options.add(name);
      options.add(value);
      return this;
    }

    /** Starts it and returns when it serves. */
    DnvmeServer start() throws IOException, InterruptedException {
      var server = new DnvmeServer(List.copyOf(options), diskCount, portalCount);
      server.start();
      return server;
    }
  }

  static Setup in(Path directory) {
    return new Setup().option("--dir", directory.toString());
  }

  static Setup inMemory() {
    return new Setup().option("--backing", "memory");
  }

  /** Starts it again, after {@link #kill} or {@link #stop}, on the ports that it had. */
  void start() throws IOException, InterruptedException {
    var command = new ArrayList<String>(List.of("up"));
    command.addAll(options);
    for (int i = 0; i < portalCount; i++) {
      command.addAll(List.of("--listen", "127.0.0.1:" + (portsByNqn.isEmpty() ? 0 : port(i))));
    }
    command.addAll(List.of("--discovery", "127.0.0.1:" + discoveryPort));
    command.addAll(List.of("--advertise", ADDRESS_IN_GUEST));
    command.addAll(List.of("--monitoring", "127.0.0.1:0"));
    process.start(command, this::readPorts);
  }

  /** Reads what a person would: the lines to type on the host. */
  private boolean readPorts(String printed) {
    portsByNqn.clear();
    for (String line : printed.lines().toList()) {
      var connect = CONNECT.matcher(line);
      if (connect.find()) {
        portsByNqn
            .computeIfAbsent(connect.group(2), nqn -> new ArrayList<>())
            .add(Integer.parseInt(connect.group(1)));
      }
    }
    return portsByNqn.size() == diskCount
        && portsByNqn.values().stream().allMatch(ports -> ports.size() == portalCount);
  }

  /** The NQN of the disk that was named first. */
  String nqn() {
    return nqns().getFirst();
  }

  List<String> nqns() {
    return List.copyOf(portsByNqn.keySet());
  }

  /** The port of a portal, counted from 0. */
  int port(int portal) {
    return portsByNqn.values().iterator().next().get(portal);
  }

  int discoveryPort() {
    return discoveryPort;
  }

  /**
   * A script for the guest, in which {@code $nqn} and {@code $port} are the first disk's and the
   * first portal's, {@code $nqn2} and {@code $port2} the second's, {@code $discovery} the discovery
   * port and {@code $address} this machine.
   */
  String script(String body) {
    var script = new StringBuilder();
    List<String> nqns = nqns();
    for (int i = 0; i < nqns.size(); i++) {
      script.append("nqn").append(i == 0 ? "" : i + 1).append('=').append(nqns.get(i)).append('\n');
    }
    for (int i = 0; i < portalCount; i++) {
      script.append("port").append(i == 0 ? "" : i + 1).append('=').append(port(i)).append('\n');
    }
    script.append("discovery=").append(discoveryPort).append('\n');
    script.append("address=").append(ADDRESS_IN_GUEST).append('\n');
    return script.append(body).toString();
  }

  /** Ends it as a crash of the process would: SIGKILL. */
  void kill() throws InterruptedException {
    process.kill();
  }

  /**
   * Ends it as a user would: SIGTERM.
   *
   * @return its exit status
   */
  int stop() throws InterruptedException {
    return process.stop();
  }

  boolean isRunning() {
    return process.isRunning();
  }

  /** What it printed since it was first started. */
  String output() {
    return process.output();
  }

  /**
   * Stops it where it runs.
   *
   * @throws AssertionError when it ended by itself
   */
  @Override
  public void close() {
    process.close();
  }
}
