package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.SyncAccess;
import io.dnvme.block.TestReactor;
import io.dnvme.disk.Commands;
import io.dnvme.disk.FileDevice;
import io.dnvme.disk.FileDeviceOptions;
import io.dnvme.disk.MachineNeeds;
import io.dnvme.disk.format.StoreOutcome.Done;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space of a real block device that is freed reads as zeroes for whoever gets it next (ZERO). */
class ZeroOnBlockDeviceTest {

  private static final UUID ID = new UUID(9, 1);
  private static final long SIZE_BYTES = 16L << 20;
  private static final int CHUNK_BYTES = 1 << 20;

  @TempDir Path directory;

  private final TestReactor reactor = new TestReactor(0);
  private Path loop;

  @AfterEach
  void remove() throws Exception {
    reactor.close();
    if (loop != null) {
      Commands.run("losetup", "--detach", loop.toString());
    }
  }

  private <T> T await(Consumer<Consumer<StoreOutcome<T>>> work) {
    var outcome = new CompletableFuture<StoreOutcome<T>>();
    reactor.run(() -> work.accept(outcome::complete));
    if (TestReactor.await(outcome) instanceof Done<T>(T value)) {
      return value;
    }
    throw new AssertionError(outcome.join());
  }

  private void zeroed(DiskStore store) {
    while (!reactor.call(store::isZeroed)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void freedExtents_readAsZeroes_onTheDeviceItself() throws Exception {
    Path backing = directory.resolve("backing");
    byte[] noise = new byte[CHUNK_BYTES];
    Arrays.fill(noise, (byte) 0x5a);
    try (var file = new RandomAccessFile(backing.toFile(), "rw")) {
      for (long at = 0; at < SIZE_BYTES; at += CHUNK_BYTES) {
        file.write(noise);
      }
    }
    loop = MachineNeeds.loopDevice(backing);
    try (BlockDevice device =
        FileDevice.open(loop, FileDeviceOptions.defaults().withDirect(true))) {
      this.<UUID>await(
          done -> DiskStore.format(reactor, device, OpenDisk.options().withOverwrite(true), done));
      DiskStore store =
          await(done -> DiskStore.open(reactor, device, OpenDisk.CLUSTER, OpenDisk.BOOT, done));
      zeroed(store);
      for (int round = 0; round < 2; round++) {
        int extents = store.usage().extents();
        this.<LogicalDisk>await(
            done -> store.allocate(ID, OpenDisk.LEG, extents, Description.NONE, done));
        SliceDevice slice = reactor.call(() -> store.unguarded(ID).orElseThrow());
        var access = new SyncAccess(slice, reactor);
        int blocks = CHUNK_BYTES / device.geometry().blockSizeBytes();
        for (long block = 0; block < slice.geometry().blockCount(); block += blocks) {
          assertThat(access.read(block, blocks)).as("block %d", block).containsOnly(0);
          access.write(block, noise);
        }
        access.flush();
        this.<LogicalDisk>await(done -> store.free(ID, new FreeRight.NeverAdmitted(), done));
        zeroed(store);
        assertThat(reactor.call(() -> store.usage().free())).isEqualTo(extents);
      }
    }
  }
}
