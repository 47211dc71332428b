package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.StatusCode;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a target sends, and whenever it goes: the rules hold, and the end is reached. */
class HostControllerRandomTest extends HostControllerFixture {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void wrongPdu_endsTheAssociation_andItComesBack(int which) {
    start();
    target.refusals = (entry, qid) -> qid == 1 ? FakeTarget.HELD : null;
    List<BlockStatus> outcomes = submit(BlockOp.FLUSH);
    FakeTarget.Session session = target.session(which % 2);
    int cid = target.seen.getLast().cid();
    target.faultsExpected = true;
    target.refusals = (entry, qid) -> null;
    target.cc = 0;
    session.wire.deliver(
        switch (which) {
          case 0 -> session.pdus.response(0x7abc, 0, 0);
          case 1 -> session.pdus.r2t(cid, 1, 0, 512);
          case 2 -> session.pdus.icResp(0, 8192);
          case 3 -> session.pdus.data(cid, 0, TargetPdus.bytes(8), 4);
          case 4 -> session.pdus.data(0x7abc, 0, TargetPdus.bytes(8), 4);
          default -> TargetPdus.bytes(64).fill((byte) 0xff);
        });
    time.advance(SECOND);
    assertThat(news).hasSize(3).last().isEqualTo("live");
    assertThat(news.get(1)).contains("broke the protocol");
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void randomIdentifyAndLogData_neverBreakTheRules() {
    long seed = System.nanoTime();
    System.out.println("HostControllerRandomTest.randomIdentifyAndLogData seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      news.clear();
      target.cc = 0;
      int dense = random.nextInt(3);
      target.spoil =
          data -> {
            int changes = dense == 0 ? 4096 : random.nextInt(20);
            for (int i = 0; i < changes; i++) {
              long at = random.nextLong(Math.min(data.byteSize(), dense == 1 ? 600 : 4096));
              data.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
            }
            if (random.nextInt(4) > 0 && data.byteSize() == 4096) {
              data.set(ValueLayout.JAVA_BYTE, 78, (byte) FakeTarget.CNTLID);
              data.set(ValueLayout.JAVA_BYTE, 79, (byte) 0);
            }
          };
      start();
      if (controller.state() == ControllerState.LIVE) {
        for (var namespace : controller.namespaces()) {
          var io = new BlockIo(one);
          io.prepare(BlockOp.DEALLOCATE, 0, Math.min(8, namespace.geometry().blockCount()))
              .onCompletion(done -> news.add("io"), null);
          one.run(() -> namespace.submit(io));
        }
        if (!target.session(0).eventRequests.isEmpty()) {
          target.session(0).event(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED);
        }
        time.settle();
      }
      one.run(controller::shutdown);
      time.advance(120 * SECOND);
      assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
      assertThat(target.openSessions()).isZero();
    }
  }

  @Test
  void randomCutsAndRefusals_neverBreakTheRules() {
    long seed = System.nanoTime();
    System.out.println("HostControllerRandomTest.randomCutsAndRefusals seed " + seed);
    var random = new Random(seed);
    start(
        new ReconnectOptions(SECOND / 10, SECOND, ReconnectOptions.NEVER, true, LossPolicy.WAIT),
        2);
    var outcomes = new ArrayList<BlockStatus>();
    int submitted = 0;
    for (int i = 0; i < 2_000; i++) {
      target.refusals =
          random.nextInt(3) == 0
              ? (entry, qid) -> random.nextInt(20) == 0 ? StatusCode.INTERNAL_ERROR.status() : null
              : (entry, qid) -> null;
      switch (random.nextInt(6)) {
        case 0 -> {
          int which = random.nextInt(target.sessions.size());
          target.sessions.get(which).cut();
        }
        case 1 -> target.crash();
        case 2 -> target.unreachable = random.nextInt(4) == 0;
        default -> {
          if (controller.namespace(1) != null) {
            var io = new BlockIo(random.nextBoolean() ? one : two);
            io.prepare(BlockOp.FLUSH, 0, 0).onCompletion(done -> outcomes.add(done.status()), null);
            submitted++;
            ((ManualReactor) io.reactor()).run(() -> controller.namespace(1).submit(io));
          }
        }
      }
      time.advance(random.nextLong(SECOND));
    }
    target.refusals = (entry, qid) -> null;
    target.unreachable = false;
    target.crash();
    time.advance(60 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
    assertThat(outcomes).hasSize(submitted);
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.SUCCESS);
  }
}
