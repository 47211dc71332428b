package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.SyncAccess;
import io.dnvme.block.TestReactor;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a file device makes of a kernel that does not do as it is told. */
class FileDeviceFaultsTest {

  private static final int BLOCK = 4096;

  @TempDir Path directory;
  private final TestReactor reactor = new TestReactor(0);
  private FaultyFile file;
  private FileDevice device;
  private SyncAccess access;

  @BeforeEach
  void open() throws Exception {
    open(FileDeviceOptions.defaults());
  }

  private void open(FileDeviceOptions options) throws DeviceOpenException {
    Path path = directory.resolve("disk" + options.ioThreads() + "-" + options.queueLimit());
    OpenedFile.create(path, 1 << 20, BLOCK);
    OpenedFile opened = OpenedFile.open(path, options);
    file = new FaultyFile(opened.file());
    var faulty =
        new OpenedFile(
            file,
            opened.threadFiles().stream()
                .<NativeFile>map(other -> new FaultyFile(other, file))
                .toList(),
            opened.geometry(),
            opened.directMemoryBytes(),
            opened.directOffsetBytes(),
            opened.punches());
    device = new FileDevice(path, faulty, options);
    access = new SyncAccess(device, reactor);
  }

  @AfterEach
  void close() {
    try {
      device.close();
    } catch (UncheckedIOException e) {
      assertThat(device.failure()).isPresent();
    }
    reactor.close();
  }

  private static byte[] content(int blocks) {
    byte[] content = new byte[blocks * BLOCK];
    new SplittableRandom(blocks).nextBytes(content);
    return content;
  }

