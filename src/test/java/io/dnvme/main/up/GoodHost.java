package io.dnvme.main.up;

import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.BoottimeClock;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.shell.Initiator;
import io.dnvme.transport.PollMode;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;

/** A host that behaves: our initiator on a reactor of its own, connected to one disk. */
final class GoodHost implements AutoCloseable {

  private static final long BUFFER_BYTES = 16 << 20;

  final HostController controller;
  final RemoteNamespace namespace;
  private final Reactors reactors;
  private final ActorSystem system;
  private final Transport transport;
  private final Initiator initiator;

  GoodHost(LiveServer server, String disk, UUID hostId) {
    reactors =
        Reactors.start(
            new ReactorSettings(1, PollMode.SLEEP, 0, BUFFER_BYTES, BUFFER_BYTES, List.of()),
            BoottimeClock.INSTANCE);
    system = ActorSystem.create("good-host", reactors.setUp(ConfigFactory.load()));
    transport =
        new Transport(
            reactors,
            SystemMaterializer.get(system).materializer(),
            new TransportSettings(1, 1, TimeUnit.SECONDS.toNanos(1)));
    initiator = new Initiator(transport, new SplittableRandom());
    controller =
        join(
            initiator.connect(
                new ControllerOptions(
                    server.address(),
                    server.server.nqn(disk),
                    HostIdentity.of(hostId),
                    0,
                    QueueOptions.of(1),
                    ReconnectOptions.DEFAULT.withLossPolicy(LossPolicy.FAIL)),
                List.copyOf(reactors.all())));
    namespace = controller.namespaces().iterator().next();
  }

  /** Writes the block's content as {@link #content} has it to each block. */
  BlockStatus write(long lba, int blocks, int version) {
    try (var arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate((long) blocks * LiveServer.BLOCK_BYTES);
      for (int i = 0; i < blocks; i++) {
        fill(
            data.asSlice((long) i * LiveServer.BLOCK_BYTES, LiveServer.BLOCK_BYTES),
            lba + i,
            version);
      }
      return execute(BlockOp.WRITE, lba, blocks, data);
    }
  }

  /** Reads; fails unless each block has the content of {@code version}. */
  void readAndCheck(long lba, int blocks, int version) {
    try (var arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate((long) blocks * LiveServer.BLOCK_BYTES);
      BlockStatus status = execute(BlockOp.READ, lba, blocks, data);
      if (!status.isSuccess()) {
        throw new AssertionError("read of block " + lba + ": " + status);
      }
      for (int i = 0; i < blocks; i++) {
        int found =
            versionOf(
                data.asSlice((long) i * LiveServer.BLOCK_BYTES, LiveServer.BLOCK_BYTES), lba + i);
        if (found != version) {
          throw new AssertionError("block " + (lba + i) + " is of version " + found);
        }
      }
    }
  }

  /** The version that a block is of, in whole; fails where it is of none or torn. */
  static int versionOf(MemorySegment block, long lba) {
    int version = block.get(ValueLayout.JAVA_INT_UNALIGNED, 0) ^ (int) lba;
    for (long at = 0; at < block.byteSize(); at += Integer.BYTES) {
      int word = block.get(ValueLayout.JAVA_INT_UNALIGNED, at);
      if (word != word(lba, version, at)) {
        throw new AssertionError("block " + lba + " is torn at byte " + at);
      }
    }
    return version;
  }

  private static void fill(MemorySegment block, long lba, int version) {
    for (long at = 0; at < block.byteSize(); at += Integer.BYTES) {
      block.set(ValueLayout.JAVA_INT_UNALIGNED, at, word(lba, version, at));
    }
  }

  private static int word(long lba, int version, long at) {
    return version ^ (int) lba ^ (int) at * 0x9e37_79b1;
  }

  private BlockStatus execute(BlockOp op, long lba, int blocks, MemorySegment data) {
    var over = new CompletableFuture<BlockStatus>();
    var reactor = reactors.get(0);
    reactor.execute(() -> {
      var io = new BlockIo(reactor);
      io.prepare(op, lba, blocks);
      io.data().add(data, 0, data.byteSize());
      io.onCompletion(done -> over.complete(done.status()), null);
      namespace.submit(io);
    });
    return join(over);
  }

  private static <T> T join(CompletableFuture<T> future) {
    return future.orTimeout(LiveServer.LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    join(initiator.disconnect(controller));
    join(transport.close().toCompletableFuture());
    system.terminate();
    join(system.getWhenTerminated().toCompletableFuture());
    reactors.close();
  }
}
