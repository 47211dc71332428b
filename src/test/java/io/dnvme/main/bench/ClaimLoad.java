package io.dnvme.main.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.LegController;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.block.BlockDevice;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.main.disknode.DiskNode;
import io.dnvme.main.disknode.DiskNodes;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.ownership.LegRecord;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How long a controller takes to take many legs over, and what it costs to keep them: a load run,
 * not a test. Three disk nodes with memory disks, of which all keep the records and two hold the
 * mirrored data; two controllers, each with a reactor; everything in one process over loopback. The
 * first one owns all legs. It gives them back, and the second takes them (a planned failover); then
 * the second stops answering without a word, and the first takes them back.
 *
 * <pre>
 *   java -cp … io.dnvme.main.bench.ClaimLoad [legs] [rounds]
 * </pre>
 */
final class ClaimLoad implements AutoCloseable {

  private static final UUID CLUSTER = new UUID(1, 1);
  private static final String PROCESS = "dnvme.transport.reactor { count = 1, poll = sleep }\n";
  private static final int NODES = 3;
  private static final int BLOCK = 4096;
  private static final long SIZE_BYTES = 1L << 20;
  private static final int LEASE_MS = 400;
  private static final int LIMIT_SECONDS = 120;
  private static final int WARM_UP_SECONDS = 10;
  private static final int REST_SECONDS = 5;

  /** A controller's process. */
  private final class Owner {
    final NodeProcess process;
    final UUID incarnation = UUID.randomUUID();
    final List<LegController> legs = new ArrayList<>();
    ControllerAgent agent;
    CountDownLatch serving = new CountDownLatch(1);

    Owner() {
      Config config = ConfigFactory.parseString(PROCESS).withFallback(ConfigFactory.load());
      process = NodeProcess.start(config.resolve());
      var setup =
          new ControllerAgent.Setup(
              CLUSTER,
              new UUID(4, 1),
              incarnation,
              IntStream.range(0, NODES)
                  .mapToObj(i -> new ControllerAgent.DiskNodeAddress(nodeId(i), addresses[i]))
                  .toList(),
              Set.of());
      on(() ->
          agent =
              new ControllerAgent(process.home(), setup, this::open, process.random(), why -> {}));
    }

    private HostController open(ControllerOptions options, ControllerListener listener) {
      return process.initiator().open(options, List.of(process.home()), listener);
    }

    /** Begins to claim all legs, and makes them if {@code create}. */
    void begin(int count, boolean create) {
      serving = new CountDownLatch(count);
      on(() -> {
        for (int i = 0; i < count; i++) {
          legs.add(leg(i, create));
        }
      });
    }

    private LegController leg(int index, boolean create) {
      UUID disk = new UUID(3, index);
      var plan =
          new LegPlan(
              disk,
              "disk" + index,
              BLOCK,
              SIZE_BYTES,
              LEASE_MS,
              List.of(List.of(nodeId(0), nodeId(1))));
      return agent.serve(
          new ControllerAgent.VirtualDisk(
              disk,
              List.of(nodeId(0), nodeId(1), nodeId(2)),
              create ? Optional.of(plan) : Optional.empty(),
              LegOptions.DEFAULT),
          new LegController.Listener() {
            @Override
            public void found(LegRecord record) {}

            @Override
            public void serving(BlockDevice device) {
              serving.countDown();
            }

            @Override
            public void standingBy(String reason) {}

            @Override
            public void lossPossible() {}

            @Override
            public void happened(String what) {}
          });
    }

    void awaitServing() throws InterruptedException {
      if (!serving.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(serving.getCount() + " legs are not served");
      }
    }

    void giveBack() {
      on(() -> legs.forEach(LegController::close));
    }

    private void on(Runnable task) {
      CompletableFuture.runAsync(task, process.home()).join();
    }
  }

  private final Path temp = Files.createTempDirectory("dnvme-claim-load");
  private final List<DiskNode> nodes = new ArrayList<>();
  private final InetSocketAddress[] addresses = new InetSocketAddress[NODES];
  private final List<NodeProcess> processes = new ArrayList<>();

