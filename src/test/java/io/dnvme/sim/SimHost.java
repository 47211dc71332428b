package io.dnvme.sim;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.ControllerState;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.PlantedHostBug;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.sim.History.Kind;
import io.dnvme.sim.History.Op;
import io.dnvme.sim.History.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.IntToLongFunction;

/**
 * A host that reads, writes, flushes and compares-and-writes a virtual disk through the production
 * initiator, and says what it was told. With several paths it does as Linux does: a command that
 * lost its path goes to another one, here not before the lost controller's quiesce time (CQT) is
 * over; a compare-and-write is given up instead. With one path the initiator itself keeps commands
 * over reconnections ({@link LossPolicy#WAIT}).
 */
final class SimHost {

  private static final int MAX_BLOCKS_PER_COMMAND = 4;
  private static final int RECENT = 8;
  private static final long RETRY_NANOS = 20 * SimWorld.MILLIS;
  private static final int NSID = 1;

  /** Fenced hosts take each other's associations away: not too often. */
  private static final ReconnectOptions RECONNECT_FENCED =
      new ReconnectOptions(
          400 * SimWorld.MILLIS,
          3 * SimWorld.SECONDS,
          ReconnectOptions.NEVER,
          true,
          LossPolicy.FAIL);

  private static final ReconnectOptions RECONNECT =
      new ReconnectOptions(
          50 * SimWorld.MILLIS, SimWorld.SECONDS, ReconnectOptions.NEVER, true, LossPolicy.FAIL);

  private final SimWorld world;
  private final SimProcess process;
  private final History history;
  private final StampSource stamps;
  private final HostPlan plan;
  private final Set<PlantedHostBug> bugs;
  private final SplittableRandom random;
  private final List<HostController> paths = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();

  /** By path, since when its association is there, and when it last said that a flush failed. */
  private long[] liveNanos;

  private long[] toldNanos;
  private IntToLongFunction lossNanos = port -> -1;
  private boolean stopping;
  private int closedPaths;
  private long quietUntilNanos;
  private long coolUntilNanos;
  private int warmBlocks;

  /** Hands out numbers that no other write of the world has. */
  static final class StampSource {
    private long last;

    long next() {
      return ++last;
    }
  }

  SimHost(
      SimNetwork network,
      String name,
      History history,
      StampSource stamps,
      HostPlan plan,
      Set<PlantedHostBug> bugs) {
    this.world = network.world();
    this.history = history;
    this.stamps = stamps;
    this.plan = plan;
    this.bugs = bugs;
    random = world.random("host " + name);
    process = new SimProcess(network, name, 1, this::main);
  }

  /**
   * Whoever lived through a loss of what was not flushed must be told by the next Flush or FUA
   * (INTENT).
   *
   * @param nanos by port, since when that is so; below 0: there was none
   */
  void isToldOfLosses(IntToLongFunction nanos) {
    lossNanos = nanos;
  }

  SimProcess process() {
    return process;
  }

  List<HostController> paths() {
    return paths;
  }

  private ReconnectOptions reconnect() {
    if (plan.fenced()) {
      return RECONNECT_FENCED;
    }
    return isMultipath() ? RECONNECT : RECONNECT.withLossPolicy(LossPolicy.WAIT);
  }

  int keepAliveMs() {
    return plan.keepAliveMs();
  }

  boolean isMultipath() {
    return plan.ports().size() > 1;
  }

  /** Whether a command waits for a lost controller's quiesce time. */
  boolean isQuiescing() {
    return workers.stream().anyMatch(worker -> worker.quiescing);
  }

  boolean hasStateOf(ControllerState state) {
    return paths.stream().anyMatch(path -> path.state() == state);
  }

  private void main(SimProcess starting) {
    paths.clear();
    workers.clear();
    closedPaths = 0;
    liveNanos = new long[plan.ports().size()];
    toldNanos = new long[plan.ports().size()];
    SimReactor reactor = starting.reactor(0);
    for (int port : plan.ports()) {
      var options =
          new ControllerOptions(
              SimNetwork.address(port),
              plan.subsystemNqn(),
              identity(),
              plan.keepAliveMs(),
              plan.queues(),
              reconnect());
      var controller =
          new HostController(
              options,
              reactor,
              List.of(reactor),
              process.network(),
              random,
              new PathListener(),
              bugs);
      paths.add(controller);
      controller.start();
    }
    for (int i = 0; i < plan.workers(); i++) {
      var worker = new Worker(reactor);
      workers.add(worker);
      worker.rest();
    }
  }

