package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.Nqn;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connect: all checks, their results, and which say Do Not Retry (NVMe over Fabrics 1.1 §3.3). */
class ConnectTest {

  private TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @AfterEach
  void close() {
    target.close();
  }

  private TestQueue.Reply admin(Consumer<ConnectCommand> command, Consumer<ConnectData> data) {
    return host.connect(
        target.connection().initialize(),
        connect -> {
          connect.qid(0).sqsize(31);
          command.accept(connect);
        },
        data);
  }

  private static void refusedInCommand(TestQueue.Reply reply, int field, boolean dnr) {
    assertThat(StatusCode.CONNECT_INVALID_PARAMETERS.is(reply.status())).isTrue();
    assertThat(ConnectCommand.RESULT_IPO.get(reply.result())).isEqualTo(field);
    assertThat(ConnectCommand.RESULT_IATTR_DATA.isSet(reply.result())).isFalse();
    assertThat(Status.isDnr(reply.status())).isEqualTo(dnr);
  }

  private static void refusedInData(TestQueue.Reply reply, int field, boolean dnr) {
    assertThat(StatusCode.CONNECT_INVALID_PARAMETERS.is(reply.status())).isTrue();
    assertThat(ConnectCommand.RESULT_IPO.get(reply.result())).isEqualTo(field);
    assertThat(ConnectCommand.RESULT_IATTR_DATA.isSet(reply.result())).isTrue();
    assertThat(Status.isDnr(reply.status())).isEqualTo(dnr);
  }

  @Test
  void admin_success_saysTheControllersIdentifier() {
    assertThat(admin(c -> {}, d -> {}).result()).isEqualTo(1);
    assertThat(admin(c -> {}, d -> {}).result()).isEqualTo(2);
    assertThat(target.target.controllers().count()).isEqualTo(2);
  }

  @Test
  void admin_recordFormat_isIncompatible() {
    TestQueue.Reply reply = admin(c -> c.recfmt(1), d -> {});
    assertThat(reply.status()).isEqualTo(StatusCode.CONNECT_INCOMPATIBLE_FORMAT.dnr());
  }

  @Test
  void admin_queueSize_isBounded() {
    refusedInCommand(admin(c -> c.sqsize(0), d -> {}), ConnectCommand.SQSIZE, true);
    refusedInCommand(admin(c -> c.sqsize(128), d -> {}), ConnectCommand.SQSIZE, true);
    refusedInCommand(admin(c -> c.sqsize(0xffff), d -> {}), ConnectCommand.SQSIZE, true);
    assertThat(admin(c -> c.sqsize(127), d -> {}).status()).isZero();
    assertThat(admin(c -> c.sqsize(1), d -> {}).status()).isZero();
  }

  @Test
  void admin_unknownSubsystem_mayBeTriedAgain() {
    refusedInData(
        admin(c -> {}, d -> d.subnqn("nqn.2026-01.io.dnvme:none")), ConnectData.SUBNQN, false);
  }

  @Test
  void admin_malformedNames_areRefused() {
    refusedInData(admin(c -> {}, d -> d.subnqn("disk1")), ConnectData.SUBNQN, true);
    refusedInData(admin(c -> {}, d -> d.hostid(new UUID(0, 0))), ConnectData.HOSTID, true);
  }

  @Test
  void admin_controllerIdentifierOfAStaticModel_isRefused() {
    refusedInData(admin(c -> {}, d -> d.cntlid(1)), ConnectData.CNTLID, true);
    refusedInData(
        admin(c -> {}, d -> d.cntlid(ConnectData.CNTLID_ANY_STATIC)), ConnectData.CNTLID, true);
  }

  @Test
  void admin_hostThatIsNotAllowed_isInvalid() {
    target.subsystem.changeHostAccess(
        HostAccess.only(Set.of(Nqn.ofUuid(UUID.nameUUIDFromBytes(new byte[1])))));
    assertThat(admin(c -> {}, d -> {}).status()).isEqualTo(StatusCode.CONNECT_INVALID_HOST.dnr());
  }

  @Test
  void admin_moreControllersThanThereMayBe_findItBusy() {
    for (int i = 0; i < 8; i++) {
      assertThat(admin(c -> {}, d -> {}).status()).isZero();
    }
    TestQueue.Reply reply = admin(c -> {}, d -> {});
    assertThat(reply.status()).isEqualTo(StatusCode.CONNECT_CONTROLLER_BUSY.status());
  }

  @Test
  void admin_targetThatStops_isBusy() {
    target.target.stop();
    assertThat(admin(c -> {}, d -> {}).status())
        .isEqualTo(StatusCode.CONNECT_CONTROLLER_BUSY.status());
  }

  @Test
  void otherCommandsBeforeConnect_areOutOfSequence() {
    TestQueue queue = target.connection().initialize();
    for (int opcode : new int[] {0x06, 0x02, 0x01, 0x0c}) {
      int cid = queue.submit(null, sqe -> sqe.start(opcode, 0).nsid(1));
      assertThat(queue.reply(cid).status()).isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
    }
  }

  @Test
  void connectOnAQueuePair_isOutOfSequence() {
    host.bringUp();
    assertThat(host.connect(host.admin, c -> c.sqsize(31), d -> {}).outcome())
        .isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
    assertThat(host.connectIo(host.io, 2).outcome())
        .isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
  }

