package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.IcReq;
import io.dnvme.target.queue.TransportLimits;
import org.junit.jupiter.api.Test;

/** A connection that does not become a queue pair in its time is closed. */
class SilentConnectionTest {

  private static final long LIMIT_NANOS = TransportLimits.DEFAULT.initTimeoutNanos();

  private static void assertClosedAtTheLimit(TestTarget target, TestQueue queue) {
    target.time.advance(LIMIT_NANOS - 1);
    queue.settle();
    assertThat(queue.isClosed()).isFalse();
    target.time.advance(1);
    queue.settle();
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void nothingSent_isClosedAtTheLimit() {
    try (var target = new TestTarget()) {
      assertClosedAtTheLimit(target, target.connection());
    }
  }

  @Test
  void partOfAnIcReq_isClosedAtTheLimit() {
    try (var target = new TestTarget()) {
      TestQueue queue = target.connection();
      queue.send(new byte[] {0, 0, (byte) IcReq.SIZE});
      assertClosedAtTheLimit(target, queue);
    }
  }

  @Test
  void icReqThenNothing_isClosedAtTheLimitFromThere() {
    try (var target = new TestTarget()) {
      TestQueue queue = target.connection();
      target.time.advance(LIMIT_NANOS / 2);
      queue.initialize();
      assertClosedAtTheLimit(target, queue);
    }
  }

  @Test
  void queuePair_isNotUnderThatLimit() {
    try (var target = new TestTarget()) {
      TestHost host = new TestHost(target);
      host.connectAdmin(0);
      target.time.advance(2 * LIMIT_NANOS);
      host.admin.settle();
      assertThat(host.admin.isClosed()).isFalse();
    }
  }
}
