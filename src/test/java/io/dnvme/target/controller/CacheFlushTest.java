package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.Property.Cc;
import io.dnvme.nvme.Property.Csts;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.CachingDevice;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestTarget;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Flushes that a controller does of itself: for a shutdown, and when the cache is turned off. */
class CacheFlushTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int SHUT_DOWN = Cc.SHN.with(TestHost.CC_ENABLE, Cc.SHN_NORMAL);

  private FaultDevice device;
  private final TestTarget target =
      new TestTarget(
          TransportLimits.DEFAULT,
          ControllerLimits.DEFAULT,
          new SubsystemLimits(1, 100, 8, 4),
          memory -> device = new FaultDevice(new CachingDevice(memory)));
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    device.heal();
    device.release();
    target.reactor.settle();
    target.close();
  }

  private long shst() {
    return Csts.SHST.get(host.getProperty(Property.CSTS, 4).result());
  }

  private int submitWriteCache(int value) {
    return host.admin.submit(
        null,
        sqe ->
            TestHost.as(new FeaturesCommand(), sqe)
                .startSet(0, Feature.VOLATILE_WRITE_CACHE, value));
  }

  @Test
  void shutdown_isCompleteWhenItsFlushIs() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.FLUSH);
    host.setProperty(Property.CC, SHUT_DOWN);
    assertThat(shst()).isEqualTo(Csts.SHST_OCCURRING);
    device.release();
    target.reactor.settle();
    assertThat(shst()).isEqualTo(Csts.SHST_COMPLETE);
  }

  @Test
  void flushOfAShutdown_isAwaitedBeforeTheEndIsTold() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.FLUSH);
    host.setProperty(Property.CC, SHUT_DOWN);
    var told = new AtomicInteger();
    target.target.finish(one -> true, SECOND, told::incrementAndGet);
    target.time.advance(2 * SECOND);
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(told).as("before the flush is over").hasValue(0);
    device.release();
    target.reactor.settle();
    assertThat(told).hasValue(1);
  }

  @Test
  void flushOfAShutdown_isInFlightOfItsNamespaceOnly() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.FLUSH);
    host.setProperty(Property.CC, SHUT_DOWN);
    IoController controller = target.target.controllers().find(TestTarget.NQN, host.cntlid);
    Namespace flushed = target.subsystem.namespace(1);
    var other = new Namespace(2, TestTarget.NAMESPACE_IDS, 1, device, flushed.reservations());
    var told = new AtomicInteger();
    controller.awaitInFlight(other, told::incrementAndGet);
    target.reactor.settle();
    assertThat(told).hasValue(1);
    controller.awaitInFlight(flushed, told::incrementAndGet);
    target.reactor.settle();
    assertThat(told).as("before the flush is over").hasValue(1);
    device.release();
    target.reactor.settle();
    assertThat(told).hasValue(2);
  }

  @Test
  void flushOfAnEarlierShutdown_completesNoLaterOne() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.FLUSH).times(1);
    host.setProperty(Property.CC, SHUT_DOWN);
    host.enable();
    device.inject(new FaultDevice.Fault.Delay(SECOND)).on(BlockOp.FLUSH);
    host.setProperty(Property.CC, SHUT_DOWN);
    device.release();
    target.reactor.settle();
    assertThat(shst()).as("before its own flush is over").isEqualTo(Csts.SHST_OCCURRING);
    target.time.advance(SECOND);
    assertThat(shst()).isEqualTo(Csts.SHST_COMPLETE);
  }

  @Test
  void cacheTurnedOff_isAnsweredWhenWhatItHeldIsDurable() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.WRITE).times(1);
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.FLUSH).times(1);
    int write = TestHost.submitWrite(host.io, 0, new byte[TestTarget.BLOCK_BYTES]);
    host.io.settle();
    int off = submitWriteCache(0);
    assertThat(host.admin.hasReply(off)).as("before the write is over").isFalse();
    assertThat(device.held()).as("the write, without a flush yet").isEqualTo(1);
    device.release();
    target.reactor.settle();
    assertThat(host.io.reply(write).status()).isZero();
    assertThat(device.held()).as("the flush").isEqualTo(1);
    assertThat(host.admin.hasReply(off)).as("before the flush is over").isFalse();
    device.release();
    target.reactor.settle();
    assertThat(host.admin.reply(off).status()).isZero();
  }

  @Test
  void cacheTurnedOff_whoseFlushFails_fails_andWritesGoThroughAllTheSame() {
    device.inject(new FaultDevice.Fault.Fail(BlockStatus.FAILED)).on(BlockOp.FLUSH);
    int off = submitWriteCache(0);
    assertThat(host.admin.reply(off).outcome()).isEqualTo(StatusCode.WRITE_FAULT.status());
    assertThat(host.getFeature(Feature.VOLATILE_WRITE_CACHE, 0).result()).isZero();
  }
}