  @Test
  void shortAndInterruptedTransfers_goOn() {
    file.shortTransfers = true;
    file.onWrite = FaultyFile.failing(Errno.EINTR, 3);
    assertThat(access.write(3, content(4))).isEqualTo(BlockStatus.SUCCESS);
    file.onRead = FaultyFile.failing(Errno.EINTR, 3);
    assertThat(access.read(3, 4)).isEqualTo(content(4));
    assertThat(file.writes.get()).as("3 interrupted, 2 ranges").isEqualTo(5);
    assertThat(file.reads.get()).isEqualTo(5);
    file.onAllocate = FaultyFile.failing(Errno.EINTR, 1);
    assertThat(access.deallocate(3, 4)).isEqualTo(BlockStatus.SUCCESS);
    file.onSync = FaultyFile.failing(Errno.EINTR, 1);
    assertThat(access.flush()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(device.failure()).isEmpty();
  }

  @Test
  void noSpace_isCapacityExceeded_andTheDeviceLivesOn() {
    for (int errno : new int[] {Errno.ENOSPC, Errno.EDQUOT}) {
      file.onWrite = FaultyFile.failing(errno, 1);
      assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
      file.onDurableWrite = FaultyFile.failing(errno, 1);
      file.onWrite = FaultyFile.failing(errno, 1);
      assertThat(access.writeThrough(0, content(1))).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
      file.onAllocate = FaultyFile.failing(errno, 1);
      assertThat(access.writeZeroes(0, 1, false)).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    }
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void inputOutputErrors_areFaultsOfTheirCommand() {
    file.onRead = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.tryRead(0, 1, new byte[BLOCK])).isEqualTo(BlockStatus.READ_FAULT);
    file.onRead = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.compare(0, content(1))).isEqualTo(BlockStatus.READ_FAULT);
    file.onWrite = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(0, 1)).isEqualTo(content(1));
  }

  @Test
  void fileCutShort_readFault() throws Exception {
    try (var cutting = new RandomAccessFile(pathOfDisk().toFile(), "rw")) {
      cutting.setLength(BLOCK);
    }
    assertThat(access.read(0, 1)).containsOnly(0);
    assertThat(access.tryRead(0, 2, new byte[2 * BLOCK])).isEqualTo(BlockStatus.READ_FAULT);
  }

  private Path pathOfDisk() {
    FileDeviceOptions options = FileDeviceOptions.defaults();
    return directory.resolve("disk" + options.ioThreads() + "-" + options.queueLimit());
  }

  @Test
  void failedSync_failsTheDeviceForGood() {
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.SUCCESS);
    file.onSync = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.flush()).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(device.failure().orElseThrow()).contains("flush").contains("input/output error");
    assertEverythingFails();
  }

  @Test
  void loss_isToldOnce_beforeTheCommandIsAnswered() throws Exception {
    var lost = new ArrayList<Path>();
    device.close();
    open(FileDeviceOptions.defaults().withIoThreads(2).withWhenLost(lost::add));
    assertThat(access.flush()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(lost).isEmpty();
    file.onSync = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.flush()).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(lost).hasSize(1);
    assertEverythingFails();
    assertThat(lost).hasSize(1);
  }

  @Test
  void lossThatCannotBeMarked_isSaid() throws Exception {
    device.close();
    open(
        FileDeviceOptions.defaults()
            .withIoThreads(2)
            .withWhenLost(path -> {
              throw new IllegalStateException("no mark on " + path.getFileName());
            }));
    file.onSync = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.flush()).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(device.failure().orElseThrow()).contains("flush").contains("no mark on disk2");
  }

  @Test
  void failedWriteThrough_failsTheDeviceForGood() {
    file.onDurableWrite = FaultyFile.failing(Errno.EIO, 1);
    assertThat(access.writeThrough(0, content(1))).isEqualTo(BlockStatus.WRITE_FAULT);
    assertEverythingFails();
  }

  @Test
  void writeThroughFailsWhileASyncRuns_theFlushFailsToo() throws Exception {
    // The kernel tells of a lost page once: here the write hears of it and the sync does not.
    var syncing = new CountDownLatch(1);
    var writeFailed = new CompletableFuture<Void>();
    file.onDurableWrite = FaultyFile.failing(Errno.EIO, 1);
    file.onSync =
        () -> {
          syncing.countDown();
          TestReactor.await(writeFailed);
          return 0;
        };
    try (var other = new TestReactor(1)) {
      var flush = CompletableFuture.supplyAsync(() -> new SyncAccess(device, other).flush());
      assertThat(syncing.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(access.writeThrough(0, content(1))).isEqualTo(BlockStatus.WRITE_FAULT);
      writeFailed.complete(null);
      assertThat(TestReactor.await(flush)).isEqualTo(BlockStatus.WRITE_FAULT);
    }
  }

  /** Who makes data durable while another is just being told of the loss. */
  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "true, true"})
  void lossIsToldToOne_theOtherDoesNotSucceedMeanwhile(
      boolean firstWritesThrough, boolean secondWritesThrough) throws Exception {
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.SUCCESS);
    var told = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    file.onTold =
        () -> {
          if (told.getCount() > 0) {
            await(told, released);
          }
        };
    file.lose(Errno.EIO);
    try (var other = new TestReactor(1)) {
      var first =
          CompletableFuture.supplyAsync(
              () -> makeDurable(new SyncAccess(device, other), firstWritesThrough, 1));
      assertThat(told.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(makeDurable(access, secondWritesThrough, 2)).isEqualTo(BlockStatus.WRITE_FAULT);
      released.countDown();
      assertThat(TestReactor.await(first)).isEqualTo(BlockStatus.WRITE_FAULT);
    }
  }

  private static BlockStatus makeDurable(SyncAccess access, boolean writeThrough, int block) {
    return writeThrough ? access.writeThrough(block, content(1)) : access.flush();
  }

  @Test
  void lossIsToldToAWriteThroughThatFindsNoSpace_theFlushFails() {
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.SUCCESS);
    file.lose(Errno.ENOSPC);
    file.onWrite = FaultyFile.failing(Errno.ENOSPC, 1);
    assertThat(access.writeThrough(1, content(1))).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    assertThat(access.flush()).isEqualTo(BlockStatus.WRITE_FAULT);
    assertEverythingFails();
  }

  @Test
  void flushFailsWhileAWriteThroughRuns_theWriteFailsToo() throws Exception {
    var writing = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    file.onDurableWrite = () -> await(writing, released);
    file.onSync = FaultyFile.failing(Errno.EIO, 1);
    try (var other = new TestReactor(1)) {
      var write =
          CompletableFuture.supplyAsync(
              () -> new SyncAccess(device, other).writeThrough(0, content(1)));
      assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(access.flush()).isEqualTo(BlockStatus.WRITE_FAULT);
      released.countDown();
      assertThat(TestReactor.await(write)).isEqualTo(BlockStatus.WRITE_FAULT);
    }
  }

  @Test
  void writeThroughWithoutSpace_thatHasSpaceWithoutTheSync_failsTheDeviceForGood() {
    file.onDurableWrite = FaultyFile.failing(Errno.ENOSPC, 1);
    assertThat(access.writeThrough(0, content(1))).isEqualTo(BlockStatus.WRITE_FAULT);
    assertEverythingFails();
  }

  private void assertEverythingFails() {
    assertThat(access.flush()).isEqualTo(BlockStatus.FAILED);
    assertThat(access.write(0, content(1))).isEqualTo(BlockStatus.FAILED);
    assertThat(access.tryRead(0, 1, new byte[BLOCK])).isEqualTo(BlockStatus.FAILED);
    int syncs = file.syncs.get();
    assertThatThrownBy(device::close).hasMessageContaining(device.failure().orElseThrow());
    assertThat(file.syncs.get()).as("nothing is asked of it any more").isEqualTo(syncs);
  }

  @Test
  void failedSyncAtClose_isThrown() {
    file.onSync = FaultyFile.failing(Errno.EIO, 1);
    assertThatThrownBy(device::close).hasMessageContaining("input/output error");
  }

  @Test
  void writingThroughNotPossible_writesAndFlushes() {
    file.onDurableWrite = FaultyFile.failing(Errno.EOPNOTSUPP, Integer.MAX_VALUE);
    for (int i = 1; i <= 3; i++) {
      assertThat(access.writeThrough(i, content(1))).isEqualTo(BlockStatus.SUCCESS);
      assertThat(file.syncs.get()).isEqualTo(i);
    }
    assertThat(file.durableWrites.get()).as("tried once").isEqualTo(1);
    assertThat(access.read(3, 1)).isEqualTo(content(1));
  }

  @Test
  void durableZeroes_areFlushed() {
    assertThat(
            access.withoutData(io -> io.prepare(BlockOp.WRITE_ZEROES, 0, 4).forceUnitAccess(true)))
        .isEqualTo(BlockStatus.SUCCESS);
    assertThat(file.syncs.get()).isEqualTo(1);
  }

  @Test
  void readsAndComparesWithForceUnitAccess_areFlushed() {
    Buffer buffer = reactor.call(() -> reactor.buffers().tryAcquire(BLOCK));
    for (BlockOp op : new BlockOp[] {BlockOp.READ, BlockOp.COMPARE}) {
      int syncs = file.syncs.get();
      assertThat(access.withoutData(io -> prepare(io, op, buffer).forceUnitAccess(true)))
          .isEqualTo(BlockStatus.SUCCESS);
      assertThat(file.syncs.get()).as(op.name()).isEqualTo(syncs + 1);
      access.withoutData(io -> prepare(io, op, buffer));
      assertThat(file.syncs.get()).as(op + " without").isEqualTo(syncs + 1);
    }
    reactor.run(buffer::giveBack);
  }

  private static BlockIo prepare(BlockIo io, BlockOp op, Buffer buffer) {
    io.prepare(op, 0, 1).data().add(buffer.segment(), 0, BLOCK);
    return io;
  }

  @Test
  void holesAndMarksNotPossible_zeroesAreWritten() {
    access.write(0, content(40));
    file.onAllocate = FaultyFile.failing(Errno.EOPNOTSUPP, Integer.MAX_VALUE);
    assertThat(access.writeZeroes(1, 10, false)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.deallocate(20, 10)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(1, 10)).containsOnly(0);
    assertThat(access.read(20, 10)).containsOnly(0);
    assertThat(access.read(11, 1))
        .isEqualTo(Arrays.copyOfRange(content(40), 11 * BLOCK, 12 * BLOCK));
    assertThat(access.writeZeroes(0, 256, false)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(0, 256)).containsOnly(0);
  }

  @Test
  void queueFull_isBusy_andTheOthersAreServed() throws Exception {
    device.close();
    open(FileDeviceOptions.defaults().withIoThreads(1).withQueueLimit(4));
    var entered = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    file.onRead = () -> await(entered, released);
    List<BlockIo> completed = new ArrayList<>();
    var all = new CompletableFuture<Void>();
    Buffer buffer = reactor.call(() -> reactor.buffers().tryAcquire(BLOCK));

    submitRead(0, buffer, completed, all);
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    for (int i = 1; i <= 5; i++) {
      submitRead(i, buffer, completed, all);
    }
    reactor.run(() -> {});
    assertThat(reactor.call(completed::size)).as("the fifth finds no place").isEqualTo(1);
    assertThat(completed.getFirst().status()).isEqualTo(BlockStatus.BUSY);
    released.countDown();
    TestReactor.await(all);
    assertThat(completed).filteredOn(io -> io.status().isSuccess()).hasSize(5);
    reactor.run(buffer::giveBack);
  }

  private static int await(CountDownLatch entered, CountDownLatch released) {
    entered.countDown();
    try {
      return released.await(60, TimeUnit.SECONDS) ? 0 : -Errno.EIO;
    } catch (InterruptedException e) {
      return -Errno.EIO;
    }
  }

  private void submitRead(
      int block, Buffer buffer, List<BlockIo> completed, CompletableFuture<Void> all) {
    reactor.run(() -> {
      BlockIo io = new BlockIo(reactor).prepare(BlockOp.READ, block, 1);
      io.data().add(buffer.segment(), 0, BLOCK);
      io.onCompletion(
          done -> {
            completed.add(done);
            if (completed.size() == 6) {
              all.complete(null);
            }
          },
          null);
      device.submit(io);
    });
  }

  @Test
  void flushesThatWait_shareOneSync() throws Exception {
    var entered = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    file.onSync = () -> await(entered, released);
    int flushes = 12;
    var left = new CountDownLatch(flushes);
    Runnable flush =
        () ->
            device.submit(
                new BlockIo(reactor)
                    .prepare(BlockOp.FLUSH, 0, 0)
                    .onCompletion(
                        io -> {
                          assertThat(io.status()).isEqualTo(BlockStatus.SUCCESS);
                          left.countDown();
                        },
                        null));
    reactor.run(flush);
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    for (int i = 1; i < flushes; i++) {
      reactor.run(flush);
    }
    // A read goes through the same queue after them: when it is back they have joined, or are
    // about to.
    access.read(0, 1);
    released.countDown();
    assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(file.syncs.get()).as("the one that ran, and few more").isBetween(2, flushes / 2);
  }

  @Test
  void syncThatThrows_completesEachFlushOnce_andFailsTheDevice() throws Exception {
    var entered = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    file.onSync =
        () -> {
          if (entered.getCount() > 0) {
            return await(entered, released);
          }
          throw new OutOfMemoryError("planted");
        };
    int flushes = 4;
    List<BlockIo> completed = new ArrayList<>();
    Runnable flush =
        () ->
            device.submit(
                new BlockIo(reactor)
                    .prepare(BlockOp.FLUSH, 0, 0)
                    .onCompletion(completed::add, null));
    reactor.run(flush);
    assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
    for (int i = 1; i < flushes; i++) {
      reactor.run(flush);
    }
    access.read(0, 1);
    released.countDown();
    // Carries out what it has before it ends.
    assertThatThrownBy(device::close).hasMessageContaining("planted");
    reactor.run(() -> {});
    assertThat(completed).doesNotHaveDuplicates().hasSize(flushes);
    assertThat(completed.getFirst().status()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(completed.subList(1, flushes))
        .allMatch(io -> io.status() == BlockStatus.FAILED || io.status() == BlockStatus.SUCCESS)
        .anyMatch(io -> io.status() == BlockStatus.FAILED);
  }

  @Test
  void reactorHasEnded_theDeviceServesTheOthers() throws Exception {
    device.close();
    open(FileDeviceOptions.defaults().withIoThreads(1));
    Buffer buffer = reactor.call(() -> reactor.buffers().tryAcquire(BLOCK));
    BlockOp[] ops = {BlockOp.READ, BlockOp.WRITE, BlockOp.FLUSH};
    for (BlockOp op : ops) {
      var entered = new CountDownLatch(1);
      var released = new CountDownLatch(1);
      file.onRead = () -> await(entered, released);
      file.onDurableWrite = file.onRead;
      file.onSync = file.onRead;
      var ending = new TestReactor(1 + op.ordinal());
      ending.run(() -> {
        var io = new BlockIo(ending).prepare(op, 0, op == BlockOp.FLUSH ? 0 : 1);
        if (op != BlockOp.FLUSH) {
          io.data().add(buffer.segment(), 0, BLOCK);
        }
        device.submit(io.forceUnitAccess(true).onCompletion(completed -> {}, null));
      });
      assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
      ending.close();
      released.countDown();
      assertThat(access.write(0, content(1))).as("after " + op).isEqualTo(BlockStatus.SUCCESS);
      assertThat(device.failure()).isEmpty();
    }
    int syncs = file.syncs.get();
    device.close();
    assertThat(file.syncs.get()).as("what was acknowledged is flushed").isEqualTo(syncs + 1);
    reactor.run(buffer::giveBack);
  }

  @Test
  void threadThatThrows_failsTheDevice_andGoesOn() {
    file.onRead =
        () -> {
          throw new IllegalStateException("planted");
        };
    assertThat(access.tryRead(0, 1, new byte[BLOCK])).isEqualTo(BlockStatus.FAILED);
    assertThat(device.failure().orElseThrow()).contains("planted");
    assertThat(access.flush()).isEqualTo(BlockStatus.FAILED);
  }
}
