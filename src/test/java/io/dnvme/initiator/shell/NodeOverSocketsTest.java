package io.dnvme.initiator.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.SeededRandom;
import io.dnvme.initiator.AdminOutcome;
import io.dnvme.initiator.AdminRequest;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.Envelope;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorLimits;
import io.dnvme.nvme.vendor.VendorOpcode;
import io.dnvme.nvme.vendor.VendorStatus;
import io.dnvme.nvme.vendor.WireEpoch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node's service and its client, over real sockets. */
class NodeOverSocketsTest {

  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int FUZZ_COMMANDS = 3_000;

  private final RecordingNode node = new RecordingNode();
  private final UUID caller = UUID.randomUUID();
  private final WireEpoch epoch = new WireEpoch(5, caller);
  private Loopback loopback;
  private String nqn;
  private HostController controller;
  private NodeClient client;

  @BeforeEach
  void connect() throws IOException {
    loopback = new Loopback();
    nqn = loopback.serve(node);
    controller = loopback.connect(nqn, caller, QueueOptions.of(0), ReconnectOptions.DEFAULT);
    client = new NodeClient(controller, RecordingNode.CLUSTER, caller);
  }

  @AfterEach
  void close() {
    onTarget(() -> node.held.forEach(Runnable::run));
    loopback.disconnect(controller);
    loopback.awaitNoControllers();
    loopback.close();
  }

  private void onTarget(Runnable task) {
    Loopback.await(CompletableFuture.runAsync(task, loopback.targetReactor()));
  }

  /** What a call on the controller's reactor is told. */
  private <T> CompletableFuture<T> call(Consumer<Consumer<T>> call) {
    var told = new CompletableFuture<T>();
    controller
        .home()
        .execute(() ->
            call.accept(outcome -> {
              if (!told.complete(outcome)) {
                throw new IllegalStateException("told twice");
              }
            }));
    return told;
  }

  private NodeOutcome<RecordReply> ask(RecordRequest request) {
    return Loopback.await(call(told -> client.ask(request, TIMEOUT_NANOS, told)));
  }

  private NodeOutcome<DiskReply> ask(DiskRequest request) {
    return Loopback.await(call(told -> client.ask(request, TIMEOUT_NANOS, told)));
  }

  private RecordRequest accept(UUID leg, byte[] body) {
    return new RecordRequest(RecordOp.ACCEPT, leg, epoch, 1, 0, body);
  }

  private static RecordReply reply(NodeOutcome<RecordReply> outcome) {
    assertThat(outcome).isInstanceOf(NodeOutcome.Replied.class);
    return ((NodeOutcome.Replied<RecordReply>) outcome).reply();
  }

  @Test
  void identity_isTold() {
    NodeOutcome<NodeIdentity> outcome =
        Loopback.await(call(told -> client.identify(TIMEOUT_NANOS, told)));
    assertThat(outcome)
        .isEqualTo(new NodeOutcome.Replied<>(RecordingNode.STORE, RecordingNode.IDENTITY));
  }

  @Test
  void record_isKept_andComesBack() {
    UUID leg = UUID.randomUUID();
    byte[] body = "a record".getBytes();
    assertThat(reply(ask(accept(leg, body))).result()).isEqualTo(EntryResult.DONE);
    RecordReply promised = reply(ask(RecordRequest.of(RecordOp.PROMISE, leg, epoch)));
    assertThat(promised.body()).isEqualTo(body);
    assertThat(promised.promised()).isEqualTo(epoch);
    assertThat(reply(ask(RecordRequest.of(RecordOp.READ, UUID.randomUUID(), WireEpoch.NONE))))
        .extracting(RecordReply::result)
        .isEqualTo(EntryResult.UNKNOWN);
    onTarget(() -> assertThat(node.callers).containsOnly(caller));
  }

  @Test
  void logicalDisks_areAskedFor() {
    UUID disk = UUID.randomUUID();
    for (DiskRequest request :
        List.of(
            DiskRequest.allocate(disk, UUID.randomUUID(), 1 << 30),
            DiskRequest.grow(disk, epoch, 2L << 30),
            DiskRequest.admit(disk, epoch),
            DiskRequest.free(disk, epoch, new byte[100]),
            DiskRequest.usage())) {
      var replied = (NodeOutcome.Replied<DiskReply>) ask(request);
      assertThat(replied.store()).isEqualTo(RecordingNode.STORE);
      assertThat(replied.reply().op()).isEqualTo(request.op());
      assertThat(replied.reply().sizeBytes()).isEqualTo(request.sizeBytes());
      assertThat(replied.reply().powerIncarnation()).isEqualTo(RecordingNode.POWER);
    }
    var listed = (NodeOutcome.Replied<DiskReply>) ask(DiskRequest.list(DiskRequest.NONE));
    assertThat(LogicalDiskInfo.decode(listed.reply().body())).hasSize(1);
  }

