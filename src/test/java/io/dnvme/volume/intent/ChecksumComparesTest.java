package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compares that wait for one whose member goes. */
class ChecksumComparesTest {

  private static final int BLOCK = 512;
  private static final int COMPARES = 8;

  private final ManualReactor reactor = new ManualReactor();
  private final List<BlockIo> reads = new ArrayList<>();
  private final List<BlockStatus> told = new ArrayList<>();
  private final ChecksumCompares compares = new ChecksumCompares(new Zeroes(), reactor);

  /** Reads as zeroes, when the test says so. */
  private final class Zeroes implements BlockDevice {

    @Override
    public BlockGeometry geometry() {
      return new BlockGeometry(BLOCK, 16);
    }

    @Override
    public DeviceTraits traits() {
      return new DeviceTraits(false, true, true, false, 1 << 20);
    }

    @Override
    public void submit(BlockIo io) {
      reads.add(io);
    }

    @Override
    public void close() {}
  }

  @AfterEach
  void close() {
    reactor.close();
  }

  @Test
  void memberThatIsGone_endsAllThatWait_andIsAskedForNothingMore() {
    compareSeveral();
    reads.removeFirst().complete(BlockStatus.PATH_LOST);
    assertThat(told).hasSize(COMPARES).containsOnly(BlockStatus.PATH_LOST);
    assertThat(reads).isEmpty();
    compare();
    reads.removeFirst().complete(BlockStatus.SUCCESS);
    assertThat(told).as("it is back").hasSize(COMPARES + 1).endsWith(BlockStatus.SUCCESS);
  }

  @Test
  void blockThatCannotBeRead_endsNoOther() {
    compareSeveral();
    reads.removeFirst().complete(BlockStatus.READ_FAULT);
    assertThat(told).containsExactly(BlockStatus.READ_FAULT);
    assertThat(reads).hasSize(1);
  }

  @Test
  void memberThatIsGivenUp_endsAllThatWait_andIsAskedForNothingMore() {
    compareSeveral();
    compares.end();
    assertThat(told).hasSize(COMPARES - 1).containsOnly(BlockStatus.PATH_LOST);
    reads.removeFirst().complete(BlockStatus.SUCCESS);
    assertThat(told).hasSize(COMPARES).endsWith(BlockStatus.SUCCESS);
    compare();
    assertThat(told).hasSize(COMPARES + 1).endsWith(BlockStatus.PATH_LOST);
    assertThat(reads).isEmpty();
  }

  private void compareSeveral() {
    for (int i = 0; i < COMPARES; i++) {
      compare();
    }
    assertThat(reads).as("one after another").hasSize(1);
  }

  private void compare() {
    var io = new BlockIo(reactor).prepare(BlockOp.COMPARE, 0, 1);
    io.data().add(MemorySegment.ofArray(new byte[BLOCK]), 0, BLOCK);
    compares.submit(io.onCompletion(done -> told.add(done.status()), null));
  }
}
