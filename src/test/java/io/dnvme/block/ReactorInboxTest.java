package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReactorInboxTest {

  @Test
  void whatCameBeforeTheTaskRan_isOneBatch_inItsOrder() {
    try (var reactor = new ManualReactor()) {
      List<Object> seen = new ArrayList<>();
      var inbox = new ReactorInbox(reactor, seen::add, () -> seen.add("end of batch"));
      var one = new BlockIo(reactor);
      var two = new BlockIo(reactor);
      var three = new BlockIo(reactor);
      inbox.push(one);
      inbox.push(two);
      assertThat(reactor.tasksPending()).isEqualTo(1);
      reactor.settle();
      inbox.push(three);
      reactor.settle();
      assertThat(seen).containsExactly(one, two, "end of batch", three, "end of batch");
      assertThat(one.link()).isNull();
    }
  }

  @Test
  void reactorThatHasEnded_takesNothing_andThePusherGoesOn() {
    var reactor = new TestReactor(0);
    List<Object> seen = new ArrayList<>();
    var inbox = new ReactorInbox(reactor, seen::add);
    reactor.close();
    inbox.push(new BlockIo(reactor));
    inbox.push(new BlockIo(reactor));
    assertThat(seen).isEmpty();
  }

  @Test
  void fromManyThreads_nothingIsLost_andEachThreadsOrderIsKept() throws Exception {
    int threads = 4;
    int each = 20_000;
    try (var reactor = new TestReactor(0)) {
      var done = new CompletableFuture<Void>();
      List<BlockIo> seen = new ArrayList<>();
      var inbox =
          new ReactorInbox(
              reactor,
              seen::add,
              () -> {
                if (seen.size() == threads * each) {
                  done.complete(null);
                }
              });
      List<Thread> pushing = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        pushing.add(
            Thread.ofPlatform()
                .start(() -> {
                  for (int i = 0; i < each; i++) {
                    inbox.push(new BlockIo(reactor).prepare(BlockOp.READ, thread, i));
                  }
                }));
      }
      TestReactor.await(done);
      for (Thread thread : pushing) {
        thread.join();
      }
      long[] next = new long[threads];
      for (BlockIo io : seen) {
        assertThat(io.blockCount()).isEqualTo(next[(int) io.startBlock()]++);
      }
    }
  }
}
