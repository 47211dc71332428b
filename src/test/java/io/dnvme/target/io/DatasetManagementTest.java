package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestTarget;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DatasetManagementTest {

  private static final int MAX_DATA_BYTES = DatasetManagementCommand.MAX_RANGES * DatasetRange.SIZE;

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target).bringUp();

  @AfterEach
  void close() {
    target.close();
  }

  @Test
  void deallocate_severalRanges_readAsZeroes() {
    host.write(4, TestHost.pattern(4 * TestTarget.BLOCK_BYTES, 1));
    assertThat(deallocate(2, 2 * DatasetRange.SIZE, 4, 6)).isZero();
    byte[] zeroes = new byte[TestTarget.BLOCK_BYTES];
    assertThat(host.read(4, 1).data()).isEqualTo(zeroes);
    assertThat(host.read(5, 1).data()).isNotEqualTo(zeroes);
    assertThat(host.read(6, 1).data()).isEqualTo(zeroes);
    assertThat(host.read(7, 1).data()).isNotEqualTo(zeroes);
  }

  @Test
  void deallocate_dataLongerThanItsRanges_succeeds() {
    host.write(4, TestHost.pattern(TestTarget.BLOCK_BYTES, 1));
    assertThat(deallocate(1, MAX_DATA_BYTES, 4)).isZero();
    assertThat(host.read(4, 1).data()).isEqualTo(new byte[TestTarget.BLOCK_BYTES]);
  }

  @Test
  void deallocate_dataShorterThanItsRanges_isRefused() {
    assertThat(deallocate(2, DatasetRange.SIZE, 4)).matches(StatusCode.DATA_SGL_LENGTH_INVALID::is);
  }

  @Test
  void deallocate_dataLongerThanAnyList_isRefused() {
    assertThat(deallocate(1, MAX_DATA_BYTES + DatasetRange.SIZE, 4))
        .matches(StatusCode.DATA_SGL_LENGTH_INVALID::is);
  }

  @Test
  void deallocate_rangeBeyondTheEnd_changesNothing() {
    byte[] written = TestHost.pattern(TestTarget.BLOCK_BYTES, 1);
    host.write(4, written);
    assertThat(deallocate(2, 2 * DatasetRange.SIZE, 4, TestTarget.BLOCKS))
        .matches(StatusCode.LBA_OUT_OF_RANGE::is);
    assertThat(host.read(4, 1).data()).isEqualTo(written);
  }

  /** Deallocates single blocks; returns the status. */
  private int deallocate(int ranges, int dataBytes, long... blocks) {
    var data = new byte[dataBytes];
    var range = new DatasetRange();
    for (int i = 0; i < blocks.length; i++) {
      range.wrap(MemorySegment.ofArray(data), (long) i * DatasetRange.SIZE).set(blocks[i], 1);
    }
    return host.io(
            data,
            sqe ->
                TestHost.as(new DatasetManagementCommand(), sqe)
                    .start(0, 1, ranges, DatasetManagementCommand.AD)
                    .sglTransport(dataBytes))
        .status();
  }
}
