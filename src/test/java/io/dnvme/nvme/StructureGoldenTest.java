package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Structures as a host sees them, written by hand from the specifications: "offset: bytes". */
class StructureGoldenTest {

  private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

  private final MemorySegment buffer = Hex.dirty(8192);

  private void assertBytes(int size, String golden) {
    assertThat(Hex.of(buffer, 0, size)).isEqualTo(Hex.sparse(size, golden));
    assertThat(Hex.of(buffer, size, 1)).isEqualTo("ee");
  }

  @Test
  void identifyController_ofAVirtualDisk() {
    new IdentifyController()
        .wrap(buffer, 0)
        .start()
        .set(IdentifyController.VID, 0x1b36)
        .set(IdentifyController.SN, "A1")
        .set(IdentifyController.MN, "dnvme")
        .set(IdentifyController.FR, "0.1")
        .set(IdentifyController.IEEE, 0x123456)
        .set(
            IdentifyController.CMIC,
            IdentifyController.CMIC_MULTI_PORT
                | IdentifyController.CMIC_MULTI_CONTROLLER
                | IdentifyController.CMIC_ANA)
        .set(IdentifyController.MDTS, 8)
        .set(IdentifyController.CNTLID, 0x0102)
        .set(IdentifyController.VER, Property.VERSION_2_0)
        .set(
            IdentifyController.OAES,
            IdentifyController.OAES_NAMESPACE_ATTRIBUTE | IdentifyController.OAES_ANA_CHANGE)
        .set(IdentifyController.CNTRLTYPE, IdentifyController.CNTRLTYPE_IO)
        .set(IdentifyController.KAS, 10)
        .set(IdentifyController.ANATT, 11)
        .set(IdentifyController.CQT, 1000)
        .set(IdentifyController.SQES, 0x66)
        .set(IdentifyController.CQES, 0x44)
        .set(IdentifyController.MAXCMD, 128)
        .set(IdentifyController.NN, 1)
        .set(
            IdentifyController.SGLS,
            IdentifyController.SGLS_SUPPORTED
                | IdentifyController.SGLS_OFFSET
                | IdentifyController.SGLS_TRANSPORT_DATA_BLOCK)
        .set(IdentifyController.SUBNQN, "nqn.2026-01.io.a:d")
        .set(IdentifyController.IOCCSZ, 4 + 8192 / 16)
        .set(IdentifyController.IORCSZ, 1);
    assertBytes(
        4096,
        """
        0: 361b
        4: 4131 202020202020202020202020202020202020
        24: 646e766d65 20202020202020202020 20202020202020202020 20202020202020202020 2020202020
        64: 302e31 2020202020
        73: 563412
        76: 0b 08 0201 00000200
        92: 00090000
        111: 01
        320: 0a00
        342: 0b
        386: e803
        512: 66 44 8000 01000000
        536: 01003000
        768: 6e716e2e 323032362d3031 2e696f2e61 3a64
        1792: 04020000 01000000
        """);
  }

  @Test
  void identifyController_ofADiscoveryService() {
    new IdentifyController()
        .wrap(buffer, 0)
        .start()
        .set(IdentifyController.OAES, IdentifyController.OAES_DISCOVERY_LOG_CHANGE)
        .set(IdentifyController.CNTRLTYPE, IdentifyController.CNTRLTYPE_DISCOVERY)
        .set(IdentifyController.LPA, IdentifyController.LPA_EXTENDED_DATA)
        .set(IdentifyController.SUBNQN, Nqn.DISCOVERY)
        .set(IdentifyController.DCTYPE, IdentifyController.DCTYPE_DIRECT);
    assertBytes(
        4096,
        """
        92: 00000080
        111: 02
        261: 04
        768: 6e716e2e 323031342d3038 2e6f72672e 6e766d65787072657373 2e 646973636f76657279
        1806: 01
        """);
  }

