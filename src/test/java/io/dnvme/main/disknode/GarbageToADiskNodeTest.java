package io.dnvme.main.disknode;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.dnvme.agent.NodeNames;
import io.dnvme.initiator.AdminOutcome;
import io.dnvme.initiator.AdminRequest;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.Envelope;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorOpcode;
import io.dnvme.nvme.vendor.WireEpoch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody sends a disk node what makes no sense, over real sockets, while others use it. */
class GarbageToADiskNodeTest {

  private static final UUID CLUSTER = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0001");
  private static final UUID NODE = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0011");
  private static final String PROCESS = "dnvme.transport.reactor { count = 1, poll = sleep }\n";
  private static final int COMMANDS = 400;
  private static final int REPLY_BYTES = 4096;
  private static final long LIMIT_SECONDS = 60;

  @TempDir Path temp;

  private DiskNode node;
  private NodeProcess host;

  @BeforeEach
  void start() throws IOException {
    Path file =
        Files.writeString(
            temp.resolve("node.conf"),
            PROCESS
                + """
                dnvme.disk-node {
                  cluster = %s, id = %s, listen = ["127.0.0.1:0"]
                  extent-size = 4M, record-pages = 32
                  disk { path = "%s", size = 64M }
                }
                """
                    .formatted(CLUSTER, NODE, temp.resolve("disk")));
    node = DiskNodes.start(file);
    host =
        NodeProcess.start(
            ConfigFactory.parseString(PROCESS).withFallback(ConfigFactory.load()).resolve());
  }

  @AfterEach
  void stop() {
    host.close();
    node.close();
  }

  private InetSocketAddress portal() {
    return new InetSocketAddress(
        InetAddress.getLoopbackAddress(), node.portals().getFirst().port());
  }

  private HostController connect(UUID incarnation) {
    var options =
        new ControllerOptions(
            portal(),
            NodeNames.node(NODE),
            HostIdentity.of(incarnation),
            1000,
            QueueOptions.of(0),
            ReconnectOptions.DEFAULT);
    return host.initiator()
        .connect(options, List.of(host.home()))
        .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
        .join();
  }

  private DiskReply usage(NodeClient client) {
    var outcome = new CompletableFuture<NodeOutcome<DiskReply>>();
    host.home()
        .execute(() ->
            client.ask(
                DiskRequest.usage(), TimeUnit.SECONDS.toNanos(LIMIT_SECONDS), outcome::complete));
    NodeOutcome<DiskReply> told = outcome.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    assertThat(told).isInstanceOf(NodeOutcome.Replied.class);
    return ((NodeOutcome.Replied<DiskReply>) told).reply();
  }

  private AdminOutcome send(HostController controller, int opcode, byte[] data) {
    var outcome = new CompletableFuture<AdminOutcome>();
    var request =
        new AdminRequest(
            opcode,
            sqe -> {
              sqe.cdw10(data.length / 4);
              sqe.cdw12(REPLY_BYTES / 4);
            },
            data,
            REPLY_BYTES,
            TimeUnit.SECONDS.toNanos(LIMIT_SECONDS));
    host.home().execute(() -> controller.send(request, outcome::complete));
    return outcome.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  @Test
  void garbageInVendorCommands_isRefusedWithAStatus_andOthersAreNotDisturbed() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    UUID good = UUID.randomUUID();
    HostController goodController = connect(good);
    var client = new NodeClient(goodController, CLUSTER, good);
    DiskReply before = usage(client);
    HostController bad = connect(UUID.randomUUID());
    for (int i = 0; i < COMMANDS; i++) {
      var data = new byte[4 * random.nextInt(1, 4096)];
      random.nextBytes(data);
      if (random.nextBoolean()) {
        // The right beginning, so that more of it is looked at.
        data[0] = 'D';
        data[1] = 'N';
        data[2] = 'V';
        data[3] = 'C';
      }
      int opcode = random.nextBoolean() ? VendorOpcode.RECORDS : VendorOpcode.LOGICAL_DISKS;
      AdminOutcome outcome = send(bad, opcode, data);
      assertThat(outcome)
          .isInstanceOfSatisfying(
              AdminOutcome.Answered.class, answered -> assertThat(answered.isSuccess()).isFalse());
    }
    assertThat(goodController.counters().losses()).isZero();
    assertThat(bad.counters().losses()).isZero();
    DiskReply after = usage(client);
    assertThat(after.sizeBytes()).isEqualTo(before.sizeBytes());
    assertThat(after.freeBytes()).isGreaterThanOrEqualTo(before.freeBytes());
  }