  /** It is answered when a disk that may hang has nothing in flight any more. */
  @Test
  void admissionThatTakesLong_holdsNothingElseUp() {
    onTarget(() -> node.holdsAdmissions = true);
    NodeOutcome<DiskReply> usage =
        Loopback.await(
            call(told -> {
              for (int i = 0; i < 20; i++) {
                client.ask(
                    DiskRequest.admit(UUID.randomUUID(), epoch), TIMEOUT_NANOS, outcome -> {});
              }
              client.ask(DiskRequest.usage(), TIMEOUT_NANOS, told);
            }));
    assertThat(usage).isInstanceOf(NodeOutcome.Replied.class);
    onTarget(() -> {
      assertThat(node.held).hasSizeLessThan(20);
      node.holdsAdmissions = false;
    });
  }

  /** As a takeover of many legs asks: who finds no place would lose its member for that. */
  @Test
  void manyOfAllKindsAtOnce_findAPlace_andAreAnswered() {
    onTarget(() -> {
      node.holdsAdmissions = true;
      node.holds = true;
    });
    int legs = 100;
    var told = new ArrayList<CompletableFuture<NodeOutcome<?>>>();
    for (int i = 0; i < legs; i++) {
      UUID id = new UUID(1, i);
      told.add(
          call(one ->
              client.ask(RecordRequest.of(RecordOp.READ, id, epoch), TIMEOUT_NANOS, one::accept)));
      told.add(call(one -> client.ask(DiskRequest.admit(id, epoch), TIMEOUT_NANOS, one::accept)));
      told.add(call(one -> client.ask(DiskRequest.usage(), TIMEOUT_NANOS, one::accept)));
    }
    told.add(call(one -> client.ask(RecordRequest.await(1), TIMEOUT_NANOS, one::accept)));
    told.add(call(one -> client.ask(RecordRequest.await(1), TIMEOUT_NANOS, one::accept)));
    awaitHeld();
    // While all the others have what places they may take.
    for (int i = 0; i < legs; i++) {
      told.add(call(one -> client.identify(TIMEOUT_NANOS, one::accept)));
    }
    Loopback.await(told.getLast());
    onTarget(() -> {
      node.holdsAdmissions = false;
      node.holds = false;
      List.copyOf(node.held).forEach(Runnable::run);
      node.held.clear();
    });
    told.forEach(one -> assertThat(Loopback.await(one)).isInstanceOf(NodeOutcome.Replied.class));
  }

  @Test
  void requestsOfOneTurn_goInOneCommand() {
    int legs = 1000;
    List<RecordRequest> requests =
        IntStream.range(0, legs)
            .mapToObj(i -> RecordRequest.of(RecordOp.RENEW, new UUID(1, i), epoch))
            .toList();
    var told =
        this.<List<NodeOutcome<RecordReply>>>call(
            all -> client.askAll(requests, TIMEOUT_NANOS, all));
    List<NodeOutcome<RecordReply>> outcomes = Loopback.await(told);
    assertThat(outcomes).hasSize(legs);
    for (int i = 0; i < legs; i++) {
      assertThat(reply(outcomes.get(i)).leg()).isEqualTo(requests.get(i).leg());
    }
    onTarget(() -> assertThat(node.batchSizes).containsExactly(legs));
  }

