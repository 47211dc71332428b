package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A memory disk ends each command before the next line runs, however many there are. */
class LargeMemoryDiskTest {

  private static final int BLOCK = 4096;
  private static final int RECORD_PAGES = 16 << 10;
  private static final long SIZE_BYTES = 1L << 30;

  private final ManualReactor reactor = new ManualReactor();
  private MemoryDevice device;

  @BeforeEach
  void create() throws Exception {
    device = new MemoryDevice(new BlockGeometry(BLOCK, SIZE_BYTES / BLOCK));
  }

  @AfterEach
  void close() {
    device.close();
    reactor.close();
  }

  @Test
  void manyRecordPages_areFormatted_scannedAndOpened() {
    var disk = new OpenDisk(reactor, device);
    disk.format(OpenDisk.options().withRecordPages(RECORD_PAGES));
    DiskStore store = disk.open();
    PageStore records = disk.done(store::openRecords);
    assertThat(records.layout().pageCount()).isEqualTo(RECORD_PAGES);
  }
}
