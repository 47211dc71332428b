package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Commands and completions, written by hand from NVMe Base 2.0 §3.3.3 and §6. */
class CommandGoldenTest {

  private final MemorySegment buffer = Hex.dirty(2048);

  private String written(long size) {
    return Hex.of(buffer, 4, size);
  }

  @Test
  void submissionQueueEntry_asSpecified() {
    String golden =
        """
        06 40 3412  f4f3f2f1  02020202  03030303  0000000000000000
        1817161514131211  00100000 000000 5a
        a0a0a0a0 b1b1b1b1 c2c2c2c2 d3d3d3d3 e4e4e4e4 f5f5f5f5
        """;
    new SubmissionQueueEntry()
        .wrap(buffer, 4)
        .start(AdminOpcode.IDENTIFY, 0x1234)
        .nsid(0xf1f2f3f4)
        .cdw2(0x02020202)
        .cdw3(0x03030303)
        .sgl(SglDescriptor.TRANSPORT, 0x1112131415161718L, 4096)
        .cdw10(0xa0a0a0a0)
        .cdw11(0xb1b1b1b1)
        .cdw12(0xc2c2c2c2)
        .cdw13(0xd3d3d3d3)
        .cdw14(0xe4e4e4e4)
        .cdw15(0xf5f5f5f5);
    assertThat(written(64)).isEqualTo(Hex.padded(golden, 64));

    var read = new SubmissionQueueEntry().wrap(Hex.segment(golden), 0);
    assertThat(read.opc()).isEqualTo(AdminOpcode.IDENTIFY);
    assertThat(Command.PSDT.get(read.flags())).isEqualTo(Command.PSDT_SGL);
    assertThat(Command.FUSE.get(read.flags())).isEqualTo(Command.FUSE_NORMAL);
    assertThat(read.cid()).isEqualTo(0x1234);
    assertThat(read.nsid()).isEqualTo(0xf1f2f3f4);
    assertThat(read.cdw2()).isEqualTo(0x02020202);
    assertThat(read.cdw3()).isEqualTo(0x03030303);
    assertThat(read.mptr()).isZero();
    assertThat(read.sglAddress()).isEqualTo(0x1112131415161718L);
    assertThat(read.sglLength()).isEqualTo(4096);
    assertThat(read.sglIdentifier()).isEqualTo(SglDescriptor.TRANSPORT);
    assertThat(read.cdw10()).isEqualTo(0xa0a0a0a0);
    assertThat(read.cdw11()).isEqualTo(0xb1b1b1b1);
    assertThat(read.cdw12()).isEqualTo(0xc2c2c2c2);
    assertThat(read.cdw13()).isEqualTo(0xd3d3d3d3);
    assertThat(read.cdw14()).isEqualTo(0xe4e4e4e4);
    assertThat(read.cdw15()).isEqualTo(0xf5f5f5f5);
  }

  @Test
  void sglDescriptor_asSpecified() {
    String golden = "0807060504030201 fffffffF 000000 01";
    var read = new SglDescriptor().wrap(Hex.segment(golden), 0);
    assertThat(read.address()).isEqualTo(0x0102030405060708L);
    assertThat(read.length()).isEqualTo(0xffff_ffffL);
    assertThat(read.identifier()).isEqualTo(SglDescriptor.IN_CAPSULE);

    buffer.fill((byte) 0);
    new SglDescriptor()
        .wrap(buffer, 4)
        .address(0x0102030405060708L)
        .length(0xffff_ffffL)
        .identifier(SglDescriptor.IN_CAPSULE);
    assertThat(written(SglDescriptor.SIZE)).isEqualTo(Hex.padded(golden.toLowerCase(), 16));

    var command = new SubmissionQueueEntry().wrap(buffer, 4).start(1, 1).sglInCapsule(0xffff_fff0L);
    assertThat(Hex.of(buffer, 4 + Command.SGL1, 16)).isEqualTo("0000000000000000f0ffffff00000001");
    assertThat(command.sglLength()).isEqualTo(0xffff_fff0L);
    command.sglTransport(16);
    assertThat(Hex.of(buffer, 4 + Command.SGL1, 16)).isEqualTo("0000000000000000100000000000005a");
  }

