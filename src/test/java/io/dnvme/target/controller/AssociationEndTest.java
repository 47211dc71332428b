package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
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
}
