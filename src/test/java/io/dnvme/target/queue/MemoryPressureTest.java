package io.dnvme.target.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.EndReason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens while the reactor's buffer pool is empty. */
class MemoryPressureTest {

  private static final int BLOCK = TestTarget.BLOCK_BYTES;

  private final TestTarget target = new TestTarget();
  private final ArrayDeque<Buffer> hoard = new ArrayDeque<>();
  private TestHost host;

  @BeforeEach
  void bringUp() {
    host = new TestHost(target).bringUp();
  }

  @AfterEach
  void close() {
    hoard.forEach(Buffer::giveBack);
    hoard.clear();
    target.close();
  }

  private void takeAllMemory() {
    Buffer buffer = target.reactor.buffers().tryAcquire(BufferPool.MAX_BUFFER_BYTES);
    while (buffer != null) {
      hoard.add(buffer);
      buffer = target.reactor.buffers().tryAcquire(BufferPool.MAX_BUFFER_BYTES);
    }
    buffer = target.reactor.buffers().tryAcquire(BufferPool.MIN_BUFFER_BYTES);
    while (buffer != null) {
      hoard.add(buffer);
      buffer = target.reactor.buffers().tryAcquire(BufferPool.MIN_BUFFER_BYTES);
    }
  }

  private void giveMemoryBack() {
    hoard.forEach(Buffer::giveBack);
    hoard.clear();
    host.io.settle();
  }

  @Test
  void commandsWait_inOrder_andTheSocketStops() {
    takeAllMemory();
    var cids = new ArrayList<Integer>();
    for (int i = 0; i < 20; i++) {
      cids.add(TestHost.submitWrite(host.io, i, TestHost.pattern(BLOCK, i)));
    }
    host.io.settle();
    assertThat(host.io.asked()).isEmpty();
    assertThat(host.io.rules().wantsInput()).isFalse();
    assertThat(host.io.unread()).isPositive();
    giveMemoryBack();
    for (int cid : cids) {
      assertThat(host.io.reply(cid).status()).isZero();
    }
    assertThat(host.io.asked().stream().map(TestQueue.Asked::cid).toList()).isEqualTo(cids);
    assertThat(host.io.rules().wantsInput()).isTrue();
    assertThat(host.read(7, 1).data()).isEqualTo(TestHost.pattern(BLOCK, 7));
  }