  @Test
  void completionQueueEntry_asSpecified() {
    // status: DNR, M, CRD 2, SCT 3, SC 02h above the phase tag
    String golden = "01020304 05060708 0201 0000 fffe 04e6";
    int status =
        Status.withRetryDelay(
            Status.withMore(Status.withDnr(StatusCode.ANA_INACCESSIBLE.status())), 2);
    new CompletionQueueEntry()
        .wrap(buffer, 4)
        .complete(0x0807060504030201L, 0x0102, 0xfeff, status);
    assertThat(written(16)).isEqualTo(golden.replace(" ", ""));

    var read = new CompletionQueueEntry().wrap(Hex.segment(golden), 0);
    assertThat(read.dw0()).isEqualTo(0x04030201);
    assertThat(read.dw1()).isEqualTo(0x08070605);
    assertThat(read.result()).isEqualTo(0x0807060504030201L);
    assertThat(read.sqhd()).isEqualTo(0x0102);
    assertThat(read.cid()).isEqualTo(0xfeff);
    assertThat(read.status()).isEqualTo(status);
    assertThat(Status.describe(status)).isEqualTo("ANA_INACCESSIBLE (SCT 3h SC 02h, DNR)");
  }

  @Test
  void connect_asSpecified() {
    String golden =
        """
        7f400100 01000000 00000000 00000000 00000000 00000000
        00000000 00000000 00040000 00000001
        0000 0300 7f00 0c 00 b80b0000 000000000000000000000000
        """;
    new ConnectCommand()
        .wrap(buffer, 4)
        .start(1)
        .sglInCapsule(ConnectData.SIZE)
        .qid(3)
        .sqsize(127)
        .cattr(
            ConnectCommand.CATTR_DISABLE_SQ_FLOW_CONTROL.with(
                ConnectCommand.CATTR_IO_QUEUE_DELETION.with(0, 1), 1))
        .kato(3000);
    assertThat(written(64)).isEqualTo(Hex.padded(golden, 64));

    var read = new ConnectCommand().wrap(Hex.segment(golden), 0);
    assertThat(read.opc()).isEqualTo(FabricsCommand.OPCODE);
    assertThat(read.fctype()).isEqualTo(FabricsCommand.FCTYPE_CONNECT);
    assertThat(read.recfmt()).isZero();
    assertThat(read.qid()).isEqualTo(3);
    assertThat(read.sqsize()).isEqualTo(127);
    assertThat(read.cattr()).isEqualTo(12);
    assertThat(read.kato()).isEqualTo(3000);
    assertThat(read.recfmt(0x0102).recfmt()).isEqualTo(0x0102);
  }

  @Test
  void connectData_asSpecified() {
    var hostid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    String golden =
        Hex.padded("00112233445566778899aabbccddeeff ffff", 256)
            + Hex.padded("6e716e2e323032342d30312e636f6d2e613a62", 256) // nqn.2024-01.com.a:b
            + Hex.padded("6e716e2e323032342d30312e636f6d2e613a68", 256)
            + Hex.padded("", 256);
    new ConnectData()
        .wrap(buffer, 4)
        .start()
        .hostid(hostid)
        .cntlid(ConnectData.CNTLID_DYNAMIC)
        .subnqn("nqn.2024-01.com.a:b")
        .hostnqn("nqn.2024-01.com.a:h");
    assertThat(written(ConnectData.SIZE)).isEqualTo(golden);

    var read = new ConnectData().wrap(Hex.segment(golden), 0);
    assertThat(read.hostid()).isEqualTo(hostid);
    assertThat(read.cntlid()).isEqualTo(0xffff);
    assertThat(read.subnqn()).isEqualTo("nqn.2024-01.com.a:b");
    assertThat(read.hostnqn()).isEqualTo("nqn.2024-01.com.a:h");
    assertThat(ConnectData.SIZE).isEqualTo(1024);
  }

  @Test
  void connectResult_namesTheBadField() {
    assertThat(ConnectCommand.invalidInCommand(ConnectCommand.QID)).isEqualTo(42);
    assertThat(ConnectCommand.invalidInData(ConnectData.SUBNQN)).isEqualTo(0x0001_0100);
  }

  @Test
  void propertyGet_asSpecified() {
    String golden = Hex.padded("7f400500 04000000", 40) + Hex.padded("01000000 00000000", 24);
    new PropertyCommand().wrap(buffer, 4).startGet(5, Property.CAP, 8);
    assertThat(written(64)).isEqualTo(golden);

    var read = new PropertyCommand().wrap(Hex.segment(golden), 0);
    assertThat(read.fctype()).isEqualTo(FabricsCommand.FCTYPE_PROPERTY_GET);
    assertThat(read.sizeBytes()).isEqualTo(8);
    assertThat(read.ofst()).isEqualTo(Property.CAP);
  }

