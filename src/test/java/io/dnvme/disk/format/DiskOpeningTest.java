package io.dnvme.disk.format;

import static io.dnvme.disk.format.OpenDisk.BOOT;
import static io.dnvme.disk.format.OpenDisk.CLUSTER;
import static io.dnvme.disk.format.OpenDisk.DISK;
import static io.dnvme.disk.format.OpenDisk.EXTENT_BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is and is not opened, formatted, and put in order when a disk is opened. */
class DiskOpeningTest {

  private static final int EXTENTS = 10;
  private static final int BLOCK = 4096;
  private static final UUID A = new UUID(10, 1);

  private final ManualReactor reactor = new ManualReactor();
  private final PowerLossDevice medium =
      new PowerLossDevice(
          new BlockGeometry(
              BLOCK, OpenDisk.FIRST_EXTENT_BYTES / BLOCK + EXTENTS * EXTENT_BYTES / BLOCK),
          true,
          new Random(1));
  private final FaultDevice device = new FaultDevice(medium);
  private final OpenDisk disk = new OpenDisk(reactor, device);

  @AfterEach
  void close() {
    reactor.close();
  }

  private DiskStore formatted() {
    disk.format();
    return disk.open();
  }

  private Refused<DiskStore> refusedToOpen(UUID cluster) {
    return disk.refused(done -> DiskStore.open(reactor, device, cluster, BOOT, done));
  }

  private static byte[] filled(int blocks, int value) {
    byte[] content = new byte[blocks * BLOCK];
    Arrays.fill(content, (byte) value);
    return content;
  }

  @Test
  void otherCluster_isRefused_andNotTouched() {
    formatted();
    device.inject(new Fault.Fail(BlockStatus.FAILED)).on(BlockOp.WRITE, BlockOp.FLUSH);
    Refused<DiskStore> refused = refusedToOpen(new UUID(1, 2));
    assertThat(refused.reason()).isEqualTo(Reason.OTHER_CLUSTER);
    assertThat(refused.message()).contains(CLUSTER.toString()).contains(DISK.toString());
  }

