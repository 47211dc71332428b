package io.dnvme.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Processes {@code ./dnvme disk-node}, named a, b and so on, and two {@code ./dnvme
 * controller-node} as a user runs them by hand, with one virtual disk; each can be killed, paused
 * and started again. Used by one thread.
 */
final class ByHandCluster implements AutoCloseable {

  static final int CONTROLLERS = 2;

  /** How long anything that is waited for may take on a busy machine. */
  static final Duration LIMIT = Duration.ofSeconds(60);

  private static final String CLUSTER = "5d1f6a52-8c3e-4b7a-9d20-6f0b3c9e0001";
  private static final String DISK = "5d1f6a52-8c3e-4b7a-9d20-6f0b3c9e00aa";
  private static final List<String> NAMES = List.of("a", "b", "c", "d");

  /** Five of them share a small machine with an emulated one. */
  private static final List<String> SMALL = List.of("-Xmx96m", "-XX:TieredStopAtLevel=1");

  private static final String PROCESS =
      """
      dnvme.transport.reactor { count = 1, poll = sleep, buffer-memory = 32MiB, spill-memory = 32MiB }
      """;

  private static final Pattern CONNECT = Pattern.compile("(?m)^nvme connect .*--nqn=(\\S+).*$");
  private static final AtomicInteger CLUSTERS = new AtomicInteger();

  /**
   * What the disk nodes are; the first three keep the disk's record.
   *
   * @param copies of the disk, on the first nodes
   * @param disks nodes that can have copies; witnesses follow
   * @param checksums whether copies have them
   */
  record Shape(int copies, int disks, int witnesses, boolean checksums) {

    /** Three disk nodes. */
    static Shape mirror(int copies) {
      return new Shape(copies, 3, 0, false);
    }

    Shape withChecksums() {
      return new Shape(copies, disks, witnesses, true);
    }

    int diskNodes() {
      return disks + witnesses;
    }
  }

  private final Path directory;
  private final Shape shape;
  private final List<DnvmeProcess> diskNodes = new ArrayList<>();
  private final List<DnvmeProcess> controllers = new ArrayList<>();
  private final List<Integer> diskNodePorts = new ArrayList<>();
  private final List<Integer> controllerPorts = new ArrayList<>();
  private List<String> holders = NAMES.subList(0, 3);
  private String nqn;

  private ByHandCluster(Path directory, Shape shape) throws IOException {
    this.directory = directory;
    this.shape = shape;
    String prefix = "cluster-" + CLUSTERS.incrementAndGet();
    for (int i = 0; i < shape.diskNodes(); i++) {
      diskNodes.add(new DnvmeProcess(prefix + "-disk-node-" + i, SMALL));
      diskNodePorts.add(Project.freePort());
    }
    for (int i = 0; i < CONTROLLERS; i++) {
      controllers.add(new DnvmeProcess(prefix + "-controller-" + i, SMALL));
      controllerPorts.add(Project.freePort());
    }
  }

  /**
   * Starts all of it and makes a virtual disk on three disk nodes, which all keep its record.
   * Controller 0 owns it.
   */
  static ByHandCluster start(Path directory, int copies) throws IOException, InterruptedException {
    return start(directory, Shape.mirror(copies));
  }

  /** Likewise, of another shape. */
  static ByHandCluster start(Path directory, Shape shape) throws IOException, InterruptedException {
    var cluster = new ByHandCluster(directory, shape);
    try {
      for (int i = 0; i < shape.diskNodes(); i++) {
        cluster.launchDiskNode(i);
      }
      cluster.launchController(0);
      cluster.awaitServing(0);
      cluster.launchController(1);
      cluster.awaitStandby(1);
      cluster.nqn =
          CONNECT
              .matcher(cluster.controllers.getFirst().output())
              .results()
              .toList()
              .getFirst()
              .group(1);
      return cluster;
    } catch (Throwable e) {
      cluster.kill();
      throw e;
    }
  }

  void launchDiskNode(int i) throws IOException {
    String text =
        """
        %s
        dnvme.disk-node {
          cluster = %s, id = %s, listen = ["127.0.0.1:%d"]
          extent-size = 4M, record-pages = 32, witness = %s
          disk { path = "%s", size = %s }
        }
        """
            .formatted(
                PROCESS,
                CLUSTER,
                diskNodeId(i),
                diskNodePorts.get(i),
                i >= shape.disks(),
                diskImage(i),
                i >= shape.disks() ? "64M" : "288M");
    Path file = Files.writeString(directory.resolve("disk-node-" + i + ".conf"), text);
    diskNodes.get(i).launch(List.of("disk-node", "--config", file.toString()));
  }

