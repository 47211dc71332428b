package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.IoCounters;
import io.dnvme.block.SyncAccess;
import io.dnvme.block.TestReactor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDeviceTest {

  private static final long MIB = 1 << 20;

  @TempDir Path directory;
  private final TestReactor reactor = new TestReactor(0);
  private final FileDeviceOptions options = FileDeviceOptions.defaults();

  @AfterEach
  void close() {
    reactor.close();
  }

  private Path path() {
    return directory.resolve("disk");
  }

  private static byte[] content(long lengthBytes) {
    byte[] content = new byte[(int) lengthBytes];
    new SplittableRandom(lengthBytes).nextBytes(content);
    return content;
  }

  @Test
  void created_isSparse_itsOwnersOnly_andReadsZeroes() throws Exception {
    try (var device = FileDevice.create(path(), 1L << 40, options)) {
      assertThat(device.geometry().sizeBytes()).isEqualTo(1L << 40);
      assertThat(AllocatedSpace.bytes(path())).isLessThan(MIB);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
          .isEqualTo("rw-------");
      assertThat(new SyncAccess(device, reactor).read((1L << 28) - 1, 1)).containsOnly(0);
    }
  }

  @Test
  void closedAndOpened_keepsItsContent() throws Exception {
    byte[] content = content(3 * 4096);
    try (var device = FileDevice.create(path(), MIB, options)) {
      new SyncAccess(device, reactor).write(5, content);
    }
    try (var device = FileDevice.open(path(), options.withDirect(directWorks()))) {
      assertThat(new SyncAccess(device, reactor).read(5, 3)).isEqualTo(content);
    }
  }

  private boolean directWorks() throws DeviceOpenException {
    Path probe = directory.resolve("probe");
    OpenedFile.create(probe, MIB, 4096);
    try (var opened = OpenedFile.open(probe, options.withDirect(true))) {
      return opened != null;
    } catch (DeviceOpenException e) {
      return false;
    }
  }

  @Test
  void deallocated_spaceIsFree() throws Exception {
    try (var device = FileDevice.create(path(), 16 * MIB, options)) {
      MachineNeeds.need(
          device.traits().deallocates(), "the temporary directory cannot punch holes");
      var access = new SyncAccess(device, reactor);
      for (int i = 0; i < 16; i++) {
        access.write(i * 256L, content(MIB));
      }
      access.flush();
      assertThat(AllocatedSpace.bytes(path())).isGreaterThanOrEqualTo(16 * MIB);

      assertThat(access.writeZeroes(0, 1024, false)).isEqualTo(BlockStatus.SUCCESS);
      access.flush();
      assertThat(AllocatedSpace.bytes(path())).as("kept").isGreaterThanOrEqualTo(16 * MIB);

      assertThat(access.deallocate(0, 2048)).isEqualTo(BlockStatus.SUCCESS);
      assertThat(access.writeZeroes(2048, 1024, true)).isEqualTo(BlockStatus.SUCCESS);
      access.flush();
      assertThat(AllocatedSpace.bytes(path())).as("freed").isLessThan(5 * MIB);
    }
  }

  @Test
  void commands_areCounted() throws Exception {
    try (var device = FileDevice.create(path(), MIB, options)) {
      var access = new SyncAccess(device, reactor);
      access.write(0, content(8192));
      access.tryRead(256, 1, new byte[4096]);
      access.flush();
      assertThat(device.counters().sum(c -> c.bytes(BlockOp.WRITE))).isEqualTo(8192);
      assertThat(device.counters().sum(c -> c.busyNanos(BlockOp.WRITE))).isPositive();
      assertThat(device.counters().sum(c -> c.errors(BlockOp.READ))).isEqualTo(1);
      assertThat(device.counters().sum(c -> c.operations(BlockOp.FLUSH))).isEqualTo(1);
      assertThat(device.counters().sum(IoCounters::inFlight)).isZero();
    }
  }

  private void assertRefused(String... words) {
    assertThatThrownBy(() -> FileDevice.open(path(), options))
        .isInstanceOf(DeviceOpenException.class)
        .hasMessageStartingWith("cannot use " + path() + ": ")
        .hasMessageContainingAll(words);
  }

  @Test
  void missing_isRefused() {
    assertRefused("no such file", "create it first");
  }

  @Test
  void directoryInstead_isRefused() throws Exception {
    Files.createDirectory(path());
    assertRefused("it is a directory", "name a file in it");
  }

  @Test
  void neitherFileNorBlockDevice_isRefused() {
    assertThatThrownBy(() -> FileDevice.open(Path.of("/dev/null"), options))
        .isInstanceOf(DeviceOpenException.class)
        .hasMessageContaining("neither a file nor a block device");
  }

  @Test
  void usedAlready_isRefused() throws Exception {
    try (var device = FileDevice.create(path(), MIB, options)) {
      assertThat(device.failure()).isEmpty();
      assertRefused("in use by another process", "lsof");
      assertThatThrownBy(() -> FileDevice.create(path(), MIB, options))
          .hasMessageContaining("in use by another process");
    }
    FileDevice.open(path(), options).close();
  }

  @Test
  void notWholeBlocks_isRefused() throws Exception {
    Files.write(path(), new byte[4096 + 512]);
    assertRefused("4608 bytes are not a whole number of blocks of 4096 bytes", "block size");
    FileDevice.open(path(), options.withBlockSizeBytes(512)).close();
    assertThatThrownBy(() -> FileDevice.create(directory.resolve("new"), 5000, options))
        .hasMessageContaining("5000 bytes are not a whole number of blocks");
  }

  @Test
  void emptyFile_asACrashLeavesIt_isRefused_andCreatingFinishesIt() throws Exception {
    Files.createFile(path());
    assertRefused("0 bytes", "create it anew");
    FileDevice.create(path(), MIB, options).close();
    assertThat(Files.size(path())).isEqualTo(MIB);
  }

  @Test
  void creatingWhatExists_isRefused_andKeepsIt() throws Exception {
    Files.write(path(), content(4096));
    assertThatThrownBy(() -> FileDevice.create(path(), MIB, options))
        .hasMessageContaining("it exists already");
    assertThat(Files.readAllBytes(path())).isEqualTo(content(4096));
  }

  @Test
  void largerThanTheFileSystemHolds_isRefused() {
    assertThatThrownBy(() -> FileDevice.create(path(), 1L << 62, options))
        .isInstanceOf(DeviceOpenException.class)
        .hasMessageContaining("a size of 4611686018427387904 bytes")
        .hasMessageContaining("smaller size");
  }

  @Test
  void options_areChecked() {
    assertThatThrownBy(() -> options.withBlockSizeBytes(1000)).hasMessageContaining("1000");
    assertThatThrownBy(() -> options.withIoThreads(0)).hasMessageContaining("1 to 256");
    assertThatThrownBy(() -> options.withIoThreads(257)).hasMessageContaining("1 to 256");
    assertThatThrownBy(() -> options.withQueueLimit(0)).hasMessageContaining("1 to 1048576");
  }

  /** What is not compiled yet does allocate; how long that takes is the machine's matter. */
  @Test
  void steadyState_ioThreadsAllocateNothing() throws Exception {
    int commands = 10_000;
    int mostRounds = 50;
    try (var device = FileDevice.create(path(), MIB, options.withIoThreads(1))) {
      double bytesPerCommand = Double.MAX_VALUE;
      for (int round = 0; round < mostRounds && bytesPerCommand > 0.5; round++) {
        long before = AllocatedBytes.ofThreadsNamed("disk-io-");
        repeat(device, commands);
        long allocated = AllocatedBytes.ofThreadsNamed("disk-io-") - before;
        bytesPerCommand = allocated / (double) commands;
      }
      assertThat(bytesPerCommand).isLessThan(0.5);
    }
  }

  /** Writes and reads in turn, the next when the last is complete. */
  private void repeat(FileDevice device, int commands) {
    var done = new CompletableFuture<Void>();
    Buffer buffer = reactor.call(() -> reactor.buffers().tryAcquire(4096));
    reactor.run(() -> {
      var io = new BlockIo(reactor);
      int[] left = {commands};
      io.onCompletion(
          completed -> {
            if (left[0]-- == 0) {
              buffer.giveBack();
              done.complete(null);
            } else {
              BlockOp op = left[0] % 2 == 0 ? BlockOp.READ : BlockOp.WRITE;
              completed.prepare(op, left[0] % 256, 1).data().add(buffer.segment(), 0, 4096);
              device.submit(completed);
            }
          },
          null);
      device.submit(io.prepare(BlockOp.FLUSH, 0, 0));
    });
    TestReactor.await(done);
  }
}
