package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.CommandSetCombinations;
import io.dnvme.nvme.ControllerList;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.IdentifyNamespaceIndependent;
import io.dnvme.nvme.IdentifyNvmController;
import io.dnvme.nvme.NamespaceDescriptors;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.UuidBytes;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdentifyTest {

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUpAdmin();
  }

  @AfterEach
  void close() {
    target.close();
  }

  /** Bytes {@code [from, to)} as text. */
  private static String bytes(TestQueue.Reply reply, int from, int to) {
    return HexFormat.of().formatHex(reply.data(), from, to);
  }

  @Test
  void controller_golden() {
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_CONTROLLER, 0);
    assertThat(reply.data()).hasSize(4096);
    // VID to RAB, IEEE, CMIC, MDTS, CNTLID, VER, RTD3R, RTD3E, OAES, CTRATT
    assertThat(new String(reply.data(), 4, 20).trim()).isEqualTo("SN0001");
    assertThat(new String(reply.data(), 24, 40).trim()).isEqualTo("dnvme");
    assertThat(new String(reply.data(), 64, 8).trim()).isEqualTo("1.0");
    assertThat(bytes(reply, 76, 100))
        .isEqualTo(
            "0b" + "08" + "0100" + "00000200" + "00000000" + "00000000" + "00090000" + "41000000");
    // CNTRLTYPE, then CRDT1 to 3
    assertThat(bytes(reply, 111, 112)).isEqualTo("01");
    assertThat(bytes(reply, 128, 134)).isEqualTo("000000000000");
    // OACS, ACL, AERL, FRMW, LPA, ELPE, NPSS
    assertThat(bytes(reply, 256, 264)).isEqualTo("0000" + "03" + "03" + "03" + "26" + "3f" + "00");
    // KAS; ANATT, ANACAP, ANAGRPMAX, NANAGRPID; CQT
    assertThat(bytes(reply, 320, 322)).isEqualTo("0100");
    assertThat(bytes(reply, 342, 352)).isEqualTo("0a" + "1f" + "02000000" + "02000000");
    assertThat(bytes(reply, 386, 388)).isEqualTo("dc05");
    // SQES, CQES, MAXCMD, NN, ONCS, FUSES, FNA, VWC, AWUN, AWUPF, ICSVSCC, NWPC, ACWU
    assertThat(bytes(reply, 512, 534))
        .isEqualTo(
            "66"
                + "44"
                + "8000"
                + "00040000"
                + "3d00"
                + "0100"
                + "00"
                + "06"
                + "0000"
                + "0000"
                + "00"
                + "00"
                + "7f00");
    // SGLS, MNAN
    assertThat(bytes(reply, 536, 544)).isEqualTo("01003000" + "00040000");
    // IOCCSZ (64 + 16384 bytes), IORCSZ, ICDOFF, FCATT, MSDBD, OFCS, DCTYPE
    assertThat(bytes(reply, 1792, 1807))
        .isEqualTo("04040000" + "01000000" + "0000" + "00" + "01" + "0100" + "00");
    IdentifyController data = new IdentifyController().wrap(reply.segment(), 0);
    assertThat(data.get(IdentifyController.SUBNQN)).isEqualTo(TestTarget.NQN);
    assertThat(data.get(IdentifyController.CNTLID)).isEqualTo(host.cntlid);
  }

  @Test
  void namespace_golden() {
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_NAMESPACE, 1);
    // NSZE, NCAP, NUSE, NSFEAT, NLBAF, FLBAS, MC, DPC, DPS, NMIC, RESCAP, FPI, DLFEAT
    assertThat(bytes(reply, 0, 34))
        .isEqualTo(
            "0010000000000000"
                + "0010000000000000"
                + "0010000000000000"
                + "08"
                + "00"
                + "00"
                + "00"
                + "00"
                + "00"
                + "01"
                + "fe"
                + "00"
                + "09");
    // NVMCAP: 16 MiB; ANAGRPID; NGUID; EUI64; LBAF0
    assertThat(bytes(reply, 48, 64)).isEqualTo("00000001000000000000000000000000");
    assertThat(bytes(reply, 92, 96)).isEqualTo("01000000");
    assertThat(bytes(reply, 104, 120)).isEqualTo("9a1f4f3c7f5e4a709d4c0123456789ab");
    assertThat(bytes(reply, 120, 132)).isEqualTo("0000000000000000" + "00000c00");
    IdentifyNamespace data = new IdentifyNamespace().wrap(reply.segment(), 0);
    assertThat(data.get(IdentifyNamespace.NSZE)).isEqualTo(TestTarget.BLOCKS);
  }

  @Test
  void namespaceDescriptors_sayNguidUuidAndCommandSet() {
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_NAMESPACE_DESCRIPTORS, 1);
    NamespaceDescriptors data = new NamespaceDescriptors().wrap(reply.segment(), 0);
    assertThat(data.find(NamespaceDescriptors.NIDT_EUI64)).isNull();
    assertThat(data.find(NamespaceDescriptors.NIDT_NGUID)).hasSize(16);
    byte[] uuid = data.find(NamespaceDescriptors.NIDT_UUID);
    assertThat(UuidBytes.read(java.lang.foreign.MemorySegment.ofArray(uuid), 0))
        .isEqualTo(TestTarget.NAMESPACE_UUID);
    assertThat(data.find(NamespaceDescriptors.NIDT_CSI)).containsExactly(0);
  }

  @Test
  void independentNamespace_isReady() {
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_NAMESPACE_INDEPENDENT, 1);
    IdentifyNamespaceIndependent data = new IdentifyNamespaceIndependent().wrap(reply.segment(), 0);
    assertThat(data.get(IdentifyNamespaceIndependent.NSTAT)).isEqualTo(1);
    assertThat(data.get(IdentifyNamespaceIndependent.NMIC)).isEqualTo(1);
    assertThat(data.get(IdentifyNamespaceIndependent.ANAGRPID)).isEqualTo(1);
  }

  @Test
  void lists_beginBehindTheNsidThatIsAsked() {
    for (int cns :
        new int[] {
          IdentifyCommand.CNS_ACTIVE_NAMESPACES,
          IdentifyCommand.CNS_ACTIVE_NAMESPACES_OF_COMMAND_SET,
          IdentifyCommand.CNS_ALLOCATED_NAMESPACES
        }) {
      assertThat(list(cns, 0).count()).isEqualTo(1);
      assertThat(list(cns, 0).nsid(0)).isEqualTo(1);
      assertThat(list(cns, 1).count()).isZero();
      assertThat(host.identify(cns, 0xffff_fffe).outcome())
          .isEqualTo(StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
      assertThat(host.identify(cns, -1).outcome())
          .isEqualTo(StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
      assertThat(host.identify(cns, 0xffff_fffd).status()).isZero();
    }
  }

  private NamespaceList list(int cns, int after) {
    return new NamespaceList().wrap(host.identify(cns, after).segment(), 0);
  }

  @Test
  void inactiveNamespace_isAllZero_andAnInvalidOneIsAnError() {
    for (int cns :
        new int[] {
          IdentifyCommand.CNS_NAMESPACE,
          IdentifyCommand.CNS_NAMESPACE_OF_COMMAND_SET,
          IdentifyCommand.CNS_NAMESPACE_INDEPENDENT,
          IdentifyCommand.CNS_ALLOCATED_NAMESPACE
        }) {
      assertThat(host.identify(cns, 2).data()).isEqualTo(new byte[4096]);
      for (int nsid : new int[] {0, 1025, -1, Integer.MIN_VALUE}) {
        assertThat(host.identify(cns, nsid).outcome())
            .isEqualTo(StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
      }
    }
    for (int nsid : new int[] {0, 2, -1}) {
      assertThat(host.identify(IdentifyCommand.CNS_NAMESPACE_DESCRIPTORS, nsid).outcome())
          .isEqualTo(StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
    }
  }

  @Test
  void commandSets_areTheNvmOneOnly() {
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_COMMAND_SETS, 0);
    CommandSetCombinations data = new CommandSetCombinations().wrap(reply.segment(), 0);
    assertThat(data.combination(0)).isEqualTo(CommandSetCombinations.NVM);
    assertThat(data.combination(1)).isZero();
    TestQueue.Reply nvm = host.identify(IdentifyCommand.CNS_CONTROLLER_OF_COMMAND_SET, 0);
    var limits = new IdentifyNvmController().wrap(nvm.segment(), 0);
    assertThat(limits.get(IdentifyNvmController.WZSL)).isEqualTo(14);
    assertThat(limits.get(IdentifyNvmController.DMRSL)).isEqualTo(16384);
    for (int cns : new int[] {5, 6, 7}) {
      TestQueue.Reply other =
          host.admin(sqe -> TestHost.as(new IdentifyCommand(), sqe).start(0, cns, 1).csi(2));
      assertThat(other.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void controllerLists_nameThisNodesControllers() {
    TestHost.other(target, 1).bringUpAdmin();
    TestQueue.Reply reply = host.identify(IdentifyCommand.CNS_CONTROLLERS, 0);
    ControllerList list = new ControllerList().wrap(reply.segment(), 0);
    assertThat(list.get(ControllerList.COUNT)).isEqualTo(2);
    assertThat(list.cntlid(0)).isEqualTo(1);
    assertThat(list.cntlid(1)).isEqualTo(2);
    TestQueue.Reply from =
        host.admin(sqe ->
            TestHost.as(new IdentifyCommand(), sqe)
                .start(0, IdentifyCommand.CNS_CONTROLLERS_OF_NAMESPACE, 1)
                .cntid(2));
    assertThat(new ControllerList().wrap(from.segment(), 0).get(ControllerList.COUNT)).isEqualTo(1);
  }

  @Test
  void whatThereIsNot_isAnInvalidField() {
    for (int cns : new int[] {0x04, 0x14, 0x15, 0x17, 0x18, 0xff}) {
      assertThat(host.identify(cns, 0).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void dataOfAnotherLength_isAnSglError() {
    TestQueue.Reply reply =
        host.admin(
            sqe -> TestHost.as(new IdentifyCommand(), sqe).start(0, 1, 0).sglTransport(4095));
    assertThat(reply.outcome()).isEqualTo(StatusCode.DATA_SGL_LENGTH_INVALID.dnr());
    TestQueue.Reply capsule =
        host.admin(
            sqe -> TestHost.as(new IdentifyCommand(), sqe).start(0, 1, 0).sglInCapsule(4096));
    assertThat(capsule.outcome()).isEqualTo(StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr());
  }
}
