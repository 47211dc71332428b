package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.NodeNames;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.nvme.CommandEffectsLog;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.StatusCode;
import io.dnvme.ownership.Holder;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.queue.TransportLimits;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The virtual disk as a host of one of its controllers sees it. */
class VirtualDiskExportTest {

  private static final UUID DISK = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa");
  private static final int PAGE_BYTES = 4096;

  private final LegPlan plan =
      new LegPlan(DISK, "disk1", 4096, 32 << 20, 400, List.of(List.of(new UUID(1, 1))));
  private TestTarget target;
  private VirtualDiskExport export;
  private TestHost host;

  @BeforeEach
  void start() {
    target = new TestTarget(TransportLimits.DEFAULT, VirtualDiskExport.LIMITS);
    export =
        new VirtualDiskExport(
            target.reactor, DISK, 1, "1.0", () -> List.of(TestTarget.PORT), () -> {}, text -> {});
    target.subsystems.add(export.subsystem());
    host = new TestHost(target, NodeNames.virtualDisk(DISK), TestHost.NQN, TestHost.ID);
  }

  @AfterEach
  void stop() {
    target.close();
  }

  private void find() {
    var holders = List.of(new Holder(new UUID(2, 2), ""));
    target.reactor.run(() -> export.found(plan.firstRecord(new UUID(3, 3), holders)));
  }

  @Test
  void connect_beforeTheDiskIsFound_isToComeAgain() {
    TestQueue early = target.connection().initialize();
    TestQueue.Reply reply = host.connect(early, connect -> connect.qid(0).sqsize(31), data -> {});
    assertThat(reply.status()).isEqualTo(StatusCode.CONNECT_CONTROLLER_BUSY.status());
    find();
    host.bringUp();
    TestQueue.Reply namespace = host.identify(IdentifyCommand.CNS_NAMESPACE, 1);
    assertThat(namespace.status()).isZero();
  }

  @Test
  void largestCommand_isNoLargerThanWhatMembersTake() {
    find();
    host.bringUpAdmin();
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_CONTROLLER, 0);
    var identified = new IdentifyController().wrap(MemorySegment.ofArray(reply.data()), 0);
    assertThat(PAGE_BYTES << identified.get(IdentifyController.MDTS))
        .isEqualTo(QueueOptions.MAX_TRANSFER_BYTES);
  }

  /** They would end with the owner, and whom they kept away could write by another path. */
  @Test
  void reservations_areNotOffered() {
    find();
    target.reactor.run(
        () -> export.subsystem().ana().port(TestTarget.PORT).change(1, AnaState.OPTIMIZED));
    host.bringUp();
    var controller =
        new IdentifyController()
            .wrap(host.identify(IdentifyCommand.CNS_CONTROLLER, 0).segment(), 0);
    assertThat(controller.get(IdentifyController.ONCS) & IdentifyController.ONCS_RESERVATIONS)
        .isZero();
    var namespace =
        new IdentifyNamespace().wrap(host.identify(IdentifyCommand.CNS_NAMESPACE, 1).segment(), 0);
    assertThat(namespace.get(IdentifyNamespace.RESCAP)).isZero();
    TestQueue.Reply log =
        host.log(LogPage.COMMANDS_SUPPORTED_AND_EFFECTS, 0, CommandEffectsLog.SIZE, true);
    var effects = new CommandEffectsLog().wrap(log.segment(), 0);
    for (int opcode :
        List.of(
            IoOpcode.RESERVATION_REGISTER,
            IoOpcode.RESERVATION_REPORT,
            IoOpcode.RESERVATION_ACQUIRE,
            IoOpcode.RESERVATION_RELEASE)) {
      assertThat(CommandEffectsLog.CSUPP.isSet(effects.io(opcode))).isFalse();
      assertThat(host.io(null, sqe -> sqe.start(opcode, 0).nsid(1)).outcome())
          .isEqualTo(StatusCode.INVALID_OPCODE.dnr());
    }
    assertThat(CommandEffectsLog.CSUPP.isSet(effects.io(IoOpcode.WRITE))).isTrue();
  }
}
