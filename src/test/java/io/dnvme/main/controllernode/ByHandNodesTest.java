package io.dnvme.main.controllernode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.main.disknode.DiskNode;
import io.dnvme.main.disknode.DiskNodes;
import io.dnvme.main.node.NodeConfiguration;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.AnaGroupDescriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three disk nodes and two controllers in one process, over real sockets. */
class ByHandNodesTest {

  private static final String CLUSTER = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0001";
  private static final UUID DISK = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa");
  private static final long LIMIT_SECONDS = 60;
  private static final int BLOCK = 4096;
  private static final String PROCESS = "dnvme.transport.reactor { count = 1, poll = sleep }\n";

  @TempDir Path temp;

  private final int[] ports = new int[3];
  private final DiskNode[] nodes = new DiskNode[3];
  private final List<ControllerNode> controllers = new ArrayList<>();
  private NodeProcess host;

  @BeforeEach
  void startHost() throws IOException {
    for (int i = 0; i < ports.length; i++) {
      try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        ports[i] = free.getLocalPort();
      }
    }
    Config config = ConfigFactory.parseString(PROCESS).withFallback(ConfigFactory.load());
    host = NodeProcess.start(config.resolve());
  }

  @AfterEach
  void stopAll() {
    host.close();
    controllers.forEach(ControllerNode::close);
    for (DiskNode node : nodes) {
      if (node != null) {
        node.close();
      }
    }
  }

  private static String nodeId(int i) {
    return "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f001" + i;
  }

  private void startDiskNode(int i) throws IOException {
    String text =
        PROCESS
            + """
            dnvme.disk-node {
              cluster = %s, id = %s, listen = ["127.0.0.1:%d"]
              monitoring = "127.0.0.1:0", extent-size = 4M, record-pages = 64
              disk { path = "%s", size = 128M }
            }
            """
                .formatted(CLUSTER, nodeId(i), ports[i], temp.resolve("disk" + i));
    nodes[i] = DiskNodes.start(Files.writeString(temp.resolve("node" + i + ".conf"), text));
  }

  private void stopDiskNode(int i) {
    nodes[i].close();
    nodes[i] = null;
  }

  private ControllerNode startController(int number, boolean create) throws IOException {
    return startController(number, create, "");
  }

  private ControllerNode startController(int number, boolean create, String more)
      throws IOException {
    return startController(number, create, more, "");
  }

  /**
   * @param more of the virtual disk
   * @param others more virtual disks
   */
  private ControllerNode startController(int number, boolean create, String more, String others)
      throws IOException {
    String text =
        PROCESS
            + """
            dnvme.controller-node {
              cluster = %s, id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f002%d
              listen = ["127.0.0.1:0"], monitoring = "127.0.0.1:0", number = %d
              nodes {
                a { id = %s, address = "127.0.0.1:%d" }
                b { id = %s, address = "127.0.0.1:%d" }
                c { id = %s, address = "127.0.0.1:%d" }
              }
              vdisks.disk1 {
                id = %s, holders = [a, b, c]
                %s
              }
              %s
            }
            """
                .formatted(
                    CLUSTER,
                    number,
                    number,
                    nodeId(0),
                    ports[0],
                    nodeId(1),
                    ports[1],
                    nodeId(2),
                    ports[2],
                    DISK,
                    create ? "create { groups = [[a, b, c]], size = 32M }" : more,
                    others);
    Path file = Files.writeString(temp.resolve("controller" + number + ".conf"), text);
    NodeConfiguration configuration = NodeConfiguration.load(file, ControllerNodeSettings.ROLE);
    ControllerNode node =
        ControllerNode.start(
            ControllerNodeSettings.read(configuration.role()), configuration.process());
    controllers.add(node);
    return node;
  }

  private static void awaitTrue(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + LIMIT_SECONDS + " s: " + what);
      }
      Thread.yield();
    }
  }

  private RemoteNamespace connect(ControllerNode controller) {
    return connect(controller, controller.nqns().getFirst());
  }

  private RemoteNamespace connect(ControllerNode controller, String nqn) {
    Reactor reactor = host.home();
    var options =
        new ControllerOptions(
            new InetSocketAddress(
                InetAddress.getLoopbackAddress(), controller.portals().getFirst().port()),
            nqn,
            HostIdentity.of(UUID.randomUUID()),
            1000,
            QueueOptions.of(1),
            ReconnectOptions.DEFAULT.withLossPolicy(LossPolicy.FAIL));
    HostController found =
        host.initiator()
            .connect(options, List.of(reactor))
            .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
            .join();
    return found.namespace(1);
  }

  private BlockStatus io(RemoteNamespace namespace, BlockOp op, long block, MemorySegment data) {
    return start(namespace, op, block, data).orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  private CompletableFuture<BlockStatus> start(
      RemoteNamespace namespace, BlockOp op, long block, MemorySegment data) {
    var done = new CompletableFuture<BlockStatus>();
    Reactor reactor = host.home();
    reactor.execute(() -> {
      var io = new BlockIo(reactor);
      io.prepare(op, block, data.byteSize() / BLOCK);
      io.data().add(data, 0, data.byteSize());
      io.onCompletion(over -> done.complete(over.status()), null);
      namespace.submit(io);
    });
    return done;
  }

  private static MemorySegment filled(long value) {
    MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
    for (long at = 0; at < BLOCK; at += Long.BYTES) {
      data.set(ValueLayout.JAVA_LONG, at, value + at);
    }
    return data;
  }

  private void write(RemoteNamespace namespace, long block, long value) {
    assertThat(io(namespace, BlockOp.WRITE, block, filled(value))).isEqualTo(BlockStatus.SUCCESS);
  }

  private void assertRead(RemoteNamespace namespace, long block, long value) {
    MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
    assertThat(io(namespace, BlockOp.READ, block, data)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(data.mismatch(filled(value))).as("block " + block).isEqualTo(-1);
  }

  @Test
  void diskNodesComeAndGo_theOwnerStops_andTheOtherServesWhatWasWritten() throws Exception {
    for (int i = 0; i < nodes.length; i++) {
      startDiskNode(i);
    }
    ControllerNode first = startController(0, true);
    awaitTrue("the first controller serves", first::isServing);
    ControllerNode second = startController(1, false);
    second.found().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    assertThat(second.isServing()).isFalse();

    RemoteNamespace one = connect(first);
    RemoteNamespace other = connect(second);
    assertThat(other.geometry()).isEqualTo(one.geometry());
    awaitTrue(
        "the standby is inaccessible",
        () -> other.anaState() == AnaGroupDescriptor.STATE_INACCESSIBLE);
    for (int block = 0; block < 64; block++) {
      write(one, block * 100L, block);
    }
    stopDiskNode(2);
    for (int block = 0; block < 64; block++) {
      write(one, block * 100L, 1000 + block);
      assertRead(one, block * 100L, 1000 + block);
    }
    startDiskNode(2);
    awaitTrue("the third member is rebuilt", first::isWhole);

    first.close();
    awaitTrue("the second controller serves", second::isServing);
    awaitTrue("hosts are told", () -> other.anaState() == AnaGroupDescriptor.STATE_OPTIMIZED);
    stopDiskNode(0);
    for (int block = 0; block < 64; block++) {
      assertRead(other, block * 100L, 1000 + block);
      write(other, block * 100L, 2000 + block);
    }
    startDiskNode(0);
    awaitTrue("the first member is rebuilt", second::isWhole);
    stopDiskNode(1);
    stopDiskNode(2);
    // The record has no majority: nothing may be answered any more (LEASE), and nobody waits for
    // it.
    CompletableFuture<BlockStatus> held = start(other, BlockOp.WRITE, 0, filled(7));
    awaitTrue("a leg without a majority of holders is not served", () -> !second.isServing());
    assertThat(held.orTimeout(5, TimeUnit.SECONDS).join()).isNotEqualTo(BlockStatus.SUCCESS);
    startDiskNode(1);
    startDiskNode(2);
    awaitTrue("it serves again", second::isServing);
    // The lease comes a little later: until then hosts are told to try again.
    awaitTrue(
        "it answers again", () -> io(other, BlockOp.WRITE, 0, filled(8)) == BlockStatus.SUCCESS);
    for (int block = 1; block < 64; block++) {
      assertRead(other, block * 100L, 2000 + block);
    }
  }

  @Test
  void diskThatIsLostForGood_isReplacedByTheOneThatTheFileNames() throws Exception {
    for (int i = 0; i < nodes.length; i++) {
      startDiskNode(i);
    }
    ControllerNode first = startController(0, true);
    awaitTrue("the first controller serves", first::isServing);
    RemoteNamespace one = connect(first);
    write(one, 100, 7);
    stopDiskNode(2);
    Files.delete(temp.resolve("disk2"));
    startDiskNode(2);
    write(one, 200, 8);
    UUID lost = UUID.nameUUIDFromBytes((DISK + " leg 0 group 0 member 2").getBytes(UTF_8));
    ControllerNode second =
        startController(1, false, "replace { \"%s\" = \"%s\" }".formatted(lost, nodes[2].diskId()));
    second.found().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    assertThat(first.isServing()).isTrue();
    assertThat(first.isWhole()).isFalse();
    first.close();
    awaitTrue("the new disk is rebuilt", second::isWhole);
    RemoteNamespace other = connect(second);
    for (int i = 0; i < 6; i++) {
      assertRead(other, 100, 7);
      assertRead(other, 200, 8);
    }
  }

  @Test
  void severalVirtualDisks_areServedSideBySide_andOneThatCannotBeMadeIsLeftOut() throws Exception {
    for (int i = 0; i < nodes.length; i++) {
      startDiskNode(i);
    }
    String others =
        """
        vdisks.disk2 { id = %s, holders = [a], create { groups = [[b, c]], size = 16M } }
        vdisks.large { id = %s, holders = [a], create { groups = [[b, c]], size = 16G } }
        """
            .formatted(new UUID(9, 2), new UUID(9, 3));
    ControllerNode first = startController(0, true, "", others);
    first.found().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    awaitTrue("what can be made is served", () -> first.serving() == 2);
    assertThat(first.isServing()).as("all").isFalse();
    assertThat(first.nqns()).hasSize(3);
    RemoteNamespace one = connect(first, first.nqns().get(0));
    RemoteNamespace two = connect(first, first.nqns().get(1));
    assertThat(one.geometry().sizeBytes()).isEqualTo(32 << 20);
    assertThat(two.geometry().sizeBytes()).isEqualTo(16 << 20);
    write(one, 100, 1);
    write(two, 100, 2);
    assertRead(one, 100, 1);
    assertRead(two, 100, 2);
    stopDiskNode(0);
    write(one, 100, 3);
    awaitTrue("it has lost its only holder", () -> first.serving() == 1);
    assertRead(one, 100, 3);
  }

  private static String get(Optional<InetSocketAddress> monitoring, String path) throws Exception {
    InetSocketAddress at = monitoring.orElseThrow();
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(
                  URI.create("http://%s:%d%s".formatted(at.getHostString(), at.getPort(), path)))
              .build();
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).as(path).isEqualTo(200);
      return response.body();
    }
  }

  /** The sum of the metric's lines that have all these parts. */
  private static double sum(String metrics, String name, String... parts) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> Stream.of(parts).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static UUID member(int number) {
    return UUID.nameUUIDFromBytes((DISK + " leg 0 group 0 member " + number).getBytes(UTF_8));
  }

  @Test
  void metrics_tellWhatEachProcessDoes_andThatTheNearestMemberIsRead() throws Exception {
    for (int i = 0; i < nodes.length; i++) {
      startDiskNode(i);
    }
    String distances = "nodes { a.distance = 3, b.distance = 1, c.distance = 2 }";
    ControllerNode first = startController(0, true, "", distances);
    awaitTrue("the controller serves", first::isServing);
    RemoteNamespace one = connect(first);
    for (int block = 0; block < 20; block++) {
      write(one, block, block);
      assertRead(one, block, block);
    }
    assertThat(get(first.monitoring(), "/health/ready")).isEqualTo("ready\n");
    String metrics = get(first.monitoring(), "/metrics");
    String disk = "disk=\"disk1\"";
    assertThat(sum(metrics, "dnvme_leg_serving", disk)).isEqualTo(1);
    assertThat(sum(metrics, "dnvme_leg_takeovers_total", disk)).isEqualTo(1);
    assertThat(sum(metrics, "dnvme_leg_epoch", disk)).isEqualTo(1);
    assertThat(sum(metrics, "dnvme_target_associations")).isEqualTo(1);
    assertThat(sum(metrics, "dnvme_target_associations_made_total")).isEqualTo(1);
    assertThat(sum(metrics, "dnvme_target_associations_ended_total")).isZero();
    assertThat(sum(metrics, "dnvme_target_gaps_total")).isNotNegative();
    assertThat(sum(metrics, "dnvme_nodes_missing")).isZero();
    assertThat(sum(metrics, "dnvme_lease_renewal_messages_total")).isPositive();
    assertThat(sum(metrics, "dnvme_group_members", disk, "in-sync")).isEqualTo(3);
    String operations = "dnvme_io_operations_total";
    assertThat(sum(metrics, operations, disk, "mirror", "\"write\"")).isEqualTo(20);
    assertThat(sum(metrics, operations, disk, "mirror", "\"read\"")).isEqualTo(20);
    for (int number = 0; number < 3; number++) {
      String name = member(number).toString();
      assertThat(sum(metrics, operations, name, "\"write\"")).isGreaterThanOrEqualTo(20);
      assertThat(sum(metrics, operations, name, "\"read\"")).isEqualTo(number == 1 ? 20 : 0);
    }
    String ofDisk = get(nodes[1].monitoring(), "/metrics");
    assertThat(sum(ofDisk, "dnvme_disk_space_bytes", "\"used\"")).isGreaterThan(32 << 20);
    assertThat(sum(ofDisk, "dnvme_disk_space_bytes")).isBetween(100e6, 128.0 * (1 << 20));
    assertThat(sum(ofDisk, operations, member(1).toString(), "\"read\"")).isGreaterThan(19);
    assertThat(sum(ofDisk, "dnvme_holder_confirmations_total")).isPositive();
    assertThat(sum(ofDisk, "dnvme_reactor_received_bytes_total")).isGreaterThan(20 * BLOCK);

    stopDiskNode(2);
    write(one, 3, 3);
    assertThat(sum(get(first.monitoring(), "/metrics"), "dnvme_group_members", "in-sync"))
        .isEqualTo(2);
    assertThat(figure(first, "dnvme_leg_claiming")).isZero();

    stopDiskNode(1);
    awaitTrue("it claims in vain", () -> figure(first, "dnvme_leg_claiming") == 1);
    assertThat(figure(first, "dnvme_leg_serving")).isZero();
    assertThat(figure(first, "dnvme_nodes_missing")).isEqualTo(2);
    startDiskNode(1);
    awaitTrue("it serves again", first::isServing);
    assertThat(figure(first, "dnvme_leg_claiming")).isZero();
    assertThat(figure(first, "dnvme_leg_takeovers_total")).isEqualTo(2);
  }

  private static double figure(ControllerNode controller, String name) {
    try {
      return sum(get(controller.monitoring(), "/metrics"), name);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void nodesWhosePeersAreGone_stopAtOnce() throws Exception {
    for (int i = 0; i < nodes.length; i++) {
      startDiskNode(i);
    }
    ControllerNode first = startController(0, true);
    awaitTrue("the first controller serves", first::isServing);
    ControllerNode second = startController(1, false);
    second.found().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    RemoteNamespace one = connect(first);
    // Two go in good order below their owner; the write cannot be done any more.
    stopDiskNode(0);
    stopDiskNode(1);
    start(one, BlockOp.WRITE, 0, filled(1));
    // Long before any time limit: of a drain 30 s, of leaving the disk nodes 10 s.
    long startNanos = System.nanoTime();
    first.close();
    stopDiskNode(2);
    second.close();
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos)).isLessThan(8000);
  }
}