  private DiskReply ask(NodeClient client, DiskRequest request) {
    var outcome = new CompletableFuture<NodeOutcome<DiskReply>>();
    long limit = TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    host.home().execute(() -> client.ask(request, limit, outcome::complete));
    return ((NodeOutcome.Replied<DiskReply>)
            outcome.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join())
        .reply();
  }

  @Test
  void requestsThatMakeNoSense_areRefusedOneByOne_andChangeNothing() {
    UUID caller = UUID.randomUUID();
    var client = new NodeClient(connect(caller), CLUSTER, caller);
    UUID leg = UUID.randomUUID();
    UUID disk = UUID.randomUUID();
    UUID another = UUID.randomUUID();
    var epoch = new WireEpoch(3, caller);
    long mib = 1 << 20;
    long freeBytes = usage(client).freeBytes();

    assertThat(done(client, DiskRequest.allocate(disk, leg, 5 * mib)).sizeBytes())
        .isEqualTo(8 * mib);
    assertResult(client, DiskRequest.allocate(disk, another, 5 * mib), EntryResult.CONFLICT);
    assertResult(client, DiskRequest.allocate(another, leg, 1024 * mib), EntryResult.FULL);
    assertResult(client, DiskRequest.allocate(another, leg, 0), EntryResult.INVALID);
    assertThat(done(client, DiskRequest.grow(disk, WireEpoch.NONE, 9 * mib)).sizeBytes())
        .isEqualTo(12 * mib);
    assertResult(client, DiskRequest.grow(another, WireEpoch.NONE, 9 * mib), EntryResult.UNKNOWN);
    assertResult(client, DiskRequest.grow(disk, WireEpoch.NONE, 1024 * mib), EntryResult.FULL);
    assertResult(client, DiskRequest.grow(disk, WireEpoch.NONE, 0), EntryResult.INVALID);
    assertResult(client, DiskRequest.admit(disk, epoch), EntryResult.DONE);
    assertResult(
        client, DiskRequest.grow(disk, WireEpoch.NONE, 13 * mib), EntryResult.NOT_PERMITTED);
    assertResult(
        client, DiskRequest.admit(disk, new WireEpoch(2, caller)), EntryResult.LOWER_EPOCH);
    assertResult(client, DiskRequest.admit(another, epoch), EntryResult.UNKNOWN);
    assertThat(ask(client, DiskRequest.free(disk, epoch, new byte[100])).result())
        .isNotEqualTo(EntryResult.DONE);
    assertThat(LogicalDiskInfo.decode(ask(client, DiskRequest.list(DiskRequest.NONE)).body()))
        .containsExactly(new LogicalDiskInfo(disk, leg, 12 * mib, epoch));
    assertThat(usage(client).freeBytes()).isEqualTo(freeBytes - 12 * mib);

    assertThat(done(client, DiskRequest.allocate(another, leg, mib)).sizeBytes())
        .isEqualTo(4 * mib);
    assertThat(usage(client).freeBytes()).isEqualTo(freeBytes - 16 * mib);
    var none = new byte[0];
    assertResult(client, DiskRequest.free(another, epoch, none), EntryResult.INVALID);
    assertResult(client, DiskRequest.free(another, WireEpoch.NONE, none), EntryResult.DONE);
    assertResult(client, DiskRequest.free(disk, WireEpoch.NONE, none), EntryResult.NOT_PERMITTED);
    assertThat(usage(client).freeBytes()).isEqualTo(freeBytes - 12 * mib);
  }