  @Test
  void dataThatWasAskedFor_arrivesThoughCommandsBehindItWait() {
    host.io.answersR2t(false);
    byte[] first = TestHost.pattern(8 * BLOCK, 1);
    int cid = TestHost.submitWrite(host.io, 0, first);
    host.io.settle();
    TestQueue.Asked asked = host.io.asked().removeFirst();
    takeAllMemory();
    // Ahead of the data on the wire: one that needs a buffer, and one with data of its own.
    byte[] second = TestHost.pattern(8 * BLOCK, 2);
    int waiting = TestHost.submitWrite(host.io, 64, second);
    List<Integer> registers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      registers.add(
          host.io.submitInCapsule(
              new byte[16],
              sqe -> sqe.start(IoOpcode.DATASET_MANAGEMENT, 0).nsid(1).cdw11(4).sgl(1, 0, 16)));
    }
    assertThat(host.io.unread()).isZero();
    host.io.sendData(cid, asked.ttag(), 0, first, true);
    assertThat(host.io.reply(cid).status()).isZero();
    // The memory that the first gave back has let the one behind it go on.
    host.io.answersR2t(true);
    host.io.answer(host.io.asked().removeFirst());
    giveMemoryBack();
    assertThat(host.io.reply(waiting).status()).isZero();
    for (int register : registers) {
      assertThat(host.io.reply(register).status()).isZero();
    }
    assertThat(host.read(0, 8).data()).isEqualTo(first);
    assertThat(host.read(64, 8).data()).isEqualTo(second);
  }

  @Test
  void writesInCapsules_needNoMemoryWhereTheDeviceConsumesThem() {
    takeAllMemory();
    byte[] data = TestHost.pattern(BLOCK, 3);
    assertThat(host.writeInCapsule(5, data).status()).isZero();
    assertThat(host.read(5, 1).data()).isEqualTo(data);
  }

  @Test
  void commandThatWaits_canBeAborted() {
    takeAllMemory();
    int cid = TestHost.submitWrite(host.io, 0, new byte[BLOCK]);
    host.io.settle();
    TestQueue.Reply abort = host.admin(sqe -> sqe.start(0x08, 0).cdw10(1 | cid << 16));
    assertThat(abort.result()).isZero();
    assertThat(StatusCode.ABORT_REQUESTED.is(host.io.reply(cid).status())).isTrue();
    assertThat(host.io.rules().wantsInput()).isTrue();
  }

  @Test
  void keepAlivesBehindAnAdminCommandThatWaits_areNotMissed() {
    takeAllMemory();
    int identify = host.admin.submit(null, sqe -> sqe.start(0x06, 0).cdw10(1).sglTransport(4096));
    var keepAlives = new ArrayList<Integer>();
    for (int i = 0; i < 5; i++) {
      target.time.advance(TimeUnit.MILLISECONDS.toNanos(TestHost.KATO_MS - 1000));
      keepAlives.add(host.admin.submit(null, sqe -> sqe.start(0x18, 0)));
    }
    assertThat(host.admin.unread()).as("what a host that lives has sent").isPositive();
    assertThat(target.ends).isEmpty();
    giveMemoryBack();
    assertThat(host.admin.reply(identify).status()).isZero();
    for (int keepAlive : keepAlives) {
      assertThat(host.admin.reply(keepAlive).status()).isZero();
    }
    target.time.advance(TimeUnit.MILLISECONDS.toNanos(2 * TestHost.KATO_MS));
    assertThat(target.ends).as("silence afterwards").containsExactly(EndReason.KEEP_ALIVE_EXPIRED);
  }

  @Test
  void hostThatTakesNoAnswers_isSilentAlthoughItsCommandsWait() {
    host.admin.reading(false);
    host.admin.submit(null, sqe -> sqe.start(0x06, 0).cdw10(1).sglTransport(4096));
    takeAllMemory();
    host.admin.submit(null, sqe -> sqe.start(0x06, 0).cdw10(1).sglTransport(4096));
    target.time.advance(TimeUnit.MILLISECONDS.toNanos(2 * TestHost.KATO_MS));
    assertThat(target.ends).containsExactly(EndReason.KEEP_ALIVE_EXPIRED);
  }

  @Test
  void connectionThatWaits_canBeLost() {
    takeAllMemory();
    TestHost.submitWrite(host.io, 0, new byte[BLOCK]);
    host.io.settle();
    host.io.hangUp();
    giveMemoryBack();
    assertThat(target.reactor.buffers().inUse()).isZero();
  }

  @Test
  void commandThatWaitedWhileTheReactorStoodStill_isNotExecuted() {
    byte[] old = TestHost.pattern(BLOCK, 4);
    assertThat(host.writeInCapsule(7, old).status()).isZero();
    takeAllMemory();
    var range = new byte[DatasetRange.SIZE];
    new DatasetRange().wrap(MemorySegment.ofArray(range), 0).set(7, 1);
    host.io.submitInCapsule(
        range, sqe -> sqe.start(IoOpcode.DATASET_MANAGEMENT, 0).nsid(1).cdw11(4).sgl(1, 0, 16));
    host.io.settle();
    target.time.stall(ControllerLimits.DEFAULT.gapLimitNanos() + 1);
    giveMemoryBack();
    assertThat(host.io.isClosed()).isTrue();
    assertThat(TestHost.other(target, 1).bringUp().read(7, 1).data()).isEqualTo(old);
  }
}
