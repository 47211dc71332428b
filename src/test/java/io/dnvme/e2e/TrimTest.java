package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the host gives up is free on the server's file system again. */
@UsesLinuxHost
class TrimTest {

  private static final long MEBIBYTE = 1L << 20;

  @TempDir private Path directory;

  @Test
  void fstrim_deletedFiles_freesTheBackingFile(LinuxHost host) throws Exception {
    try (var server = DnvmeServer.in(directory).disk("disk1", "400M").start()) {
      host.succeed(
          server.script(
              """
              connect $nqn $port
              mkfs.ext4 -q $(disk $nqn)
              mount $(disk $nqn) /mnt
              head -c 64m /dev/urandom >/mnt/file
              sync
              """));
      long fullBytes = allocatedBytes();
      assertThat(fullBytes).isGreaterThan(64 * MEBIBYTE);
      host.succeed("rm /mnt/file; sync; fstrim /mnt; umount /mnt");
      assertThat(allocatedBytes()).isLessThan(fullBytes - 60 * MEBIBYTE);
    }
  }

  @Test
  void blkdiscard_wholeDisk_freesItAndReadsAsZeroes(LinuxHost host) throws Exception {
    try (var server = DnvmeServer.in(directory).disk("disk1", "64M").start()) {
      host.succeed(
          server.script(
              """
              connect $nqn $port
              dd if=/dev/urandom of=$(disk $nqn) bs=64k count=512 oflag=direct 2>/dev/null
              """));
      assertThat(allocatedBytes()).isGreaterThanOrEqualTo(32 * MEBIBYTE);
      host.succeed(server.script("blkdiscard $(disk $nqn)"));
      assertThat(allocatedBytes()).isLessThan(MEBIBYTE);
      host.succeed(server.script("cmp -n 67108864 $(disk $nqn) /dev/zero"));
    }
  }

  @Test
  void writeZeroes_writtenBlocks_readAsZeroes(LinuxHost host) throws Exception {
    try (var server = DnvmeServer.in(directory).disk("disk1", "64M").start()) {
      host.succeed(
          server.script(
              """
              connect $nqn $port
              disk=$(disk $nqn)
              dd if=/dev/urandom of=$disk bs=64k count=256 oflag=direct 2>/dev/null
              blkdiscard --zeroout --offset 4M --length 8M $disk
              head -c 8m /dev/zero >/tmp/zeroes
              dd if=$disk bs=64k skip=64 count=128 iflag=direct 2>/dev/null | cmp - /tmp/zeroes
              if dd if=$disk bs=64k skip=0 count=64 iflag=direct 2>/dev/null | cmp -s -n 4194304 - /tmp/zeroes
              then exit 1; fi
              """));
    }
  }

  /** What the files of the server's directory take, which is not their length. */
  private long allocatedBytes() throws IOException, InterruptedException {
    var process =
        new ProcessBuilder("du", "--summarize", "--block-size=1", directory.toString()).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).isZero();
    return Long.parseLong(output.split("\\s", 2)[0]);
  }
}
