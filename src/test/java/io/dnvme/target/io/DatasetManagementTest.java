package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestTarget;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
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

  @Test
  void deallocate_longRange_reachesTheDeviceInParts_oneAfterTheOther() {
    List<String> parts = new ArrayList<>();
    try (var huge =
        new TestTarget(
            TransportLimits.DEFAULT,
            ControllerLimits.DEFAULT,
            new SubsystemLimits(1, 100, 8, 4),
            memory -> new HugeDevice(memory, parts))) {
      var data = new byte[2 * DatasetRange.SIZE];
      var range = new DatasetRange();
      long part = DatasetManagement.DMRSL;
      range.wrap(MemorySegment.ofArray(data), 0).set(3, 2 * part + 1);
      range.wrap(MemorySegment.ofArray(data), DatasetRange.SIZE).set(0, part);
      assertThat(deallocate(new TestHost(huge).bringUp(), 2, data)).isZero();
      assertThat(parts)
          .containsExactly(
              "3 +" + part, 3 + part + " +" + part, 3 + 2 * part + " +1", "0 +" + part);
    }
  }

  /** Pretends to have 1 TiB. */
  private static final class HugeDevice implements BlockDevice {
    private final BlockDevice inner;
    private final List<String> parts;
    private boolean busy;

    HugeDevice(BlockDevice inner, List<String> parts) {
      this.inner = inner;
      this.parts = parts;
    }

    @Override
    public BlockGeometry geometry() {
      return new BlockGeometry(TestTarget.BLOCK_BYTES, 1L << 28);
    }

    @Override
    public DeviceTraits traits() {
      return inner.traits();
    }

    @Override
    public void submit(BlockIo io) {
      if (io.op() != BlockOp.DEALLOCATE) {
        inner.submit(io);
        return;
      }
      assertThat(busy).isFalse();
      busy = true;
      parts.add(io.startBlock() + " +" + io.blockCount());
      io.reactor()
          .execute(() -> {
            busy = false;
            io.complete(BlockStatus.SUCCESS);
          });
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** Deallocates single blocks; returns the status. */
  private int deallocate(int ranges, int dataBytes, long... blocks) {
    var data = new byte[dataBytes];
    var range = new DatasetRange();
    for (int i = 0; i < blocks.length; i++) {
      range.wrap(MemorySegment.ofArray(data), (long) i * DatasetRange.SIZE).set(blocks[i], 1);
    }
    return deallocate(host, ranges, data);
  }

  private static int deallocate(TestHost host, int ranges, byte[] data) {
    int dataBytes = data.length;
    return host.io(
            data,
            sqe ->
                TestHost.as(new DatasetManagementCommand(), sqe)
                    .start(0, 1, ranges, DatasetManagementCommand.AD)
                    .sglTransport(dataBytes))
        .status();
  }
}