  @Test
  void bodiesThatDoNotFitOneReply_areAskedForAgainAlone() {
    int legs = 12;
    var requests = new ArrayList<RecordRequest>();
    for (int i = 0; i < legs; i++) {
      UUID leg = UUID.randomUUID();
      byte[] body = new byte[VendorLimits.MAX_BODY_BYTES - i];
      new Random(i).nextBytes(body);
      assertThat(reply(ask(accept(leg, body))).result()).isEqualTo(EntryResult.DONE);
      requests.add(RecordRequest.of(RecordOp.READ, leg, WireEpoch.NONE));
    }
    var told = new ArrayList<CompletableFuture<NodeOutcome<RecordReply>>>();
    requests.forEach(request -> told.add(new CompletableFuture<>()));
    controller
        .home()
        .execute(() -> {
          for (int i = 0; i < legs; i++) {
            client.ask(requests.get(i), TIMEOUT_NANOS, told.get(i)::complete);
          }
        });
    for (int i = 0; i < legs; i++) {
      RecordReply reply = reply(Loopback.await(told.get(i)));
      var expected = new byte[VendorLimits.MAX_BODY_BYTES - i];
      new Random(i).nextBytes(expected);
      assertThat(reply.body()).isEqualTo(expected);
    }
  }

  /** What was answered without its body was done, whatever is said to the same again. */
  @Test
  void bodyThatIsLeftOut_andThenANodeThatStops_leaveInDoubt() {
    var requests = new ArrayList<RecordRequest>();
    for (int i = 0; i < 3; i++) {
      UUID leg = UUID.randomUUID();
      reply(ask(accept(leg, new byte[VendorLimits.MAX_BODY_BYTES])));
      requests.add(RecordRequest.of(RecordOp.PROMISE, leg, epoch));
    }
    onTarget(() -> node.holds = true);
    var told =
        this.<List<NodeOutcome<RecordReply>>>call(
            all -> client.askAll(requests, TIMEOUT_NANOS, all));
    awaitHeld();
    loopback.stopNode();
    onTarget(() -> {
      node.held.forEach(Runnable::run);
      node.held.clear();
    });
    List<NodeOutcome<RecordReply>> outcomes = Loopback.await(told);
    assertThat(outcomes.getFirst()).isInstanceOf(NodeOutcome.Replied.class);
    assertThat(outcomes.getLast()).isInstanceOf(NodeOutcome.InDoubt.class);
    assertThat(ask(requests.getFirst()))
        .isEqualTo(new NodeOutcome.Refused<>("the node answers STOPPING"));
  }

  @Test
  void moreThanTheLimitWaiting_isRefused_andTheRestIsAnswered() {
    int waiting = 4096;
    var refused = new CompletableFuture<NodeOutcome<RecordReply>>();
    var told = new ArrayList<CompletableFuture<NodeOutcome<RecordReply>>>();
    IntStream.range(0, waiting).forEach(i -> told.add(new CompletableFuture<>()));
    RecordRequest request = RecordRequest.of(RecordOp.PROBE, UUID.randomUUID(), epoch);
    controller
        .home()
        .execute(() -> {
          told.forEach(one -> client.ask(request, TIMEOUT_NANOS, one::complete));
          client.ask(request, TIMEOUT_NANOS, refused::complete);
        });
    assertThat(Loopback.await(refused)).isInstanceOf(NodeOutcome.Refused.class);
    told.forEach(one -> reply(Loopback.await(one)));
  }

  @Test
  void nodeThatIsCutOff_leavesInDoubt_andGoesOnWhenItIsBack() throws Exception {
    onTarget(() -> node.holds = true);
    RecordRequest request = accept(UUID.randomUUID(), new byte[8]);
    var told = this.<NodeOutcome<RecordReply>>call(one -> client.ask(request, TIMEOUT_NANOS, one));
    awaitHeld();
    loopback.killListener();
    assertThat(Loopback.await(told)).isInstanceOf(NodeOutcome.InDoubt.class);
    assertThat(ask(request)).isInstanceOf(NodeOutcome.Refused.class);
    onTarget(() -> {
      node.holds = false;
      node.held.forEach(Runnable::run);
      node.held.clear();
    });
    loopback.listen();
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (!(ask(request) instanceof NodeOutcome.Replied<RecordReply>)) {
      assertThat(System.nanoTime() - deadline).isNegative();
      Thread.yield();
    }
  }

  @Test
  void nodeThatDoesNotAnswer_leavesInDoubt_inTime() {
    onTarget(() -> node.holds = true);
    RecordRequest request = accept(UUID.randomUUID(), new byte[8]);
    var told =
        this.<NodeOutcome<RecordReply>>call(
            one -> client.ask(request, TimeUnit.MILLISECONDS.toNanos(50), one));
    assertThat(Loopback.await(told)).isInstanceOf(NodeOutcome.InDoubt.class);
  }

