package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.Property;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a controller is left, in good order or at once. */
class HostControllerEndTest extends HostControllerFixture {

  @Test
  void shutdown_tellsTheTargetAndDisconnects() {
    target.identifyController =
        data -> data.set(IdentifyController.OFCS, IdentifyController.OFCS_DISCONNECT);
    start();
    one.run(controller::shutdown);
    time.advance(SECOND);
    assertThat(news.getLast()).isEqualTo("closed: shut down");
    assertThat(Property.Cc.SHN.get(target.ccWrites.getLast())).isEqualTo(Property.Cc.SHN_NORMAL);
    assertThat(target.disconnects).isEqualTo(2);
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.FAILED);
  }

  @Test
  void shutdown_ofASilentTarget_endsInTime() {
    start();
    target.silent = true;
    one.run(controller::shutdown);
    time.advance(6 * SECOND);
    assertThat(news.getLast()).isEqualTo("closed: shut down");
  }

  /** A disk that hangs behind a node that lives. */
  @Test
  void abandon_endsCommandsInFlight_withoutWaitingForTheTarget() {
    start();
    target.refusals = (entry, qid) -> qid > 0 ? FakeTarget.HELD : null;
    List<BlockStatus> hung = submit(BlockOp.FLUSH);
    int told = target.ccWrites.size();
    assertThat(hung).isEmpty();
    one.run(controller::abandon);
    time.settle();
    assertThat(hung).containsExactly(BlockStatus.PATH_LOST);
    assertThat(news).containsExactly("live", "closed: given up");
    assertThat(target.ccWrites).hasSize(told);
    assertThat(target.disconnects).isZero();
    assertThat(submit(BlockOp.FLUSH)).containsExactly(BlockStatus.PATH_LOST);
  }

  @Test
  void abandon_cutsAShutdownShort_atEachOfItsSteps() {
    for (boolean noticeHangs : new boolean[] {true, false}) {
      news.clear();
      target.identifyController =
          data -> data.set(IdentifyController.OFCS, IdentifyController.OFCS_DISCONNECT);
      target.refusals = (entry, qid) -> null;
      target.cc = 0;
      start();
      target.refusals = (entry, qid) -> (qid == 0) == noticeHangs ? FakeTarget.HELD : null;
      List<BlockStatus> hung = submit(BlockOp.FLUSH);
      one.run(controller::shutdown);
      time.settle();
      assertThat(news).containsExactly("live");
      one.run(controller::abandon);
      one.run(controller::abandon);
      time.settle();
      assertThat(news)
          .containsExactly("live", noticeHangs ? "closed: given up" : "closed: shut down");
      assertThat(hung).hasSize(1);
      assertThat(target.openSessions()).isZero();
    }
  }

  @Test
  void abandon_whileTheLossIsTold_closes() {
    start();
    whenLost = controller::abandon;
    target.session(2).cut();
    time.settle();
    assertThat(news)
        .containsExactly("live", "lost: the connection broke", "closed: the connection broke");
  }

  @Test
  void abandon_whileConnectingOrWaiting_closes() {
    target.refusals = (entry, qid) -> entry.opc() == AdminOpcode.IDENTIFY ? FakeTarget.HELD : null;
    start();
    one.run(controller::abandon);
    time.settle();
    assertThat(news).containsExactly("closed: given up");
    news.clear();
    target.refusals = (entry, qid) -> null;
    target.cc = 0;
    start();
    target.session(2).cut();
    time.settle();
    assertThat(controller.state()).isEqualTo(ControllerState.WAITING);
    one.run(controller::abandon);
    time.settle();
    assertThat(news.getLast()).isEqualTo("closed: given up");
  }
}
