package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.SeededRandom;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Named commands, written by hand from NVMe Base 2.0 §5 and §7 and NVM Command Set 1.0 §3.2. */
class IoAndAdminCommandGoldenTest {

  private static final String TRANSPORT_4096 = "24: 0000000000000000 00100000 0000005a\n";

  private final MemorySegment buffer = Hex.dirty(80);

  private void assertCommand(String golden) {
    assertThat(Hex.of(buffer, 3, 64)).isEqualTo(Hex.sparse(64, golden));
    assertThat(Hex.of(buffer, 67, 1)).isEqualTo("ee");
  }

  @Test
  void identify() {
    var command =
        new IdentifyCommand()
            .wrap(buffer, 3)
            .start(1, IdentifyCommand.CNS_NAMESPACE_OF_COMMAND_SET, 2)
            .cntid(0x0102)
            .csi(3);
    assertCommand(
        TRANSPORT_4096
            + """
            0: 06 40 0100 02000000
            40: 05 00 0201
            47: 03
            """);
    assertThat(command.cns()).isEqualTo(5);
    assertThat(command.cntid()).isEqualTo(0x0102);
    assertThat(command.cnsSpecificIdentifier()).isZero();
    assertThat(command.csi()).isEqualTo(3);
  }

  @Test
  void getLogPage() {
    var command =
        new GetLogPageCommand()
            .wrap(buffer, 3)
            .start(1, LogPage.DISCOVERY, 0x1_0000_0400L, 0x0004_1000)
            .lsp(DiscoveryLog.LSP_PORT_LOCAL_ENTRIES_ONLY)
            .rae(true)
            .lsi(0x0304);
    // 41000h bytes are 10400h dwords, 0's based 103FFh
    assertCommand(
        """
        0: 02 40 0100
        24: 0000000000000000 00100400 0000005a
        40: 70 82 ff03 0100 0403 00040000 01000000
        """);
    assertThat(command.lid()).isEqualTo(LogPage.DISCOVERY);
    assertThat(command.lsp()).isEqualTo(2);
    assertThat(command.isRae()).isTrue();
    assertThat(command.rae(false).isRae()).isFalse();
    assertThat(command.lsp()).isEqualTo(2);
    assertThat(command.lsi()).isEqualTo(0x0304);
    assertThat(command.lpo()).isEqualTo(0x1_0000_0400L);
    assertThat(command.lengthBytes()).isEqualTo(0x0004_1000);

    var other = new GetLogPageCommand().wrap(Hex.segment(Hex.sparse(64, "56: 850080 02")), 0);
    assertThat(other.isOffsetInEntries()).isTrue();
    assertThat(other.csi()).isEqualTo(2);
    assertThat(other.uuidIndex()).isEqualTo(5);
    assertThat(other.lengthBytes()).isEqualTo(4);
    var longest = new GetLogPageCommand().wrap(Hex.segment(Hex.sparse(64, "42: ffff ffff")), 0);
    assertThat(longest.lengthBytes()).isEqualTo(1L << 34);
  }

  @Test
  void features() {
    var command = new FeaturesCommand().wrap(buffer, 3);
    command.startSet(1, Feature.NUMBER_OF_QUEUES, 0x0003_0003).save(true);
    assertCommand("0: 09 40 0100\n40: 07 000080 03000300");
    assertThat(command.fid()).isEqualTo(Feature.NUMBER_OF_QUEUES);
    assertThat(command.isSave()).isTrue();
    assertThat(command.value()).isEqualTo(0x0003_0003);
    assertThat(Feature.NumberOfQueues.NSQ.get(command.value())).isEqualTo(3);
    assertThat(Feature.NumberOfQueues.NCQ.get(command.value())).isEqualTo(3);

    command.startGet(1, Feature.ASYNC_EVENT_CONFIGURATION, FeaturesCommand.SEL_CAPABILITIES);
    assertCommand("0: 0a 40 0100\n40: 0b 03");
    assertThat(command.sel()).isEqualTo(FeaturesCommand.SEL_CAPABILITIES);
    assertThat(command.cdw12()).isZero();
    assertThat(command.uuidIndex()).isZero();
  }

