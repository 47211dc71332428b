package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.DiscoveryEntry;
import io.dnvme.nvme.DiscoveryLog;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.Nqn;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.event.AsyncEventKind;
import io.dnvme.target.subsystem.HostAccess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryControllerTest {

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target, Nqn.DISCOVERY, TestHost.NQN, TestHost.ID);

  @AfterEach
  void close() {
    target.close();
  }

  private DiscoveryLog header() {
    return new DiscoveryLog()
        .wrap(host.log(LogPage.DISCOVERY, 0, DiscoveryLog.SIZE, false).segment(), 0);
  }

  @Test
  void log_isReadAsLibnvmeDoes() {
    host.bringUpAdmin();
    TestQueue.Reply start = host.log(LogPage.DISCOVERY, 0, 20, false);
    assertThat(start.data()).hasSize(20);
    DiscoveryLog header = header();
    long generation = header.get(DiscoveryLog.GENCTR);
    assertThat(header.get(DiscoveryLog.NUMREC)).isEqualTo(2);
    TestQueue.Reply entries =
        host.log(LogPage.DISCOVERY, DiscoveryLog.SIZE, 2 * DiscoveryEntry.SIZE, false);
    DiscoveryEntry own = new DiscoveryEntry().wrap(entries.segment(), 0);
    assertThat(own.get(DiscoveryEntry.SUBTYPE)).isEqualTo(3);
    assertThat(own.get(DiscoveryEntry.SUBNQN)).isEqualTo(Nqn.DISCOVERY);
    DiscoveryEntry disk = new DiscoveryEntry().wrap(entries.segment(), DiscoveryEntry.SIZE);
    assertThat(disk.get(DiscoveryEntry.SUBNQN)).isEqualTo(TestTarget.NQN);
    assertThat(disk.get(DiscoveryEntry.TRSVCID)).isEqualTo("4420");
    assertThat(disk.get(DiscoveryEntry.TRADDR)).isEqualTo("127.0.0.1");
    assertThat(header().get(DiscoveryLog.GENCTR)).isEqualTo(generation);
  }

  @Test
  void identify_saysADiscoveryController() {
    host.bringUpAdmin();
    IdentifyController data =
        new IdentifyController()
            .wrap(host.identify(IdentifyCommand.CNS_CONTROLLER, 0).segment(), 0);
    assertThat(data.get(IdentifyController.CNTRLTYPE)).isEqualTo(2);
    assertThat(data.get(IdentifyController.SUBNQN)).isEqualTo(Nqn.DISCOVERY);
    assertThat(data.get(IdentifyController.OAES)).isEqualTo(0x8000_0000L);
    assertThat(data.get(IdentifyController.NN)).isZero();
    assertThat(data.get(IdentifyController.KAS)).isPositive();
    assertThat(data.get(IdentifyController.MAXCMD)).isPositive();
    for (int cns : new int[] {0, 2, 3, 6}) {
      assertThat(host.identify(cns, 1).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Test
  void whatOnlyIoControllersHave_isNotThere() {
    host.bringUpAdmin();
    assertThat(
            StatusCode.INVALID_LOG_PAGE.is(host.log(LogPage.SMART_HEALTH, 0, 512, true).status()))
        .isTrue();
    assertThat(host.getFeature(Feature.NUMBER_OF_QUEUES, 0).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(host.admin(sqe -> sqe.start(0x08, 0)).outcome())
        .isEqualTo(StatusCode.INVALID_OPCODE.dnr());
    TestQueue.Reply io = host.connectIo(target.connection().initialize(), 1);
    assertThat(StatusCode.CONNECT_INVALID_PARAMETERS.is(io.status())).isTrue();
  }

  @Test
  void change_isToldToPersistentConnections_andRearmedByReading() {
    host.bringUpAdmin();
    host.enableEvents(1 << 31);
    for (HostAccess access : new HostAccess[] {HostAccess.NONE, HostAccess.ANY}) {
      int event = host.awaitEvent();
      target.subsystem.changeHostAccess(access);
      target.reactor.settle();
      assertThat(host.admin.reply(event).result())
          .isEqualTo(AsyncEventKind.DISCOVERY_LOG_CHANGE.dword0() & 0xffff_ffffL);
      assertThat(header().get(DiscoveryLog.NUMREC)).isEqualTo(access == HostAccess.ANY ? 2 : 1);
    }
  }

  @Test
  void offsetBeyondTheEnd_isInvalid() {
    host.bringUpAdmin();
    assertThat(host.log(LogPage.DISCOVERY, 3 * 1024, 4, true).status()).isZero();
    assertThat(host.log(LogPage.DISCOVERY, 3 * 1024 + 4, 4, true).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void withoutKeepAlive_silenceEndsItAfterTheIdleLimit() {
    host.connectAdmin(0);
    host.enable();
    target.time.advance(ControllerLimits.DEFAULT.discoveryIdleNanos() - 1);
    assertThat(host.admin.isClosed()).isFalse();
    target.time.advance(1);
    assertThat(host.admin.isClosed()).isTrue();
  }

  @Test
  void keepAliveTurnedOffLater_leavesTheIdleLimit() {
    host.bringUpAdmin();
    assertThat(host.setFeature(Feature.KEEP_ALIVE_TIMER, 0).status()).isZero();
    target.time.advance(ControllerLimits.DEFAULT.discoveryIdleNanos() - 1);
    assertThat(host.admin.isClosed()).isFalse();
    target.time.advance(1);
    assertThat(host.admin.isClosed()).isTrue();
  }

  @Test
  void shutdownAndReset_work() {
    host.bringUpAdmin();
    host.setProperty(io.dnvme.nvme.Property.CC, TestHost.CC_ENABLE | 1 << 14);
    assertThat(host.getProperty(io.dnvme.nvme.Property.CSTS, 4).result()).isEqualTo(9);
    host.setProperty(io.dnvme.nvme.Property.CC, 0);
    assertThat(host.getProperty(io.dnvme.nvme.Property.CSTS, 4).result()).isZero();
  }
}
