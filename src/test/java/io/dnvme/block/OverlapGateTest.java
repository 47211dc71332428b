package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OverlapGateTest {

  /** Far more regions than the table has slots. */
  private static final BlockGeometry GEOMETRY = new BlockGeometry(4096, 1L << 40);

  private final ManualReactor reactor = new ManualReactor();
  private final List<BlockIo> entered = new ArrayList<>();
  private final OverlapGate gate = new OverlapGate(GEOMETRY, entered::add);

  @AfterEach
  void close() {
    assertThat(gate.isIdle()).isTrue();
    reactor.close();
  }

  private BlockIo read(long start, long count) {
    return new BlockIo(reactor).prepare(BlockOp.READ, start, count);
  }

  private BlockIo write(long start, long count) {
    return new BlockIo(reactor).prepare(BlockOp.WRITE, start, count);
  }

  private void leave(BlockIo io) {
    gate.leave(io);
    reactor.settle();
  }

  @Test
  void reads_share() {
    BlockIo one = read(0, 8);
    BlockIo two = read(4, 8);
    assertThat(gate.enter(one)).isTrue();
    assertThat(gate.enter(two)).isTrue();
    leave(one);
    leave(two);
  }

  @Test
  void changeOfTheSameRegion_waits_andIsToldOnItsReactor() {
    BlockIo reading = read(0, 8);
    BlockIo writing = write(7, 1);
    assertThat(gate.enter(reading)).isTrue();
    assertThat(gate.enter(writing)).isFalse();
    leave(reading);
    assertThat(entered).containsExactly(writing);
    leave(writing);
  }

  @Test
  void neighbours_doNotWait() {
    BlockIo one = write(0, 8);
    BlockIo two = write(8, 8);
    assertThat(gate.enter(one)).isTrue();
    assertThat(gate.enter(two)).isTrue();
    leave(two);
    leave(one);
  }

  @Test
  void blocksSmallerThanARegion_shareIt() {
    var small = new OverlapGate(new BlockGeometry(512, 1 << 20), entered::add);
    BlockIo one = write(0, 1);
    BlockIo same = write(7, 1);
    BlockIo next = write(8, 1);
    assertThat(small.enter(one)).isTrue();
    assertThat(small.enter(next)).isTrue();
    assertThat(small.enter(same)).isFalse();
    small.leave(one);
    reactor.settle();
    assertThat(entered).containsExactly(same);
    small.leave(same);
    small.leave(next);
    assertThat(small.isIdle()).isTrue();
  }

  @Test
  void stillReader_withWriterWaiting_queuesBehindIt() {
    BlockIo first = read(0, 1);
    BlockIo writer = write(0, 1);
    BlockIo late = read(0, 1);
    BlockIo later = read(0, 1);
    assertThat(gate.enter(first)).isTrue();
    assertThat(gate.enter(writer)).isFalse();
    assertThat(gate.enter(late)).isFalse();
    assertThat(gate.enter(later)).isFalse();
    leave(first);
    assertThat(entered).containsExactly(writer);
    leave(writer);
    assertThat(entered).as("both readers at once").containsExactly(writer, late, later);
    leave(late);
    leave(later);
  }

  @Test
  void rangeOverTheTablesEnd_isTakenInAscendingOrder_withoutDeadlock() {
    long end = OverlapGate.SLOTS;
    BlockIo across = write(end - 2, 4);
    BlockIo back = write(0, 2);
    BlockIo front = write(end - 2, 2);
    assertThat(gate.enter(front)).isTrue();
    assertThat(gate.enter(across)).as("holds slots 0 and 1, waits for the front").isFalse();
    assertThat(gate.enter(back)).isFalse();
    leave(front);
    assertThat(entered).containsExactly(across);
    leave(across);
    assertThat(entered).containsExactly(across, back);
    leave(back);
  }

  @Test
  void hugeRange_takesEverySlotOnce() {
    BlockIo huge = new BlockIo(reactor).prepare(BlockOp.DEALLOCATE, 5, 1L << 39);
    BlockIo anywhere = read((1L << 39) + 12_345, 1);
    assertThat(gate.enter(huge)).isTrue();
    assertThat(gate.enter(anywhere)).isFalse();
    leave(huge);
    assertThat(entered).containsExactly(anywhere);
    leave(anywhere);
  }

  @Test
  void regionsThatShareASlot_waitForEachOther_atMost() {
    BlockIo one = write(3, 1);
    BlockIo other = write(3 + OverlapGate.SLOTS, 1);
    assertThat(gate.enter(one)).isTrue();
    assertThat(gate.enter(other)).isFalse();
    leave(one);
    leave(other);
  }

  @Test
  void extentsAtPowersOfTwo_doNotShareSlots() {
    List<BlockIo> headers = new ArrayList<>();
    for (long extent = 0; extent < 300; extent++) {
      BlockIo header = write(extent << 18, 16);
      assertThat(gate.enter(header)).as("extent %d", extent).isTrue();
      headers.add(header);
    }
    headers.forEach(this::leave);
  }

  @Test
  void everyThreadAtOnce_neverTwoInOneRegion_andEverybodyGetsIn() {
    long seed = System.nanoTime();
    List<Crowd> crowds = new ArrayList<>();
    var crowded = new OverlapGate(GEOMETRY, io -> ((Crowd) io.context()).inside(io));
    var holders = new AtomicIntegerArray(Crowd.REGIONS);
    for (int i = 0; i < 4; i++) {
      crowds.add(new Crowd(crowded, holders, new TestReactor(i), new SplittableRandom(seed + i)));
    }
    crowds.forEach(Crowd::start);
    crowds.forEach(crowd -> assertThat(crowd.await()).as("seed %d", seed).isEmpty());
    assertThat(crowded.isIdle()).isTrue();
  }

  /** One reactor's commands: each enters, stays for a turn or two, leaves, and comes again. */
  private static final class Crowd {
    private static final int REGIONS = 40;
    private static final int COMMANDS = 16;
    private static final int ROUNDS = 4_000;
    private static final int WRITER = 1 << 20;

    private final OverlapGate gate;
    private final AtomicIntegerArray holders;
    private final TestReactor reactor;
    private final SplittableRandom random;
    private final CompletableFuture<String> done = new CompletableFuture<>();
    private String broken = "";
    private int left = ROUNDS;
    private int running = COMMANDS;

    Crowd(
        OverlapGate gate,
        AtomicIntegerArray holders,
        TestReactor reactor,
        SplittableRandom random) {
      this.gate = gate;
      this.holders = holders;
      this.reactor = reactor;
      this.random = random;
    }

    void start() {
      reactor.execute(() -> {
        for (int i = 0; i < COMMANDS; i++) {
          next(new BlockIo(reactor));
        }
      });
    }

    String await() {
      String result = TestReactor.await(done);
      reactor.close();
      return result;
    }

    private void next(BlockIo io) {
      if (left-- <= 0) {
        if (--running == 0) {
          done.complete(broken);
        }
        return;
      }
      int count = 1 + random.nextInt(REGIONS / 4);
      // Around the end of the table, where runs of slots wrap.
      long start = OverlapGate.SLOTS - REGIONS / 2 + random.nextInt(REGIONS - count + 1);
      BlockOp op = random.nextInt(3) == 0 ? BlockOp.WRITE : BlockOp.READ;
      io.prepare(op, start, count).onCompletion(ignored -> {}, this);
      if (gate.enter(io)) {
        inside(io);
      }
    }

    void inside(BlockIo io) {
      if (!reactor.inReactor()) {
        broken = "told off its reactor: " + io;
      }
      int mine = io.op().changes() ? WRITER : 1;
      for (int i = 0; i < io.blockCount(); i++) {
        int before = holders.getAndAdd(region(io, i), mine);
        if (before >= WRITER || before != 0 && mine == WRITER) {
          broken = "not alone: " + io;
        }
      }
      reactor.execute(() -> leave(io, mine));
    }

    private void leave(BlockIo io, int mine) {
      for (int i = 0; i < io.blockCount(); i++) {
        holders.addAndGet(region(io, i), -mine);
      }
      gate.leave(io);
      next(io);
    }

    private static int region(BlockIo io, int index) {
      return (int) (io.startBlock() + index - (OverlapGate.SLOTS - REGIONS / 2));
    }
  }
}
