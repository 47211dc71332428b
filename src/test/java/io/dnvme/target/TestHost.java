package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.GetLogPageCommand;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.PropertyCommand;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import java.util.function.Consumer;

/** A scripted host with an association: brings it up as Linux does, or in any wrong way. */
public final class TestHost {

  public static final String NQN =
      "nqn.2014-08.org.nvmexpress:uuid:0b1c2d3e-0000-4000-8000-000000000001";
  public static final UUID ID = UUID.fromString("0b1c2d3e-0000-4000-8000-000000000001");
  public static final int CC_ENABLE = 0x0046_0001;
  public static final int KATO_MS = 5000;

  private final TestTarget target;
  private final String subsystemNqn;
  private final String hostNqn;
  private final UUID hostId;

  public TestQueue admin;
  public TestQueue io;
  public int cntlid;

  public TestHost(TestTarget target) {
    this(target, TestTarget.NQN, NQN, ID);
  }

  public TestHost(TestTarget target, String subsystemNqn, String hostNqn, UUID hostId) {
    this.target = target;
    this.subsystemNqn = subsystemNqn;
    this.hostNqn = hostNqn;
    this.hostId = hostId;
  }

  /** A host of another name. */
  public static TestHost other(TestTarget target, int number) {
    UUID id = new UUID(0x0b1c2d3e_0000_4000L, 0x8000_0000_0000_0000L | number + 1);
    return new TestHost(target, TestTarget.NQN, "nqn.2014-08.org.nvmexpress:uuid:" + id, id);
  }

  /** The host's identifier. */
  public UUID id() {
    return hostId;
  }

  /** Admin queue, enabled controller, one I/O queue of 128 entries. */
  public TestHost bringUp() {
    connectAdmin();
    enable();
    io = connectIo(1, target.reactor);
    return this;
  }

  /** Admin queue and enabled controller. */
  public TestHost bringUpAdmin() {
    connectAdmin();
    enable();
    return this;
  }

  public void connectAdmin() {
    connectAdmin(KATO_MS);
  }

  public void connectAdmin(int katoMs) {
    admin = target.connection().initialize();
    TestQueue.Reply reply =
        connect(admin, connect -> connect.qid(0).sqsize(31).kato(katoMs), data -> {});
    assertThat(Status.describe(reply.status())).isEqualTo("SUCCESS (SCT 0h SC 00h)");
    cntlid = (int) ConnectCommand.RESULT_CNTLID.get(reply.result());
  }

  public TestQueue connectIo(int qid, ManualReactor on) {
    TestQueue queue = target.connection(on).initialize();
    TestQueue.Reply reply = connectIo(queue, qid);
    assertThat(Status.describe(reply.status())).isEqualTo("SUCCESS (SCT 0h SC 00h)");
    return queue;
  }

  public TestQueue.Reply connectIo(TestQueue queue, int qid) {
    return connect(queue, connect -> connect.qid(qid).sqsize(127), data -> data.cntlid(cntlid));
  }

