package io.dnvme.main.disknode;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.main.node.NodeChild;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk node's process that is killed in the middle of what it does, and started again. */
class DiskNodeKilledTest {

  private static final UUID CLUSTER = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0001");
  private static final UUID NODE = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0011");
  private static final UUID DISK = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00bb");
  private static final UUID LEG = UUID.fromString("7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00cc");
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 256;
  private static final int WRITERS = 8;
  private static final int ROUNDS = 5;
  private static final long LIMIT_SECONDS = 60;

  @TempDir Path temp;

  /** What each block holds: what was acknowledged last, and what was sent last. */
  private final long[] acknowledged = new long[BLOCKS];

  private final long[] sent = new long[BLOCKS];
  private int port;
  private NodeProcess host;
  private NodeChild child;

  @BeforeEach
  void startHost() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    host =
        NodeProcess.start(
            ConfigFactory.parseString("dnvme.transport.reactor { count = 1, poll = sleep }")
                .withFallback(ConfigFactory.load())
                .resolve());
  }

  @AfterEach
  void endAll() {
    child.close();
    host.close();
  }

  private void startNode() throws IOException, InterruptedException {
    String text =
        """
        dnvme.transport.reactor { count = 1, poll = sleep }
        dnvme.disk-node {
          cluster = %s, id = %s, listen = ["127.0.0.1:%d"]
          extent-size = 4M, record-pages = 32
          disk { path = "%s", size = 64M }
        }
        """
            .formatted(CLUSTER, NODE, port, temp.resolve("disk"));
    Path file = Files.writeString(temp.resolve("node.conf"), text);
    child = NodeChild.start("disk-node", "disk-node", "--config", file.toString());
    child.await("^disk node ");
  }

  @Test
  void killedAtAnyTime_itRefusesOldEpochs_andHasWhatItAcknowledged() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    startNode();
    Epoch epoch = new Epoch(1, UUID.randomUUID());
    allocate(client(epoch.incarnation()));
    for (int round = 0; round < ROUNDS; round++) {
      NodeClient client = client(epoch.incarnation());
      assertThat(ask(client, admit(epoch)).result()).isEqualTo(EntryResult.DONE);
      readEverythingBack(connect(epoch).join());
      RemoteNamespace namespace = connect(epoch).join();
      CompletableFuture<Void> enough = write(namespace, random.nextInt(1, 400));
      Epoch next = new Epoch(epoch.number() + 1, UUID.randomUUID());
      CompletableFuture<NodeOutcome<DiskReply>> admission = null;
      enough.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
      if (random.nextBoolean()) {
        admission = start(client, admit(next));
        if (random.nextBoolean()) {
          admission.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
        }
      }
      boolean told =
          admission != null
              && admission.getNow(null) instanceof NodeOutcome.Replied<DiskReply>(var s, var reply)
              && reply.result() == EntryResult.DONE;
      child.kill();
      startNode();

      Epoch admitted = told ? next : epoch;
      NodeClient later = client(next.incarnation());
      Epoch old = new Epoch(admitted.number() - 1, UUID.randomUUID());
      if (old.number() > 0) {
        DiskReply refused = ask(later, admit(old));
        assertThat(refused.result()).isEqualTo(EntryResult.LOWER_EPOCH);
        assertThat(refused.admitted().number()).isGreaterThanOrEqualTo(admitted.number());
      }
      // The same number of another controller is no better, and an old name is not there.
      assertThat(ask(later, admit(new Epoch(admitted.number(), UUID.randomUUID()))).result())
          .isEqualTo(EntryResult.LOWER_EPOCH);
      if (told) {
        assertThat(connect(epoch).handle((found, refusal) -> refusal).join())
            .as("a Connect under the epoch before")
            .isInstanceOf(CompletionException.class);
      }
      epoch = new Epoch(next.number() + 1, UUID.randomUUID());
    }
    assertThat(ask(client(epoch.incarnation()), admit(epoch)).result()).isEqualTo(EntryResult.DONE);
    readEverythingBack(connect(epoch).join());
  }

  private static DiskRequest admit(Epoch epoch) {
    return DiskRequest.admit(DISK, RecordMessages.wire(epoch));
  }

  private void allocate(NodeClient client) {
    EntryResult result;
    do {
      // FULL for as long as its extents are being zeroed.
      result = ask(client, DiskRequest.allocate(DISK, LEG, (long) BLOCKS * BLOCK)).result();
    } while (result == EntryResult.FULL);
    assertThat(result).isEqualTo(EntryResult.DONE);
  }

  private NodeClient client(UUID incarnation) {
    var found = connect(NodeNames.node(NODE), incarnation, 0).join();
    return new NodeClient(found, CLUSTER, incarnation);
  }

  private CompletableFuture<RemoteNamespace> connect(Epoch epoch) {
    return connect(NodeNames.logicalDisk(DISK, epoch), epoch.incarnation(), 1)
        .thenApply(controller -> controller.namespace(1));
  }

  private CompletableFuture<HostController> connect(String nqn, UUID incarnation, int queues) {
    var options =
        new ControllerOptions(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            nqn,
            HostIdentity.of(incarnation),
            1000,
            QueueOptions.of(queues),
            new ReconnectOptions(1_000_000, 1_000_000, 0, false, LossPolicy.FAIL));
    return host.initiator()
        .connect(options, List.of(host.home()))
        .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private CompletableFuture<NodeOutcome<DiskReply>> start(NodeClient client, DiskRequest request) {
    var outcome = new CompletableFuture<NodeOutcome<DiskReply>>();
    host.home()
        .execute(
            () -> client.ask(request, TimeUnit.SECONDS.toNanos(LIMIT_SECONDS), outcome::complete));
    return outcome;
  }

  private DiskReply ask(NodeClient client, DiskRequest request) {
    var outcome = start(client, request).orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    assertThat(outcome).isInstanceOf(NodeOutcome.Replied.class);
    return ((NodeOutcome.Replied<DiskReply>) outcome).reply();
  }

  /** Writes until it cannot any more; done when so many are acknowledged. */
  private CompletableFuture<Void> write(RemoteNamespace namespace, int enough) {
    var reached = new CompletableFuture<Void>();
    var left = new int[] {enough};
    host.home()
        .execute(() -> {
          for (int writer = 0; writer < WRITERS; writer++) {
            write(namespace, writer, left, reached);
          }
        });
    return reached;
  }

  /** Writer w has each w-th block; so a block is never written twice at once. */
  private void write(
      RemoteNamespace namespace, int block, int[] left, CompletableFuture<Void> reached) {
    sent[block]++;
    start(
        namespace,
        BlockOp.WRITE,
        block,
        filled(block, sent[block]),
        status -> {
          if (!status.isSuccess()) {
            return;
          }
          acknowledged[block] = sent[block];
          if (--left[0] == 0) {
            reached.complete(null);
          }
          write(namespace, (block + WRITERS) % BLOCKS, left, reached);
        });
  }

  /** What was not acknowledged may be there or not; from now on it counts as it is. */
  private void readEverythingBack(RemoteNamespace namespace) {
    for (int block = 0; block < BLOCKS; block++) {
      MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
      var read = new CompletableFuture<BlockStatus>();
      int at = block;
      host.home().execute(() -> start(namespace, BlockOp.READ, at, data, read::complete));
      assertThat(read.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join())
          .isEqualTo(BlockStatus.SUCCESS);
      long version = data.get(ValueLayout.JAVA_LONG, 0) >> 32;
      assertThat(version).as("block " + block).isBetween(acknowledged[block], sent[block]);
      assertThat(
              data.mismatch(version == 0 ? Arena.ofAuto().allocate(BLOCK) : filled(block, version)))
          .as("block " + block)
          .isEqualTo(-1);
      acknowledged[block] = version;
      sent[block] = version;
    }
  }

  private void start(
      RemoteNamespace namespace,
      BlockOp op,
      long block,
      MemorySegment data,
      java.util.function.Consumer<BlockStatus> done) {
    Reactor reactor = host.home();
    var io = new BlockIo(reactor);
    io.prepare(op, block, 1);
    io.data().add(data, 0, BLOCK);
    io.onCompletion(over -> done.accept(over.status()), null);
    namespace.submit(io);
  }

  private static MemorySegment filled(long block, long version) {
    MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
    for (long at = 0; at < BLOCK; at += Long.BYTES) {
      data.set(ValueLayout.JAVA_LONG, at, (version << 32) + (block << 12) + at);
    }
    return data;
  }
}
