package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.Feature;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.CachingDevice;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.SubsystemLimits;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts learn that acknowledged writes may be gone (INTENT). */
class LossTest {

  private static final int WRITE_FAULT = StatusCode.WRITE_FAULT.status();

  private final TestTarget target =
      new TestTarget(
          TransportLimits.DEFAULT,
          ControllerLimits.DEFAULT,
          new SubsystemLimits(1, 100, 8, 4),
          CachingDevice::new);
  private final TestHost host = new TestHost(target);
  private final TestHost other = TestHost.other(target, 1);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    target.close();
  }

  @Test
  void nextFlushOfEachAssociation_failsOnce() {
    other.bringUp();
    target.subsystem.noteLoss();
    assertThat(flush(host)).isEqualTo(WRITE_FAULT);
    assertThat(flush(host)).isEqualTo(Status.SUCCESS);
    assertThat(flush(other)).isEqualTo(WRITE_FAULT);
    assertThat(flush(other)).isEqualTo(Status.SUCCESS);
    target.subsystem.noteLoss();
    assertThat(flush(host)).isEqualTo(WRITE_FAULT);
  }

  @Test
  void writeWithFua_fails_andOthersDoNot() {
    target.subsystem.noteLoss();
    assertThat(host.write(0, new byte[TestTarget.BLOCK_BYTES]).status()).isEqualTo(Status.SUCCESS);
    assertThat(host.read(0, 1).status()).isEqualTo(Status.SUCCESS);
    assertThat(writeForced()).isEqualTo(WRITE_FAULT);
    assertThat(writeForced()).isEqualTo(Status.SUCCESS);
    assertThat(flush(host)).isEqualTo(Status.SUCCESS);
  }

  @Test
  void associationThatCameAfterwards_isNotConcerned() {
    target.subsystem.noteLoss();
    other.bringUp();
    assertThat(flush(other)).isEqualTo(Status.SUCCESS);
    assertThat(flush(host)).isEqualTo(WRITE_FAULT);
  }

  @Test
  void cacheThatIsTurnedOff_isNoProofEither() {
    target.subsystem.noteLoss();
    assertThat(host.setFeature(Feature.VOLATILE_WRITE_CACHE, 0).outcome()).isEqualTo(WRITE_FAULT);
    assertThat(flush(host)).isEqualTo(Status.SUCCESS);
  }

  private static int flush(TestHost of) {
    return of.io(null, sqe -> sqe.start(IoOpcode.FLUSH, 0).nsid(1)).outcome();
  }

  private int writeForced() {
    TestQueue.Reply reply =
        host.io(
            new byte[TestTarget.BLOCK_BYTES],
            sqe ->
                TestHost.rw(sqe, IoOpcode.WRITE, 0, 1)
                    .control((int) ReadWriteCommand.CONTROL_FUA.of(1))
                    .sglTransport(TestTarget.BLOCK_BYTES));
    return reply.outcome();
  }
}
