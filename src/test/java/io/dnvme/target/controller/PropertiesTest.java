package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.Feature;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.Property.Cap;
import io.dnvme.nvme.Property.Cc;
import io.dnvme.nvme.Property.Csts;
import io.dnvme.nvme.PropertyCommand;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PropertiesTest {

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @AfterEach
  void close() {
    target.close();
  }

  private long csts() {
    return host.getProperty(Property.CSTS, 4).result();
  }

  @Test
  void capabilities_sayWhatLinuxLooksFor() {
    host.connectAdmin();
    long cap = host.getProperty(Property.CAP, 8).result();
    assertThat(Cap.MQES.get(cap)).isEqualTo(127);
    assertThat(Cap.CQR.get(cap)).isEqualTo(1);
    assertThat(Cap.TO.get(cap)).isPositive();
    assertThat(Cap.NSSRS.get(cap)).isZero();
    assertThat(Cap.CSS.get(cap)).isEqualTo(Cap.CSS_NVM | Cap.CSS_SEVERAL);
    assertThat(Cap.MPSMIN.get(cap)).isZero();
    assertThat(Cap.CRMS_CRWMS.get(cap)).isEqualTo(1);
    assertThat(host.getProperty(Property.VS, 4).result()).isEqualTo(0x0002_0000);
    assertThat(host.getProperty(Property.CRTO, 4).result()).isEqualTo(Cap.TO.get(cap));
    assertThat(host.getProperty(Property.CC, 4).result()).isZero();
    assertThat(csts()).isZero();
  }

  @Test
  void unknownOrOddlySizedProperties_areInvalid() {
    host.connectAdmin();
    int invalid = StatusCode.INVALID_FIELD.dnr();
    assertThat(host.getProperty(0x0c, 4).outcome()).isEqualTo(invalid);
    assertThat(host.getProperty(Property.CAP, 4).outcome()).isEqualTo(invalid);
    assertThat(host.getProperty(Property.VS, 8).outcome()).isEqualTo(invalid);
    assertThat(host.getProperty(Property.NSSR, 4).outcome()).isEqualTo(invalid);
    assertThat(host.getProperty(-4, 4).outcome()).isEqualTo(invalid);
    assertThat(host.setProperty(Property.CAP, 1).outcome()).isEqualTo(invalid);
    assertThat(host.setProperty(Property.NSSR, Property.NSSR_RESET).outcome()).isEqualTo(invalid);
    assertThat(host.setProperty(Property.CSTS, 1).outcome()).isEqualTo(invalid);
    TestQueue.Reply reply =
        host.admin(sqe -> TestHost.as(new PropertyCommand(), sqe).startSet(0, Property.CC, 8, 1));
    assertThat(reply.outcome()).isEqualTo(invalid);
  }

  @Test
  void enabling_makesReady_andOnlyThenAreAdminCommandsExecuted() {
    host.connectAdmin();
    assertThat(StatusCode.COMMAND_SEQUENCE_ERROR.is(host.identify(1, 0).status())).isTrue();
    host.setProperty(Property.CC, TestHost.CC_ENABLE);
    assertThat(csts()).isEqualTo(Csts.RDY.of(1));
    assertThat(host.identify(1, 0).status()).isZero();
  }

  @Test
  void enablingWithSeveralCommandSets_isFineToo() {
    host.connectAdmin();
    host.setProperty(Property.CC, Cc.CSS.with(TestHost.CC_ENABLE, Cc.CSS_SEVERAL));
    assertThat(csts()).isEqualTo(Csts.RDY.of(1));
  }

  @Test
  void enablingWithWhatThereIsNot_isAFatalStatus() {
    for (int cc :
        new int[] {
          Cc.CSS.with(TestHost.CC_ENABLE, Cc.CSS_ADMIN_ONLY),
          Cc.CSS.with(TestHost.CC_ENABLE, 1),
          Cc.MPS.with(TestHost.CC_ENABLE, 1),
          Cc.AMS.with(TestHost.CC_ENABLE, 1)
        }) {
      host.connectAdmin();
      host.setProperty(Property.CC, cc);
      assertThat(csts()).isEqualTo(Csts.CFS.of(1));
      host.setProperty(Property.CC, 0);
      assertThat(csts()).isZero();
      host.setProperty(Property.CC, TestHost.CC_ENABLE);
      assertThat(csts()).isEqualTo(Csts.RDY.of(1));
      host.admin.hangUp();
    }
  }

  @Test
  void reset_endsIoQueuesAndForgetsWhatTheHostSet() {
    host.bringUp();
    host.setFeature(Feature.ARBITRATION, 3);
    host.enableEvents(1 << 8);
    int event = host.awaitEvent();
    host.setProperty(Property.CC, 0);
    assertThat(host.io.isClosed()).isTrue();
    assertThat(host.admin.isClosed()).isFalse();
    assertThat(csts()).isZero();
    assertThat(StatusCode.ABORT_REQUESTED.is(host.admin.reply(event).status())).isTrue();
    host.setProperty(Property.CC, TestHost.CC_ENABLE);
    assertThat(host.getFeature(Feature.ARBITRATION, 0).result()).isZero();
    assertThat(host.getFeature(Feature.ASYNC_EVENT_CONFIGURATION, 0).result()).isZero();
    host.io = host.connectIo(1, target.reactor);
    assertThat(host.read(0, 1).status()).isZero();
  }

  @Test
  void shutdown_completes_andAResetEndsIt() {
    host.bringUp();
    host.setProperty(Property.CC, Cc.SHN.with(TestHost.CC_ENABLE, Cc.SHN_NORMAL));
    assertThat(Csts.SHST.get(csts())).isEqualTo(Csts.SHST_COMPLETE);
    assertThat(
            StatusCode.CONNECT_INVALID_PARAMETERS.is(
                host.connectIo(target.connection().initialize(), 2).status()))
        .isTrue();
    host.setProperty(Property.CC, 0);
    assertThat(csts()).isZero();
  }

  @Test
  void linuxDisconnect_ioQueuesFirst_thenShutdownByTheAdminQueue() {
    host.bringUp();
    host.io.hangUp();
    assertThat(target.ends).as("what nobody can know yet").isEmpty();
    host.setProperty(Property.CC, Cc.SHN.with(TestHost.CC_ENABLE, Cc.SHN_NORMAL));
    assertThat(Csts.SHST.get(csts())).isEqualTo(Csts.SHST_COMPLETE);
    host.admin.hangUp();
    assertThat(target.ends).containsExactly(EndReason.HOST_LEFT);
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void flushThatEndsAfterAReset_completesNoShutdown() {
    var properties = new ControllerProperties(128);
    properties.configure(TestHost.CC_ENABLE);
    properties.configure(Cc.SHN.with(TestHost.CC_ENABLE, Cc.SHN_NORMAL));
    properties.configure(0);
    properties.resetDone();
    properties.configure(TestHost.CC_ENABLE);
    properties.shutDown(1);
    assertThat(properties.get(Property.CSTS)).isEqualTo(Csts.RDY.of(1));
    assertThat(properties.takesIoQueues()).isTrue();
  }
}