  private String name() {
    return process.name();
  }

  private HostIdentity identity() {
    return HostIdentity.of(
        new UUID(
            0x0051_4d00_0000_4000L, Long.MIN_VALUE | process.name().hashCode() & 0xffff_ffffL));
  }

  String nqn() {
    return identity().nqn();
  }

  /** No further commands; those in flight come to their end. */
  void stop() {
    stopping = true;
  }

  /** Begins nothing but reads for so long; what is under way comes to its end. */
  void quiet(long nanos) {
    quietUntilNanos = world.nowNanos() + nanos;
  }

  /** Changes nothing but the first so many of its blocks for so long. */
  void cool(long nanos, int warm) {
    coolUntilNanos = world.nowNanos() + nanos;
    warmBlocks = warm;
  }

  /** Whether nothing is under way that may change others. */
  boolean isCool() {
    return workers.stream()
        .allMatch(worker ->
            worker.op == null
                || worker.op.kind() == Kind.READ
                || worker.op.startBlock() + worker.op.blocks() <= plan.firstBlock() + warmBlocks);
  }

  /** Whether nothing is under way that may change anything. */
  boolean isQuiet() {
    return workers.stream().allMatch(worker -> worker.op == null || worker.op.kind() == Kind.READ);
  }

  boolean onlyReads() {
    return plan.onlyReads();
  }

  boolean isIdle() {
    return !process.isUp() || workers.stream().allMatch(worker -> worker.idle);
  }

  /** Leaves its controllers in good order. */
  void shutDown() {
    if (process.isUp()) {
      process.reactor(0).execute(() -> paths.forEach(HostController::shutdown));
    }
  }

  boolean isShutDown() {
    return !process.isUp() || closedPaths == paths.size();
  }

  /** Its process is gone: what it had sent may take effect until {@code afterNanos} from now. */
  void died(long afterNanos) {
    for (Worker worker : List.copyOf(workers)) {
      Op op = worker.op;
      worker.op = null;
      if (op != null) {
        world.after(afterNanos, () -> history.end(op, Outcome.UNKNOWN));
      }
    }
    workers.clear();
    paths.clear();
  }

  /** What was sent to these ports before now is known to be over. */
  void fenced(Set<Integer> ports, long sentBeforeNanos) {
    for (Worker worker : workers) {
      if (worker.op != null
          && worker.path >= 0
          && ports.contains(plan.ports().get(worker.path))
          && worker.sentNanos < sentBeforeNanos
          && isMultipath()) {
        history.quiesced(worker.op);
      }
    }
  }

  /** An association was let in, and nothing is left of what anybody had sent before. */
  void fencedAll() {
    for (Worker worker : workers) {
      if (worker.op != null) {
        history.quiesced(worker.op);
      }
    }
  }

  private final class PathListener implements ControllerListener {

    @Override
    public void live(HostController controller) {
      world.trace(name(), "path to " + controller.options().address().getPort() + " is live");
      int path = paths.indexOf(controller);
      if (path >= 0) {
        liveNanos[path] = world.nowNanos();
      }
      if (plan.fenced()) {
        // What the initiator itself tries again goes out over this association.
        workers.stream().filter(one -> one.op != null).forEach(one -> history.sentAgain(one.op));
      }
    }

    @Override
    public void lost(HostController controller, String reason) {
      world.trace(
          name(), "path to " + controller.options().address().getPort() + " is lost: " + reason);
    }

    @Override
    public void closed(HostController controller, String reason) {
      world.trace(
          name(), "path to " + controller.options().address().getPort() + " is closed: " + reason);
      closedPaths++;
    }
  }

  /** One command at a time, again and again. */
  private final class Worker {
    private final SimReactor reactor;
    private final BlockIo io;
    private final MemorySegment data;
    private final MemorySegment compareData;
    private final long[] recent = new long[RECENT];
    private final long[] recentBlock = new long[RECENT];
    private int blockBytes;
    private Op op;
    private long[] values;
    private BlockOp writes = BlockOp.WRITE;
    private int path = -1;
    private long sentNanos;
    private boolean idle = true;
    private boolean quiescing;

    Worker(SimReactor reactor) {
      this.reactor = reactor;
      io = new BlockIo(reactor);
      data = Arena.ofAuto().allocate(MAX_BLOCKS_PER_COMMAND * 4096, 8);
      compareData = Arena.ofAuto().allocate(4096, 8);
    }