  @Test
  void propertySet_asSpecified() {
    String golden =
        Hex.padded("7f400600 00000000", 40) + Hex.padded("00000000 14000000 01006046", 24);
    new PropertyCommand().wrap(buffer, 4).startSet(6, Property.CC, 4, 0x4660_0001L);
    assertThat(written(64)).isEqualTo(golden);

    var read = new PropertyCommand().wrap(Hex.segment(golden), 0);
    assertThat(read.fctype()).isEqualTo(FabricsCommand.FCTYPE_PROPERTY_SET);
    assertThat(read.sizeBytes()).isEqualTo(4);
    assertThat(read.ofst()).isEqualTo(Property.CC);
    assertThat(read.value()).isEqualTo(0x4660_0001L);
    assertThat(read.u8(PropertyCommand.ATTRIB, 2).sizeBytes()).isZero();
  }

  @Test
  void disconnect_asSpecified() {
    String golden = Hex.padded("7f400700 08000000", 64);
    new DisconnectCommand().wrap(buffer, 4).start(7);
    assertThat(written(64)).isEqualTo(golden);
    var read = new FabricsHeader().wrap(Hex.segment(golden), 0);
    assertThat(read.fctype()).isEqualTo(FabricsCommand.FCTYPE_DISCONNECT);
    assertThat(new DisconnectCommand().wrap(Hex.segment(golden), 0).recfmt()).isZero();
  }

  @Test
  void properties_ofAUsualController() {
    // 1,024 entries, CQR, 7.5 s, NVM and several command sets, both ready modes
    long cap = 0x1800_0820_0f01_03ffL;
    assertThat(Property.Cap.MQES.get(cap)).isEqualTo(1023);
    assertThat(Property.Cap.CQR.isSet(cap)).isTrue();
    assertThat(Property.Cap.TO.get(cap)).isEqualTo(15);
    assertThat(Property.Cap.CSS.get(cap))
        .isEqualTo(Property.Cap.CSS_NVM | Property.Cap.CSS_SEVERAL);
    assertThat(Property.Cap.MPSMIN.get(cap)).isZero();
    assertThat(Property.Cap.CRMS_CRWMS.isSet(cap)).isTrue();
    assertThat(Property.Cap.CRMS_CRIMS.isSet(cap)).isTrue();

    int cc = 0x0146_4061; // CRIME, entries of 16 and 64 bytes, normal shutdown, all sets, enabled
    assertThat(Property.Cc.EN.get(cc)).isEqualTo(1);
    assertThat(Property.Cc.CSS.get(cc)).isEqualTo(Property.Cc.CSS_SEVERAL);
    assertThat(Property.Cc.SHN.get(cc)).isEqualTo(Property.Cc.SHN_NORMAL);
    assertThat(Property.Cc.IOSQES.get(cc)).isEqualTo(6);
    assertThat(Property.Cc.IOCQES.get(cc)).isEqualTo(4);
    assertThat(Property.Cc.CRIME.get(cc)).isEqualTo(1);

    int csts = Property.Csts.SHST.with(Property.Csts.RDY.with(0, 1), Property.Csts.SHST_COMPLETE);
    assertThat(csts).isEqualTo(9);
    assertThat(Property.Vs.MJR.get(Property.VERSION_2_0)).isEqualTo(2);
    assertThat(Property.Vs.MNR.get(Property.VERSION_1_4)).isEqualTo(4);
    assertThat(Property.Crto.CRIMT.get(0x0002_0001)).isEqualTo(2);
    assertThat(Property.Crto.CRWMT.get(0x0002_0001)).isEqualTo(1);
    assertThat(Property.sizeBytes(Property.CAP)).isEqualTo(8);
    assertThat(Property.sizeBytes(Property.CSTS)).isEqualTo(4);
    assertThat(Property.sizeBytes(0x0c)).isZero();
  }

  @Test
  void dataDirection_isInTheOpcode() {
    assertThat(DataDirection.of(IoOpcode.FLUSH)).isEqualTo(DataDirection.NONE);
    assertThat(DataDirection.of(IoOpcode.WRITE)).isEqualTo(DataDirection.HOST_TO_CONTROLLER);
    assertThat(DataDirection.of(IoOpcode.READ)).isEqualTo(DataDirection.CONTROLLER_TO_HOST);
    assertThat(DataDirection.of(AdminOpcode.IDENTIFY)).isEqualTo(DataDirection.CONTROLLER_TO_HOST);
    assertThat(DataDirection.of(FabricsCommand.FCTYPE_CONNECT))
        .isEqualTo(DataDirection.HOST_TO_CONTROLLER);
  }
}
