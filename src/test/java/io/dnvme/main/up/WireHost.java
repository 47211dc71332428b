package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.Nqn;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.PropertyCommand;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A host of {@link WireQueue}s: an association with one disk, brought up as far as a test wants.
 */
final class WireHost implements AutoCloseable {

  static final int CC_ENABLE = 0x0046_0001;

  private final InetSocketAddress address;
  private final String subsystemNqn;
  private final UUID hostId;

  WireQueue admin;
  WireQueue io;
  int cntlid;

  WireHost(InetSocketAddress address, String subsystemNqn, UUID hostId) {
    this.address = address;
    this.subsystemNqn = subsystemNqn;
    this.hostId = hostId;
  }

  /** An enabled controller without keep alive timer, and one I/O queue. */
  WireHost bringUp() throws IOException {
    connectAdmin(0);
    enable();
    io = connectIo(1);
    return this;
  }

  void connectAdmin(int katoMs) throws IOException {
    WireQueue.Completed reply = tryConnectAdmin(katoMs);
    assertThat(Status.describe(reply.status())).startsWith("SUCCESS");
    cntlid = (int) ConnectCommand.RESULT_CNTLID.get(reply.result());
  }

  WireQueue.Completed tryConnectAdmin(int katoMs) throws IOException {
    admin = new WireQueue(address).initialize();
    return connect(
        admin,
        connect -> connect.qid(0).sqsize(31).kato(katoMs),
        data -> data.cntlid(ConnectData.CNTLID_DYNAMIC));
  }

  void enable() throws IOException {
    assertThat(setProperty(Property.CC, CC_ENABLE).status()).isZero();
    long status =
        admin
            .call(sqe ->
                new PropertyCommand()
                    .wrap(sqe.segment(), sqe.offset())
                    .startGet(0, Property.CSTS, 4))
            .result();
    assertThat(status).isEqualTo(Property.Csts.RDY.of(1));
  }

  WireQueue.Completed setProperty(int offset, long value) throws IOException {
    return admin.call(sqe ->
        new PropertyCommand().wrap(sqe.segment(), sqe.offset()).startSet(0, offset, 4, value));
  }

  WireQueue.Completed setFeature(int fid, int value) throws IOException {
    return admin.call(
        sqe -> new FeaturesCommand().wrap(sqe.segment(), sqe.offset()).startSet(0, fid, value));
  }

  WireQueue connectIo(int qid) throws IOException {
    return connectIo(qid, 0);
  }

  WireQueue connectIo(int qid, int receiveBufferBytes) throws IOException {
    WireQueue queue = new WireQueue(address, receiveBufferBytes).initialize();
    assertThat(Status.describe(tryConnectIo(queue, qid).status())).startsWith("SUCCESS");
    return queue;
  }

  WireQueue.Completed tryConnectIo(WireQueue queue, int qid) throws IOException {
    return connect(
        queue,
        connect -> connect.qid(qid).sqsize(LiveServer.QUEUE_ENTRIES - 1),
        data -> data.cntlid(cntlid));
  }

  private WireQueue.Completed connect(
      WireQueue queue, Consumer<ConnectCommand> command, Consumer<ConnectData> data)
      throws IOException {
    return queue.completion(
        queue.submit(
            connectData(data),
            sqe ->
                command.accept(
                    new ConnectCommand()
                        .wrap(sqe.segment(), sqe.offset())
                        .start(0)
                        .sglInCapsule(ConnectData.SIZE))),
        new byte[0]);
  }

  byte[] connectData(Consumer<ConnectData> change) {
    var bytes = new byte[ConnectData.SIZE];
    change.accept(
        new ConnectData()
            .wrap(MemorySegment.ofArray(bytes), 0)
            .start()
            .hostid(hostId)
            .subnqn(subsystemNqn)
            .hostnqn(Nqn.ofUuid(hostId)));
    return bytes;
  }

  /** A read or write of whole blocks by data transfers of their own. */
  int submit(WireQueue queue, int opcode, long slba, int blocks) throws IOException {
    return queue.submit(sqe ->
        new ReadWriteCommand()
            .wrap(sqe.segment(), sqe.offset())
            .start(opcode, 0, 1, slba, blocks)
            .sglTransport((long) blocks * LiveServer.BLOCK_BYTES));
  }

  @Override
  public void close() throws IOException {
    leave();
  }

  /** Ends all connections, without a word. */
  void leave() throws IOException {
    if (io != null) {
      io.close();
    }
    if (admin != null) {
      admin.close();
    }
  }
}
