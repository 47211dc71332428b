package io.dnvme.main.bench;

import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BoottimeClock;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.shell.Initiator;
import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import io.dnvme.nvme.Nqn;
import io.dnvme.transport.PollMode;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Loads a namespace of any NVMe/TCP target, measures it, and verifies its contents if asked to. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Loads a namespace of any NVMe/TCP target and says how fast it is.",
    footerHeading = "%nJSON output (names are kept stable):%n",
    footer = {
      "  device, options{rw,bs,qd,queues,rwmixread,rate,seed,verify}, seconds,",
      "  read and write {operations, iops, bytes_per_second,",
      "    latency_us{min,mean,p50,p90,p99,p99_9,p99_99,max}},",
      "  errors{STATUS: count}, verify{blocks,mismatches,first_mismatch},",
      "  connection_losses, unfinished, cpu_cores",
      "",
      "Exit status: 0 good, 1 I/O errors or wrong contents, 2 wrong usage, 5 not reachable."
    })
public final class BenchCommand implements Callable<Integer> {

  /** How results are written. */
  enum Output {
    TEXT,
    JSON
  }

  private static final long MAX_VERIFIED_CHUNKS = 1 << 28;
  private static final long BUFFER_BYTES = 64L << 20;
  private static final long SPIN_LIMIT_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
  private static final long CONNECT_TIMEOUT_SECONDS = 60;
  private static final long CLOSE_TIMEOUT_SECONDS = 40;

  @Spec private CommandSpec spec;

  @Option(names = "--connect", required = true, paramLabel = "HOST:PORT", description = "Portal.")
  private String connect;

  @Option(names = "--nqn", required = true, paramLabel = "NQN", description = "The subsystem.")
  private String nqn;

  @Option(names = "--nsid", description = "Namespace; the first one by default.")
  private int nsid;

  @Option(names = "--list", description = "List the namespaces and end.")
  private boolean list;

  @Option(
      names = "--rw",
      defaultValue = "randread",
      description =
          "randread, randwrite, rw (random, mixed), read, write (in sequence); ${DEFAULT-VALUE}.")
  private String rw;

  @Option(
      names = "--rwmixread",
      defaultValue = "70",
      paramLabel = "PERCENT",
      description = "Share of reads of rw; ${DEFAULT-VALUE}.")
  private int rwmixread;

  @Option(
      names = "--bs",
      defaultValue = "4k",
      paramLabel = "SIZE",
      description = "Bytes of each command; ${DEFAULT-VALUE}.")
  private String bs;

  @Option(
      names = "--qd",
      defaultValue = "32",
      description = "Commands in flight in each queue; ${DEFAULT-VALUE}.")
  private int qd;

  @Option(names = "--queues", defaultValue = "1", description = "Queue pairs; ${DEFAULT-VALUE}.")
  private int queues;

  @Option(
      names = "--time",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "Measured time; ${DEFAULT-VALUE}.")
  private long time;

  @Option(
      names = "--ramp",
      defaultValue = "1",
      paramLabel = "SECONDS",
      description = "Load before that, not measured; ${DEFAULT-VALUE}.")
  private long ramp;

  @Option(
      names = "--size",
      paramLabel = "[OFFSET+]SIZE",
      description = "The part of the namespace to use; all of it by default.")
  private String size;

  @Option(
      names = "--rate",
      defaultValue = "0",
      paramLabel = "IOPS",
      description = "Commands a second at most; latency then counts from when one was due.")
  private double rate;

  @Option(names = "--hdr-digest", description = "Use header digests.")
  private boolean headerDigest;

  @Option(names = "--data-digest", description = "Use data digests.")
  private boolean dataDigest;

  @Option(
      names = "--verify",
      description =
          "Write blocks that say what they are, check what every read brings, and read back"
              + " everything written at the end.")
  private boolean verify;

