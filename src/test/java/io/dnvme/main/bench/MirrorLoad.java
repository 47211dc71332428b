package io.dnvme.main.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.DiskNodeLink;
import io.dnvme.agent.leg.HolderTraffic;
import io.dnvme.agent.leg.LegController;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.ScrubSchedule;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.main.disknode.DiskNode;
import io.dnvme.main.disknode.DiskNodes;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.mirror.ScrubOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * What a mirror costs over one remote disk: a load run, not a test. One process holds three disk
 * nodes with memory disks, each with one reactor, and a controller's reactor; the load runs on the
 * latter. In turn it goes to a logical disk of one node, and to a leg that is mirrored over the two
 * others (record, lease, range lock, write-intent log and all), both over NVMe/TCP and loopback.
 * CPU is the whole process's.
 *
 * <pre>
 *   java -cp … io.dnvme.main.bench.MirrorLoad [rounds] [seconds] [sleep|adaptive] [checksums]
 * </pre>
 *
 * With {@code checksums} the other way in turn is a leg without checksums, beside one with them;
 * and how fast each is scrubbed while nobody uses it.
 */
final class MirrorLoad implements AutoCloseable {

  private static final UUID CLUSTER = new UUID(1, 1);
  private static final int BLOCK = 4096;
  private static final long SIZE_BYTES = 256L << 20;
  private static final int RAW_NODE = 2;
  private static final int[] DEPTHS = {1, 8, 32, 128};

  private static final long SCRUB_SECONDS = 1;

  /** Nothing holds it up but the members. */
  private static final ScrubOptions UNLIMITED =
      new ScrubOptions(1L << 40, 1L << 40, ScrubOptions.DEFAULTS.chunkBytes());

  private static final int COPY_BYTES = 512 << 10;
  private static final int COPIES = 8;
  private static final int KEEP_ALIVE_MS = 5000;
  private static final int QUEUE_DEPTH = 128;
  private static final int LEASE_MS = 400;
  private static final int LIMIT_SECONDS = 30;
  private static final long ASK_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final ReconnectOptions ONCE =
      new ReconnectOptions(1_000_000, 1_000_000, 0, false, LossPolicy.FAIL);

  /** One measurement. */
  private record Figure(double cpuMicros, double iops, double p50Micros, double p99Micros) {}

  private final String reactor;
  private final Path temp;
  private final List<DiskNode> nodes = new ArrayList<>();
  private final List<DiskNodeLink> links = new ArrayList<>();
  private final NodeProcess process;
  private final UUID incarnation = UUID.randomUUID();
  private final AtomicLong rebuildBegan = new AtomicLong();
  private final AtomicLong rebuildEnded = new AtomicLong();

  /** Of the legs in their order: a scrub is due when it is set forward. */
  private final List<AtomicLong> unixSeconds = List.of(new AtomicLong(1), new AtomicLong(1));

  private final List<LegController> legs = new ArrayList<>();
  private final BlockingQueue<Long> scrubNanos = new LinkedBlockingQueue<>();
  private long scrubBegan;
  private BlockDevice mirror;
  private BlockDevice raw;

