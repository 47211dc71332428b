package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a command costs once everything is warm. */
class SteadyStateTest {

  private static final int WARM_UP_COMMANDS = 100_000;
  private static final int COMMANDS = 100_000;

  /** What the reactor may allocate for one command; far below the smallest object. */
  private static final double ALLOCATED_BYTES_LIMIT = 1.0;

  @Test
  void oneCommandAtATime_allocatesNothing() throws IOException {
    assertThat(allocatedPerCommand(1)).isLessThan(ALLOCATED_BYTES_LIMIT);
  }

  @Test
  void manyCommandsAtATime_allocateNothing() throws IOException {
    assertThat(allocatedPerCommand(32)).isLessThan(ALLOCATED_BYTES_LIMIT);
  }

  private static double allocatedPerCommand(int depth) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (TransportFixture fixture = new TransportFixture(1)) {
      Listener listener = fixture.listen(AnswerRules::new);
      try (TestPeer peer = new TestPeer(listener.address())) {
        long thread = fixture.on(0, () -> Thread.currentThread().threadId());
        exchange(peer, WARM_UP_COMMANDS, depth);
        long before = threads.getThreadAllocatedBytes(thread);
        exchange(peer, COMMANDS, depth);
        return (double) (threads.getThreadAllocatedBytes(thread) - before) / COMMANDS;
      }
    }
  }

  private static void exchange(TestPeer peer, int commands, int depth) throws IOException {
    byte[] capsules = new byte[depth * AnswerRules.CAPSULE_BYTES];
    for (int i = 0; i < depth; i++) {
      System.arraycopy(
          TestPeer.capsule(i, 64, 0),
          0,
          capsules,
          i * AnswerRules.CAPSULE_BYTES,
          AnswerRules.CAPSULE_BYTES);
    }
    for (int i = 0; i < commands / depth; i++) {
      peer.send(capsules);
      peer.skip(depth * (AnswerRules.ANSWER_HEADER_BYTES + 64));
    }
  }
}
