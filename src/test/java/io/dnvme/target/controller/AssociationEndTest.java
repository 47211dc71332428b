package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.Nqn;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.Property.Cc;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestTarget;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AssociationEndTest {

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @AfterEach
  void close() {
    target.close();
  }

  @Test
  void ioQueuesGoneFirst_andAnEventRequestWaiting_lossOfTheAdminQueueIsToldAsTheEnd() {
    host.bringUp();
    host.admin.submit(null, sqe -> sqe.start(AdminOpcode.ASYNC_EVENT_REQUEST, 0));
    int cid = host.io.submit(null, sqe -> sqe.start(0x7f, 0).nsid(8));
    assertThat(host.io.reply(cid).status()).isZero();
    host.io.hangUp();
    host.admin.hangUp();
    assertThat(target.ends).containsExactly(EndReason.ADMIN_QUEUE_GONE);
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void hostThatDisablesTheController_hasLeft() {
    host.bringUp();
    host.io.hangUp();
    host.setProperty(Property.CC, 0);
    host.admin.hangUp();
    assertThat(target.ends).containsExactly(EndReason.HOST_LEFT);
  }

  @Test
  void discoveryHostThatShutsDown_hasLeft() {
    var discovering = new TestHost(target, Nqn.DISCOVERY, TestHost.NQN, TestHost.ID);
    discovering.bringUpAdmin();
    discovering.setProperty(Property.CC, Cc.SHN.with(TestHost.CC_ENABLE, Cc.SHN_NORMAL));
    discovering.admin.hangUp();
    assertThat(target.ends).containsExactly(EndReason.HOST_LEFT);
  }

  @Test
  void allConnectionsLost_isToldAsTheLossOfTheFirst() {
    host.bringUp();
    host.io.hangUp();
    host.admin.hangUp();
    assertThat(target.ends).containsExactly(EndReason.IO_QUEUE_LOST);
  }

  @Test
  void hostThatLeavesBecauseThisNodeStops_isToldAsTheStop() {
    host.bringUp();
    target.target.finish(one -> true, 1_000_000_000L, () -> {});
    host.io.settle();
    host.admin.settle();
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(target.ends).containsExactly(EndReason.CUT);
  }
}