  private MirrorLoad(String poll) throws IOException {
    reactor = "dnvme.transport.reactor { count = 1, poll = " + poll + " }\n";
    temp = Files.createTempDirectory("dnvme-mirror-load");
    Config config = ConfigFactory.parseString(reactor).withFallback(ConfigFactory.load());
    process = NodeProcess.start(config.resolve());
  }

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    String poll = args.length > 2 ? args[2] : "sleep";
    boolean checksums = args.length > 3 && args[3].equals("checksums");
    try (var load = new MirrorLoad(poll)) {
      load.start();
      if (checksums) {
        BlockDevice checked = load.mirror(new UUID(3, 100), true);
        load.compare(
            new int[] {1, 32, 128}, "plain", load.mirror, "checksums", checked, rounds, seconds);
        load.scrub(rounds);
      } else {
        load.compare(DEPTHS, "raw", load.raw, "mirror", load.mirror, rounds, seconds);
        load.rebuild(rounds);
      }
    }
  }

  @Override
  public void close() throws IOException {
    process
        .home()
        .execute(() -> {
          legs.forEach(LegController::close);
        });
    process.close();
    nodes.forEach(DiskNode::close);
    try (var files = Files.list(temp)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(temp);
  }

  private void start() throws Exception {
    for (int i = 0; i < 3; i++) {
      int node = i;
      InetSocketAddress address = startNode(i, 0);
      on(() ->
          links.add(
              new DiskNodeLink(
                  nodeId(node), address, CLUSTER, incarnation, this::open, System.err::println)));
    }
    mirror = mirror(new UUID(3, 1), false);
    raw = raw(RAW_NODE);
  }

  private void compare(
      int[] depths,
      String oneName,
      BlockDevice one,
      String otherName,
      BlockDevice other,
      int rounds,
      int seconds)
      throws Exception {
    for (BlockDevice device : List.of(one, other)) {
      measure(device, Workload.WRITE, 32, 2);
      measure(device, Workload.RANDREAD, 32, 1);
    }
    System.out.printf(
        "%-10s %4s | %28s | %28s | ratio of CPU: median (range)%n",
        "4 KiB", "QD", oneName + ": CPU µs, IOPS, p50, p99", otherName + ": the same");
    for (Workload workload : List.of(Workload.RANDREAD, Workload.RANDWRITE)) {
      for (int depth : depths) {
        var ones = new Figure[rounds];
        var others = new Figure[rounds];
        for (int i = 0; i < rounds; i++) {
          ones[i] = measure(one, workload, depth, seconds);
          others[i] = measure(other, workload, depth, seconds);
        }
        report(workload, depth, ones, others);
      }
    }
  }

  private static void report(Workload workload, int depth, Figure[] raws, Figure[] mirrors) {
    double[] ratios = new double[raws.length];
    for (int i = 0; i < raws.length; i++) {
      ratios[i] = mirrors[i].cpuMicros() / raws[i].cpuMicros();
    }
    Arrays.sort(ratios);
    System.out.printf(
        Locale.ROOT,
        "%-10s %4d | %s | %s | %.2f (%.2f to %.2f)%n",
        workload.name().toLowerCase(Locale.ROOT),
        depth,
        median(raws),
        median(mirrors),
        ratios[ratios.length / 2],
        ratios[0],
        ratios[ratios.length - 1]);
  }

  /** The leg without checksums and the one with them, in turn. */
  private void scrub(int rounds) throws Exception {
    var rates = new double[2][rounds];
    for (int i = 0; i < rounds; i++) {
      for (int kind = 0; kind < 2; kind++) {
        unixSeconds.get(kind).addAndGet(SCRUB_SECONDS);
        rates[kind][i] = mebibytesPerSecond(scrubNanos.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
      }
    }
    Arrays.sort(rates[0]);
    Arrays.sort(rates[1]);
    System.out.printf(
        Locale.ROOT,
        "scrub %.0f MiB/s (%.0f to %.0f), with checksums %.0f MiB/s (%.0f to %.0f)%n",
        rates[0][rounds / 2],
        rates[0][0],
        rates[0][rounds - 1],
        rates[1][rounds / 2],
        rates[1][0],
        rates[1][rounds - 1]);
  }

  /** From node to node, and by a rebuild; in turn. */
  private void rebuild(int rounds) throws Exception {
    BlockDevice source = raw(0);
    var copies = new double[rounds];
    var rebuilds = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      long before = System.nanoTime();
      copy(source, raw);
      copies[i] = mebibytesPerSecond(System.nanoTime() - before);
      rebuildEnded.set(0);
      InetSocketAddress address = links.get(1).address();
      nodes.get(1).close();
      startNode(1, address.getPort());
      long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
      while (rebuildEnded.get() == 0) {
        if (System.nanoTime() - limit > 0) {
          throw new IllegalStateException("the member is not rebuilt");
        }
        Thread.sleep(10);
      }
      rebuilds[i] = mebibytesPerSecond(rebuildEnded.get() - rebuildBegan.get());
    }
    Arrays.sort(copies);
    Arrays.sort(rebuilds);
    System.out.printf(
        Locale.ROOT,
        "copy %.0f MiB/s (%.0f to %.0f), rebuild %.0f MiB/s (%.0f to %.0f)%n",
        copies[rounds / 2],
        copies[0],
        copies[rounds - 1],
        rebuilds[rounds / 2],
        rebuilds[0],
        rebuilds[rounds - 1]);
  }

  private static double mebibytesPerSecond(long nanos) {
    return (SIZE_BYTES >> 20) / (nanos / 1e9);
  }

  /** As many pieces at a time as a rebuild copies. */
  private void copy(BlockDevice from, BlockDevice to) throws Exception {
    var over = new CompletableFuture<Void>();
    var next = new long[1];
    var left = new long[] {SIZE_BYTES / COPY_BYTES};
    on(() -> {
      for (int i = 0; i < COPIES; i++) {
        copyNext(from, to, Arena.ofAuto().allocate(COPY_BYTES, BLOCK), next, left, over);
      }
    });
    over.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private void copyNext(
      BlockDevice from,
      BlockDevice to,
      MemorySegment memory,
      long[] next,
      long[] left,
      CompletableFuture<Void> over) {
    if (next[0] == SIZE_BYTES) {
      return;
    }
    long start = next[0] / BLOCK;
    next[0] += COPY_BYTES;
    piece(
        BlockOp.READ,
        from,
        start,
        memory,
        over,
        () ->
            piece(
                BlockOp.WRITE,
                to,
                start,
                memory,
                over,
                () -> {
                  if (--left[0] == 0) {
                    over.complete(null);
                  } else {
                    copyNext(from, to, memory, next, left, over);
                  }
                }));
  }

  private void piece(
      BlockOp op,
      BlockDevice device,
      long start,
      MemorySegment memory,
      CompletableFuture<Void> over,
      Runnable done) {
    var io = new BlockIo(process.home());
    io.prepare(op, start, COPY_BYTES / BLOCK).data().add(memory, 0, COPY_BYTES);
    io.onCompletion(
        ended -> {
          if (ended.status().isSuccess()) {
            done.run();
          } else {
            over.completeExceptionally(new IOException(op + ": " + ended.status()));
          }
        },
        null);
    device.submit(io);
  }

  private static String median(Figure[] figures) {
    Figure[] sorted = figures.clone();
    Arrays.sort(sorted, (a, b) -> Double.compare(a.cpuMicros(), b.cpuMicros()));
    Figure middle = sorted[sorted.length / 2];
    return String.format(
        Locale.ROOT,
        "%6.2f %8.0f %6.0f %6.0f",
        middle.cpuMicros(),
        middle.iops(),
        middle.p50Micros(),
        middle.p99Micros());
  }

  private Figure measure(BlockDevice device, Workload workload, int depth, int seconds)
      throws Exception {
    var settings =
        new BenchSettings(
            workload,
            BLOCK,
            depth,
            1,
            workload.readPercent(0),
            seconds,
            0,
            0,
            false,
            System.nanoTime());
    var worker =
        new LoadWorker(
            process.home(),
            device,
            settings,
            0,
            0,
            (int) (SIZE_BYTES / BLOCK),
            null,
            Arena.ofAuto());
    on(worker::start);
    Thread.sleep(200);
    on(worker::resetMeasurement);
    long cpuBefore = cpuNanos();
    long before = System.nanoTime();
    Thread.sleep(1000L * seconds);
    double elapsed = (System.nanoTime() - before) / 1e9;
    double cpu = cpuNanos() - cpuBefore;
    long done = worker.counters().reads() + worker.counters().writes();
    var over = new CompletableFuture<Void>();
    on(() -> worker.stop(over));
    over.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (worker.counters().errors() > 0) {
      throw new IllegalStateException("commands failed: " + worker.counters().lastError());
    }
    Histogram latency = workload.readPercent(0) > 0 ? worker.reads() : worker.writes();
    return new Figure(
        cpu / done / 1e3,
        done / elapsed,
        latency.getValueAtPercentile(50) / 1e3,
        latency.getValueAtPercentile(99) / 1e3);
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private void on(Runnable task) {
    CompletableFuture.runAsync(task, process.home()).join();
  }

  // ---- the nodes

  private static UUID nodeId(int i) {
    return new UUID(2, i);
  }

  /** Its disk is empty. */
  private InetSocketAddress startNode(int i, int port) throws IOException {
    String text =
        reactor
            + """
            dnvme.disk-node {
              cluster = %s, id = %s, listen = ["127.0.0.1:%d"]
              extent-size = 4M, record-pages = 64
              disk { memory = true, size = 1G }
            }
            """
                .formatted(CLUSTER, nodeId(i), port);
    DiskNode node = DiskNodes.start(Files.writeString(temp.resolve("node" + i), text));
    if (i < nodes.size()) {
      nodes.set(i, node);
    } else {
      nodes.add(node);
    }
    return new InetSocketAddress(
        node.portals().getFirst().listenAddress(), node.portals().getFirst().port());
  }

  private HostController open(ControllerOptions options, ControllerListener listener) {
    return process.initiator().open(options, List.of(process.home()), listener);
  }

  private BlockDevice mirror(UUID disk, boolean checksums) throws Exception {
    var serving = new CompletableFuture<BlockDevice>();
    var scrubs =
        new ScrubSchedule(SCRUB_SECONDS, false, UNLIMITED, unixSeconds.get(legs.size())::get);
    var plan =
        new LegPlan(
            disk,
            "disk1",
            BLOCK,
            SIZE_BYTES,
            LEASE_MS,
            List.of(List.of(nodeId(0), nodeId(1))),
            checksums);
    on(() -> {
      var leg =
          new LegController(
              process.home(),
              LegPlan.leg(disk),
              new UUID(4, 1),
              incarnation,
              links,
              List.of(nodeId(0), nodeId(1), nodeId(2)),
              Optional.of(plan),
              LegOptions.DEFAULT.withScrub(scrubs),
              this::open,
              new HolderTraffic(process.home(), links, process.random(), Set.of()),
              new LegController.Listener() {
                @Override
                public void found(LegRecord record) {}

                @Override
                public void serving(BlockDevice device) {
                  serving.complete(device);
                }

                @Override
                public void standingBy(String reason) {
                  System.err.println("stands by: " + reason);
                }

                @Override
                public void lossPossible() {}

                @Override
                public void happened(String what) {
                  System.err.println(what);
                  if (what.contains("is being rebuilt")) {
                    rebuildBegan.set(System.nanoTime());
                  } else if (what.contains("in-sync again")) {
                    rebuildEnded.set(System.nanoTime());
                  } else if (what.contains(" begins: ")) {
                    scrubBegan = System.nanoTime();
                  } else if (what.contains(" is complete: ")) {
                    scrubNanos.add(System.nanoTime() - scrubBegan);
                  }
                }
              });
      legs.add(leg);
      leg.start();
    });
    return serving.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private BlockDevice raw(int node) throws Exception {
    UUID disk = new UUID(3, 2 + node);
    Epoch epoch = Epoch.NONE.next(incarnation);
    ask(node, DiskRequest.allocate(disk, new UUID(5, 1), SIZE_BYTES));
    ask(node, DiskRequest.admit(disk, RecordMessages.wire(epoch)));
    HostController controller =
        process
            .initiator()
            .connect(
                new ControllerOptions(
                    links.get(node).address(),
                    NodeNames.logicalDisk(disk, epoch),
                    HostIdentity.of(incarnation),
                    KEEP_ALIVE_MS,
                    QueueOptions.of(1).withDepth(QUEUE_DEPTH),
                    ONCE),
                List.of(process.home()))
            .get(LIMIT_SECONDS, TimeUnit.SECONDS);
    return controller.namespace(1);
  }

  private void ask(int node, DiskRequest request) throws Exception {
    var answer = new CompletableFuture<NodeOutcome<DiskReply>>();
    on(() -> links.get(node).client().ask(request, ASK_LIMIT_NANOS, answer::complete));
    NodeOutcome<DiskReply> outcome = answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (!(outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply))
        || reply.result() != EntryResult.DONE) {
      throw new IllegalStateException(request.op() + ": " + outcome);
    }
  }
}