  @Test
  void featureValues() {
    assertThat(Feature.AsyncEventConfiguration.ANA_CHANGE.of(1)).isEqualTo(0x800);
    assertThat(Feature.AsyncEventConfiguration.NAMESPACE_ATTRIBUTE.of(1)).isEqualTo(0x100);
    assertThat(Feature.AsyncEventConfiguration.DISCOVERY_LOG_CHANGE.of(1)).isEqualTo(0x8000_0000L);
    assertThat(Feature.TemperatureThreshold.THSEL.of(1)).isEqualTo(0x10_0000);
    assertThat(Feature.ErrorRecovery.DULBE.of(1)).isEqualTo(0x1_0000);
    assertThat(Feature.Arbitration.HPW.of(0xff)).isEqualTo(0xff00_0000L);
    assertThat(Feature.ReservationNotificationMask.RESPRE.of(1)).isEqualTo(8);

    var timestamp =
        new TimestampData()
            .wrap(buffer, 3)
            .start()
            .set(TimestampData.TIMESTAMP, 0x0102_0304_0506L)
            .set(TimestampData.ATTRIBUTES, TimestampData.ORIGIN_SET_BY_HOST);
    assertThat(Hex.of(buffer, 3, 9)).isEqualTo("0605040302010200ee");
    assertThat(timestamp.get(TimestampData.TIMESTAMP)).isEqualTo(0x0102_0304_0506L);
  }

  @Test
  void write() {
    var command =
        new ReadWriteCommand()
            .wrap(buffer, 3)
            .start(IoOpcode.WRITE, 0x1234, 1, 0x0102_0304_0506_0708L, 8)
            .sglTransport(4096)
            .control(ReadWriteCommand.CONTROL_FUA.with(0, 1));
    assertCommand(
        TRANSPORT_4096
            + """
            0: 01 40 3412 01000000
            40: 0807060504030201 0700 0040
            """);
    assertThat(command.slba()).isEqualTo(0x0102_0304_0506_0708L);
    assertThat(command.blocks()).isEqualTo(8);
    assertThat(command.isFua()).isTrue();
    assertThat(command.isDeallocate()).isFalse();
  }

  @Test
  void writeZeroes_mostBlocks() {
    var command =
        new ReadWriteCommand()
            .wrap(buffer, 3)
            .start(IoOpcode.WRITE_ZEROES, 1, 1, 0, 65_536)
            .control(ReadWriteCommand.CONTROL_DEAC.with(0, 1));
    // DEAC is bit 25 of dword 12
    assertCommand("0: 08 40 0100 01\n48: ffff 0002");
    assertThat(command.blocks()).isEqualTo(65_536);
    assertThat(command.isDeallocate()).isTrue();
    assertThat(command.isFua()).isFalse();
  }

  @Test
  void datasetManagement() {
    var command =
        new DatasetManagementCommand()
            .wrap(buffer, 3)
            .start(1, 1, DatasetManagementCommand.MAX_RANGES, DatasetManagementCommand.AD);
    assertCommand("0: 09 40 0100 01\n40: ff 000000 04");
    assertThat(command.ranges()).isEqualTo(256);
    assertThat(command.isDeallocate()).isTrue();

    var range = new DatasetRange().wrap(buffer, 3).set(0x0102_0304_0506_0708L, 0xffff_fffeL);
    assertThat(Hex.of(buffer, 3, 16)).isEqualTo("00000000feffffff0807060504030201");
    assertThat(range.slba()).isEqualTo(0x0102_0304_0506_0708L);
    assertThat(range.blocks()).isEqualTo(0xffff_fffeL);
    assertThat(DatasetRange.SIZE).isEqualTo(16);
  }

