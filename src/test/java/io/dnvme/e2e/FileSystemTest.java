package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** File systems on a disk: made, mounted, filled, compared and checked. */
@UsesLinuxHost
class FileSystemTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void makeMountCopy_eitherBlockSize_keepsFiles(int blockSizeBytes, LinuxHost host)
      throws Exception {
    try (var server = start(blockSizeBytes)) {
      host.succeed(server.script("connect $nqn $port"));
      assertThat(host.succeed(server.script("blockdev --getss $(disk $nqn)")).strip())
          .isEqualTo(Integer.toString(blockSizeBytes));
      host.succeed(
          server.script(
              """
              mkfs.ext4 -q $(disk $nqn)
              check_file_system $(disk $nqn)
              e2fsck -f -n $(disk $nqn)
              """));
      host.succeed(
          server.script(
              """
              mkfs.xfs -q -f $(disk $nqn)
              check_file_system $(disk $nqn)
              xfs_repair -n $(disk $nqn)
              """));
    }
  }

  @Test
  void files_serverStoppedAndStarted_areThere(LinuxHost host) throws Exception {
    try (var server = start(4096)) {
      host.succeed(
          server.script(
              """
              connect $nqn $port
              mkfs.ext4 -q $(disk $nqn)
              mount $(disk $nqn) /mnt
              cp /usr/bin/busybox /mnt
              umount /mnt
              nvme disconnect -n $nqn
              """));
      assertThat(server.stop()).isZero();
      server.start();
      host.succeed(
          server.script(
              """
              connect $nqn $port
              mount $(disk $nqn) /mnt
              cmp /usr/bin/busybox /mnt/busybox
              """));
    }
  }

  private DnvmeServer start(int blockSizeBytes) throws Exception {
    return DnvmeServer.in(directory)
        .disk("disk1", "400M")
        .option("--block-size", Integer.toString(blockSizeBytes))
        .start();
  }
}