  @Test
  void dataOfAnotherLength_isAnSglError() {
    TestQueue queue = target.connection().initialize();
    for (int length : new int[] {0, 512, 1023}) {
      int cid =
          queue.submitInCapsule(
              new byte[1024],
              sqe ->
                  TestHost.as(new ConnectCommand(), sqe).start(0).sqsize(31).sglInCapsule(length));
      assertThat(queue.reply(cid).status()).isEqualTo(StatusCode.DATA_SGL_LENGTH_INVALID.dnr());
    }
  }

  @Test
  void connectByR2t_works() {
    TestQueue queue = target.connection().initialize();
    var bytes = new byte[ConnectData.SIZE];
    new ConnectData()
        .wrap(MemorySegment.ofArray(bytes), 0)
        .start()
        .hostid(TestHost.ID)
        .cntlid(ConnectData.CNTLID_DYNAMIC)
        .subnqn(TestTarget.NQN)
        .hostnqn(TestHost.NQN);
    int cid =
        queue.submit(
            bytes,
            sqe ->
                TestHost.as(new ConnectCommand(), sqe)
                    .start(0)
                    .sqsize(31)
                    .sglTransport(ConnectData.SIZE));
    assertThat(queue.reply(cid).status()).isZero();
  }

  // I/O queues.

  private TestQueue.Reply io(Consumer<ConnectCommand> command, Consumer<ConnectData> data) {
    return host.connect(
        target.connection().initialize(),
        connect -> {
          connect.qid(1).sqsize(127);
          command.accept(connect);
        },
        d -> {
          d.cntlid(host.cntlid);
          data.accept(d);
        });
  }

  @Test
  void io_checksEveryParameter() {
    host.bringUp();
    refusedInData(io(c -> c.qid(2), d -> d.cntlid(77)), ConnectData.CNTLID, false);
    refusedInData(
        io(c -> c.qid(2), d -> d.hostnqn("nqn.2014-08.org.nvmexpress:other")),
        ConnectData.HOSTNQN,
        true);
    refusedInData(io(c -> c.qid(2), d -> d.hostid(new UUID(1, 1))), ConnectData.HOSTID, true);
    refusedInData(
        io(c -> c.qid(2), d -> d.subnqn("nqn.2026-01.io.dnvme:none")), ConnectData.CNTLID, false);
    refusedInCommand(io(c -> c.qid(2).sqsize(0), d -> {}), ConnectCommand.SQSIZE, true);
    refusedInCommand(io(c -> c.qid(2).sqsize(128), d -> {}), ConnectCommand.SQSIZE, true);
    refusedInCommand(io(c -> c.qid(1), d -> {}), ConnectCommand.QID, false);
    refusedInCommand(io(c -> c.qid(5), d -> {}), ConnectCommand.QID, true);
    refusedInCommand(io(c -> c.qid(0xffff), d -> {}), ConnectCommand.QID, true);
    assertThat(io(c -> c.qid(2), d -> {}).result()).isEqualTo(host.cntlid);
  }

  @Test
  void io_controllerThatIsNotEnabled_refuses() {
    host.connectAdmin();
    refusedInCommand(io(c -> {}, d -> {}), ConnectCommand.QID, false);
    // Enabled, but with entries of sizes that there are not.
    host.setProperty(Property.CC, 1);
    refusedInCommand(io(c -> {}, d -> {}), ConnectCommand.QID, false);
  }

  @Test
  void io_asManyQueuesAsGranted_forAHostThatAsksForAll() {
    host.bringUpAdmin();
    assertThat(host.setFeature(Feature.NUMBER_OF_QUEUES, 0xfffe_fffe).result())
        .isEqualTo(0x0003_0003);
    for (int qid = 1; qid <= 4; qid++) {
      int one = qid;
      assertThat(io(c -> c.qid(one), d -> {}).status()).isZero();
    }
    refusedInCommand(io(c -> c.qid(5), d -> {}), ConnectCommand.QID, true);
    assertThat(host.setFeature(Feature.NUMBER_OF_QUEUES, 0).outcome())
        .isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
  }

  @Test
  void io_fewerQueuesAskedFor_areAllThereAre() {
    host.bringUpAdmin();
    assertThat(host.setFeature(Feature.NUMBER_OF_QUEUES, 0x0001_0000).result()).isZero();
    refusedInCommand(io(c -> c.qid(2), d -> {}), ConnectCommand.QID, true);
    assertThat(io(c -> c.qid(1), d -> {}).status()).isZero();
  }

  @Test
  void io_onAnotherReactor_works() {
    host.bringUpAdmin();
    host.io = host.connectIo(1, target.otherReactor);
    byte[] data = TestHost.pattern(TestTarget.BLOCK_BYTES, 1);
    assertThat(host.write(1, data).status()).isZero();
    assertThat(host.read(1, 1).data()).isEqualTo(data);
  }

  @Test
  void identifiers_areUsedAgainAsLateAsPossible() {
    target.close();
    target =
        new TestTarget(
            TransportLimits.DEFAULT,
            ControllerLimits.DEFAULT,
            new SubsystemLimits(10, 13, 4, 1),
            memory -> memory);
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      var one = new TestHost(target);
      one.connectAdmin();
      ids.add(one.cntlid);
      one.admin.hangUp();
    }
    assertThat(ids).containsExactly(10, 11, 12, 13, 10, 11);
  }
}