  @Test
  void reservations() {
    var command = new ReservationCommand().wrap(buffer, 3);
    command.start(
        IoOpcode.RESERVATION_REGISTER,
        1,
        1,
        (int)
            (ReservationCommand.ACTION.of(ReservationCommand.RREGA_REPLACE)
                | ReservationCommand.IEKEY.of(1)
                | ReservationCommand.CPTPL.of(ReservationCommand.CPTPL_SET)));
    assertCommand("0: 0d 40 0100 01\n40: 0a0000c0");
    assertThat(command.action()).isEqualTo(ReservationCommand.RREGA_REPLACE);
    assertThat(command.isIgnoreExistingKey()).isTrue();
    assertThat(command.cptpl()).isEqualTo(ReservationCommand.CPTPL_SET);

    command.start(
        IoOpcode.RESERVATION_ACQUIRE,
        1,
        1,
        (int)
            (ReservationCommand.ACTION.of(ReservationCommand.RACQA_PREEMPT)
                | ReservationCommand.RTYPE.of(
                    ReservationCommand.RTYPE_EXCLUSIVE_ACCESS_ALL_REGISTRANTS)));
    assertCommand("0: 11 40 0100 01\n40: 0106");
    assertThat(command.rtype()).isEqualTo(6);

    command.startReport(1, 1, 4096, true);
    assertCommand(TRANSPORT_4096 + "0: 0e 40 0100 01\n40: ff03 0000 01");
    assertThat(command.reportLengthBytes()).isEqualTo(4096);
    assertThat(command.isExtendedReport()).isTrue();
  }

  @Test
  void abort() {
    var command = new AbortCommand().wrap(buffer, 3).start(1, 2, 0x0304);
    assertCommand("0: 08 40 0100\n40: 0200 0403");
    assertThat(command.sqid()).isEqualTo(2);
    assertThat(command.abortedCid()).isEqualTo(0x0304);
  }

  @Test
  void randomValues_readBack() {
    Random random = SeededRandom.of(getClass());
    var write = new ReadWriteCommand();
    var completion = new CompletionQueueEntry();
    var h2c = new H2cData();
    var log = new GetLogPageCommand();
    for (int i = 0; i < 20_000; i++) {
      int cid = random.nextInt(1 << 16);
      int nsid = random.nextInt();
      long slba = random.nextLong();
      int blocks = 1 + random.nextInt(1 << 16);
      int control = random.nextInt(1 << 16);
      long length = random.nextInt() & 0xffff_ffffL;
      write.wrap(buffer, random.nextInt(16)).start(IoOpcode.READ, cid, nsid, slba, blocks);
      write.control(control).sglTransport(length);
      assertThat(write.cid()).isEqualTo(cid);
      assertThat(write.nsid()).isEqualTo(nsid);
      assertThat(write.slba()).isEqualTo(slba);
      assertThat(write.blocks()).isEqualTo(blocks);
      assertThat(write.control()).isEqualTo(control);
      assertThat(write.sglLength()).isEqualTo(length);
      assertThat(write.sglIdentifier()).isEqualTo(SglDescriptor.TRANSPORT);
      assertThat(write.opc()).isEqualTo(IoOpcode.READ);

      int status = random.nextInt(1 << 15);
      int sqhd = random.nextInt(1 << 16);
      completion.wrap(buffer, random.nextInt(64)).complete(slba, sqhd, cid, status);
      assertThat(completion.result()).isEqualTo(slba);
      assertThat(completion.sqhd()).isEqualTo(sqhd);
      assertThat(completion.cid()).isEqualTo(cid);
      assertThat(completion.status()).isEqualTo(status);

      boolean digests = random.nextBoolean();
      long datal = length >>> 1;
      h2c.wrap(buffer, random.nextInt(56)).start(datal, random.nextBoolean(), digests, digests);
      h2c.cccid(cid).ttag(sqhd).datao(length);
      assertThat(h2c.dataBytes()).isEqualTo(datal).isEqualTo(h2c.datal());
      assertThat(h2c.cccid()).isEqualTo(cid);
      assertThat(h2c.ttag()).isEqualTo(sqhd);
      assertThat(h2c.datao()).isEqualTo(length);

      long bytes = 4L * blocks;
      log.wrap(buffer, random.nextInt(16)).start(cid, LogPage.DISCOVERY, slba, bytes);
      assertThat(log.lengthBytes()).isEqualTo(bytes);
      assertThat(log.lpo()).isEqualTo(slba);
    }
  }
}
