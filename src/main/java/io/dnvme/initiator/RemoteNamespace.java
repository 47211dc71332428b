package io.dnvme.initiator;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoVector;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.ReactorInbox;
import io.dnvme.block.RequestCheck;
import io.dnvme.nvme.AnaGroupDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A namespace of a remote NVM subsystem as a block device. May be used from any reactor; stays the
 * same object over reconnects, as long as the namespace is the same.
 *
 * <p>Commands are not larger than what the target takes ({@link DeviceTraits#maxTransferBytes});
 * zeroing and deallocating are cut into as many commands as it takes. What happens to commands when
 * the connection is lost says {@link LossPolicy}. A Compare-and-Write needs a target with the fused
 * operation, and is INVALID elsewhere.
 *
 * <p>What is known of the namespace is written on the controller's home reactor, or by a queue that
 * learns that Write Zeroes is refused, and read by all.
 */
public final class RemoteNamespace implements BlockDevice {

  /** Blocks of one command at most: NLB has 16 bits. */
  static final int MAX_COMMAND_BLOCKS = 1 << 16;

  private static final long CLOSE_TIMEOUT_SECONDS = 60;

  private final int nsid;
  private final QueueSet queues;
  private final LayerCounters counters = new LayerCounters();
  private final PerReactor<ReactorInbox> home =
      new PerReactor<>(reactor -> new ReactorInbox(reactor, this::finishedElsewhere));

  private volatile State state;
  private volatile boolean gone;
  private volatile boolean closed;
  private volatile int anaState = AnaGroupDescriptor.STATE_OPTIMIZED;
  private volatile int associations = 1;
  private volatile MemorySegment zeroes;

  /**
   * What the target said last, in one piece.
   *
   * @param writesZeroes Write Zeroes is supported, and was not refused nevertheless
   */
  private record State(
      NamespaceInfo info, ControllerInfo controller, boolean writesZeroes, DeviceTraits traits) {

    static State of(NamespaceInfo info, ControllerInfo controller, boolean writesZeroes) {
      boolean deallocates =
          writesZeroes
              && info.readsZeroes()
              && (info.zeroesDeallocate() || controller.maxDeallocateBlocks() > 0);
      return new State(
          info,
          controller,
          writesZeroes,
          new DeviceTraits(
              false,
              false,
              controller.volatileCache(),
              deallocates,
              maxTransferBytes(info, controller)));
    }
  }

  /** Whole blocks; 0 where the controller does not even take one. */
  static int maxTransferBytes(NamespaceInfo info, ControllerInfo controller) {
    int blockBytes = info.geometry().blockSizeBytes();
    long limit = Math.min(controller.maxTransferBytes(), (long) blockBytes * MAX_COMMAND_BLOCKS);
    return (int) (limit / blockBytes * blockBytes);
  }

  RemoteNamespace(int nsid, QueueSet queues, NamespaceInfo info, ControllerInfo controller) {
    this.nsid = nsid;
    this.queues = queues;
    state = State.of(info, controller, controller.maxWriteZeroesBytes() > 0);
  }

  public int nsid() {
    return nsid;
  }

  public NamespaceIdentity identity() {
    return state.info().identity();
  }

  /** The size as the target said it last; follows its events. */
  @Override
  public BlockGeometry geometry() {
    return state.info().geometry();
  }

  @Override
  public DeviceTraits traits() {
    return state.traits();
  }

  /** ANA state of the namespace's group, see {@link AnaGroupDescriptor}. */
  public int anaState() {
    return anaState;
  }

  /** How often the controller was connected so far: a change means that a connection was lost. */
  public int associations() {
    return associations;
  }

  public LayerCounters counters() {
    return counters;
  }

  /** Whether the target has the namespace no more, or another one under its id. */
  public boolean isGone() {
    return gone;
  }

  @Override
  public void submit(BlockIo io) {
    Reactor reactor = io.reactor();
    assert reactor.inReactor() : "submitted off its reactor";
    IoQueue queue = queues.next(reactor);
    boolean here = queue.reactor() == reactor;
    counters.on(reactor).started();
    io.stampNanos(queues.nanos(reactor));
    BlockStatus refusal = refusal(io);
    if (refusal != BlockStatus.SUCCESS || isNothing(io)) {
      finished(io, refusal);
    } else if (here) {
      queue.submit(this, io);
    } else {
      io.deviceContext(this);
      queue.inbox().push(io);
    }
  }

  /**
   * Ends the use of the namespace; the controller stays connected. Waits for a last Flush where the
   * target has a volatile cache.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (traits().volatileCache() && !gone) {
      flushAndWait();
    }
    closed = true;
  }

  /** What stands against {@code io}, or SUCCESS. */
  BlockStatus refusal(BlockIo io) {
    if (closed || gone) {
      return BlockStatus.FAILED;
    }
    State now = state;
    BlockStatus status = RequestCheck.check(io, now.info().geometry(), now.traits());
    if (status != BlockStatus.SUCCESS) {
      return status;
    }
    boolean unsupported =
        io.op() == BlockOp.COMPARE && !now.controller().compare()
            || io.op() == BlockOp.COMPARE_AND_WRITE && !now.controller().compareAndWrite();
    return unsupported ? BlockStatus.INVALID : BlockStatus.SUCCESS;
  }

  boolean writesZeroes() {
    return state.writesZeroes();
  }

  boolean zeroesDeallocate() {
    State now = state;
    return now.info().zeroesDeallocate() && now.info().readsZeroes();
  }

  long maxWriteZeroesBlocks() {
    State now = state;
    int bytes = now.controller().maxWriteZeroesBytes();
    return Math.clamp(bytes >> now.info().geometry().blockShift(), 1, MAX_COMMAND_BLOCKS);
  }

  long maxDeallocateBlocks() {
    return state.controller().maxDeallocateBlocks();
  }

  long maxTransferBlocks() {
    State now = state;
    return now.traits().maxTransferBytes() >> now.info().geometry().blockShift();
  }

  /**
   * Where the pieces of {@code io} end. Positions up to its block count are blocks to be zeroed;
   * from there on, once more as many, blocks to be deallocated, where that is a step of its own.
   */
  long positionEnd(BlockIo io) {
    return switch (io.op()) {
      case FLUSH -> 0;
      case READ, WRITE, COMPARE, COMPARE_AND_WRITE, WRITE_ZEROES -> io.blockCount();
      case DEALLOCATE -> deallocatesSeparately() ? 2 * io.blockCount() : io.blockCount();
    };
  }

  private boolean deallocatesSeparately() {
    State now = state;
    return now.traits().deallocates() && !now.info().zeroesDeallocate();
  }

  /** Data of so many blocks of zeroes, at most what one command carries. */
  IoVector zeroes(long blocks) {
    MemorySegment memory = zeroes;
    if (memory == null) {
      memory = Arena.ofAuto().allocate(QueueOptions.MAX_TRANSFER_BYTES, 4096);
      zeroes = memory;
    }
    return new IoVector().add(memory, 0, blocks << geometry().blockShift());
  }

  /** Completes {@code io} with what a queue on {@code from} found. */
  void bringHome(BlockIo io, BlockStatus status, Reactor from) {
    if (io.reactor() == from) {
      finished(io, status);
    } else {
      io.deviceContext(status);
      home.of(io.reactor()).push(io);
    }
  }

  /** Completes {@code io}; on its reactor. */
  void finished(BlockIo io, BlockStatus status) {
    long nanos = queues.nanos(io.reactor()) - io.stampNanos();
    counters
        .on(io.reactor())
        .finished(io.op(), status, io.data().lengthBytes(), Math.max(nanos, 0));
    io.complete(status);
  }

  /** The target said something new of the namespace. */
  synchronized void refresh(NamespaceInfo info, ControllerInfo controller) {
    state = State.of(info, controller, controller.maxWriteZeroesBytes() > 0);
  }

  /**
   * The target has Write Zeroes, but not for this namespace: zeroes are written from now on, until
   * it says something new of itself. From any queue's reactor.
   */
  synchronized void zeroesRefused() {
    state = State.of(state.info(), state.controller(), false);
  }

  /** The target has it no more, for good. */
  void goneForGood() {
    gone = true;
  }

  void anaState(int value) {
    anaState = value;
  }

  long anaGroup() {
    return state.info().anaGroup();
  }

  void associated(int count) {
    associations = count;
  }

  private void finishedElsewhere(BlockIo io) {
    finished(io, (BlockStatus) io.deviceContext());
  }

  /** A command on no blocks: NVMe has none such. */
  private static boolean isNothing(BlockIo io) {
    return io.op() != BlockOp.FLUSH && io.blockCount() == 0;
  }

  private void flushAndWait() {
    var flushed = new CompletableFuture<BlockStatus>();
    Reactor reactor = queues.any().reactor();
    reactor.execute(() -> {
      var io = new BlockIo(reactor);
      io.prepare(BlockOp.FLUSH, 0, 0).onCompletion(done -> flushed.complete(done.status()), null);
      submit(io);
    });
    try {
      flushed.get(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the target does not answer a Flush", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