  @Test
  void blankDisk_andGarbage_areNotFormatted() {
    assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.NOT_FORMATTED);
    disk.write(medium, 0, filled(1, 0x55));
    assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.NOT_FORMATTED);
  }

  @Test
  void newerFormat_isRefused_inEitherCopy_andNotTouched() {
    for (long copy : DiskLayout.SUPERBLOCK_OFFSETS_BYTES) {
      disk.format(OpenDisk.options().withOverwrite(true));
      medium.corrupt(copy + 8);
      device.inject(new Fault.Fail(BlockStatus.FAILED)).on(BlockOp.WRITE);
      assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.OTHER_VERSION);
      assertThat(refusedToOpen(CLUSTER).message()).contains("17").contains("version 1");
      device.heal();
    }
  }

  @Test
  void oneSuperblockDamaged_theOtherCounts_andItIsRepaired() {
    for (long copy : DiskLayout.SUPERBLOCK_OFFSETS_BYTES) {
      disk.format(OpenDisk.options().withOverwrite(true));
      medium.corrupt(copy + 40);
      DiskReport before = disk.done(done -> DiskStore.check(reactor, device, done));
      assertThat(before.badSuperblocks()).isEqualTo(1);
      disk.open();
      DiskReport after = disk.done(done -> DiskStore.check(reactor, device, done));
      assertThat(after.badSuperblocks()).isZero();
    }
  }

  /** Writing to a dying sector would fail, and the disk with it. */
  @Test
  void superblockThatCannotBeRead_isLeftAlone_andTheOtherCounts() {
    disk.format();
    device.inject(new Fault.Fail(BlockStatus.READ_FAULT)).on(BlockOp.READ).at(0, 1);
    device.inject(new Fault.Fail(BlockStatus.WRITE_FAULT)).on(BlockOp.WRITE).at(0, 1);
    assertThat(disk.open().diskId()).isEqualTo(DISK);
    DiskReport report = disk.done(done -> DiskStore.check(reactor, device, done));
    assertThat(report.badSuperblocks()).isEqualTo(1);
  }

  /** As partition tables and volume managers do to a disk that somebody gives them. */
  @Test
  void superblockThatSomethingElseWasWrittenOver_isNotTakenBack() {
    for (long copy : DiskLayout.SUPERBLOCK_OFFSETS_BYTES) {
      disk.format(OpenDisk.options().withOverwrite(true));
      byte[] label = new byte[BLOCK];
      label[512] = 'L';
      disk.write(medium, copy / BLOCK, label);
      Refused<DiskStore> refused = refusedToOpen(CLUSTER);
      assertThat(refused.reason()).isEqualTo(Reason.IN_USE);
      assertThat(refused.message()).contains(DISK.toString()).contains("byte " + copy);
      assertThat(medium.peek(copy, BLOCK)).isEqualTo(label);
      Refused<UUID> again =
          disk.refused(done -> DiskStore.format(reactor, device, OpenDisk.options(), done));
      assertThat(again.reason()).isEqualTo(Reason.IN_USE);
    }
  }

  @Test
  void bothSuperblocksDamaged_isSaid() {
    disk.format();
    for (long copy : DiskLayout.SUPERBLOCK_OFFSETS_BYTES) {
      medium.corrupt(copy + 40);
    }
    assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.DAMAGED);
  }

  @Test
  void bothCopiesOfATablePageDamaged_isSaid() {
    disk.format();
    medium.corrupt(DiskLayout.TABLES_OFFSET_BYTES + 500);
    disk.open();
    medium.corrupt(DiskLayout.TABLES_OFFSET_BYTES + 500);
    DiskLayout layout = DiskLayout.of(medium.geometry(), EXTENT_BYTES, OpenDisk.RECORD_PAGES);
    medium.corrupt(DiskLayout.TABLES_OFFSET_BYTES + layout.tables().regionBytes() / 2 + 500);
    assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.DAMAGED);
    Refused<DiskReport> checked = disk.refused(done -> DiskStore.check(reactor, device, done));
    assertThat(checked.reason()).isEqualTo(Reason.DAMAGED);
  }

  @Test
  void formattedDisk_orForeignContent_isNotFormatted_unlessOverwritten() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    Refused<UUID> again =
        disk.refused(done -> DiskStore.format(reactor, device, OpenDisk.options(), done));
    assertThat(again.reason()).isEqualTo(Reason.IN_USE);
    assertThat(again.message()).contains(DISK.toString());
    assertThat(disk.open().list()).hasSize(1);
    var other = new UUID(2, 3);
    disk.format(
        new DiskFormatOptions(
            CLUSTER, OpenDisk.NODE, other, EXTENT_BYTES, OpenDisk.RECORD_PAGES, true));
    DiskStore fresh = disk.open();
    assertThat(fresh.diskId()).isEqualTo(other);
    assertThat(fresh.list()).isEmpty();
  }

  @Test
  void foreignContent_isNotOverwrittenUnasked() {
    // Where some file systems have their superblock.
    disk.write(medium, (64 << 10) / BLOCK, filled(1, 0x42));
    Refused<UUID> refused =
        disk.refused(done -> DiskStore.format(reactor, device, OpenDisk.options(), done));
    assertThat(refused.reason()).isEqualTo(Reason.IN_USE);
    assertThat(medium.peek(64 << 10, BLOCK)).isEqualTo(filled(1, 0x42));
  }

  /** Its beginning was discarded: by mistake, perhaps, and its tables are there. */
  @Test
  void diskWithoutItsBeginning_isNotFormattedUnasked() {
    disk.format();
    for (long at = 0; at < DiskLayout.TABLES_OFFSET_BYTES; at += BLOCK) {
      disk.submit(medium, BlockOp.WRITE_ZEROES, at / BLOCK, 1);
    }
    assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.NOT_FORMATTED);
    Refused<UUID> refused =
        disk.refused(done -> DiskStore.format(reactor, device, OpenDisk.options(), done));
    assertThat(refused.reason()).isEqualTo(Reason.IN_USE);
  }

  /** Where partition tables have their second copy, and old arrays their only one. */
  @Test
  void deviceWithSomethingAtItsEnd_isNotFormattedUnasked() {
    long last = medium.geometry().blockCount() - 1;
    disk.write(medium, last - 16, filled(1, 0x42));
    Refused<UUID> refused =
        disk.refused(done -> DiskStore.format(reactor, device, OpenDisk.options(), done));
    assertThat(refused.reason()).isEqualTo(Reason.IN_USE);
  }

  @Test
  void formattingThatWasCutShort_isDoneAgain() {
    medium.dieAfter(13);
    DiskStore.format(reactor, device, OpenDisk.options(), outcome -> {});
    reactor.advance(1_000_000_000);
    assertThat(medium.isDead()).isTrue();
    PowerLossDevice found = medium.afterKill();
    assertThat(found.isZero(DiskLayout.TABLES_OFFSET_BYTES, BLOCK)).as("it had begun").isFalse();
    disk.<UUID>done(done -> DiskStore.format(reactor, found, OpenDisk.options(), done));
    DiskStore store = disk.done(done -> DiskStore.open(reactor, found, CLUSTER, BOOT, done));
    assertThat(store.powerIncarnation()).isEqualTo(BOOT);
  }

  @Test
  void whatCameAfterAFormattingThatWasCutShort_isNotOverwrittenUnasked() {
    long last = medium.geometry().blockCount() - 1;
    for (long block : new long[] {0, 17, (600 << 10) / BLOCK, (2 << 20) / BLOCK, last}) {
      var device = new PowerLossDevice(medium.geometry(), true, new Random(1));
      device.dieAfter(13);
      DiskStore.format(reactor, device, OpenDisk.options(), outcome -> {});
      reactor.advance(1_000_000_000);
      PowerLossDevice found = device.afterKill();
      disk.write(found, block, filled(1, 0x42));
      Refused<UUID> refused =
          disk.refused(done -> DiskStore.format(reactor, found, OpenDisk.options(), done));
      assertThat(refused.reason()).as("block %d", block).isEqualTo(Reason.IN_USE);
    }
  }

  @Test
  void sizesThatMakeNoDisk_areRefused() {
    for (long extentBytes : new long[] {0, 1 << 20, (4L << 20) + 512, 101L << 30, 1L << 30}) {
      DiskFormatOptions options = OpenDisk.options().withExtentBytes(extentBytes);
      Refused<UUID> refused =
          disk.refused(done -> DiskStore.format(reactor, device, options, done));
      assertThat(refused.reason()).as("%d", extentBytes).isEqualTo(Reason.INVALID);
    }
    assertThat(refusedToOpen(CLUSTER).reason()).isEqualTo(Reason.NOT_FORMATTED);
  }

  @Test
  void smallerDevice_isRefused_aLargerOneIsUsedAsItWas() {
    disk.format();
    var larger =
        new ResizedDevice(medium, new BlockGeometry(BLOCK, medium.geometry().blockCount() + 5000));
    var smaller =
        new ResizedDevice(medium, new BlockGeometry(BLOCK, medium.geometry().blockCount() - 1));
    DiskStore store = disk.done(done -> DiskStore.open(reactor, larger, CLUSTER, BOOT, done));
    assertThat(store.usage().extents()).isEqualTo(EXTENTS);
    Refused<DiskStore> refused =
        disk.refused(done -> DiskStore.open(reactor, smaller, CLUSTER, BOOT, done));
    assertThat(refused.reason()).isEqualTo(Reason.INVALID);
  }
}
