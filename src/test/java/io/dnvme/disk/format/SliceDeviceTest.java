package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands over extents that lie apart: 3, then 0 and 1, which are neighbours. */
class SliceDeviceTest {

  private static final int BLOCK = 4096;
  private static final long EXTENT_BLOCKS = OpenDisk.EXTENT_BYTES / BLOCK;
  private static final BlockGeometry GEOMETRY =
      new BlockGeometry(BLOCK, (OpenDisk.FIRST_EXTENT_BYTES + 4 * OpenDisk.EXTENT_BYTES) / BLOCK);
  private static final DiskLayout LAYOUT =
      DiskLayout.of(GEOMETRY, OpenDisk.EXTENT_BYTES, OpenDisk.RECORD_PAGES);

  private final ManualReactor reactor = new ManualReactor();
  private final DiskHealth health = new DiskHealth();
  private final LayerCounters counters = new LayerCounters();
  private MemoryDevice disk;
  private SliceDevice slice;
  private OpenDisk access;

  @BeforeEach
  void open() throws Exception {
    disk = new MemoryDevice(GEOMETRY);
    var map = new SliceMap(LAYOUT, new int[] {3, 0, 1});
    slice = new SliceDevice(disk, map, health, OpenDisk.EXTENT_BYTES, counters);
    access = new OpenDisk(reactor, disk);
  }

  @AfterEach
  void close() {
    disk.close();
    reactor.close();
  }

  private static byte[] numbered(int blocks) {
    byte[] content = new byte[blocks * BLOCK];
    for (int i = 0; i < blocks; i++) {
      Arrays.fill(content, i * BLOCK, (i + 1) * BLOCK, (byte) (i + 1));
    }
    return content;
  }

  @Test
  void writeAcrossExtents_liesInBoth_andIsReadAsOne() {
    byte[] content = numbered(6);
    assertThat(access.write(slice, EXTENT_BLOCKS - 2, content)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(slice, EXTENT_BLOCKS - 2, content.length)).isEqualTo(content);
    assertThat(access.read(disk, LAYOUT.extentBlock(4) - 2, 2 * BLOCK))
        .isEqualTo(Arrays.copyOf(content, 2 * BLOCK));
    assertThat(access.read(disk, LAYOUT.extentBlock(0), 4 * BLOCK))
        .isEqualTo(Arrays.copyOfRange(content, 2 * BLOCK, 6 * BLOCK));
  }

  @Test
  void readAcrossExtents_lendsTheDisksOwnMemory_andGivesItBack() {
    access.write(slice, EXTENT_BLOCKS - 1, numbered(2));
    var completed = new ArrayList<BlockIo>();
    BlockIo io =
        new BlockIo(reactor)
            .prepare(BlockOp.READ, EXTENT_BLOCKS - 1, 2)
            .onCompletion(completed::add, null);
    slice.submit(io);
    assertThat(completed).hasSize(1);
    assertThat(io.data().count()).isEqualTo(2);
    assertThat(io.data().contentEquals(MemorySegment.ofArray(numbered(2)), 0)).isTrue();
    var drained = new ArrayList<Boolean>();
    slice.revoke(reactor, () -> drained.add(true));
    reactor.settle();
    assertThat(drained).as("views are lent").isEmpty();
    io.release();
    reactor.settle();
    assertThat(drained).hasSize(1);
  }

  @Test
  void zeroingAllOfIt_reachesEveryExtent_andNothingElse() {
    for (int extent = 0; extent < 4; extent++) {
      access.write(disk, LAYOUT.extentBlock(extent) + 5, numbered(1));
    }
    for (BlockOp op : List.of(BlockOp.WRITE_ZEROES, BlockOp.DEALLOCATE)) {
      assertThat(access.submit(slice, op, 0, 3 * EXTENT_BLOCKS)).isEqualTo(BlockStatus.SUCCESS);
    }
    for (int extent : new int[] {0, 1, 3}) {
      assertThat(access.read(disk, LAYOUT.extentBlock(extent) + 5, BLOCK)).containsOnly(0);
    }
    assertThat(access.read(disk, LAYOUT.extentBlock(2) + 5, BLOCK)).isEqualTo(numbered(1));
  }

  @Test
  void zeroingAcrossVeryManyExtents_takesNoStack() throws Exception {
    int extents = 4000;
    var geometry = new BlockGeometry(BLOCK, (6L << 20) / BLOCK + extents * EXTENT_BLOCKS);
    var layout = DiskLayout.of(geometry, OpenDisk.EXTENT_BYTES, 0);
    int[] backwards = new int[extents - 1];
    for (int i = 0; i < backwards.length; i++) {
      backwards[i] = backwards.length - 1 - i;
    }
    try (var large = new MemoryDevice(geometry)) {
      var whole =
          new SliceDevice(
              large,
              new SliceMap(layout, backwards),
              health,
              OpenDisk.EXTENT_BYTES,
              new LayerCounters());
      assertThat(
              new OpenDisk(reactor, large)
                  .submit(whole, BlockOp.DEALLOCATE, 0, whole.geometry().blockCount()))
          .isEqualTo(BlockStatus.SUCCESS);
    }
  }

  @Test
  void compareAndWrite_worksWithinARun_andIsInvalidAcross() {
    assertThat(compareAndWrite(EXTENT_BLOCKS - 1)).isEqualTo(BlockStatus.INVALID);
    assertThat(compareAndWrite(EXTENT_BLOCKS - 2)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(compareAndWrite(2 * EXTENT_BLOCKS - 1)).isEqualTo(BlockStatus.SUCCESS);
  }

  private BlockStatus compareAndWrite(long block) {
    return access.await(done -> {
      BlockIo io =
          new BlockIo(reactor)
              .prepare(BlockOp.COMPARE_AND_WRITE, block, 2)
              .onCompletion(ended -> done.accept(ended.status()), null);
      io.compareData().add(MemorySegment.ofArray(new byte[2 * BLOCK]), 0, 2 * BLOCK);
      io.data().add(MemorySegment.ofArray(numbered(2)), 0, 2 * BLOCK);
      slice.submit(io);
    });
  }

  @Test
  void moreCommandsThanTheLimit_areBusy_untilSomeEnd() {
    var reads = new ArrayList<BlockIo>();
    for (int i = 0; i <= SliceDevice.COMMANDS_PER_REACTOR; i++) {
      BlockIo io = new BlockIo(reactor).prepare(BlockOp.READ, 0, 1).onCompletion(done -> {}, null);
      reads.add(io);
      slice.submit(io);
    }
    assertThat(reads.removeLast().status()).isEqualTo(BlockStatus.BUSY);
    assertThat(reads).allMatch(io -> io.status().isSuccess());
    reads.removeLast().release();
    assertThat(access.read(slice, 0, BLOCK)).containsOnly(0);
    reads.forEach(BlockIo::release);
  }

  @Test
  void counters_tellWhatWasDone() {
    access.write(slice, EXTENT_BLOCKS - 1, numbered(2));
    access.submit(slice, BlockOp.FLUSH, 0, 0);
    assertThat(counters.sum(lane -> lane.operations(BlockOp.WRITE))).isEqualTo(1);
    assertThat(counters.sum(lane -> lane.bytes(BlockOp.WRITE))).isEqualTo(2 * BLOCK);
    assertThat(counters.sum(lane -> lane.operations(BlockOp.FLUSH))).isEqualTo(1);
    assertThat(counters.sum(lane -> lane.inFlight())).isZero();
  }
}
