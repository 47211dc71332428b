package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The reactors that tests use keep what {@link Reactor} promises. */
class ReactorsTest {

  @Test
  void manual_tasksRunInOrder_onlyWhenStepped() {
    try (var reactor = new ManualReactor()) {
      List<String> ran = new ArrayList<>();
      reactor.execute(() -> ran.add("first"));
      reactor.execute(() -> {
        ran.add("second");
        reactor.execute(() -> ran.add("third"));
      });
      assertThat(ran).isEmpty();
      assertThat(reactor.step()).isTrue();
      assertThat(ran).containsExactly("first");
      reactor.settle();
      assertThat(ran).containsExactly("first", "second", "third");
      assertThat(reactor.step()).isFalse();
    }
  }

  @Test
  void manual_alarmsRingInOrderOfTime_andSeeTheirOwnTime() {
    try (var reactor = new ManualReactor()) {
      List<Long> rang = new ArrayList<>();
      Runnable note = () -> rang.add(reactor.clock().nanos());
      reactor.timers().schedule(30, note);
      reactor.timers().schedule(10, () -> reactor.timers().schedule(5, note));
      reactor.timers().schedule(20, note).cancel();
      reactor.advance(29);
      assertThat(rang).containsExactly(15L);
      reactor.advance(1);
      assertThat(rang).containsExactly(15L, 30L);
      assertThat(reactor.time().alarmsPending()).isZero();
    }
  }

  @Test
  void manual_twoReactors_eachIsInsideOnlyItsOwnTasks() {
    var time = new VirtualTime();
    try (var one = new ManualReactor(time, 0);
        var two = new ManualReactor(time, 1)) {
      List<Boolean> inside = new ArrayList<>();
      one.execute(() -> {
        inside.add(one.inReactor());
        inside.add(two.inReactor());
      });
      time.settle();
      assertThat(inside).containsExactly(true, false);
    }
  }

  @Test
  void threaded_runsTasksAndAlarmsOnItsThread() {
    try (var reactor = new TestReactor(3)) {
      assertThat(reactor.inReactor()).isFalse();
      assertThat(reactor.call(reactor::inReactor)).isTrue();
      var rang = new CompletableFuture<Boolean>();
      reactor.run(
          () -> reactor.timers().schedule(1_000_000, () -> rang.complete(reactor.inReactor())));
      assertThat(TestReactor.await(rang)).isTrue();
    }
  }

  @Test
  void threaded_taskThrew_closeFails() {
    var reactor = new TestReactor(0);
    reactor.execute(() -> {
      throw new IllegalStateException("planted");
    });
    assertThatThrownBy(reactor::close).hasRootCauseMessage("planted");
    reactor.buffers().close();
  }

  @Test
  void threaded_buffersKept_closeFails() {
    var reactor = new TestReactor(0);
    Buffer buffer = reactor.call(() -> reactor.buffers().tryAcquire(4096));
    assertThatThrownBy(reactor::close).hasMessageContaining("1 buffers");
    buffer.giveBack();
    reactor.buffers().close();
  }
}