  /** What is asked again as long as the new disk is being zeroed. */
  private DiskReply done(NodeClient client, DiskRequest request) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    DiskReply reply = ask(client, request);
    while (reply.result() == EntryResult.FULL && System.nanoTime() < deadline) {
      reply = ask(client, request);
    }
    assertThat(reply.result()).as(request.toString()).isEqualTo(EntryResult.DONE);
    return reply;
  }

  private void assertResult(NodeClient client, DiskRequest request, EntryResult result) {
    assertThat(ask(client, request).result()).as(request.toString()).isEqualTo(result);
  }

  /** Whole and sealed, from a member of the cluster; what it asks for makes no sense. */
  private static byte[] sealedNonsense(Random random, UUID sender, boolean records) {
    UUID unknown = new UUID(random.nextLong(), random.nextLong());
    var last = new WireEpoch(WireEpoch.MAX_NUMBER, sender);
    byte[] body = new byte[8 * random.nextInt(4)];
    random.nextBytes(body);
    byte[] bytes =
        records
            ? new Envelope<>(
                    Envelope.Kind.RECORD_REQUESTS,
                    CLUSTER,
                    sender,
                    random.nextLong(),
                    List.of(
                        RecordRequest.of(RecordOp.PROMISE, unknown, last),
                        new RecordRequest(RecordOp.ACCEPT, unknown, last, 1, 0, body),
                        new RecordRequest(RecordOp.RETIRE, unknown, last, 1, 0, body),
                        RecordRequest.of(RecordOp.FORGET, unknown, last)))
                .encode()
            : new Envelope<>(
                    Envelope.Kind.DISK_REQUESTS,
                    CLUSTER,
                    sender,
                    random.nextLong(),
                    List.of(
                        DiskRequest.admit(unknown, last),
                        DiskRequest.grow(unknown, last, random.nextLong(Long.MAX_VALUE)),
                        DiskRequest.free(unknown, last, body),
                        DiskRequest.allocate(unknown, unknown, Long.MAX_VALUE)))
                .encode();
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes[random.nextInt(Envelope.HEADER_BYTES, bytes.length)] = (byte) random.nextInt();
    }
    ByteBuffer sealed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    sealed.putInt(Envelope.HEADER_BYTES - 4, 0);
    int crc = new Crc32c().of(MemorySegment.ofArray(bytes), 0, bytes.length);
    sealed.putInt(Envelope.HEADER_BYTES - 4, crc);
    return bytes;
  }

  @Test
  void sealedNonsense_isAnswered_andNothingOfOthersChanges() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    UUID good = UUID.randomUUID();
    HostController goodController = connect(good);
    var client = new NodeClient(goodController, CLUSTER, good);
    var disk = UUID.randomUUID();
    done(client, DiskRequest.allocate(disk, UUID.randomUUID(), 4 << 20));
    var epoch = new WireEpoch(3, good);
    assertThat(ask(client, DiskRequest.admit(disk, epoch)).result()).isEqualTo(EntryResult.DONE);
    UUID other = UUID.randomUUID();
    HostController bad = connect(other);
    for (int i = 0; i < COMMANDS; i++) {
      boolean records = random.nextBoolean();
      byte[] data = sealedNonsense(random, other, records);
      AdminOutcome outcome =
          send(bad, records ? VendorOpcode.RECORDS : VendorOpcode.LOGICAL_DISKS, data);
      assertThat(outcome).isInstanceOf(AdminOutcome.Answered.class);
    }
    assertThat(goodController.counters().losses()).isZero();
    assertThat(bad.counters().losses()).isZero();
    DiskReply again = ask(client, DiskRequest.admit(disk, epoch));
    assertThat(again.result()).isEqualTo(EntryResult.DONE);
    assertThat(again.admitted()).isEqualTo(epoch);
  }

  @Test
  void garbageOnTheSocket_endsThatConnectionOnly() throws IOException {
    var random = new Random(4);
    UUID good = UUID.randomUUID();
    HostController goodController = connect(good);
    var client = new NodeClient(goodController, CLUSTER, good);
    for (int i = 0; i < 20; i++) {
      try (var socket = new Socket(portal().getAddress(), portal().getPort())) {
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
        var data = new byte[256];
        random.nextBytes(data);
        socket.getOutputStream().write(data);
        // It says what is wrong, perhaps, and closes.
        assertThat(readToTheEnd(socket)).isLessThan(4096);
      }
    }
    assertThat(usage(client).sizeBytes()).isPositive();
    assertThat(goodController.counters().losses()).isZero();
  }

  private static int readToTheEnd(Socket socket) {
    try {
      return socket.getInputStream().readAllBytes().length;
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("the connection stays", e);
    } catch (IOException e) {
      // A reset ends it as well.
      return 0;
    }
  }
}
