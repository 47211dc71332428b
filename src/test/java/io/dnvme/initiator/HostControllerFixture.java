package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/** A controller on two manual reactors, connected to a target that is made of a few lines. */
abstract class HostControllerFixture {

  static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  static final int KATO_MS = 4_000;

  final VirtualTime time = new VirtualTime();
  final ManualReactor one = new ManualReactor(time, 0);
  final ManualReactor two = new ManualReactor(time, 1);
  final FakeTarget target = new FakeTarget();
  final List<String> news = new ArrayList<>();
  HostController controller;
  Runnable whenLost = () -> {};

  final ControllerListener listener =
      new ControllerListener() {
        @Override
        public void live(HostController which) {
          news.add("live");
        }

        @Override
        public void lost(HostController which, String reason) {
          news.add("lost: " + reason);
          whenLost.run();
        }

        @Override
        public void closed(HostController which, String reason) {
          news.add("closed: " + reason);
        }

        @Override
        public void namespacesChanged(HostController which) {
          news.add("namespaces");
        }
      };

  @AfterEach
  void nothingIsLeft() {
    target.unreachable = false;
    target.silent = false;
    if (controller != null) {
      one.run(controller::shutdown);
      time.advance(120 * SECOND);
      assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
      assertThat(target.openSessions()).isZero();
      assertThat(time.alarmsPending()).isZero();
    }
    one.close();
    two.close();
  }

  void start(ReconnectOptions reconnect, int queues) {
    create(reconnect, queues);
    one.run(controller::start);
    time.settle();
  }

  void create(ReconnectOptions reconnect, int queues) {
    controller =
        new HostController(
            new ControllerOptions(
                new InetSocketAddress("127.0.0.1", 4420),
                "nqn.2026-01.org.example:fake",
                HostIdentity.of(new UUID(3, 4)),
                KATO_MS,
                QueueOptions.of(queues),
                reconnect),
            one,
            List.of(one, two),
            target,
            new Random(1),
            listener);
  }

  void start() {
    start(ReconnectOptions.DEFAULT, 2);
  }

  void assertLive() {
    assertThat(news).containsExactly("live");
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
  }

  List<BlockStatus> submit(BlockOp op) {
    var outcomes = new ArrayList<BlockStatus>();
    var io = new BlockIo(one);
    io.prepare(op, 0, op == BlockOp.FLUSH ? 0 : 1)
        .onCompletion(done -> outcomes.add(done.status()), null);
    one.run(() -> controller.namespace(1).submit(io));
    time.settle();
    return outcomes;
  }
}
