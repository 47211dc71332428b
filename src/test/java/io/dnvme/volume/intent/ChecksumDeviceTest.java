package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChecksumDeviceTest {

  private static final int BLOCK = 512;
  private static final int PAGES = 4;

  private final ManualReactor reactor = new ManualReactor();
  private final MemberLayout layout =
      new MemberLayout(
          BLOCK, (long) PAGES * ChecksumPage.ENTRIES, MemberLayout.MIN_REGION_SHIFT, true);
  private final CrashDevice medium =
      new CrashDevice(new BlockGeometry(BLOCK, layout.deviceBlocks()));
  private final List<Long> rot = new ArrayList<>();
  private ChecksumMemory memory = ChecksumMemory.OF_PROCESS;
  private BlockOp refused;
  private BlockStatus refusal;
  private boolean refusesChecksums;

  /** Blocks that a refused write writes all the same. */
  private int writtenInPart;

  private LongPredicate bad = block -> false;
  private ChecksumDevice device = open(16);

  @AfterEach
  void close() {
    reactor.close();
  }

  @Test
  void whatWasWritten_isReadAlsoAcrossPages() {
    long start = ChecksumPage.ENTRIES - 3;
    assertThat(write(start, 8, 7)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read(start, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read(100, 8)).as("never written").isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
  }

  @Test
  void flippedBit_isAReadFaultUntilTheBlockIsWritten() {
    write(0, 8, 7);
    medium.rot(layout.dataStartBlock() + 5, 17);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.READ_FAULT);
    assertThat(rot).containsExactly(5L);
    assertThat(read(0, 5)).isEqualTo(BlockStatus.SUCCESS);
    write(5, 1, 8);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void compare_isOfWhatWasWritten_neverOfWhatRotted() {
    write(0, 8, 7);
    assertThat(compare(0, 8, 7)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(compare(0, 8, 6)).isEqualTo(BlockStatus.COMPARE_FAILED);
    medium.rot(layout.dataStartBlock() + 5, 17);
    assertThat(compare(0, 8, 7)).isEqualTo(BlockStatus.READ_FAULT);
    assertThat(rot).containsExactly(5L);
    assertThat(compare(0, 5, 7)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void compareOfSeveralPieces_findsTheBlockThatDiffers() {
    int count = 5 * ChecksumCompares.PIECE_BYTES / BLOCK / 2;
    write(0, count, 7);
    assertThat(compare(0, count, 7)).isEqualTo(BlockStatus.SUCCESS);
    write(count - 1, 1, 8);
    assertThat(compare(0, count, 7)).isEqualTo(BlockStatus.COMPARE_FAILED);
    assertThat(compare(0, count - 1, 7)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void compare_needsNoMemoryThatOthersMayHave() {
    write(0, 8, 7);
    List<Buffer> all = new ArrayList<>();
    BufferPool buffers = reactor.buffers();
    for (Buffer one = buffers.tryAcquireReserve(); one != null; ) {
      all.add(one);
      one = buffers.tryAcquire(BufferPool.MAX_BUFFER_BYTES);
    }
    assertThat(compare(0, 8, 7)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(compare(0, 8, 6)).isEqualTo(BlockStatus.COMPARE_FAILED);
    all.forEach(Buffer::giveBack);
  }

  @Test
  void comparesThatWait_areBounded_andAllAreAnswered() {
    write(0, 1, 7);
    byte[] content = IntentFixture.filled(1, 7);
    var answers = new EnumMap<BlockStatus, Integer>(BlockStatus.class);
    for (int i = 0; i < ChecksumCompares.MAX_WAITING + 3; i++) {
      var io = new BlockIo(reactor).prepare(BlockOp.COMPARE, layout.dataStartBlock(), 1);
      io.data().add(MemorySegment.ofArray(content), 0, BLOCK);
      device.submit(io.onCompletion(done -> answers.merge(done.status(), 1, Integer::sum), null));
    }
    assertThat(answers).containsExactly(Map.entry(BlockStatus.BUSY, 2));
    reactor.advance(60_000_000_000L);
    assertThat(answers).containsEntry(BlockStatus.SUCCESS, ChecksumCompares.MAX_WAITING + 1);
  }

  @Test
  void flushWhoseChecksumsAreRefused_makesTheDataDurable_andSaysSo() {
    write(0, 8, 7);
    flush();
    write(0, 8, 9);
    refused = BlockOp.WRITE;
    refusal = BlockStatus.WRITE_FAULT;
    refusesChecksums = true;
    boolean[] told = new boolean[2];
    var io = new BlockIo(reactor).prepare(BlockOp.FLUSH, 0, 0);
    device.submit(
        io.onCompletion(
            done -> {
              told[0] = true;
              told[1] = device.wasDataFlushed();
            },
            null));
    reactor.advance(1_000_000_000);
    assertThat(told).containsExactly(true, true);
    assertThat(io.status()).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(device.wasDataFlushed()).as("later").isFalse();
    medium.losePower(new Random(1));
    assertThat(medium.bytes(layout.dataStartBlock(), 8)).isEqualTo(IntentFixture.filled(8, 9));
    refused = null;
    flush();
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void pageThatIsRefused_doesNotKeepOthersFromComing() {
    device = open(2);
    bad = block -> block >= copy(0) && block < copy(2);
    for (int page = 0; page < PAGES; page++) {
      assertThat(write((long) page * ChecksumPage.ENTRIES, 4, 7)).isEqualTo(BlockStatus.SUCCESS);
    }
    for (int page = 0; page < PAGES; page++) {
      assertThat(read((long) page * ChecksumPage.ENTRIES, 4)).isEqualTo(BlockStatus.SUCCESS);
    }
    medium.rot(layout.dataStartBlock(), 0);
    assertThat(read(0, 4)).as("it is still known").isEqualTo(BlockStatus.READ_FAULT);
  }

  @Test
  void writeThroughWhoseChecksumsAreRefused_isDurable() {
    refused = BlockOp.WRITE;
    refusal = BlockStatus.WRITE_FAULT;
    refusesChecksums = true;
    var io = new BlockIo(reactor).prepare(BlockOp.WRITE, layout.dataStartBlock(), 8);
    io.data().add(MemorySegment.ofArray(IntentFixture.filled(8, 7)), 0, 8 * BLOCK);
    assertThat(submit(io.forceUnitAccess(true))).isEqualTo(BlockStatus.SUCCESS);
    medium.losePower(new Random(1));
    assertThat(medium.bytes(layout.dataStartBlock(), 8)).isEqualTo(IntentFixture.filled(8, 7));
  }

  @Test
  void olderCopyBlank_isDamaged() {
    for (int value = 7; value < 10; value++) {
      write(0, 8, value);
      flush();
    }
    var io = new BlockIo(reactor).prepare(BlockOp.WRITE, copy(0), layout.blocksPerPage());
    medium.apply(io.forceUnitAccess(true), new byte[MemberLayout.PAGE_BYTES]);
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(device.damagedPages()).isEqualTo(1);
  }

  @Test
  void flushedChecksums_areKnownToTheNextOwner() {
    write(0, 8, 7);
    submit(new BlockIo(reactor).prepare(BlockOp.FLUSH, 0, 0));
    medium.losePower(new Random(1));
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    medium.rot(layout.dataStartBlock() + 2, 0);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.READ_FAULT);
  }

  @Test
  void crashBeforeTheFlush_leavesChecksumsThatAreComputedAnew() {
    write(0, 8, 7);
    submit(new BlockIo(reactor).prepare(BlockOp.FLUSH, 0, 0));
    write(0, 8, 9);
    // Its owner dies with the new checksums in memory.
    device = open(16);
    device.distrust(0);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    boolean[] done = new boolean[1];
    device.recompute(0, 32, () -> done[0] = true);
    // What is written meanwhile keeps its own.
    write(3, 1, 4);
    reactor.advance(1_000_000_000);
    assertThat(done[0]).isTrue();
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    medium.rot(layout.dataStartBlock() + 2, 0);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.READ_FAULT);
    assertThat(rot).containsExactly(2L);
  }

  @ParameterizedTest
  @EnumSource(names = {"WRITE_FAULT", "CAPACITY_EXCEEDED", "BUSY"})
  void refusedWrite_leavesWhatIsThereReadable(BlockStatus why) {
    write(0, 8, 7);
    refused = BlockOp.WRITE;
    refusal = why;
    assertThat(write(2, 4, 8)).isEqualTo(why);
    refused = null;
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
    // They are vouched for as before.
    for (int block = 1; block < 4; block++) {
      medium.rot(layout.dataStartBlock() + block, 0);
      assertThat(read(block, 1)).isEqualTo(BlockStatus.READ_FAULT);
    }
    write(0, 8, 9);
    medium.rot(layout.dataStartBlock() + 3, 0);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.READ_FAULT);
  }

  @Test
  void writeOfWhichNotAllChecksumsCanBeLoaded_leavesWhatIsThereReadable() {
    long start = ChecksumPage.ENTRIES - 3;
    write(start, 8, 7);
    flush();
    device = open(16);
    assertThat(read(start, 1)).isEqualTo(BlockStatus.SUCCESS);
    refused = BlockOp.READ;
    refusal = BlockStatus.BUSY;
    refusesChecksums = true;
    assertThat(write(start, 8, 8)).isEqualTo(BlockStatus.BUSY);
    refused = null;
    assertThat(read(start, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
  }

  @Test
  void blockThatCouldNotBeAskedForAtATakeover_isNotComparedWithWhatItWas() {
    write(0, 8, 7);
    flush();
    write(0, 8, 9);
    device = open(16);
    device.distrust(0);
    boolean[] done = new boolean[1];
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    refused = BlockOp.READ;
    refusal = BlockStatus.BUSY;
    device.recompute(0, 32, () -> done[0] = true);
    reactor.advance(5_000_000_000L);
    assertThat(done[0]).isTrue();
    refused = null;
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
  }

  @Test
  void blockWhosePageCouldNotBeHadAtATakeover_isVouchedForByNobodyOnceItIsFlushed() {
    write(0, 8, 7);
    flush();
    write(0, 8, 9);
    device = open(16);
    device.distrust(0);
    refused = BlockOp.READ;
    refusal = BlockStatus.FAILED;
    refusesChecksums = true;
    boolean[] done = new boolean[1];
    device.recompute(0, 32, () -> done[0] = true);
    reactor.advance(1_000_000_000);
    assertThat(done[0]).isTrue();
    assertThat(submit(new BlockIo(reactor).prepare(BlockOp.FLUSH, 0, 0)))
        .as("the region must not be cleaned")
        .isEqualTo(BlockStatus.FAILED);
    refused = null;
    flush();
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
  }

  @Test
  void writeThatFailedInPart_isVouchedForAsWhatEachBlockIs_andRotStaysAFault() {
    write(0, 16, 7);
    medium.rot(layout.dataStartBlock() + 8, 17);
    medium.spoil(layout.dataStartBlock() + 9);
    refused = BlockOp.WRITE;
    refusal = BlockStatus.WRITE_FAULT;
    writtenInPart = 4;
    assertThat(write(2, 10, 9)).isEqualTo(BlockStatus.WRITE_FAULT);
    refused = null;
    assertThat(rot).as("nobody was told of what it wrote").isEmpty();
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read(8, 1)).as("neither old nor new").isEqualTo(BlockStatus.READ_FAULT);
    assertThat(device.isDistrusted(9)).as("not known").isTrue();
    for (int block = 2; block < 8; block++) {
      medium.rot(layout.dataStartBlock() + block, 0);
      assertThat(read(block, 1)).as("block " + block).isEqualTo(BlockStatus.READ_FAULT);
    }
  }

  @Test
  void writeWhoseMediumIsGone_isComparedWithNothing_andVouchedForByNobodyOnceItIsFlushed() {
    write(0, 8, 7);
    flush();
    refused = BlockOp.WRITE;
    refusal = BlockStatus.FAILED;
    writtenInPart = 4;
    assertThat(write(0, 8, 9)).isEqualTo(BlockStatus.FAILED);
    refused = null;
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    flush();
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
  }

  @Test
  void writeThatFailsInAJudgedRegion_isVouchedForWhereItsContentIsKnown() {
    write(0, 8, 7);
    flush();
    device = open(16);
    device.distrust(0);
    medium.rot(layout.dataStartBlock() + 5, 0);
    device.judge(0, 32, status -> {});
    reactor.advance(1_000_000_000);
    assertThat(device.isDistrusted(5)).isTrue();
    refused = BlockOp.WRITE;
    refusal = BlockStatus.WRITE_FAULT;
    writtenInPart = 1;
    write(2, 4, 9);
    refused = null;
    assertThat(device.isDistrusted(2)).as("new").isFalse();
    assertThat(device.isDistrusted(3)).as("old").isFalse();
    assertThat(device.isDistrusted(5)).as("neither").isTrue();
    medium.rot(layout.dataStartBlock() + 2, 0);
    assertThat(read(2, 1)).isEqualTo(BlockStatus.READ_FAULT);
  }

  @Test
  void writeThatFailsWhileItsRegionIsRecomputed_isReadAgain() {
    long block = ChecksumPage.ENTRIES + 1;
    int region = layout.firstRegion(block);
    write(block, 1, 7);
    flush();
    device = open(16);
    device.distrust(region);
    read(block, 1);
    // The piece is read, and waits for the first page.
    refused = BlockOp.READ;
    refusal = BlockStatus.BUSY;
    refusesChecksums = true;
    boolean[] done = new boolean[1];
    device.recompute(region, 2 * ChecksumPage.ENTRIES, () -> done[0] = true);
    reactor.advance(5_000_000);
    refused = BlockOp.WRITE;
    refusal = BlockStatus.FAILED;
    refusesChecksums = false;
    writtenInPart = 1;
    assertThat(write(block, 1, 9)).isEqualTo(BlockStatus.FAILED);
    assertThat(done[0]).isFalse();
    refused = null;
    reactor.advance(1_000_000_000);
    assertThat(done[0]).isTrue();
    assertThat(read(block, 1)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rot).isEmpty();
    medium.rot(layout.dataStartBlock() + block, 0);
    assertThat(read(block, 1)).isEqualTo(BlockStatus.READ_FAULT);
  }

  @Test
  void judgedRegion_trustsWhatMatchesOnly() {
    write(0, 8, 7);
    flush();
    device = open(16);
    device.distrust(0);
    medium.rot(layout.dataStartBlock() + 2, 0);
    boolean[] done = new boolean[1];
    device.judge(0, 32, status -> done[0] = status.isSuccess());
    reactor.advance(1_000_000_000);
    assertThat(done[0]).isTrue();
    for (int block = 0; block < 9; block++) {
      assertThat(device.isDistrusted(block))
          .as("block " + block)
          .isEqualTo(block == 2 || block == 8);
    }
    medium.rot(layout.dataStartBlock() + 4, 0);
    assertThat(read(2, 1)).as("not known").isEqualTo(BlockStatus.SUCCESS);
    assertThat(read(4, 1)).isEqualTo(BlockStatus.READ_FAULT);
  }

  @ParameterizedTest
  @CsvSource({"BUSY, false", "FAILED, false", "PATH_LOST, true", "BUSY, true"})
  void mediumThatCannotBeAsked_isNotJudged(BlockStatus why, boolean ofChecksums) {
    write(0, 8, 7);
    flush();
    device = open(16);
    device.distrust(0);
    refused = BlockOp.READ;
    refusal = why;
    refusesChecksums = ofChecksums;
    List<BlockStatus> ends = new ArrayList<>();
    device.judge(0, 32, ends::add);
    reactor.advance(10_000_000_000L);
    assertThat(ends).containsExactly(why);
    refused = null;
    device.judge(0, 32, ends::add);
    reactor.advance(1_000_000_000);
    assertThat(ends).containsExactly(why, BlockStatus.SUCCESS);
    assertThat(device.isDistrusted(2)).isFalse();
  }

  @Test
  void morePagesThanAreKept_areWrittenAndLoadedAgain() {
    device = open(2);
    for (int page = 0; page < PAGES; page++) {
      write((long) page * ChecksumPage.ENTRIES, 4, page + 1);
    }
    for (int page = 0; page < PAGES; page++) {
      long start = (long) page * ChecksumPage.ENTRIES;
      assertThat(read(start, 4)).isEqualTo(BlockStatus.SUCCESS);
      medium.rot(layout.dataStartBlock() + start, 0);
      assertThat(read(start, 4)).isEqualTo(BlockStatus.READ_FAULT);
    }
    assertThat(rot).hasSize(PAGES);
  }

  @Test
  void pageOfWhichNoCopyIsWhole_vouchesForNothingAndIsCounted() {
    write(0, 8, 7);
    flush();
    medium.rot(copy(1), 100);
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(device.damagedPages()).isEqualTo(1);
  }

  @Test
  void newerCopyTorn_theOlderOneVouchesForWhatWasFlushed() {
    write(0, 8, 7);
    flush();
    write(600, 8, 8);
    flush();
    medium.rot(copy(0), 100);
    device = open(16);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read(600, 8)).isEqualTo(BlockStatus.SUCCESS);
    medium.rot(layout.dataStartBlock() + 2, 0);
    assertThat(read(0, 8)).isEqualTo(BlockStatus.READ_FAULT);
    // Both copies are whole again.
    write(0, 8, 7);
    flush();
    device = open(16);
    assertThat(read(600, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(device.damagedPages()).isZero();
  }

  @Test
  void newerCopyRotten_isNotHeldAgainstTheMedium() {
    write(0, 8, 7);
    flush();
    write(0, 8, 9);
    flush();
    medium.rot(copy(0), 100);
    device = open(16);
    assertThat(read(0, 1)).as("its data is newer").isEqualTo(BlockStatus.READ_FAULT);
    assertThat(device.wasFaultUnsure()).isTrue();
    medium.spoil(layout.dataStartBlock() + 20);
    assertThat(read(20, 1)).isEqualTo(BlockStatus.READ_FAULT);
    assertThat(device.wasFaultUnsure()).as("the medium's own").isFalse();
    write(0, 1, 9);
    assertThat(read(0, 1)).as("repaired").isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void layoutWithoutChecksums_isRefused() {
    var plain = new MemberLayout(BLOCK, 1000, MemberLayout.MIN_REGION_SHIFT, false);
    assertThatThrownBy(
            () -> new ChecksumDevice(wire(), plain, reactor, 16, memory, block -> rot.add(block)))
        .hasMessageContaining("keeps no checksums");
  }

  /** First block of copy 0 or 1 of the first page. */
  private long copy(int copy) {
    return layout.checksumBlock() + (long) copy * layout.blocksPerPage();
  }

  private void flush() {
    assertThat(submit(new BlockIo(reactor).prepare(BlockOp.FLUSH, 0, 0)))
        .isEqualTo(BlockStatus.SUCCESS);
  }

  private BlockStatus compare(long start, int count, int value) {
    var io = new BlockIo(reactor).prepare(BlockOp.COMPARE, layout.dataStartBlock() + start, count);
    io.data().add(MemorySegment.ofArray(IntentFixture.filled(count, value)), 0, count * BLOCK);
    return submit(io);
  }

  private ChecksumDevice open(int cachedPages) {
    return new ChecksumDevice(
        wire(), layout, reactor, cachedPages, memory, block -> rot.add(block));
  }

  private BlockDevice wire() {
    var wire = new CrashWire(medium, new Random(1));
    wire.refusesWrites(block -> bad.test(block));
    return new BlockDevice() {
      @Override
      public BlockGeometry geometry() {
        return wire.geometry();
      }

      @Override
      public DeviceTraits traits() {
        return wire.traits();
      }

      @Override
      public void submit(BlockIo io) {
        boolean ofChecksums = io.startBlock() < layout.dataStartBlock();
        if (io.op() == refused && ofChecksums == refusesChecksums) {
          if (io.op() == BlockOp.WRITE && writtenInPart > 0) {
            byte[] data = new byte[(int) io.data().lengthBytes()];
            io.data().copyTo(MemorySegment.ofArray(data), 0);
            var part = new BlockIo(reactor).prepare(BlockOp.WRITE, io.startBlock(), writtenInPart);
            medium.apply(part, data);
          }
          io.reactor().execute(() -> io.complete(refusal));
        } else {
          wire.submit(io);
        }
      }

      @Override
      public void close() {
        wire.close();
      }
    };
  }

  private BlockStatus write(long start, int count, int value) {
    var io = new BlockIo(reactor).prepare(BlockOp.WRITE, layout.dataStartBlock() + start, count);
    io.data().add(MemorySegment.ofArray(IntentFixture.filled(count, value)), 0, count * BLOCK);
    return submit(io);
  }

  private BlockStatus read(long start, int count) {
    var io = new BlockIo(reactor).prepare(BlockOp.READ, layout.dataStartBlock() + start, count);
    io.data().add(MemorySegment.ofArray(new byte[count * BLOCK]), 0, count * BLOCK);
    return submit(io);
  }

  private BlockStatus submit(BlockIo io) {
    boolean[] done = new boolean[1];
    device.submit(io.onCompletion(over -> done[0] = true, null));
    for (int i = 0; !done[0] && i < 10_000; i++) {
      reactor.advance(100_000);
    }
    assertThat(done[0]).isTrue();
    return io.status();
  }
}