  private void awaitHeld() {
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    var held = new int[1];
    while (held[0] == 0) {
      onTarget(() -> held[0] = node.held.size());
      assertThat(System.nanoTime() - deadline).isNegative();
    }
  }

  @Test
  void callerOfAnotherCluster_orWhoSaysToBeAnother_isRefused() {
    var foreign = new NodeClient(controller, UUID.randomUUID(), caller);
    RecordRequest request = accept(UUID.randomUUID(), new byte[8]);
    var told = this.<NodeOutcome<RecordReply>>call(one -> foreign.ask(request, TIMEOUT_NANOS, one));
    assertThat(Loopback.await(told))
        .isEqualTo(new NodeOutcome.Refused<>("the node answers WRONG_CLUSTER"));
    var liar = new NodeClient(controller, RecordingNode.CLUSTER, UUID.randomUUID());
    var toldToo = this.<NodeOutcome<RecordReply>>call(one -> liar.ask(request, TIMEOUT_NANOS, one));
    assertThat(Loopback.await(toldToo))
        .isEqualTo(new NodeOutcome.Refused<>("the node answers MALFORMED"));
    onTarget(() -> assertThat(node.bodies).isEmpty());
  }

  /** Garbage is refused with a status and changes nothing, beside a caller that behaves. */
  @Test
  void garbage_isRefused_andHarmsNobody() {
    Random random = SeededRandom.of(getClass());
    UUID leg = UUID.randomUUID();
    byte[] body = "kept".getBytes();
    reply(ask(accept(leg, body)));
    HostController other =
        loopback.connect(nqn, UUID.randomUUID(), QueueOptions.of(0), ReconnectOptions.DEFAULT);
    var statuses = new ArrayList<Integer>();
    for (int i = 0; i < FUZZ_COMMANDS; i++) {
      var told = new CompletableFuture<AdminOutcome>();
      AdminRequest garbage = garbage(random);
      other.home().execute(() -> other.send(garbage, told::complete));
      var answered = (AdminOutcome.Answered) Loopback.await(told);
      statuses.add(Status.code(answered.status()));
      if (i % 100 == 0) {
        assertThat(reply(ask(RecordRequest.of(RecordOp.READ, leg, epoch))).body()).isEqualTo(body);
      }
    }
    assertThat(statuses)
        .contains(
            Status.code(VendorStatus.MALFORMED.status()),
            Status.code(VendorStatus.CORRUPT.status()),
            Status.code(VendorStatus.WRONG_VERSION.status()))
        .doesNotContain(Status.SUCCESS);
    onTarget(() -> {
      assertThat(node.callers).containsOnly(caller);
      assertThat(node.bodies).containsOnlyKeys(leg);
    });
    loopback.disconnect(other);
  }

  private AdminRequest garbage(Random random) {
    // Right in all but who sends it, and then changed.
    byte[] bytes =
        new Envelope<>(
                Envelope.Kind.RECORD_REQUESTS,
                RecordingNode.CLUSTER,
                caller,
                1,
                List.of(accept(UUID.randomUUID(), new byte[random.nextInt(9000)])))
            .encode();
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int bound = random.nextBoolean() ? Envelope.HEADER_BYTES : bytes.length;
      bytes[random.nextInt(bound)] = (byte) random.nextInt(256);
    }
    byte[] data =
        random.nextInt(8) == 0
            ? java.util.Arrays.copyOf(bytes, 4 * random.nextInt(bytes.length / 2))
            : bytes;
    int opcode = random.nextInt(4) == 0 ? 0xc1 + 2 * random.nextInt(32) : VendorOpcode.RECORDS;
    boolean wrong = random.nextInt(4) == 0;
    int field = random.nextInt(7);
    int value = random.nextBoolean() ? random.nextInt() : 1 + random.nextInt(16);
    return new AdminRequest(
        opcode,
        entry -> {
          entry.cdw10(data.length / 4).cdw12(VendorLimits.MAX_DATA_BYTES / 4);
          if (wrong) {
            switch (field) {
              case 0 -> entry.nsid(value);
              case 1 -> entry.cdw10(value);
              case 2 -> entry.cdw11(value);
              case 3 -> entry.cdw12(value);
              case 4 -> entry.cdw13(value);
              case 5 -> entry.cdw14(value);
              default -> entry.cdw15(value);
            }
          }
        },
        data,
        VendorLimits.MAX_DATA_BYTES,
        TIMEOUT_NANOS);
  }
}
