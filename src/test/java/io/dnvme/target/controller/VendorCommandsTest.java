package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.CommandEffectsLog;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.vendor.VendorStatus;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.VendorCommands;
import io.dnvme.target.subsystem.VendorRequest;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The port of vendor-specific commands, on a subsystem without namespaces. */
class VendorCommandsTest {

  private static final String NQN = "nqn.2026-01.io.dnvme:node";
  private static final int NOTHING = 0xc0;
  private static final int TAKES = 0xc1;
  private static final int GIVES = 0xc2;
  private static final int BOTH = 0xc3;
  private static final int MOST = 64 << 10;

  /** Keeps what it is asked until the test answers it. */
  private static final class Recorder implements VendorCommands {
    final List<VendorRequest> requests = new ArrayList<>();
    final List<byte[]> data = new ArrayList<>();

    @Override
    public List<Command> commands() {
      return List.of(
          new Command(NOTHING, 0, 0, false),
          new Command(TAKES, MOST, 0, true),
          new Command(GIVES, 0, 16, false),
          new Command(BOTH, MOST, MOST, false));
    }

    @Override
    public void execute(VendorRequest request) {
      requests.add(request);
      data.add(
          request.dataBytes() == 0
              ? new byte[0]
              : request
                  .data()
                  .asSlice(request.dataOffset(), request.dataBytes())
                  .toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private final TestTarget target = new TestTarget();
  private final Recorder recorder = new Recorder();
  private TestHost host;

  @BeforeEach
  void serve() {
    target.subsystems.add(
        new Subsystem(
            new SubsystemIdentity(NQN, "NODE", "1.0"),
            new SubsystemLimits(1, 10, 4, 1),
            new AnaGroups(target.reactor, 1, AnaState.OPTIMIZED),
            HostAccess.ANY,
            recorder,
            ConnectGate.OPEN));
    host = new TestHost(target, NQN, TestHost.NQN, TestHost.ID);
    host.bringUpAdmin();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private int takes(byte[] data, Consumer<SubmissionQueueEntry> change) {
    return host.admin.submit(
        data,
        sqe -> {
          sqe.start(TAKES, 0).cdw10(data.length / 4).sglTransport(data.length);
          change.accept(sqe);
        });
  }

  private int both(byte[] data, int replyBytes) {
    return host.admin.submitInCapsule(
        data,
        sqe ->
            sqe.start(BOTH, 0)
                .cdw10(data.length / 4)
                .cdw12(replyBytes / 4)
                .sglInCapsule(data.length));
  }

  private VendorRequest only() {
    host.admin.settle();
    assertThat(recorder.requests).hasSize(1);
    return recorder.requests.getFirst();
  }

  @Test
  void subsystemWithoutNamespaces_isBroughtUp_andListsItsCommands() {
    var log =
        new CommandEffectsLog()
            .wrap(
                host.log(LogPage.COMMANDS_SUPPORTED_AND_EFFECTS, 0, CommandEffectsLog.SIZE, false)
                    .segment(),
                0);
    assertThat(log.admin(NOTHING)).isEqualTo(1);
    assertThat(log.admin(TAKES)).isEqualTo(0b1001);
    assertThat(log.admin(BOTH)).isEqualTo(1);
    assertThat(log.admin(0xc4)).isZero();
    assertThat(log.admin(AdminOpcode.IDENTIFY)).isEqualTo(1);
    var identity =
        new IdentifyController()
            .wrap(host.identify(IdentifyCommand.CNS_CONTROLLER, 0).segment(), 0);
    assertThat(identity.get(IdentifyController.AVSCC)).isEqualTo(1);
    assertThat(identity.get(IdentifyController.SUBNQN)).isEqualTo(NQN);
    byte[] namespaces = host.identify(IdentifyCommand.CNS_ACTIVE_NAMESPACES, 0).data();
    assertThat(namespaces).hasSize(4096).containsOnly(0);
  }

  @Test
  void dataByR2t_arrivesWhole_andTheCommandIsAnsweredLater() {
    byte[] data = TestHost.pattern(MOST, 1);
    int cid = takes(data, sqe -> {});
    VendorRequest request = only();
    assertThat(host.admin.hasReply(cid)).isFalse();
    assertThat(recorder.data.getFirst()).isEqualTo(data);
    assertThat(request.hostId()).isEqualTo(TestHost.ID);
    assertThat(request.hostNqn()).isEqualTo(TestHost.NQN);
    assertThat(request.opcode()).isEqualTo(TAKES);
    assertThat(request.maxReplyBytes()).isZero();
    target.reactor.run(() -> request.complete(new byte[0]));
    assertThat(host.admin.reply(cid).status()).isZero();
  }

  @Test
  void dataBothWays_inTheCapsule_andBackAsMuchAsThereIs() {
    byte[] data = TestHost.pattern(4096, 2);
    int cid = both(data, MOST);
    VendorRequest request = only();
    assertThat(recorder.data.getFirst()).isEqualTo(data);
    assertThat(request.maxReplyBytes()).isEqualTo(MOST);
    byte[] reply = TestHost.pattern(20, 3);
    target.reactor.run(() -> request.complete(reply));
    TestQueue.Reply answer = host.admin.reply(cid);
    assertThat(answer.status()).isZero();
    assertThat(answer.result()).isEqualTo(20);
    assertThat(answer.data()).isEqualTo(reply);
  }

  @Test
  void dataToTheHost_asLongAsItAsks() {
    int cid = host.admin.submit(null, sqe -> sqe.start(GIVES, 0).cdw10(4).sglTransport(16));
    VendorRequest request = only();
    target.reactor.run(() -> request.complete(new byte[16]));
    assertThat(host.admin.reply(cid).data()).hasSize(16);
  }

  @Test
  void noData_andAStatusOfItsOwn() {
    int cid = host.admin.submit(null, sqe -> sqe.start(NOTHING, 0));
    VendorRequest request = only();
    target.reactor.run(() -> request.fail(VendorStatus.STOPPING.status()));
    assertThat(host.admin.reply(cid).outcome()).isEqualTo(VendorStatus.STOPPING.status());
  }

  @Test
  void fieldsThatAreWrong_areInvalid_andNothingIsExecuted() {
    byte[] data = new byte[64];
    List<Consumer<SubmissionQueueEntry>> wrong =
        List.of(
            sqe -> sqe.nsid(1),
            sqe -> sqe.nsid(-1),
            sqe -> sqe.cdw10(0),
            sqe -> sqe.cdw10(MOST / 4 + 1),
            sqe -> sqe.cdw10(-1),
            sqe -> sqe.cdw11(1),
            sqe -> sqe.cdw12(1),
            sqe -> sqe.cdw13(1),
            sqe -> sqe.cdw14(1),
            sqe -> sqe.cdw15(1));
    for (Consumer<SubmissionQueueEntry> change : wrong) {
      assertThat(host.admin.reply(takes(data, change)).outcome())
          .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
    assertThat(host.admin.reply(both(data, MOST + 4)).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(host.admin.reply(takes(data, sqe -> sqe.sglTransport(60))).outcome())
        .isEqualTo(StatusCode.DATA_SGL_LENGTH_INVALID.dnr());
    assertThat(host.admin.reply(takes(data, sqe -> sqe.sgl(0x20, 0, 64))).outcome())
        .isEqualTo(StatusCode.INVALID_SGL_SEGMENT.dnr());
    assertThat(host.admin.reply(takes(data, sqe -> sqe.sglInCapsule(64))).outcome())
        .isEqualTo(StatusCode.DATA_SGL_LENGTH_INVALID.dnr());
    assertThat(host.admin.reply(takes(data, sqe -> sqe.opc(0xc5))).outcome())
        .isEqualTo(StatusCode.INVALID_OPCODE.dnr());
    assertThat(
            host.admin
                .reply(
                    host.admin.submitInCapsule(
                        new byte[16], sqe -> sqe.start(GIVES, 0).cdw10(4).sglInCapsule(16)))
                .outcome())
        .isEqualTo(StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr());
    assertThat(recorder.requests).isEmpty();
  }

  @Test
  void sixteenAtOnce_areTaken_andTheNextIsToldToComeAgain() {
    var cids = new ArrayList<Integer>();
    for (int i = 0; i < VendorExecution.MAX_EXECUTING; i++) {
      cids.add(both(new byte[64], 64));
    }
    host.admin.settle();
    assertThat(recorder.requests).hasSize(VendorExecution.MAX_EXECUTING);
    assertThat(host.admin.reply(both(new byte[64], 64)).outcome())
        .isEqualTo(VendorStatus.TOO_MANY.status());
    assertThat(host.identify(IdentifyCommand.CNS_CONTROLLER, 0).status()).isZero();
    target.reactor.run(() -> recorder.requests.forEach(request -> request.complete(new byte[64])));
    cids.forEach(cid -> assertThat(host.admin.reply(cid).status()).isZero());
    both(new byte[64], 64);
    host.admin.settle();
    assertThat(recorder.requests).hasSize(VendorExecution.MAX_EXECUTING + 1);
    target.reactor.run(() -> recorder.requests.getLast().complete(new byte[0]));
  }

  @Test
  void associationIsOver_onlyWhenItsCommandIs() {
    both(new byte[64], 64);
    VendorRequest request = only();
    host.admin.hangUp();
    assertThat(target.target.controllers().count()).isOne();
    target.reactor.run(() -> request.complete(new byte[64]));
    target.reactor.settle();
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void portThatAnswersWrongly_isToldSo() {
    both(new byte[64], 64);
    VendorRequest request = only();
    target.reactor.run(() -> {
      assertThatThrownBy(() -> request.complete(new byte[68]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> request.fail(0)).isInstanceOf(IllegalArgumentException.class);
      request.complete(new byte[64]);
      assertThatThrownBy(() -> request.fail(VendorStatus.CORRUPT.status()))
          .isInstanceOf(IllegalStateException.class);
    });
    assertThatThrownBy(() -> new VendorCommands.Command(0xbf, 4, 4, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new VendorCommands.Command(0xc1, 4, 4, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new VendorCommands.Command(0xc1, 5, 0, false))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