  @Test
  void identifyNamespace_thinAndShared() {
    var nguid = new byte[16];
    for (int i = 0; i < 16; i++) {
      nguid[i] = (byte) (0xa0 + i);
    }
    var namespace =
        new IdentifyNamespace()
            .wrap(buffer, 0)
            .start()
            .set(IdentifyNamespace.NSZE, 0x0102_0304_0506_0708L)
            .set(IdentifyNamespace.NCAP, 0x0102_0304_0506_0708L)
            .set(IdentifyNamespace.NSFEAT, 0x19)
            .set(IdentifyNamespace.NMIC, IdentifyNamespace.NMIC_SHARED)
            .set(IdentifyNamespace.RESCAP, 0xff)
            .set(IdentifyNamespace.DLFEAT, 9)
            .set(IdentifyNamespace.NOIOB, 0x0200)
            .set(IdentifyNamespace.ANAGRPID, 1)
            .set(IdentifyNamespace.NGUID, nguid)
            .set(IdentifyNamespace.LBAF0_LBADS, 12);
    assertThat(
            IdentifyNamespace.NSFEAT_THIN
                | IdentifyNamespace.NSFEAT_IDS_NOT_REUSED
                | IdentifyNamespace.NSFEAT_OPTIMAL_PERFORMANCE)
        .isEqualTo(0x19);
    assertThat(
            IdentifyNamespace.DLFEAT_READS_ZEROES
                | IdentifyNamespace.DLFEAT_WRITE_ZEROES_DEALLOCATES)
        .isEqualTo(9);
    assertBytes(
        4096,
        """
        0: 0807060504030201 0807060504030201
        24: 19
        30: 01 ff
        33: 09
        46: 0002
        92: 01000000
        104: a0a1a2a3a4a5a6a7a8a9aaabacadaeaf
        128: 0000 0c 00
        """);
    namespace.setUuid(IdentifyNamespace.NGUID, ID);
    assertThat(namespace.getUuid(IdentifyNamespace.NGUID)).isEqualTo(ID);
    assertThat(Hex.of(buffer, 104, 16)).isEqualTo("00112233445566778899aabbccddeeff");
  }

  @Test
  void namespaceList_endsWithZero() {
    var list = new NamespaceList().wrap(buffer, 0).start();
    assertThat(list.count()).isZero();
    list.nsid(0, 1).nsid(1, 0x01020304);
    assertBytes(4096, "0: 01000000 04030201");
    assertThat(list.count()).isEqualTo(2);
    assertThat(list.nsid(1)).isEqualTo(0x01020304);
    list.overflow();
    assertBytes(4096, "0: ffffffff");
  }

