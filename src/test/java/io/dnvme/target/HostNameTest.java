package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.subsystem.HostAccess;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {

  private static TestHost host(TestTarget target, String name) {
    return new TestHost(target, TestTarget.NQN, name, TestHost.ID);
  }

  private static TestQueue.Reply connect(TestTarget target, String name) {
    return connect(target, name, field -> {});
  }

  private static TestQueue.Reply connect(
      TestTarget target, String name, Consumer<MemorySegment> change) {
    return host(target, name)
        .connect(
            target.connection().initialize(),
            connect -> connect.qid(0).sqsize(31),
            data ->
                change.accept(data.segment().asSlice(data.offset() + ConnectData.HOSTNQN, 256)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "me", "nqn.2014-08.org.nvmexpress:uuid:none", "two\nlines"})
  void nameThatIsNoNqn_isServedWhereAnyHostIs(String name) {
    try (var target = new TestTarget()) {
      TestHost host = host(target, name).bringUp();
      byte[] data = TestHost.pattern(TestTarget.BLOCK_BYTES, 1);
      assertThat(host.write(0, data).status()).isZero();
      assertThat(host.read(0, 1).data()).isEqualTo(data);
    }
  }

  @Test
  void nameThatIsNoNqn_isOnNoList() {
    try (var target = new TestTarget()) {
      target.subsystem.changeHostAccess(HostAccess.only(Set.of(TestHost.NQN)));
      assertThat(StatusCode.CONNECT_INVALID_HOST.is(connect(target, "").status())).isTrue();
      assertThat(StatusCode.CONNECT_INVALID_HOST.is(connect(target, "me").status())).isTrue();
      assertThat(connect(target, TestHost.NQN).status()).isZero();
    }
  }

  @Test
  void nameWithoutEnd_isAnInvalidParameter() {
    try (var target = new TestTarget()) {
      TestQueue.Reply reply = connect(target, "", field -> field.fill((byte) 'x'));
      assertThat(reply.status()).isEqualTo(StatusCode.CONNECT_INVALID_PARAMETERS.dnr());
      assertThat(reply.result() & 0xffff_ffffL)
          .isEqualTo(ConnectCommand.invalidInData(ConnectData.HOSTNQN));
    }
  }

  @Test
  void ioQueueOfAnotherName_isRefused() {
    try (var target = new TestTarget()) {
      TestHost host = host(target, "").bringUpAdmin();
      TestHost other = new TestHost(target, TestTarget.NQN, "me", new UUID(1, 1));
      other.cntlid = host.cntlid;
      TestQueue.Reply reply = other.connectIo(target.connection().initialize(), 1);
      assertThat(reply.status()).isEqualTo(StatusCode.CONNECT_INVALID_PARAMETERS.dnr());
    }
  }
}
