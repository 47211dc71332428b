package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BufferPool;
import io.dnvme.nvme.IoOpcode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Hosts that hold buffers and do nothing, on one reactor with one that needs some. */
class StandstillTest {

  private static final int BLOCKS = 256;
  private static final int COMMANDS = 64;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** Asks to write and sends nothing of what it is then asked for. */
  private static void announce(TestQueue queue, int commands) {
    queue.answersR2t(false);
    for (int i = 0; i < commands; i++) {
      queue.submit(
          null,
          sqe ->
              TestHost.rw(sqe, IoOpcode.WRITE, 0, BLOCKS)
                  .sglTransport((long) BLOCKS * TestTarget.BLOCK_BYTES));
    }
    queue.settle();
  }

  @Test
  void oneHost_getsAPartOfTheMemory_andMayStandStillAsLongAsThereIsEnough() {
    try (var target = new TestTarget()) {
      TestHost host = new TestHost(target);
      host.connectAdmin(0);
      host.enable();
      host.io = host.connectIo(1, target.reactor);
      announce(host.io, 127);
      BufferPool pool = target.reactor.buffers();
      assertThat(host.io.asked()).hasSizeBetween(1, 126);
      assertThat(pool.freeBytes()).isGreaterThan(pool.limitBytes() * 3 / 4);
      target.time.advance(LIMIT_NANOS);
      host.io.settle();
      assertThat(host.io.isClosed()).isFalse();
    }
  }

  @Test
  void hostsThatLeaveLittle_areSentAway_andThoseThatWorkAreNot() {
    try (var target = new TestTarget()) {
      TestHost good = new TestHost(target);
      good.connectAdmin(0);
      good.enable();
      good.io = good.connectIo(1, target.reactor);
      BufferPool pool = target.reactor.buffers();
      List<TestQueue> idle = new ArrayList<>();
      for (int number = 1; number < 8; number++) {
        TestHost host = TestHost.other(target, number);
        host.connectAdmin(0);
        host.enable();
        for (int qid = 1; qid <= 4; qid++) {
          TestQueue queue = host.connectIo(qid, target.reactor);
          idle.add(queue);
          announce(queue, COMMANDS);
        }
      }
      assertThat(pool.freeBytes()).as("memory is scarce").isLessThan(pool.limitBytes() / 4);
      byte[] data = TestHost.pattern(8 * TestTarget.BLOCK_BYTES, 1);
      int write = TestHost.submitWrite(good.io, 0, data);
      good.io.settle();
      target.time.advance(LIMIT_NANOS);
      idle.forEach(TestQueue::settle);
      assertThat(idle).as("those that stood still").anyMatch(TestQueue::isClosed);
      assertThat(pool.freeBytes()).isGreaterThanOrEqualTo(pool.limitBytes() / 4);
      assertThat(good.io.reply(write).status()).isZero();
      assertThat(good.read(0, 8).data()).isEqualTo(data);
      assertThat(good.io.isClosed()).isFalse();
    }
  }
}