  @Test
  void namespaceList_full() {
    var list = new NamespaceList().wrap(buffer, 0).start();
    for (int i = 0; i < NamespaceList.MAX_COUNT; i++) {
      list.nsid(i, i + 1);
    }
    assertThat(list.count()).isEqualTo(1024);
    assertThat(Hex.of(buffer, 4092, 5)).isEqualTo("00040000ee");
    assertThatThrownBy(() -> list.nsid(1024, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void controllerList_asSpecified() {
    var list = new ControllerList().wrap(buffer, 0).start();
    list.set(ControllerList.COUNT, 2).cntlid(0, 0x0102).cntlid(1, 0x0304);
    assertBytes(4096, "0: 0200 0201 0403");
    assertThat(list.cntlid(1)).isEqualTo(0x0304);
    list.cntlid(ControllerList.MAX_COUNT - 1, 0xffff);
    assertThat(Hex.of(buffer, 4094, 3)).isEqualTo("ffffee");
    assertThatThrownBy(() -> list.cntlid(2047, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void namespaceDescriptors_asSpecified() {
    var list = new NamespaceDescriptors().wrap(buffer, 0).start().addUuid(ID).addCsi(0);
    list.add(NamespaceDescriptors.NIDT_EUI64, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertBytes(
        4096,
        """
        0: 03 10 0000 00112233445566778899aabbccddeeff
        20: 04 01 0000 00
        25: 01 08 0000 0102030405060708
        """);
    assertThat(list.find(NamespaceDescriptors.NIDT_UUID)).hasSize(16).endsWith(0xee, 0xff);
    assertThat(list.find(NamespaceDescriptors.NIDT_CSI)).containsExactly(0);
    assertThat(list.find(NamespaceDescriptors.NIDT_NGUID)).isNull();
  }

  @Test
  void namespaceDescriptors_full() {
    var list = new NamespaceDescriptors().wrap(buffer, 0).start();
    for (int i = 0; i < 4096 / 256; i++) {
      list.add(1, new byte[252]);
    }
    assertThatThrownBy(() -> list.addCsi(0)).isInstanceOf(IllegalArgumentException.class);
    assertThat(list.find(NamespaceDescriptors.NIDT_CSI)).isNull();
  }

  @Test
  void namespaceDescriptors_beyondTheList_areNone() {
    buffer.fill((byte) 0xff);
    var list = new NamespaceDescriptors().wrap(buffer, 0);
    assertThat(list.find(0xff)).hasSize(255);
    assertThat(list.find(NamespaceDescriptors.NIDT_UUID)).isNull();
  }

  @Test
  void commandSetCombinations_onlyNvm() {
    var sets = new CommandSetCombinations().wrap(buffer, 0).start();
    sets.combination(0, CommandSetCombinations.NVM);
    assertBytes(4096, "0: 0100000000000000");
    assertThat(sets.combination(0)).isEqualTo(1);
    assertThat(sets.combination(511)).isZero();
  }

  @Test
  void anaLog_withTwoGroups() {
    buffer.fill((byte) 0);
    new AnaLog().wrap(buffer, 0).set(AnaLog.CHGCNT, 7).set(AnaLog.NAGD, 2);
    var group = new AnaGroupDescriptor();
    group
        .wrap(buffer, AnaLog.SIZE)
        .set(AnaGroupDescriptor.AGID, 1)
        .set(AnaGroupDescriptor.NNV, 2)
        .set(AnaGroupDescriptor.CHGCNT, 6)
        .set(AnaGroupDescriptor.STATE, AnaGroupDescriptor.STATE_OPTIMIZED)
        .nsid(0, 1)
        .nsid(1, 9);
    group
        .wrap(buffer, AnaLog.SIZE + AnaGroupDescriptor.sizeWith(2))
        .set(AnaGroupDescriptor.AGID, 2)
        .set(AnaGroupDescriptor.CHGCNT, 7)
        .set(AnaGroupDescriptor.STATE, AnaGroupDescriptor.STATE_CHANGE);
    assertThat(Hex.of(buffer, 0, 96))
        .isEqualTo(
            Hex.sparse(
                96,
                """
                0: 0700000000000000 0200
                16: 01000000 02000000 0600000000000000 01
                48: 01000000 09000000
                56: 02000000 00000000 0700000000000000 0f
                """));
    assertThat(group.wrap(buffer, 16).nsid(1)).isEqualTo(9);
  }

  @Test
  void discoveryLog_withOneEntry() {
    new DiscoveryLog()
        .wrap(buffer, 0)
        .start()
        .set(DiscoveryLog.GENCTR, 5)
        .set(DiscoveryLog.NUMREC, 1);
    new DiscoveryEntry()
        .wrap(buffer, DiscoveryLog.SIZE)
        .start()
        .set(DiscoveryEntry.TRTYPE, DiscoveryEntry.TRTYPE_TCP)
        .set(DiscoveryEntry.ADRFAM, DiscoveryEntry.ADRFAM_IPV4)
        .set(DiscoveryEntry.SUBTYPE, DiscoveryEntry.SUBTYPE_NVM)
        .set(
            DiscoveryEntry.TREQ,
            DiscoveryEntry.TREQ_SECURE_CHANNEL.of(DiscoveryEntry.SECURE_CHANNEL_NOT_REQUIRED)
                | DiscoveryEntry.TREQ_SQ_FLOW_CONTROL_DISABLE.of(1))
        .set(DiscoveryEntry.PORTID, 1)
        .set(DiscoveryEntry.CNTLID, ConnectData.CNTLID_DYNAMIC)
        .set(DiscoveryEntry.ASQSZ, 32)
        .set(
            DiscoveryEntry.EFLAGS,
            DiscoveryEntry.EFLAGS_DUPLICATE_RETURNED_INFORMATION
                | DiscoveryEntry.EFLAGS_PERSISTENT_CONNECTION)
        .set(DiscoveryEntry.TRSVCID, "4420")
        .set(DiscoveryEntry.SUBNQN, "nqn.2026-01.io.a:d")
        .set(DiscoveryEntry.TRADDR, "127.0.0.1");
    assertBytes(
        2048,
        """
        0: 0500000000000000 0100000000000000 0000
        1024: 03 01 02 06 0100 ffff 2000 0300
        1056: 34343230 %s
        1280: 6e716e2e 323032362d3031 2e696f2e61 3a64
        1536: 3132372e302e302e31 %s
        """
            .formatted("20".repeat(28), "20".repeat(247)));
  }

  @Test
  void effects_areDwordsByIdentifier() {
    var commands = new CommandEffectsLog().wrap(buffer, 0).start();
    commands.admin(AdminOpcode.IDENTIFY, CommandEffectsLog.CSUPP.with(0, 1));
    commands.io(
        IoOpcode.WRITE, (int) (CommandEffectsLog.CSUPP.of(1) | CommandEffectsLog.LBCC.of(1)));
    assertBytes(4096, "24: 01000000\n1028: 03000000");
    assertThat(commands.admin(AdminOpcode.IDENTIFY)).isEqualTo(1);
    assertThat(commands.io(IoOpcode.WRITE)).isEqualTo(3);

    buffer.fill((byte) 0xee);
    var features = new EffectsLog().wrap(buffer, 0).start();
    features.set(
        Feature.NUMBER_OF_QUEUES,
        (int) (EffectsLog.FSUPP.of(1) | EffectsLog.FSP.of(EffectsLog.FSP_CONTROLLER)));
    assertBytes(1024, "28: 01002000");
    assertThat(features.of(Feature.NUMBER_OF_QUEUES)).isEqualTo(0x0020_0001);
  }

  @Test
  void reservationReport_extended() {
    buffer.fill((byte) 0);
    new ReservationStatus()
        .wrap(buffer, 0)
        .set(ReservationStatus.GEN, 3)
        .set(ReservationStatus.RTYPE, ReservationCommand.RTYPE_WRITE_EXCLUSIVE)
        .set(ReservationStatus.REGCTL, 1)
        .set(ReservationStatus.PTPLS, 1);
    new RegisteredControllerExtended()
        .wrap(buffer, ReservationStatus.EXTENDED_SIZE)
        .set(RegisteredControllerExtended.CNTLID, RegisteredController.CNTLID_DYNAMIC)
        .set(RegisteredControllerExtended.RCSTS, RegisteredController.RCSTS_HOLDER)
        .set(RegisteredControllerExtended.RKEY, 0x0102_0304_0506_0708L)
        .setUuid(RegisteredControllerExtended.HOSTID, ID);
    assertThat(Hex.of(buffer, 0, 128))
        .isEqualTo(
            Hex.sparse(
                128,
                """
                0: 03000000 01 0100 0000 01
                64: ffff 01
                72: 0807060504030201 00112233445566778899aabbccddeeff
                """));
  }

  @Test
  void asyncEvents_asSpecified() {
    assertThat(AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED).isEqualTo(0x0004_0002);
    assertThat(AsyncEvent.ANA_CHANGE).isEqualTo(0x000c_0302);
    assertThat(AsyncEvent.DISCOVERY_LOG_CHANGE).isEqualTo(0x0070_f002);
    assertThat(AsyncEvent.RESERVATION_LOG_AVAILABLE).isEqualTo(0x0080_0006);
    assertThat(AsyncEvent.TYPE.get(AsyncEvent.ANA_CHANGE)).isEqualTo(AsyncEvent.TYPE_NOTICE);
    assertThat(AsyncEvent.LOG_PAGE.get(AsyncEvent.ANA_CHANGE))
        .isEqualTo(LogPage.ASYMMETRIC_NAMESPACE_ACCESS);
  }
}
