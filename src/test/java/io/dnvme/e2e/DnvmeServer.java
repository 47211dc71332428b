package io.dnvme.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

  /** The launcher may have to build the checkout first. */
  private static final Duration START_LIMIT = Duration.ofMinutes(5);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final long POLL_MS = 20;
  private static final int OUTPUT_TAIL_LINES = 60;
  private static final AtomicInteger SERVERS = new AtomicInteger();

  private static final Pattern CONNECT =
      Pattern.compile("nvme connect .*--trsvcid=(\\d+) .*--nqn=(\\S+).*");

  private final List<String> options;
  private final int diskCount;
  private final int portalCount;
  private final Path output;
  private final Map<String, List<Integer>> portsByNqn = new LinkedHashMap<>();
  private final int discoveryPort;
  private Process process;
  private boolean endWanted;

  private DnvmeServer(List<String> options, int diskCount, int portalCount) throws IOException {
    this.options = options;
    this.diskCount = diskCount;
    this.portalCount = portalCount;
    this.output = Project.logFile("server-" + SERVERS.incrementAndGet() + ".log");
    Files.deleteIfExists(output);
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
    if (process != null && process.isAlive()) {
      throw new IllegalStateException("it runs already");
    }
    var command = new ArrayList<String>(List.of("./dnvme", "up"));
    command.addAll(options);
    for (int i = 0; i < portalCount; i++) {
      command.addAll(List.of("--listen", "127.0.0.1:" + (portsByNqn.isEmpty() ? 0 : port(i))));
    }
    command.addAll(List.of("--discovery", "127.0.0.1:" + discoveryPort));
    command.addAll(List.of("--advertise", ADDRESS_IN_GUEST));
    command.addAll(List.of("--monitoring", "127.0.0.1:0"));
    endWanted = false;
    long startOfOutput = Files.exists(output) ? Files.size(output) : 0;
    process =
        new ProcessBuilder(command)
            .directory(Project.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    try {
      awaitPorts(startOfOutput);
    } catch (Throwable e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private void awaitPorts(long startOfOutput) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!readPorts(startOfOutput)) {
      if (process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
        throw failure("./dnvme up ended with " + process.exitValue());
      }
      if (System.nanoTime() > deadline) {
        throw failure("./dnvme up named no ports within " + START_LIMIT);
      }
    }
  }

  /** Reads what a person would: the lines to type on the host. */
  private boolean readPorts(long startOfOutput) throws IOException {
    portsByNqn.clear();
    byte[] all = Files.readAllBytes(output);
    String printed = new String(all, (int) startOfOutput, all.length - (int) startOfOutput);
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
    endWanted = true;
    process.destroyForcibly().waitFor();
  }

  /**
   * Ends it as a user would: SIGTERM.
   *
   * @return its exit status
   */
  int stop() throws InterruptedException {
    endWanted = true;
    process.destroy();
    if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
      throw failure("./dnvme up did not stop within " + STOP_LIMIT);
    }
    return process.exitValue();
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** What it printed since it was first started. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return "(no output: " + e + ")";
    }
  }

  private AssertionError failure(String what) {
    List<String> lines = output().lines().toList();
    List<String> tail = lines.subList(Math.max(0, lines.size() - OUTPUT_TAIL_LINES), lines.size());
    return new AssertionError(what + "\n--- end of its output\n" + String.join("\n", tail));
  }

  /**
   * Stops it where it runs.
   *
   * @throws AssertionError when it ended by itself
   */
  @Override
  public void close() {
    if (!process.isAlive() && !endWanted) {
      throw failure("./dnvme up ended by itself with " + process.exitValue());
    }
    try {
      stop();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
