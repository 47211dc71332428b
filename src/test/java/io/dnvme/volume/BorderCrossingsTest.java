package io.dnvme.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.PerReactor;
import io.dnvme.block.ReactorInbox;
import io.dnvme.block.VirtualTime;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two groups on one home reactor, and hosts on others: what overlaps across the border. */
class BorderCrossingsTest {

  private static final int BLOCK = 512;
  private static final int BLOCKS = 8;
  private static final DeviceTraits TRAITS = new DeviceTraits(false, false, false, true, 1 << 16);

  private final ManualReactor home = new ManualReactor(new VirtualTime(), 0);
  private final ManualReactor one = new ManualReactor(new VirtualTime(), 1);
  private final ManualReactor other = new ManualReactor(new VirtualTime(), 2);

  /** As a group does, orders what it is sent as it comes to its home reactor. */
  private final class Part implements BlockDevice {
    final byte[] content = new byte[BLOCKS];
    final List<BlockIo> held = new ArrayList<>();
    private final ReactorInbox arrivals = new ReactorInbox(home, this::arrived);
    private final PerReactor<ReactorInbox> departures =
        new PerReactor<>(reactor -> new ReactorInbox(reactor, io -> io.complete(io.status())));
    Runnable beforeNext = () -> {};
    boolean holds;

    @Override
    public BlockGeometry geometry() {
      return new BlockGeometry(BLOCK, BLOCKS);
    }

    @Override
    public DeviceTraits traits() {
      return TRAITS;
    }

    @Override
    public void submit(BlockIo io) {
      Runnable before = beforeNext;
      beforeNext = () -> {};
      before.run();
      if (io.reactor() == home) {
        arrived(io);
      } else {
        arrivals.push(io);
      }
    }

    private void arrived(BlockIo io) {
      if (holds) {
        held.add(io);
      } else {
        execute(io);
      }
    }

    private void execute(BlockIo io) {
      for (int i = 0; i < io.blockCount(); i++) {
        int block = (int) io.startBlock() + i;
        if (io.op() == BlockOp.WRITE) {
          content[block] = value(io, i);
        }
      }
      if (io.reactor() == home) {
        io.complete(BlockStatus.SUCCESS);
      } else {
        io.status(BlockStatus.SUCCESS);
        departures.of(io.reactor()).push(io);
      }
    }

    void release() {
      holds = false;
      List<BlockIo> late = List.copyOf(held);
      held.clear();
      late.forEach(this::execute);
    }

    @Override
    public void close() {}
  }

  private final Part low = new Part();
  private final Part high = new Part();
  private final ConcatDevice leg = new ConcatDevice(List.of(low, high), home);
  private final List<BlockStatus> told = new ArrayList<>();

  @AfterEach
  void close() {
    one.close();
    other.close();
    home.close();
  }

  private static byte value(BlockIo io, int block) {
    long at = (long) block * BLOCK;
    for (int i = 0; i < io.data().count(); i++) {
      if (at < io.data().lengthBytes(i)) {
        return io.data().segment(i).get(ValueLayout.JAVA_BYTE, io.data().offsetBytes(i) + at);
      }
      at -= io.data().lengthBytes(i);
    }
    throw new AssertionError("no data");
  }

  private void submit(
      ConcatDevice to, ManualReactor from, BlockOp op, long start, int count, int value) {
    byte[] data = new byte[count * BLOCK];
    Arrays.fill(data, (byte) value);
    var io = new BlockIo(from).prepare(op, start, count);
    io.data().add(MemorySegment.ofArray(data), 0, data.length);
    io.onCompletion(done -> told.add(done.status()), null);
    to.submit(io);
  }

  private void write(ManualReactor from, long start, int count, int value) {
    submit(leg, from, BlockOp.WRITE, start, count, value);
  }

  private void settle() {
    for (int i = 0; i < 4; i++) {
      home.settle();
      one.settle();
      other.settle();
    }
  }