  /** What a disk node's disk is: a file. */
  Path diskImage(int i) {
    return directory.resolve("disk-" + i);
  }

  /** Who is to keep the disk's record, by the files of the controllers that are launched now. */
  void setHolders(String... names) {
    holders = List.of(names);
  }

  void launchController(int i) throws IOException {
    launchController(i, "");
  }

  /**
   * Likewise.
   *
   * @param more of its settings
   */
  void launchController(int i, String more) throws IOException {
    var nodes = new StringBuilder();
    for (int node = 0; node < shape.diskNodes(); node++) {
      nodes.append(
          "%s { id = %s, address = \"127.0.0.1:%d\" }\n"
              .formatted(NAMES.get(node), diskNodeId(node), diskNodePorts.get(node)));
    }
    String text =
        """
        %s
        dnvme.controller-node {
          cluster = %s, id = 5d1f6a52-8c3e-4b7a-9d20-6f0b3c9e002%d
          listen = ["127.0.0.1:%d"], number = %d
          nodes { %s }
          vdisks.disk1 {
            id = %s, holders = [%s]
            %s
          }
          %s
        }
        """
            .formatted(
                PROCESS,
                CLUSTER,
                i,
                controllerPorts.get(i),
                i,
                nodes,
                DISK,
                String.join(", ", holders),
                i == 0 ? create() : "",
                more);
    Path file = Files.writeString(directory.resolve("controller-" + i + ".conf"), text);
    controllers.get(i).launch(List.of("controller-node", "--config", file.toString()));
  }

  private String create() {
    return "create { groups = [[%s]], size = 192M, checksums = %s }"
        .formatted(String.join(", ", NAMES.subList(0, shape.copies())), shape.checksums());
  }

  private static String diskNodeId(int i) {
    return "5d1f6a52-8c3e-4b7a-9d20-6f0b3c9e001" + i;
  }

  DnvmeProcess diskNode(int i) {
    return diskNodes.get(i);
  }

  DnvmeProcess controller(int i) {
    return controllers.get(i);
  }

  /** Waits until a controller owns the disk, in its process's present life. */
  void awaitServing(int controller) throws IOException, InterruptedException {
    awaitSaid(controller, "serves its virtual disk");
  }

  /** Waits until a controller knows the disk. */
  void awaitStandby(int controller) throws IOException, InterruptedException {
    awaitSaid(controller, "virtual disk disk1 of ");
  }

  /** Waits until a controller printed a text in its process's present life. */
  void awaitSaid(int controller, String text) throws IOException, InterruptedException {
    controllers.get(controller).await(text, LIMIT, said -> said.contains(text));
  }

  /** Waits until it printed it so many times. */
  void awaitSaid(int controller, String text, int times) throws IOException, InterruptedException {
    Pattern pattern = Pattern.compile(Pattern.quote(text));
    controllers
        .get(controller)
        .await(
            text + ", " + times + " times",
            LIMIT,
            said -> pattern.matcher(said).results().count() >= times);
  }

  /** The last line that a controller printed in its process's present life and that matches. */
  Optional<MatchResult> lastSaid(int controller, Pattern pattern) throws IOException {
    return pattern
        .matcher(controllers.get(controller).outputOfThisLife())
        .results()
        .reduce((earlier, later) -> later);
  }

  String nqn() {
    return nqn;
  }

  int diskNodes() {
    return shape.diskNodes();
  }

  int port(int controller) {
    return controllerPorts.get(controller);
  }

  /**
   * A script for the guest, in which {@code $nqn} is the disk's, and {@code $port} and {@code
   * $port2} are the controllers'.
   */
  String script(String body) {
    return "nqn=%s\nport=%d\nport2=%d\n%s".formatted(nqn, port(0), port(1), body);
  }

  /** Ends all processes at once, as the loss of power to all machines would. */
  void kill() throws InterruptedException {
    for (DnvmeProcess process : all()) {
      if (process.isRunning()) {
        process.kill();
      }
    }
  }

  private List<DnvmeProcess> all() {
    var all = new ArrayList<>(controllers);
    all.addAll(diskNodes);
    return all;
  }

  /**
   * Stops what runs, controllers first.
   *
   * @throws AssertionError when a process ended by itself
   */
  @Override
  public void close() {
    var failures = new ArrayList<Throwable>();
    for (DnvmeProcess process : all()) {
      try {
        process.close();
      } catch (AssertionError | RuntimeException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      var failure = new AssertionError("not all processes ended well", failures.getFirst());
      failures.stream().skip(1).forEach(failure::addSuppressed);
      throw failure;
    }
  }
}
