package io.dnvme.e2e;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** fio writes at random with checksums inside the data and reads all of it back. */
@UsesLinuxHost
class VerifyTest {

  @TempDir private static Path directory;
  private static DnvmeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DnvmeServer.in(directory).disk("disk1", "256M").start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--hdr-digest",
        "--data-digest",
        "--hdr-digest --data-digest",
        "--nr-io-queues=1 --nr-write-queues=1 --nr-poll-queues=1"
      })
  void randomWrites_connectedWithOptions_readBackAsWritten(String options, LinuxHost host) {
    host.succeed(
        server.script(
            "connect $nqn $port %s; fio_verify $(disk $nqn) --size=48M".formatted(options)));
  }

  /** Small ones travel in the capsule, large ones by R2T, the largest in several commands. */
  @ParameterizedTest
  @ValueSource(strings = {"4k --size=8M", "8k --size=16M", "1m --size=128M"})
  void randomWrites_ofEverySize_readBackAsWritten(String blockSize, LinuxHost host) {
    host.succeed(
        server.script("connect $nqn $port; fio_verify $(disk $nqn) --bs=%s".formatted(blockSize)));
  }

  @Test
  void randomWrites_withFlushes_readBackAsWritten(LinuxHost host) {
    host.succeed(
        server.script(
            "connect $nqn $port; fio_verify $(disk $nqn) --size=16M --ioengine=psync --fsync=4"));
  }

  @Test
  void randomWrites_mixedSizes_readBackAsWritten(LinuxHost host) {
    host.succeed(
        server.script("connect $nqn $port; fio_verify $(disk $nqn) --size=48M --bsrange=4k-256k"));
  }

  @Test
  void randomWrites_pastTheServersPageCache_readBackAsWritten(LinuxHost host) throws Exception {
    try (var direct =
        DnvmeServer.in(directory.resolve("direct")).disk("disk1", "64M").flag("--direct").start()) {
      host.succeed(direct.script("connect $nqn $port; fio_verify $(disk $nqn) --bsrange=4k-256k"));
    }
  }
}