  /** One write is between its two groups when another, from another thread, goes to both. */
  private void cross(ConcatDevice over) {
    high.beforeNext = () -> submit(over, other, BlockOp.WRITE, 6, 4, 2);
    submit(over, one, BlockOp.WRITE, 7, 2, 1);
    settle();
    assertThat(told).containsExactly(BlockStatus.SUCCESS, BlockStatus.SUCCESS);
  }

  @Test
  void writesThatOverlapAcrossTheBorder_haveOneOrder() {
    cross(leg);
    assertThat(low.content[7]).isEqualTo(high.content[0]).isPositive();
  }

  @Test
  void withoutAHome_theyMayHaveTwo() {
    cross(new ConcatDevice(List.of(low, high)));
    assertThat(low.content[7]).isNotEqualTo(high.content[0]);
  }

  @Test
  void readAcrossTheBorder_waitsForTheWriteThatItOverlaps() {
    low.holds = true;
    write(one, 7, 2, 1);
    settle();
    submit(leg, other, BlockOp.READ, 7, 2, 0);
    settle();
    assertThat(low.held).hasSize(1);
    assertThat(told).isEmpty();
    low.release();
    settle();
    assertThat(told).hasSize(2);
  }

  @Test
  void readsAcrossTheBorder_andWhatDoesNotOverlap_goTogether() {
    low.holds = true;
    submit(leg, one, BlockOp.READ, 6, 3, 0);
    submit(leg, other, BlockOp.READ, 7, 2, 0);
    write(home, 2, 1, 3);
    settle();
    assertThat(low.held).hasSize(3);
    write(one, 9, 2, 4);
    settle();
    assertThat(told).containsExactly(BlockStatus.SUCCESS);
    low.release();
    settle();
    assertThat(told).hasSize(4);
  }

  @Test
  void placesOfAllReactorsTaken_furtherOnesAreBusy_andAllThatWaitEnd() {
    low.holds = true;
    int places = ConcatDevice.COMMANDS_PER_REACTOR;
    for (int i = 0; i < places; i++) {
      // All overlap: one is under way, the others wait for it.
      write(i % 2 == 0 ? one : other, 7, 2, i);
    }
    settle();
    assertThat(told).isEmpty();
    write(one, 7, 2, 1);
    submit(leg, home, BlockOp.READ, 7, 2, 0);
    settle();
    assertThat(told).containsExactly(BlockStatus.BUSY, BlockStatus.BUSY);
    // What stays within a group needs no place of those.
    write(other, 3, 1, 1);
    settle();
    low.release();
    for (int i = 0; i < 1000 && told.size() < places + 3; i++) {
      settle();
    }
    assertThat(told).hasSize(places + 3);
    assertThat(told.stream().filter(BlockStatus::isSuccess)).hasSize(places + 1);
    assertThat(low.content[7]).isEqualTo(high.content[0]);
    write(one, 7, 2, 5);
    settle();
    assertThat(low.content[7]).as("there is room again").isEqualTo((byte) 5);
  }

  @Test
  void answers_comeOnTheReactorThatAsked_oneAfterAnother() {
    high.holds = true;
    var order = new ArrayList<Integer>();
    ManualReactor[] hosts = {one, home, other, one};
    for (int i = 0; i < hosts.length; i++) {
      int number = i;
      byte[] data = new byte[2 * BLOCK];
      Arrays.fill(data, (byte) (number + 1));
      var io = new BlockIo(hosts[i]).prepare(BlockOp.WRITE, 7, 2);
      io.data().add(MemorySegment.ofArray(data), 0, data.length);
      io.onCompletion(done -> order.add(number), null);
      leg.submit(io);
      settle();
    }
    for (int i = 0; i < hosts.length; i++) {
      assertThat(high.held).hasSize(1);
      assertThat(order).hasSize(i);
      List<BlockIo> next = List.copyOf(high.held);
      high.held.clear();
      next.forEach(high::execute);
      home.settle();
      if (hosts[i] != home) {
        assertThat(order).as("it is not yet told").hasSize(i);
      }
      settle();
    }
    assertThat(order).containsExactly(0, 1, 2, 3);
    assertThat(low.content[7]).isEqualTo(high.content[0]).isEqualTo((byte) 4);
  }
}
