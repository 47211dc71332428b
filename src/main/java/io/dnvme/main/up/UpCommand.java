package io.dnvme.main.up;

import com.typesafe.config.Config;
import io.dnvme.main.CommandException;
import io.dnvme.main.Configuration;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import io.dnvme.target.subsystem.HostAccess;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnvme up}: serves virtual disks until it is told to stop. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Serves virtual disks to NVMe/TCP hosts, all in this process.",
      "Prints a line for each path to each disk: the command that connects a Linux host to it;",
      "and last the command that discovers them all.",
      "Ctrl-C stops it: commands in flight finish, and what was acknowledged is on the medium."
    },
    footer = {
      "",
      "Examples:",
      "  dnvme up                                          a first disk in ./dnvme-data",
      "  dnvme up --vdisk fast=1G --backing memory         nothing on disk",
      "  dnvme up --dir /srv/dnvme --vdisk a=10G --vdisk b=1T"
    })
public final class UpCommand implements Callable<Integer> {

  private static final String DEFAULT_DIRECTORY = "dnvme-data";
  private static final String OFF = "off";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      defaultValue = DEFAULT_DIRECTORY,
      description = "Where disks are kept; made if missing. Default: ${DEFAULT-VALUE}.")
  private Path directory;

  @Option(
      names = "--vdisk",
      paramLabel = "NAME=SIZE",
      description = {
        "A disk to serve, such as a=10G; made if missing. Can be repeated.",
        "Default: those of the directory; disk1=10G where there are none."
      })
  private List<VirtualDiskSpec> disks = List.of();

  @Option(
      names = "--backing",
      paramLabel = "file|memory",
      defaultValue = "file",
      description = "Where the content is. Default: ${DEFAULT-VALUE}.")
  private Backing backing;

  @Option(
      names = "--block-size",
      paramLabel = "BYTES",
      defaultValue = "4096",
      description = "Logical block size of disks that are made: 512 or 4096. Default: 4096.")
  private String blockSize;

  @Option(names = "--direct", description = "Read and write files past the page cache (O_DIRECT).")
  private boolean direct;

  @Option(
      names = "--huge-pages",
      description = {
        "Keep memory disks on huge pages, as far as the kernel has them: faster, but a first write",
        "takes 2 MiB."
      })
  private boolean hugePages;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = {
        "Where to serve; port 0 takes a free one. Can be repeated: several paths to each disk.",
        "Default: 127.0.0.1:4420."
      })
  private List<Endpoint> listen = List.of(new Endpoint("127.0.0.1", 4420));

  @Option(
      names = "--discovery",
      paramLabel = "HOST:PORT|off",
      defaultValue = "127.0.0.1:8009",
      description = {
        "Where discovery is served besides the addresses above. Default: ${DEFAULT-VALUE}."
      })
  private String discovery;

  @Option(
      names = "--advertise",
      paramLabel = "ADDR",
      description = "The address that hosts are told to connect to (containers, NAT).")
  private String advertise;

  @Option(
      names = "--host-nqn",
      paramLabel = "NQN",
      description = "A host that may connect. Can be repeated. Default: every host may.")
  private Set<String> hosts = new LinkedHashSet<>();

  @Option(
      names = "--monitoring",
      paramLabel = "HOST:PORT|off",
      defaultValue = "127.0.0.1:7421",
      description = "Where /metrics and /health are served. Default: ${DEFAULT-VALUE}.")
  private String monitoring;

  @Option(
      names = "--read-iops",
      paramLabel = "N",
      defaultValue = "0",
      description = "The most reads a second of each disk. Default: 0, unlimited.")
  private long readIops;

  @Option(
      names = "--write-iops",
      paramLabel = "N",
      defaultValue = "0",
      description = "The most writes a second of each disk. Default: 0, unlimited.")
  private long writeIops;

  @Option(
      names = "--read-bandwidth",
      paramLabel = "SIZE",
      defaultValue = "0",
      description = "The most bytes read a second of each disk, such as 100M. Default: unlimited.")
  private String readBandwidth;

  @Option(
      names = "--write-bandwidth",
      paramLabel = "SIZE",
      defaultValue = "0",
      description = "The most bytes written a second of each disk. Default: unlimited.")
  private String writeBandwidth;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "A setting of the configuration, such as transport.reactor.poll=busy. Can be repeated."
      })
  private Map<String, String> overrides = new LinkedHashMap<>();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    UpSettings settings = usage(this::settings);
    Config config = usage(() -> Configuration.load(overrides));
    var stopped = new CountDownLatch(1);
    UpServer server = UpServer.start(settings, config);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("dnvme-stop")
                .unstarted(() -> {
                  server.close();
                  stopped.countDown();
                  // Being told to stop is how this command ends well.
                  Runtime.getRuntime().halt(ExitCode.OK);
                }));
    var out = spec.commandLine().getOut();
    server.connectCommands().forEach(out::println);
    server.discoverCommand().ifPresent(out::println);
    out.flush();
    server
        .monitoringAddress()
        .ifPresent(address ->
            spec.commandLine()
                .getErr()
                .println("metrics on http://" + Endpoint.of(address) + "/metrics"));
    stopped.await();
    return ExitCode.OK;
  }

  private UpSettings settings() {
    return new UpSettings(
        directory,
        listen,
        endpointOrOff(discovery),
        Optional.ofNullable(advertise),
        endpointOrOff(monitoring),
        disks,
        backing,
        blockSizeBytes(),
        direct,
        hugePages,
        hosts.isEmpty() ? HostAccess.ANY : HostAccess.only(hosts),
        new DiskLimits(
            readIops, writeIops, Sizes.parse(readBandwidth), Sizes.parse(writeBandwidth)));
  }

  private int blockSizeBytes() {
    long bytes = Sizes.parse(blockSize);
    if (bytes != 512 && bytes != 4096) {
      throw new IllegalArgumentException("--block-size must be 512 or 4096, not " + blockSize);
    }
    return (int) bytes;
  }

  private static Optional<Endpoint> endpointOrOff(String text) {
    return text.equals(OFF) ? Optional.empty() : Optional.of(Endpoint.parse(text));
  }

  private static <T> T usage(Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
  }
}
