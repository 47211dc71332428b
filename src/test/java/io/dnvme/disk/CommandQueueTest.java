package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.ManualReactor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class CommandQueueTest {

  @Test
  void capacity_isTheLimitRoundedUp() {
    assertThat(new CommandQueue(1).capacity()).isEqualTo(2);
    assertThat(new CommandQueue(4).capacity()).isEqualTo(4);
    assertThat(new CommandQueue(5).capacity()).isEqualTo(8);
    assertThat(new CommandQueue(FileDeviceOptions.MAX_QUEUE_LIMIT).capacity())
        .isEqualTo(FileDeviceOptions.MAX_QUEUE_LIMIT);
  }

  @Test
  void full_refuses_emptied_takesAgain_inOrder() {
    try (var reactor = new ManualReactor()) {
      var queue = new CommandQueue(4);
      for (int round = 0; round < 3; round++) {
        List<BlockIo> offered = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          offered.add(new BlockIo(reactor));
          assertThat(queue.offer(offered.getLast())).isTrue();
        }
        assertThat(queue.offer(new BlockIo(reactor))).isFalse();
        for (BlockIo io : offered) {
          assertThat(queue.isEmpty()).isFalse();
          assertThat(queue.poll()).isSameAs(io);
        }
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.poll()).isNull();
      }
    }
  }

  @Test
  void manyProducersAndConsumers_everyCommandComesOutOnce() throws Exception {
    int producers = 3;
    int each = 30_000;
    try (var reactor = new ManualReactor()) {
      var queue = new CommandQueue(64);
      var seen = new AtomicIntegerArray(producers * each);
      List<Thread> threads = new ArrayList<>();
      for (int p = 0; p < producers; p++) {
        int from = p * each;
        threads.add(Thread.ofPlatform().start(() -> produce(queue, reactor, from, each)));
      }
      for (int c = 0; c < 3; c++) {
        threads.add(Thread.ofPlatform().start(() -> consume(queue, seen, each)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      for (int i = 0; i < seen.length(); i++) {
        assertThat(seen.get(i)).as("command %d", i).isEqualTo(1);
      }
    }
  }

  private static void produce(CommandQueue queue, ManualReactor reactor, int from, int count) {
    for (int i = from; i < from + count; i++) {
      BlockIo io = new BlockIo(reactor).prepare(BlockOp.READ, i, 1);
      while (!queue.offer(io)) {
        Thread.yield();
      }
    }
  }

  private static void consume(CommandQueue queue, AtomicIntegerArray seen, int count) {
    for (int left = count; left > 0; ) {
      BlockIo io = queue.poll();
      if (io == null) {
        Thread.yield();
      } else {
        seen.incrementAndGet((int) io.startBlock());
        left--;
      }
    }
  }
}