  @Option(
      names = "--seed",
      paramLabel = "NUMBER",
      description = "Of offsets and contents; another one each time by default.")
  private Long seed;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "text",
      description = "text or json; ${DEFAULT-VALUE}.")
  private String output;

  @Option(
      names = "--keep-alive-tmo",
      defaultValue = "1",
      paramLabel = "SECONDS",
      description = "Keep alive timeout, 0 for none; ${DEFAULT-VALUE}.")
  private int keepAliveSeconds;

  @Option(
      names = "--reconnect-delay",
      defaultValue = "1",
      paramLabel = "SECONDS",
      description = "Longest time between attempts to reconnect; ${DEFAULT-VALUE}.")
  private int reconnectDelaySeconds;

  @Option(
      names = "--ctrl-loss-tmo",
      defaultValue = "-1",
      paramLabel = "SECONDS",
      description = "Give the target up after that, -1 for never; ${DEFAULT-VALUE}.")
  private long lossSeconds;

  @Option(
      names = "--io-timeout",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "For one command; ${DEFAULT-VALUE}.")
  private int ioTimeoutSeconds;

  @Option(
      names = "--cpus",
      split = ",",
      paramLabel = "CPU",
      description = "A reactor on each of these CPUs, instead of --reactors.")
  private List<Integer> cpus = List.of();

  @Option(
      names = "--reactors",
      defaultValue = "1",
      description = "Threads that carry the queues; ${DEFAULT-VALUE}.")
  private int reactorCount;

  @Option(
      names = "--poll",
      defaultValue = "adaptive",
      description = "adaptive, busy or sleep: how reactors wait; ${DEFAULT-VALUE}.")
  private String poll;

  @Option(names = "--hostnqn", description = "Host NQN; made from the host id by default.")
  private String hostNqn;

  @Option(names = "--hostid", paramLabel = "UUID", description = "Host id; random by default.")
  private UUID hostId;

  @Override
  public Integer call() throws InterruptedException {
    Workload workload = choice("--rw", Workload.class, rw);
    Output format = choice("--output", Output.class, output);
    long transferBytes = bytes("--bs", bs);
    if (transferBytes < 512 || transferBytes > QueueOptions.MAX_TRANSFER_BYTES) {
      throw usage("--bs must be 512 to " + Sizes.format(QueueOptions.MAX_TRANSFER_BYTES));
    }
    if (queues < 1) {
      throw usage("--queues must be at least 1");
    }
    if (time < 1 || ramp < 0 || rate < 0 || rwmixread < 0 || rwmixread > 100) {
      throw usage("--time must be positive, --ramp and --rate not negative, --rwmixread a percent");
    }
    var settings =
        new BenchSettings(
            workload,
            (int) transferBytes,
            qd,
            queues,
            workload.readPercent(rwmixread),
            time,
            ramp,
            rate,
            verify,
            seed == null ? new SplittableRandom().nextLong() : seed);
    return withTransport(settings, format);
  }

  private int withTransport(BenchSettings settings, Output format) throws InterruptedException {
    ControllerOptions options = controllerOptions();
    Reactors reactors = Reactors.start(reactorSettings(), BoottimeClock.INSTANCE);
    ActorSystem system = ActorSystem.create("dnvme-bench", reactors.setUp(ConfigFactory.load()));
    var transport =
        new Transport(
            reactors,
            SystemMaterializer.get(system).materializer(),
            TransportSettings.from(system.settings().config()));
    try {
      return connected(
          options,
          new Initiator(transport, new SplittableRandom()),
          List.copyOf(reactors.all()),
          settings,
          format);
    } finally {
      await(transport.close().toCompletableFuture());
      system.terminate();
      await(system.getWhenTerminated().toCompletableFuture());
      reactors.close();
    }
  }

  private int connected(
      ControllerOptions options,
      Initiator initiator,
      List<Reactor> reactors,
      BenchSettings settings,
      Output format)
      throws InterruptedException {
    var gone = new CountDownLatch(1);
    ControllerListener watch =
        new ControllerListener() {
          @Override
          public void closed(HostController controller, String reason) {
            gone.countDown();
          }
        };
    HostController controller = open(initiator.connect(options, reactors, watch));
    try {
      return list ? list(controller) : load(controller, reactors, settings, format, gone);
    } finally {
      await(initiator.disconnect(controller));
    }
  }

  private HostController open(CompletableFuture<HostController> connecting)
      throws InterruptedException {
    try {
      return connecting.get(CONNECT_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new CommandException(
          ExitCode.UNAVAILABLE, nqn + " at " + connect + ": " + e.getCause().getMessage());
    } catch (TimeoutException e) {
      throw new CommandException(ExitCode.UNAVAILABLE, "cannot connect to " + connect, e);
    }
  }

  private int list(HostController controller) {
    for (RemoteNamespace namespace : controller.namespaces()) {
      spec.commandLine()
          .getOut()
          .printf(
              "%d  %s  blocks of %d  uuid %s  nguid %s%n",
              namespace.nsid(),
              Sizes.format(namespace.geometry().sizeBytes()),
              namespace.geometry().blockSizeBytes(),
              namespace.identity().uuid(),
              namespace.identity().nguid());
    }
    return ExitCode.OK;
  }

  private int load(
      HostController controller,
      List<Reactor> reactors,
      BenchSettings settings,
      Output format,
      CountDownLatch gone)
      throws InterruptedException {
    RemoteNamespace namespace = choose(controller);
    if (controller.queuesInUse() < queues) {
      throw new CommandException(
          ExitCode.FAILED, "the target grants only " + controller.queuesInUse() + " queues");
    }
    int bytes = settings.transferBytes();
    int blockBytes = namespace.geometry().blockSizeBytes();
    if (bytes % blockBytes != 0 || bytes > namespace.traits().maxTransferBytes()) {
      throw usage(
          "--bs must be a multiple of the block size "
              + blockBytes
              + " and at most "
              + Sizes.format(namespace.traits().maxTransferBytes()));
    }
    Range range = Range.parse(size, namespace.geometry().sizeBytes(), bytes);
    if (range.chunks() / settings.workers() < 2L * settings.depth()) {
      throw usage("--size is too small for that depth and number of queues");
    }
    if (verify && range.chunks() > MAX_VERIFIED_CHUNKS) {
      throw usage("--verify needs a --size of at most " + MAX_VERIFIED_CHUNKS + " transfers");
    }
    var progress = new Progress(spec.commandLine().getErr(), Progress.isWatched());
    BenchResult result =
        new LoadRun(
                controller,
                namespace,
                reactors,
                settings,
                range.firstChunk(),
                range.chunks(),
                new SplittableRandom().nextLong(),
                gone,
                progress)
            .run();
    progress.end();
    spec.commandLine()
        .getOut()
        .println(format == Output.JSON ? BenchReport.json(result) : BenchReport.text(result));
    return result.isGood() ? ExitCode.OK : ExitCode.FAILED;
  }

  private RemoteNamespace choose(HostController controller) {
    RemoteNamespace namespace =
        nsid != 0
            ? controller.namespace(nsid)
            : controller.namespaces().stream().findFirst().orElse(null);
    if (namespace == null) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          nsid == 0 ? "the subsystem has no namespace" : "no namespace " + nsid);
    }
    return namespace;
  }

  private ControllerOptions controllerOptions() {
    if (!Nqn.isValid(nqn)) {
      throw usage("'" + nqn + "' is no NQN");
    }
    UUID id = hostId == null ? UUID.randomUUID() : hostId;
    long delay = TimeUnit.SECONDS.toNanos(Math.max(reconnectDelaySeconds, 1));
    long loss = lossSeconds < 0 ? ReconnectOptions.NEVER : TimeUnit.SECONDS.toNanos(lossSeconds);
    try {
      return new ControllerOptions(
          Endpoint.parse(connect).resolve(),
          nqn,
          hostNqn == null ? HostIdentity.of(id) : new HostIdentity(hostNqn, id),
          keepAliveSeconds * 1000,
          QueueOptions.of(queues)
              .withDepth(qd)
              .withDigests(headerDigest, dataDigest)
              .withCommandTimeoutNanos(TimeUnit.SECONDS.toNanos(ioTimeoutSeconds)),
          new ReconnectOptions(delay / 5, delay, loss, false, LossPolicy.WAIT));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private ReactorSettings reactorSettings() {
    try {
      return new ReactorSettings(
          cpus.isEmpty() ? reactorCount : cpus.size(),
          choice("--poll", PollMode.class, poll),
          SPIN_LIMIT_NANOS,
          BUFFER_BYTES,
          BUFFER_BYTES,
          cpus);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private static long bytes(String option, String text) {
    try {
      return Sizes.parse(text);
    } catch (IllegalArgumentException e) {
      throw usage(option + ": " + e.getMessage());
    }
  }

  private static <E extends Enum<E>> E choice(String option, Class<E> type, String text) {
    var names = new ArrayList<String>();
    for (E value : type.getEnumConstants()) {
      if (value.name().equalsIgnoreCase(text)) {
        return value;
      }
      names.add(value.name().toLowerCase(Locale.ROOT));
    }
    throw usage(option + " must be one of " + String.join(", ", names));
  }

  private static CommandException usage(String message) {
    return new CommandException(ExitCode.USAGE, message);
  }

  private static void await(CompletableFuture<?> end) throws InterruptedException {
    try {
      end.get(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new CommandException(ExitCode.FAILED, "the connection does not end", e);
    }
  }
}
