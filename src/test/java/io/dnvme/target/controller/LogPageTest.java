package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AnaLog;
import io.dnvme.nvme.CommandEffectsLog;
import io.dnvme.nvme.EffectsLog;
import io.dnvme.nvme.ErrorLogEntry;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FirmwareSlotLog;
import io.dnvme.nvme.GetLogPageCommand;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.SmartLog;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogPageTest {

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    target.close();
  }

  @Test
  void supportedPages_canAllBeRead_andOthersNot() {
    TestQueue.Reply reply = host.log(LogPage.SUPPORTED_LOG_PAGES, 0, EffectsLog.SIZE, false);
    EffectsLog log = new EffectsLog().wrap(reply.segment(), 0);
    int supported = 0;
    for (int lid = 0; lid < 256; lid++) {
      TestQueue.Reply page = host.log(lid, 0, 64, true);
      if (EffectsLog.LSUPP.isSet(log.of(lid))) {
        supported++;
        assertThat(page.status()).as("page %d", lid).isZero();
        assertThat(page.data()).hasSize(64);
      } else {
        assertThat(page.outcome()).as("page %d", lid).isEqualTo(StatusCode.INVALID_LOG_PAGE.dnr());
      }
    }
    assertThat(supported).isEqualTo(10);
  }

  @Test
  void errorLog_tellsTheNewestErrorFirst() {
    host.io(null, sqe -> TestHost.rw(sqe, IoOpcode.READ, 5000, 1).sglTransport(4096));
    TestQueue.Reply failed =
        host.io(null, sqe -> TestHost.rw(sqe, IoOpcode.READ, 1, 1).nsid(9).sglTransport(4096));
    assertThat(failed.status() & Status.MORE).isNotZero();
    TestQueue.Reply reply = host.log(LogPage.ERROR_INFORMATION, 0, 128, true);
    ErrorLogEntry newest = new ErrorLogEntry().wrap(reply.segment(), 0);
    assertThat(newest.get(ErrorLogEntry.ERROR_COUNT)).isEqualTo(2);
    assertThat(newest.get(ErrorLogEntry.NSID)).isEqualTo(9);
    assertThat(newest.get(ErrorLogEntry.PARAMETER_ERROR_LOCATION)).isEqualTo(4);
    ErrorLogEntry older = new ErrorLogEntry().wrap(reply.segment(), 64);
    assertThat(older.get(ErrorLogEntry.ERROR_COUNT)).isEqualTo(1);
    assertThat(older.get(ErrorLogEntry.SQID)).isEqualTo(1);
    assertThat(older.get(ErrorLogEntry.LBA)).isEqualTo(5000);
    assertThat(older.get(ErrorLogEntry.PARAMETER_ERROR_LOCATION)).isEqualTo(ReadWriteCommand.SLBA);
    assertThat(StatusCode.LBA_OUT_OF_RANGE.is((int) older.get(ErrorLogEntry.STATUS) >> 1)).isTrue();
  }

  @Test
  void errorLog_full_keepsTheNewest() {
    int entries = ControllerLimits.DEFAULT.errorLogEntries();
    for (int i = 0; i < entries + 10; i++) {
      host.identify(0xff, 0);
    }
    TestQueue.Reply reply =
        host.log(LogPage.ERROR_INFORMATION, 0, entries * ErrorLogEntry.SIZE, true);
    for (int i = 0; i < entries; i++) {
      ErrorLogEntry entry =
          new ErrorLogEntry().wrap(reply.segment(), (long) i * ErrorLogEntry.SIZE);
      assertThat(entry.get(ErrorLogEntry.ERROR_COUNT)).isEqualTo(entries + 10 - i);
    }
  }

  @Test
  void smart_countsWhatQueuesDid_thoseThatAreGoneToo() {
    host.writeInCapsule(0, TestHost.pattern(4096, 1));
    TestQueue second = host.connectIo(2, target.otherReactor);
    for (int i = 0; i < 256; i++) {
      second.reply(TestHost.submitRead(second, 0, 1));
    }
    int cid = second.submit(null, sqe -> sqe.start(0x7f, 0).nsid(8));
    assertThat(second.reply(cid).status()).isZero();
    second.hangUp();
    host.identify(0xff, 0);
    TestQueue.Reply reply = host.log(LogPage.SMART_HEALTH, 0, SmartLog.SIZE, true);
    SmartLog log = new SmartLog().wrap(reply.segment(), 0);
    assertThat(log.get(SmartLog.CRITICAL_WARNING)).isZero();
    assertThat(log.get(SmartLog.AVAILABLE_SPARE)).isEqualTo(100);
    assertThat(log.get(SmartLog.HOST_READ_COMMANDS)).isEqualTo(256);
    assertThat(log.get(SmartLog.HOST_WRITE_COMMANDS)).isEqualTo(1);
    assertThat(log.get(SmartLog.DATA_UNITS_READ)).isEqualTo(3);
    assertThat(log.get(SmartLog.DATA_UNITS_WRITTEN)).isEqualTo(1);
    assertThat(log.get(SmartLog.ERROR_LOG_ENTRIES)).isEqualTo(1);
  }

  @Test
  void smart_ofANamespace_isNotThere() {
    TestQueue.Reply reply =
        host.admin(sqe ->
            TestHost.as(new GetLogPageCommand(), sqe)
                .start(0, LogPage.SMART_HEALTH, 0, 512)
                .nsid(1));
    assertThat(reply.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void firmwareSlots_sayTheRunningRevision() {
    TestQueue.Reply reply = host.log(LogPage.FIRMWARE_SLOT, 0, FirmwareSlotLog.SIZE, true);
    FirmwareSlotLog log = new FirmwareSlotLog().wrap(reply.segment(), 0);
    assertThat(log.get(FirmwareSlotLog.AFI)).isEqualTo(1);
    assertThat(log.get(FirmwareSlotLog.FRS1)).isEqualTo("1.0");
  }

  @Test
  void effects_nameExactlyTheCommandsThereAre() {
    TestQueue.Reply reply =
        host.log(LogPage.COMMANDS_SUPPORTED_AND_EFFECTS, 0, CommandEffectsLog.SIZE, true);
    CommandEffectsLog log = new CommandEffectsLog().wrap(reply.segment(), 0);
    assertThat(CommandEffectsLog.LBCC.isSet(log.io(IoOpcode.WRITE))).isTrue();
    assertThat(CommandEffectsLog.LBCC.isSet(log.io(IoOpcode.READ))).isFalse();
    for (int opcode = 0; opcode < 256; opcode++) {
      if (opcode == AdminOpcode.ASYNC_EVENT_REQUEST || opcode == 0x7f) {
        continue;
      }
      int one = opcode;
      TestQueue.Reply admin = host.admin(sqe -> sqe.start(one, 0));
      assertThat(StatusCode.INVALID_OPCODE.is(admin.status()))
          .as("admin %02x", opcode)
          .isNotEqualTo(CommandEffectsLog.CSUPP.isSet(log.admin(opcode)));
      TestQueue.Reply io = host.io(null, sqe -> sqe.start(one, 0).nsid(1));
      assertThat(StatusCode.INVALID_OPCODE.is(io.status()))
          .as("I/O %02x", opcode)
          .isNotEqualTo(CommandEffectsLog.CSUPP.isSet(log.io(opcode)));
    }
  }

  @Test
  void featureEffects_nameExactlyTheFeaturesThereAre() {
    TestQueue.Reply reply =
        host.log(LogPage.FEATURES_SUPPORTED_AND_EFFECTS, 0, EffectsLog.SIZE, true);
    EffectsLog log = new EffectsLog().wrap(reply.segment(), 0);
    for (int fid = 0; fid < 256; fid++) {
      boolean there = host.getFeature(fid, 3).status() == 0;
      assertThat(EffectsLog.FSUPP.isSet(log.of(fid))).as("feature %02x", fid).isEqualTo(there);
    }
    assertThat(EffectsLog.FSUPP.isSet(log.of(Feature.NUMBER_OF_QUEUES))).isTrue();
  }

  @Test
  void anaLog_saysGroupsWithTheirNamespaces() {
    TestQueue.Reply reply = host.log(LogPage.ASYMMETRIC_NAMESPACE_ACCESS, 0, 64, true);
    assertThat(new AnaLog().wrap(reply.segment(), 0).get(AnaLog.NAGD)).isEqualTo(1);
    AnaGroupDescriptor group = new AnaGroupDescriptor().wrap(reply.segment(), AnaLog.SIZE);
    assertThat(group.get(AnaGroupDescriptor.AGID)).isEqualTo(1);
    assertThat(group.get(AnaGroupDescriptor.NNV)).isEqualTo(1);
    assertThat(group.get(AnaGroupDescriptor.STATE)).isEqualTo(AnaGroupDescriptor.STATE_OPTIMIZED);
    assertThat(group.nsid(0)).isEqualTo(1);
  }

  /** Linux reads at once what nvme-cli reads in pieces of 4 KiB. */
  @Test
  void anaLog_isAsLongAsItMayEverBe() {
    IdentifyController controller =
        new IdentifyController()
            .wrap(host.identify(IdentifyCommand.CNS_CONTROLLER, 0).segment(), 0);
    int bytes =
        AnaLog.SIZE
            + (int) controller.get(IdentifyController.NANAGRPID) * AnaGroupDescriptor.SIZE
            + (int) controller.get(IdentifyController.MNAN) * 4;
    byte[] whole = ana(0, bytes).data();
    byte[] rest = ana(4096, bytes - 4096).data();
    assertThat(rest).isEqualTo(Arrays.copyOfRange(whole, 4096, bytes)).containsOnly(0);
    assertThat(ana(bytes, 4).status()).isZero();
    assertThat(ana(bytes + 4, 4).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  private TestQueue.Reply ana(int offsetBytes, int bytes) {
    return host.log(LogPage.ASYMMETRIC_NAMESPACE_ACCESS, offsetBytes, bytes, true);
  }

  @Test
  void changedNamespaces_areEmptyAtFirst() {
    TestQueue.Reply reply = host.log(LogPage.CHANGED_NAMESPACE_LIST, 0, NamespaceList.SIZE, false);
    assertThat(new NamespaceList().wrap(reply.segment(), 0).count()).isZero();
  }

  @Test
  void offsets_giveTheRest_andFailBeyondTheEnd() {
    byte[] whole = host.log(LogPage.SMART_HEALTH, 0, 512, true).data();
    byte[] part = host.log(LogPage.SMART_HEALTH, 100, 512, true).data();
    assertThat(Arrays.copyOf(part, 412)).isEqualTo(Arrays.copyOfRange(whole, 100, 512));
    assertThat(host.log(LogPage.SMART_HEALTH, 512, 4, true).status()).isZero();
    for (long offset : new long[] {516, 2, 1L << 40, -4}) {
      assertThat(host.log(LogPage.SMART_HEALTH, offset, 4, true).outcome())
          .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void lengthsBeyondMdts_areInvalid() {
    int most = ControllerLimits.DEFAULT.maxTransferBytes();
    assertThat(host.log(LogPage.SMART_HEALTH, 0, most, true).data()).hasSize(most);
    assertThat(host.log(LogPage.SMART_HEALTH, 0, most + 4, true).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    TestQueue.Reply huge =
        host.admin(
            sqe -> sqe.start(AdminOpcode.GET_LOG_PAGE, 0).cdw10(-1).cdw11(-1).cdw10(0xffff_0002));
    assertThat(huge.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void otherCommandSetsAndOffsetTypes_areInvalid() {
    TestQueue.Reply csi =
        host.admin(sqe ->
            TestHost.as(new GetLogPageCommand(), sqe)
                .start(0, LogPage.COMMANDS_SUPPORTED_AND_EFFECTS, 0, 4096)
                .nsid(0));
    assertThat(csi.status()).isZero();
    for (int cdw14 : new int[] {2 << 24, 1 << 23, 1}) {
      TestQueue.Reply reply =
          host.admin(sqe -> {
            TestHost.as(new GetLogPageCommand(), sqe)
                .start(0, LogPage.COMMANDS_SUPPORTED_AND_EFFECTS, 0, 4096);
            sqe.cdw14(cdw14);
          });
      assertThat(reply.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }
}
