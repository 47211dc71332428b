package io.dnvme.main.controllernode;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.main.node.NodeChild;
import io.dnvme.main.node.NodeProcess;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/by-hand.md as five processes, of which one after another is killed. */
class ByHandProcessesTest {

  private static final UUID DISK = UUID.fromString("5b0e6a3e-8f0c-4f0e-9c55-5d2f4b7c3001");
  private static final String NQN = NodeNames.virtualDisk(DISK);
  private static final Path FILES = Path.of("docs", "by-hand");
  private static final Pattern OWNS = Pattern.compile("owns leg " + LegPlan.leg(DISK));
  private static final Pattern SERVES = Pattern.compile("serves its virtual disk");
  private static final long LIMIT_SECONDS = 60;

  @TempDir Path temp;

  private final Map<Integer, Integer> ports = new LinkedHashMap<>();
  private final List<NodeChild> children = new ArrayList<>();
  private NodeProcess host;

  @BeforeEach
  void choosePorts() throws IOException {
    for (int documented : List.of(4431, 4432, 4433, 4420, 4421)) {
      try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        ports.put(documented, free.getLocalPort());
      }
    }
    host =
        NodeProcess.start(
            ConfigFactory.parseString("dnvme.transport.reactor { count = 1, poll = sleep }")
                .withFallback(ConfigFactory.load())
                .resolve());
  }

  @AfterEach
  void endAll() {
    children.forEach(NodeChild::close);
    host.close();
  }

  private NodeChild start(String role, String name) throws IOException {
    String text = Files.readString(FILES.resolve(name + ".conf"));
    for (var port : ports.entrySet()) {
      text = text.replace("127.0.0.1:" + port.getKey(), "127.0.0.1:" + port.getValue());
    }
    text = text.replace("path = \"", "path = \"" + temp + "/");
    Path file = Files.writeString(temp.resolve(name + ".conf"), text);
    NodeChild child = NodeChild.start(name, role, "--config", file.toString());
    children.add(child);
    return child;
  }

  private InetSocketAddress portal(int documented) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.get(documented));
  }

  @Test
  void eachProcessIsKilledOrStopped_andHostsSeeNoErrorAndNoWrongByte() throws Exception {
    for (String disk : List.of("disk-a", "disk-b")) {
      start("disk-node", disk);
    }
    NodeChild c = start("disk-node", "disk-c");
    NodeChild one = start("controller", "controller-1");
    one.await(SERVES, 0);
    NodeChild two = start("controller-node", "controller-2");
    two.await("virtual disk disk1");
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var load = new SteadyHost(host, NQN, List.of(portal(4420), portal(4421)), seed);
    load.start();
    load.awaitProgress(300);

    c.kill();
    one.await("is removed from its group");
    load.awaitProgress(300);
    int said = one.said();
    start("disk-node", "disk-c");
    one.await(Pattern.compile("is in-sync again"), said);

    long killedNanos = System.nanoTime();
    one.kill();
    two.await(OWNS, 0);
    // Half a second by rights; the rest is for a machine that has much to do.
    assertThat(System.nanoTime() - killedNanos).isLessThan(TimeUnit.SECONDS.toNanos(6));
    load.awaitProgress(300);
    NodeChild third = start("controller", "controller-1");
    third.await("virtual disk disk1");

    theOwnerIsStoppedAndGoesOn(two, third, load);
    load.awaitProgress(300);
    assertThat(load.stop()).isNull();
    assertThat(third.stop()).isZero();
    assertThat(third.output()).doesNotContain("Exception", "ERROR");
    assertThat(two.stop()).isZero();
    assertThat(two.output()).doesNotContain("Exception", "ERROR");
  }

  private void theOwnerIsStoppedAndGoesOn(NodeChild owner, NodeChild standby, SteadyHost load)
      throws Exception {
    long block = 100_000;
    MemorySegment before = SteadyHost.filled(block, 1);
    MemorySegment after = SteadyHost.filled(block, 2);
    assertThat(load.io(BlockOp.WRITE, block, before)).isEqualTo(BlockStatus.SUCCESS);
    // A host that does not give the path up: what it asks stands in the stopped owner's socket.
    RemoteNamespace patient = connect(portal(4421));
    owner.signal("STOP");
    List<MemorySegment> answers = new ArrayList<>();
    List<CompletableFuture<BlockStatus>> reads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      MemorySegment data = Arena.ofAuto().allocate(SteadyHost.BLOCK, SteadyHost.BLOCK);
      answers.add(data);
      reads.add(read(patient, block, data));
    }
    standby.await(OWNS, 0);
    assertThat(load.io(BlockOp.WRITE, block, after)).isEqualTo(BlockStatus.SUCCESS);
    load.awaitProgress(300);
    assertThat(reads).noneMatch(CompletableFuture::isDone);
    int said = owner.said();
    owner.signal("CONT");
    for (int i = 0; i < reads.size(); i++) {
      BlockStatus status = reads.get(i).orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
      assertThat(status.isSuccess() && !SteadyHost.holds(answers.get(i), block, 2))
          .as("read %d of a resumed owner is answered with old data", i)
          .isFalse();
    }
    // Its members are lost and its lease is over: it does not wait to be told that it is deposed.
    owner.await(
        Pattern.compile("serves leg .* no more: (a group has no usable|holders promised)"), said);
  }

  private RemoteNamespace connect(InetSocketAddress portal) {
    var options =
        new ControllerOptions(
            portal,
            NQN,
            HostIdentity.of(UUID.randomUUID()),
            60_000,
            QueueOptions.of(1),
            ReconnectOptions.DEFAULT.withLossPolicy(LossPolicy.FAIL));
    return host.initiator()
        .connect(options, List.of(host.home()))
        .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
        .join()
        .namespace(1);
  }

  private CompletableFuture<BlockStatus> read(
      RemoteNamespace namespace, long block, MemorySegment data) {
    var done = new CompletableFuture<BlockStatus>();
    Reactor reactor = host.home();
    reactor.execute(() -> {
      var io = new BlockIo(reactor);
      io.prepare(BlockOp.READ, block, 1);
      io.data().add(data, 0, SteadyHost.BLOCK);
      io.onCompletion(over -> done.complete(over.status()), null);
      namespace.submit(io);
    });
    return done;
  }
}
