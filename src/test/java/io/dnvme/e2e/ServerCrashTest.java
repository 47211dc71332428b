package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server is killed while a host writes, and started again: the host comes back by itself, no
 * application sees an error, and what was acknowledged is there (ACK).
 */
@UsesLinuxHost
class ServerCrashTest {

  private static final int KILLS = 3;

  @TempDir private Path directory;
  private DnvmeServer server;

  @BeforeEach
  void start() throws Exception {
    server = DnvmeServer.in(directory).disk("disk1", "400M").start();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void kill_duringVerify_losesNothingAcknowledged(LinuxHost host) throws Exception {
    host.succeed(server.script("connect $nqn $port; disk $nqn"));
    var verify = BackgroundVerify.start(host, server.nqn(), "--size=32M --rate=,8m");
    for (int i = 0; i < KILLS; i++) {
      host.succeed(server.script("await 30 path_moves_data $nqn $port"));
      killAndRestart(host);
    }
    verify.finish();
  }

  @Test
  void kill_afterFlushes_everyFlushedRecordIsThere(LinuxHost host) throws Exception {
    host.succeed(server.script("connect $nqn $port; disk $nqn"));
    RunningScript writer = host.start(server.script("write_records $(disk $nqn) /tmp/flushed"));
    host.succeed("await 60 has_lines /tmp/flushed 40");
    server.kill();
    host.succeed(
        server.script("await 30 path_is $nqn $port connecting; cp /tmp/flushed /tmp/promised"));
    server.start();
    host.succeed(server.script("await 60 path_is $nqn $port live"));
    writer.kill();
    writer.await(LinuxHost.SCRIPT_LIMIT);
    host.succeed(server.script("check_records $(disk $nqn) /tmp/promised"));
  }

  @Test
  void kill_mountedFileSystem_goesOnAndIsClean(LinuxHost host) throws Exception {
    host.succeed(
        server.script(
            """
            connect $nqn $port
            mkfs.ext4 -q $(disk $nqn)
            mount $(disk $nqn) /mnt
            head -c 8m /dev/urandom >/tmp/original
            """));
    RunningScript copies =
        host.start(
            """
            for i in $(seq 1 24); do
              dd if=/tmp/original of=/mnt/copy-$i bs=64k conv=fsync
            done
            """);
    host.succeed("await 60 test -e /mnt/copy-2");
    killAndRestart(host);
    host.requireSuccess(copies.await(LinuxHost.SCRIPT_LIMIT));
    host.succeed(
        server.script(
            """
            umount /mnt
            e2fsck -f -n $(disk $nqn)
            mount $(disk $nqn) /mnt
            for i in $(seq 1 24); do
              cmp /tmp/original /mnt/copy-$i
            done
            umount /mnt
            """));
  }

  @Test
  void stop_whileConnected_hostComesBackToTheSameDisk(LinuxHost host) throws Exception {
    host.succeed(server.script("connect $nqn $port; disk $nqn"));
    var verify = BackgroundVerify.start(host, server.nqn(), "--size=32M --rate=,8m");
    host.succeed(server.script("await 30 path_moves_data $nqn $port"));
    assertThat(server.stop()).isZero();
    host.succeed(server.script("await 30 path_is $nqn $port connecting"));
    server.start();
    verify.finish();
  }

  private void killAndRestart(LinuxHost host) throws Exception {
    server.kill();
    host.succeed(server.script("await 30 path_is $nqn $port connecting"));
    server.start();
    host.succeed(server.script("await 60 path_is $nqn $port live"));
  }
}