  public TestQueue.Reply connect(
      TestQueue queue, Consumer<ConnectCommand> command, Consumer<ConnectData> data) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[ConnectData.SIZE]);
    ConnectData connectData =
        new ConnectData()
            .wrap(bytes, 0)
            .start()
            .hostid(hostId)
            .cntlid(ConnectData.CNTLID_DYNAMIC)
            .subnqn(subsystemNqn)
            .hostnqn(hostNqn);
    data.accept(connectData);
    int cid =
        queue.submitInCapsule(
            (byte[]) bytes.heapBase().orElseThrow(),
            sqe -> {
              ConnectCommand connect = new ConnectCommand().wrap(sqe.segment(), sqe.offset());
              connect.start(0).sglInCapsule(ConnectData.SIZE);
              command.accept(connect);
            });
    return queue.reply(cid);
  }

  public void enable() {
    setProperty(Property.CC, 0);
    setProperty(Property.CC, CC_ENABLE);
    assertThat(getProperty(Property.CSTS, 4).result()).isEqualTo(Property.Csts.RDY.of(1));
  }

  public TestQueue.Reply getProperty(int ofst, int size) {
    return admin(sqe -> as(new PropertyCommand(), sqe).startGet(0, ofst, size));
  }

  public TestQueue.Reply setProperty(int ofst, long value) {
    return admin(sqe -> as(new PropertyCommand(), sqe).startSet(0, ofst, 4, value));
  }

  /** An admin command, completed. */
  public TestQueue.Reply admin(Consumer<SubmissionQueueEntry> filler) {
    return admin.reply(admin.submit(null, filler));
  }

  public TestQueue.Reply admin(byte[] data, Consumer<SubmissionQueueEntry> filler) {
    return admin.reply(admin.submit(data, filler));
  }

  public TestQueue.Reply identify(int cns, int nsid) {
    return admin(sqe -> as(new IdentifyCommand(), sqe).start(0, cns, nsid));
  }

  public TestQueue.Reply log(int lid, long offset, int length, boolean rae) {
    return admin(
        sqe -> as(new GetLogPageCommand(), sqe).start(0, lid, offset, length).rae(rae).nsid(-1));
  }

  public TestQueue.Reply getFeature(int fid, int sel) {
    return admin(sqe -> as(new FeaturesCommand(), sqe).startGet(0, fid, sel));
  }

  public TestQueue.Reply setFeature(int fid, int value) {
    return admin(sqe -> as(new FeaturesCommand(), sqe).startSet(0, fid, value));
  }

  /** Sends an asynchronous event request; its identifier. */
  public int awaitEvent() {
    int cid = admin.submit(null, sqe -> sqe.start(0x0c, 0));
    admin.settle();
    return cid;
  }

  public void enableEvents(int mask) {
    assertThat(setFeature(Feature.ASYNC_EVENT_CONFIGURATION, mask).status()).isZero();
  }

  // I/O, blocks of TestTarget.BLOCK_BYTES.

  public TestQueue.Reply read(long slba, int blocks) {
    return io.reply(submitRead(io, slba, blocks));
  }

  public static int submitRead(TestQueue queue, long slba, int blocks) {
    return queue.submit(
        null,
        sqe ->
            rw(sqe, IoOpcode.READ, slba, blocks)
                .sglTransport((long) blocks * TestTarget.BLOCK_BYTES));
  }

  /** Writes by R2T. */
  public TestQueue.Reply write(long slba, byte[] data) {
    return io.reply(submitWrite(io, slba, data));
  }

  public static int submitWrite(TestQueue queue, long slba, byte[] data) {
    return queue.submit(
        data,
        sqe ->
            rw(sqe, IoOpcode.WRITE, slba, data.length / TestTarget.BLOCK_BYTES)
                .sglTransport(data.length));
  }

  /** Writes with the data in the capsule. */
  public TestQueue.Reply writeInCapsule(long slba, byte[] data) {
    return io.reply(
        io.submitInCapsule(
            data,
            sqe ->
                rw(sqe, IoOpcode.WRITE, slba, data.length / TestTarget.BLOCK_BYTES)
                    .sglInCapsule(data.length)));
  }

  /** Any I/O command, completed. */
  public TestQueue.Reply io(byte[] data, Consumer<SubmissionQueueEntry> filler) {
    return io.reply(io.submit(data, filler));
  }

  public static ReadWriteCommand rw(SubmissionQueueEntry sqe, int opcode, long slba, int blocks) {
    return as(new ReadWriteCommand(), sqe).start(opcode, 0, 1, slba, blocks);
  }

  public static <S extends io.dnvme.nvme.Flyweight<S>> S as(S view, SubmissionQueueEntry sqe) {
    return view.wrap(sqe.segment(), sqe.offset());
  }

  public static byte[] pattern(int length, int seed) {
    var bytes = new byte[length];
    new java.util.Random(seed).nextBytes(bytes);
    return bytes;
  }
}
