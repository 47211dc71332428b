package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.queue.TransportLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hosts that stop in the middle of things, next to one that does not. */
class BrokenOffHostTest {

  private static final int BLOCKS = 32;
  private static final int DATA_BYTES = BLOCKS * LiveServer.BLOCK_BYTES;
  private static final UUID GOOD_HOST = new UUID(1, 1);

  @TempDir Path temp;
  private LiveServer server;

  private LiveServer serve(Backing backing) {
    server =
        backing == Backing.MEMORY
            ? LiveServer.ofMemory("a=16M")
            : LiveServer.ofFiles(temp.resolve("disks"), "a=16M");
    return server;
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static void write(SubmissionQueueEntry sqe) {
    new ReadWriteCommand()
        .wrap(sqe.segment(), sqe.offset())
        .start(IoOpcode.WRITE, 0, 1, 0, BLOCKS)
        .sglTransport(DATA_BYTES);
  }

  /** The disk's first blocks are what the good host wrote, and it can write and read on. */
  private void othersGoOn(GoodHost good, int version) {
    good.readAndCheck(0, BLOCKS, version);
    assertThat(good.write(100, BLOCKS, version).isSuccess()).isTrue();
    good.readAndCheck(100, BLOCKS, version);
  }

  @ParameterizedTest
  @EnumSource(Backing.class)
  void resetWhileItsDataIsAwaited_changesNothingAndLeavesNothing(Backing backing) throws Exception {
    try (var good = new GoodHost(serve(backing), "a", GOOD_HOST)) {
      good.write(0, BLOCKS, 1);
      for (int i = 0; i < 20; i++) {
        WireHost host = server.host("a").bringUp();
        host.io.submit(BrokenOffHostTest::write);
        var asked = (WireQueue.Asked) host.io.next();
        assertThat(asked.length()).isEqualTo(DATA_BYTES);
        if (i % 2 == 0) {
          byte[] part = new byte[DATA_BYTES / 2];
          host.io.send(WireQueue.data(asked, 0, part, false));
        }
        host.io.reset();
        host.admin.reset();
      }
      othersGoOn(good, 1);
    }
    server.awaitNothingHeld();
  }

  @Test
  void stopsInTheMiddleOfAPdu_holdsUpItselfOnly_untilItsKeepAliveTimeout() throws Exception {
    try (var good = new GoodHost(serve(Backing.MEMORY), "a", GOOD_HOST)) {
      good.write(0, BLOCKS, 1);
      WireHost host = server.host("a");
      host.connectAdmin(500);
      host.enable();
      host.io = host.connectIo(1);
      host.io.submit(BrokenOffHostTest::write);
      var asked = (WireQueue.Asked) host.io.next();
      byte[] pdu = WireQueue.data(asked, 0, new byte[DATA_BYTES], true);
      host.io.send(Arrays.copyOf(pdu, pdu.length / 2));
      othersGoOn(good, 1);
      host.io.awaitEnd();
      host.admin.awaitEnd();
      othersGoOn(good, 1);
      host.close();
    }
    server.awaitNothingHeld();
  }

  @Test
  void stopsInTheMiddleOfAnyPdu_leavesNothingWhenItGoes() throws Exception {
    try (var good = new GoodHost(serve(Backing.MEMORY), "a", GOOD_HOST)) {
      good.write(0, BLOCKS, 1);
      byte[] icReq = WireQueue.icReq(request -> {});
      byte[] capsule = WireQueue.capsule(7, new byte[4096], sqe -> sqe.start(IoOpcode.READ, 0));
      for (int length : new int[] {1, 7, 8, 9, 64, 127}) {
        var queue = new WireQueue(server.address());
        queue.send(Arrays.copyOf(icReq, length));
        end(queue, length);
      }
      for (int length : new int[] {1, 7, 8, 9, 71, 72, 73, 1000, capsule.length - 1}) {
        var host = server.host("a").bringUp();
        host.io.send(Arrays.copyOf(capsule, length));
        end(host.io, length);
        host.admin.close();
      }
      othersGoOn(good, 1);
    }
    server.awaitNothingHeld();
  }

  private static void end(WireQueue queue, int length) throws IOException {
    if (length % 2 == 0) {
      queue.reset();
    } else {
      queue.close();
    }
  }

  @Test
  void saysItWillSendNoMore_endsTheConnection() throws Exception {
    serve(Backing.MEMORY);
    for (int i = 0; i < 10; i++) {
      try (WireHost host = server.host("a").bringUp()) {
        for (int j = 0; j < i; j++) {
          host.submit(host.io, IoOpcode.READ, 0, 256);
        }
        host.io.halfClose();
        host.io.awaitEnd();
        host.admin.halfClose();
        host.admin.awaitEnd();
      }
    }
    server.awaitNothingHeld();
  }

  @Test
  void icReqThenNothing_orNothingAtAll_isClosedByTheServer() throws Exception {
    TransportLimits usual = TransportLimits.DEFAULT;
    var limits =
        new UpLimits(
            new TransportLimits(
                usual.inCapsuleDataBytes(),
                usual.maxH2cDataBytes(),
                usual.maxC2hDataBytes(),
                usual.maxR2tBytes(),
                usual.headerDigest(),
                usual.dataDigest(),
                usual.successWithFlowControl(),
                TimeUnit.MILLISECONDS.toNanos(300),
                usual.terminationTimeoutNanos()),
            ControllerLimits.DEFAULT,
            1,
            1);
    server = LiveServer.ofMemory(limits, Map.of(), "a=16M");
    try (var nothing = new WireQueue(server.address());
        var icReqOnly = new WireQueue(server.address())) {
      icReqOnly.send(WireQueue.icReq(request -> {}));
      icReqOnly.awaitEnd();
      nothing.awaitEnd();
    }
    server.awaitNothingHeld();
  }
}