    private void rest() {
      rest(0);
    }

    private void rest(long atLeastNanos) {
      idle = true;
      op = null;
      if (!stopping) {
        reactor.schedule(atLeastNanos + random.nextLong(1, plan.thinkNanos()), this::begin);
      }
    }

    private void begin() {
      if (stopping) {
        return;
      }
      int chosen = choosePath();
      if (chosen < 0) {
        reactor.schedule(RETRY_NANOS, this::begin);
        return;
      }
      idle = false;
      blockBytes = paths.get(chosen).namespace(NSID).geometry().blockSizeBytes();
      newCommand();
      send(chosen);
    }

    private void newCommand() {
      int dice = random.nextInt(100);
      boolean reads = plan.onlyReads() || world.nowNanos() < quietUntilNanos;
      Kind kind =
          reads || dice < 44
              ? Kind.READ
              : dice < 82 ? Kind.WRITE : dice < 92 ? Kind.COMPARE_AND_WRITE : Kind.FLUSH;
      boolean cools = kind != Kind.READ && world.nowNanos() < coolUntilNanos;
      if (cools && kind == Kind.COMPARE_AND_WRITE) {
        kind = Kind.WRITE;
      }
      int blocks = cools ? warmBlocks : plan.blocks();
      writes =
          plan.zeroes() && random.nextInt(6) == 0
              ? random.nextBoolean() ? BlockOp.WRITE_ZEROES : BlockOp.DEALLOCATE
              : BlockOp.WRITE;
      boolean fua = kind == Kind.WRITE && writes != BlockOp.DEALLOCATE && random.nextInt(8) == 0;
      int count =
          switch (kind) {
            case READ, WRITE -> random.nextInt(1, Math.min(MAX_BLOCKS_PER_COMMAND, blocks) + 1);
            case COMPARE_AND_WRITE -> 1;
            case FLUSH -> 0;
          };
      long start = kind == Kind.FLUSH ? 0 : plan.firstBlock() + random.nextInt(blocks - count + 1);
      values = new long[count];
      long expected = 0;
      if (kind == Kind.WRITE && writes == BlockOp.WRITE || kind == Kind.COMPARE_AND_WRITE) {
        long stamp = stamps.next();
        for (int i = 0; i < count; i++) {
          values[i] = stamp;
          Stamps.write(data, (long) i * blockBytes, blockBytes, start + i, stamp);
        }
      }
      if (kind == Kind.COMPARE_AND_WRITE) {
        int known = random.nextInt(RECENT);
        start = recentBlock[known] == 0 ? start : recentBlock[known];
        expected = recent[known];
        Stamps.write(data, 0, blockBytes, start, values[0]);
        if (expected == 0) {
          compareData.fill((byte) 0);
        } else {
          Stamps.write(compareData, 0, blockBytes, start, expected);
        }
      }
      op = history.begin(name(), kind, fua, start, values, expected, !isMultipath());
    }

    /** One that carries commands now; -1: none. */
    private int choosePath() {
      int from = random.nextInt(paths.size());
      for (int i = 0; i < paths.size(); i++) {
        int candidate = (from + i) % paths.size();
        HostController controller = paths.get(candidate);
        if (controller.state() == ControllerState.LIVE && isUsable(controller.namespace(NSID))) {
          return candidate;
        }
      }
      return -1;
    }

    private boolean isUsable(RemoteNamespace namespace) {
      return namespace != null
          && !(plan.followsAna() && namespace.anaState() == AnaGroupDescriptor.STATE_INACCESSIBLE);
    }

    private void send(int chosen) {
      path = chosen;
      sentNanos = world.nowNanos();
      BlockDevice device = paths.get(chosen).namespace(NSID);
      BlockOp blockOp =
          switch (op.kind()) {
            case READ -> BlockOp.READ;
            case WRITE -> writes;
            case COMPARE_AND_WRITE -> BlockOp.COMPARE_AND_WRITE;
            case FLUSH -> BlockOp.FLUSH;
          };
      io.prepare(blockOp, op.startBlock(), op.blocks())
          .forceUnitAccess(op.forceUnitAccess())
          .onCompletion(this::completed, null);
      if (blockOp == BlockOp.WRITE_ZEROES) {
        io.mayDeallocate(op.startBlock() % 2 == 0);
      }
      if (op.kind() != Kind.FLUSH && (op.kind() != Kind.WRITE || writes == BlockOp.WRITE)) {
        io.data().add(data, 0, (long) op.blocks() * blockBytes);
      }
      if (op.kind() == Kind.COMPARE_AND_WRITE) {
        io.compareData().add(compareData, 0, blockBytes);
      }
      if (op.kind() == Kind.READ) {
        data.fill((byte) 0x5a);
      }
      device.submit(io);
    }

