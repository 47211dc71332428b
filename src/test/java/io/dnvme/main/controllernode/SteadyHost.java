package io.dnvme.main.controllernode;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.AnaGroupDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A host with several paths that never stops: writes and reads at random, tries on another path
 * what a path cannot do, and knows what every block must hold. What it was started with belongs to
 * the test's thread, the rest to its reactor.
 */
final class SteadyHost {

  static final int BLOCK = 4096;

  private static final int SLOTS = 8;
  private static final int BLOCKS_OF_SLOT = 64;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Reactor reactor;
  private final List<HostController> paths = new ArrayList<>();
  private final Random random;
  private final long[] versions = new long[SLOTS * BLOCKS_OF_SLOT];
  private final List<Goal> goals = new ArrayList<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private long done;
  private int idle;
  private boolean stopping;
  private String error;

  private record Goal(long done, CompletableFuture<Void> reached) {}

  SteadyHost(NodeProcess process, String nqn, List<InetSocketAddress> portals, long seed) {
    reactor = process.home();
    random = new Random(seed);
    var host = UUID.randomUUID();
    for (InetSocketAddress portal : portals) {
      var options =
          new ControllerOptions(
              portal,
              nqn,
              HostIdentity.of(host),
              1000,
              QueueOptions.of(1),
              new ReconnectOptions(
                  TimeUnit.MILLISECONDS.toNanos(50),
                  TimeUnit.MILLISECONDS.toNanos(200),
                  ReconnectOptions.NEVER,
                  true,
                  LossPolicy.FAIL));
      paths.add(process.initiator().open(options, List.of(reactor), new ControllerListener() {}));
    }
  }

  /** Begins. */
  void start() {
    reactor.execute(() -> {
      for (int slot = 0; slot < SLOTS; slot++) {
        next(slot);
      }
    });
  }

  /** Waits until {@code more} further commands have succeeded. */
  void awaitProgress(int more) {
    var reached = new CompletableFuture<Void>();
    reactor.execute(() -> goals.add(new Goal(done + more, reached)));
    reached.orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Stops, reads everything back, and gives what was wrong, or null. */
  String stop() {
    reactor.execute(() -> stopping = true);
    stopped.orTimeout(60, TimeUnit.SECONDS).join();
    for (int block = 0; block < versions.length; block++) {
      MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
      int at = block;
      var read = new CompletableFuture<BlockStatus>();
      reactor.execute(() -> attempt(BlockOp.READ, at, data, read));
      if (versions[block] != 0 && !read.orTimeout(60, TimeUnit.SECONDS).join().isSuccess()) {
        return "block " + block + " cannot be read";
      }
      if (versions[block] != 0 && !holds(data, block, versions[block])) {
        return "block " + block + " does not hold version " + versions[block];
      }
    }
    return error;
  }

  /** One command, on whatever path it takes, for as long as it takes. */
  BlockStatus io(BlockOp op, long block, MemorySegment data) {
    var over = new CompletableFuture<BlockStatus>();
    reactor.execute(() -> attempt(op, block, data, over));
    return over.orTimeout(60, TimeUnit.SECONDS).join();
  }

  static MemorySegment filled(long block, long version) {
    MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
    for (long at = 0; at < BLOCK; at += Long.BYTES) {
      data.set(ValueLayout.JAVA_LONG, at, (block << 32) + (version << 12) + at);
    }
    return data;
  }

  static boolean holds(MemorySegment data, long block, long version) {
    return data.mismatch(filled(block, version)) < 0;
  }

  private void next(int slot) {
    goals.removeIf(goal -> goal.done() <= done && goal.reached().complete(null));
    if (stopping || error != null) {
      if (++idle == SLOTS) {
        stopped.complete(null);
        goals.forEach(goal -> goal.reached().completeExceptionally(new AssertionError(error)));
      }
      return;
    }
    int block = slot * BLOCKS_OF_SLOT + random.nextInt(BLOCKS_OF_SLOT);
    boolean read = versions[block] != 0 && random.nextBoolean();
    MemorySegment data =
        read ? Arena.ofAuto().allocate(BLOCK, BLOCK) : filled(block, versions[block] + 1);
    var over = new CompletableFuture<BlockStatus>();
    over.thenAccept(status -> {
      if (!status.isSuccess()) {
        error = (read ? "reading" : "writing") + " block " + block + ": " + status;
      } else if (!read) {
        versions[block]++;
      } else if (!holds(data, block, versions[block])) {
        error = "block " + block + " does not hold version " + versions[block];
      }
      done++;
      next(slot);
    });
    attempt(read ? BlockOp.READ : BlockOp.WRITE, block, data, over);
  }

  private void attempt(
      BlockOp op, long block, MemorySegment data, CompletableFuture<BlockStatus> over) {
    RemoteNamespace path = optimized();
    if (path == null) {
      reactor.timers().schedule(RETRY_NANOS, () -> attempt(op, block, data, over));
      return;
    }
    var io = new BlockIo(reactor);
    io.prepare(op, block, 1);
    io.data().add(data, 0, BLOCK);
    io.onCompletion(
        ended -> {
          BlockStatus status = ended.status();
          if (status == BlockStatus.PATH_LOST) {
            reactor.timers().schedule(RETRY_NANOS, () -> attempt(op, block, data, over));
          } else {
            over.complete(status);
          }
        },
        null);
    path.submit(io);
  }

  /** One of the paths that say that they serve; at random, as what they say may be old. */
  private RemoteNamespace optimized() {
    List<RemoteNamespace> found = new ArrayList<>();
    for (HostController path : paths) {
      RemoteNamespace namespace = path.namespace(1);
      if (namespace != null && namespace.anaState() == AnaGroupDescriptor.STATE_OPTIMIZED) {
        found.add(namespace);
      }
    }
    return found.isEmpty() ? null : found.get(random.nextInt(found.size()));
  }
}
