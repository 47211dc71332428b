package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.StoreOutcome.Done;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The bytes of format version 1, made by hand from docs/disk-format.md: a superblock, a page of the
 * logical-disk table, a page of the extent table. They may never change.
 */
class DiskFormatGoldenTest {

  private static final int BLOCK = 4096;
  private static final int EXTENTS = 10;
  private static final long FORMATTED_AT_MILLIS = 1_767_225_600_000L;
  private static final UUID A = new UUID(10, 1);
  private static final Epoch ADMITTED = new Epoch(1, new UUID(20, 1));
  private static final Description DESCRIPTION = Description.of(new byte[] {1, 2, 3});

  private static final BlockGeometry GEOMETRY =
      new BlockGeometry(
          BLOCK, (OpenDisk.FIRST_EXTENT_BYTES + EXTENTS * OpenDisk.EXTENT_BYTES) / BLOCK);

  private static final DiskLayout LAYOUT =
      DiskLayout.of(GEOMETRY, OpenDisk.EXTENT_BYTES, OpenDisk.RECORD_PAGES);

  private static byte[] golden(int part) throws IOException {
    try (InputStream file = DiskFormatGoldenTest.class.getResourceAsStream("disk-v1.bin")) {
      byte[] all = file.readAllBytes();
      assertThat(all).hasSize(3 * 4096);
      return Arrays.copyOfRange(all, part * 4096, (part + 1) * 4096);
    }
  }

  @Test
  void superblock_hasTheseBytes_andIsReadBack() throws IOException {
    var superblock =
        new Superblock(OpenDisk.CLUSTER, OpenDisk.NODE, OpenDisk.DISK, LAYOUT, FORMATTED_AT_MILLIS);
    byte[] image = new byte[Superblock.SIZE_BYTES];
    superblock.write(MemorySegment.ofArray(image));
    assertThat(image).isEqualTo(golden(0));
    assertThat(Superblock.read(MemorySegment.ofArray(golden(0)))).isEqualTo(new Done<>(superblock));
  }

  @Test
  void tables_haveTheseBytes_inBothCopies() throws IOException {
    var medium = new PowerLossDevice(GEOMETRY, true, new Random(1));
    try (var reactor = new ManualReactor()) {
      var disk = new OpenDisk(reactor, medium);
      disk.format();
      DiskStore store = disk.open();
      disk.<LogicalDisk>done(done -> store.allocate(A, OpenDisk.LEG, 2, DESCRIPTION, done));
      disk.<LogicalDisk>done(done -> store.admit(A, ADMITTED, done));
    }
    for (int copy = 0; copy < PageLayout.COPIES; copy++) {
      assertThat(page(medium, 0, copy)).isEqualTo(golden(1));
      assertThat(page(medium, LAYOUT.logicalDiskPages(), copy)).isEqualTo(golden(2));
    }
  }

  private static byte[] page(PowerLossDevice medium, int page, int copy) {
    return medium.peek(LAYOUT.tables().block(page, copy, GEOMETRY) * BLOCK, BLOCK);
  }

  @Test
  void goldenDisk_isOpened() throws IOException {
    var medium = new PowerLossDevice(GEOMETRY, true, new Random(1));
    try (var reactor = new ManualReactor()) {
      var disk = new OpenDisk(reactor, medium);
      disk.format();
      for (long copy : DiskLayout.SUPERBLOCK_OFFSETS_BYTES) {
        disk.write(medium, copy / BLOCK, golden(0));
      }
      for (int copy = 0; copy < PageLayout.COPIES; copy++) {
        disk.write(medium, LAYOUT.tables().block(0, copy, GEOMETRY), golden(1));
        disk.write(
            medium, LAYOUT.tables().block(LAYOUT.logicalDiskPages(), copy, GEOMETRY), golden(2));
      }
      DiskStore store = disk.open();
      assertThat(store.list())
          .containsExactly(new LogicalDisk(A, OpenDisk.LEG, 2, ADMITTED, DESCRIPTION));
      assertThat(store.extentsOf(A)).containsExactly(0, 1);
      assertThat(store.usage().free()).isEqualTo(EXTENTS - 2);
    }
  }
}