    private void completed(BlockIo done) {
      BlockStatus status = done.status();
      if (op.kind() == Kind.FLUSH || op.forceUnitAccess()) {
        checkLossTold(status);
      }
      switch (status) {
        case SUCCESS -> succeeded();
        case COMPARE_FAILED -> {
          remember(op.startBlock(), 0);
          finish(Outcome.DIFFERENT);
        }
        case PATH_LOST, BUSY, ABORTED -> lost(status);
        case READ_FAULT, WRITE_FAULT, CAPACITY_EXCEEDED ->
            finish(Outcome.UNKNOWN, plan.faultRestNanos());
        case FAILED -> failed();
        case OUT_OF_RANGE, INVALID ->
            world.violated("NO-ERROR", name() + " was told " + status + " for " + op);
      }
    }

    private void checkLossTold(BlockStatus status) {
      long loss = lossNanos.applyAsLong(plan.ports().get(path));
      if (status == BlockStatus.WRITE_FAULT) {
        toldNanos[path] = world.nowNanos();
      } else if (status == BlockStatus.SUCCESS
          && loss >= liveNanos[path]
          && loss < sentNanos
          && toldNanos[path] < loss) {
        world.violated("INTENT", name() + " was not told of a loss by " + op);
      }
    }

    private void failed() {
      if (!stopping) {
        world.violated("NO-ERROR", name() + " was told that the disk has failed: " + op);
      }
      finish(Outcome.UNKNOWN);
    }

    private void succeeded() {
      if (op.kind() == Kind.READ) {
        for (int i = 0; i < values.length; i++) {
          long block = op.startBlock() + i;
          values[i] = Stamps.read(data, (long) i * blockBytes, blockBytes, block);
          if (values[i] == Stamps.TORN) {
            world.violated("NO-SILENT-LOSS", name() + " read what nobody wrote, in block " + block);
          }
          remember(block, values[i]);
        }
      } else if (op.kind() == Kind.WRITE || op.kind() == Kind.COMPARE_AND_WRITE) {
        remember(op.startBlock(), values[0]);
      }
      finish(Outcome.DONE);
    }

    private void remember(long block, long value) {
      int place = (int) (block % RECENT);
      recent[place] = value;
      recentBlock[place] = block;
    }

    private void finish(Outcome outcome) {
      finish(outcome, 0);
    }

    private void finish(Outcome outcome, long restNanos) {
      Op over = op;
      rest(restNanos);
      history.end(over, outcome);
    }

    /** Nobody knows whether it took effect; it may still, until the controller has quiesced. */
    private void lost(BlockStatus status) {
      world.trace(name(), status + " for " + op);
      if (plan.fenced()) {
        reactor.schedule(RETRY_NANOS, this::afterFence);
        return;
      }
      // With several paths it is this host that waits, with one it is the initiator.
      long quiesce =
          bugs.contains(PlantedHostBug.RETRY_WITHOUT_QUIESCE)
              ? 0
              : paths.get(path).quiesceMs() * SimWorld.MILLIS;
      quiescing = true;
      reactor.schedule(
          quiesce,
          () -> {
            quiescing = false;
            history.quiesced(op);
            if (op.kind() == Kind.COMPARE_AND_WRITE) {
              finish(Outcome.UNKNOWN);
            } else {
              sendAgain();
            }
          });
    }

    /** As soon as there is an association again, all that was sent before is over. */
    private void afterFence() {
      if (choosePath() < 0) {
        reactor.schedule(RETRY_NANOS, this::afterFence);
      } else if (op.kind() == Kind.COMPARE_AND_WRITE) {
        finish(Outcome.UNKNOWN);
      } else {
        sendAgain();
      }
    }

    private void sendAgain() {
      int chosen = choosePath();
      if (chosen < 0) {
        reactor.schedule(RETRY_NANOS, this::sendAgain);
        return;
      }
      history.sentAgain(op);
      send(chosen);
    }
  }
}