  private ClaimLoad() throws IOException {
    for (int i = 0; i < NODES; i++) {
      String text =
          PROCESS
              + """
              dnvme.disk-node {
                cluster = %s, id = %s, listen = ["127.0.0.1:0"]
                extent-size = 4M, record-pages = 16384
                disk { memory = true, size = 32G }
              }
              """
                  .formatted(CLUSTER, nodeId(i));
      DiskNode node = DiskNodes.start(Files.writeString(temp.resolve("node" + i), text));
      nodes.add(node);
      addresses[i] =
          new InetSocketAddress(
              node.portals().getFirst().listenAddress(), node.portals().getFirst().port());
    }
  }

  public static void main(String[] args) throws Exception {
    int legs = args.length > 0 ? Integer.parseInt(args[0]) : 100;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    var planned = new double[rounds];
    var lost = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      try (var load = new ClaimLoad()) {
        load.run(legs, planned, lost, i);
      }
    }
    Arrays.sort(planned);
    Arrays.sort(lost);
    System.out.printf(
        Locale.ROOT,
        "%d legs, until all are served: %.0f ms after a release (%.0f to %.0f),"
            + " %.0f ms after the owner fell silent (%.0f to %.0f)%n",
        legs,
        planned[rounds / 2],
        planned[0],
        planned[rounds - 1],
        lost[rounds / 2],
        lost[0],
        lost[rounds - 1]);
    System.exit(0);
  }

  private void run(int legs, double[] planned, double[] lost, int round) throws Exception {
    Owner first = owner();
    first.begin(legs, true);
    first.awaitServing();
    if (round == 0) {
      atRest(legs);
    }
    Owner second = owner();
    second.begin(legs, false);
    Thread.sleep(1000);
    long before = System.nanoTime();
    first.giveBack();
    second.awaitServing();
    planned[round] = (System.nanoTime() - before) / 1e6;
    Owner third = owner();
    third.begin(legs, false);
    Thread.sleep(1000);
    before = System.nanoTime();
    var over = new CountDownLatch(1);
    second.process.home().execute(() -> await(over));
    third.awaitServing();
    lost[round] = (System.nanoTime() - before) / 1e6;
    over.countDown();
    third.giveBack();
  }

  private Owner owner() throws InterruptedException {
    var owner = new Owner();
    processes.add(owner.process);
    var live = new CountDownLatch(1);
    awaitLive(owner, live);
    if (!live.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("disk nodes cannot be reached");
    }
    return owner;
  }

  private static void awaitLive(Owner owner, CountDownLatch live) {
    owner
        .process
        .home()
        .execute(() -> {
          if (owner.agent.missing().isEmpty()) {
            live.countDown();
          } else {
            owner.process.home().timers().schedule(1_000_000, () -> awaitLive(owner, live));
          }
        });
  }

  /** What all legs cost while nobody uses them: leases, keep alives. */
  private static void atRest(int legs) throws Exception {
    // Not before the JIT has seen it.
    Thread.sleep(1000L * WARM_UP_SECONDS);
    long cpu = cpuNanos();
    long[] bytes = loopback();
    Thread.sleep(1000L * REST_SECONDS);
    long[] after = loopback();
    System.out.printf(
        Locale.ROOT,
        "%d legs at rest: %.1f %% of a core, %d bytes/s in %d packets/s over loopback%n",
        legs,
        (cpuNanos() - cpu) / 1e7 / REST_SECONDS,
        (after[0] - bytes[0]) / REST_SECONDS,
        (after[1] - bytes[1]) / REST_SECONDS);
  }

  /** Bytes and packets that the loopback interface has carried. */
  private static long[] loopback() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/net/dev"))) {
      List<String> fields =
          lines
              .map(String::strip)
              .filter(line -> line.startsWith("lo:"))
              .flatMap(line -> Stream.of(line.split("\\s+")))
              .collect(Collectors.toList());
      return new long[] {Long.parseLong(fields.get(1)), Long.parseLong(fields.get(2))};
    }
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static UUID nodeId(int i) {
    return new UUID(2, i);
  }

  @Override
  public void close() throws IOException {
    processes.forEach(NodeProcess::close);
    nodes.forEach(DiskNode::close);
    try (var files = Files.list(temp)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(temp);
  }
}
