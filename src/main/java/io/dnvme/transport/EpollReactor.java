package io.dnvme.transport;

import io.dnvme.block.BufferPool;
import io.dnvme.block.Clock;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reactor of a running process: one thread with an epoll instance of its own. Everything that
 * connections share on it hangs here; only {@link #execute}, {@link #counters} and {@link #index}
 * are for other threads.
 */
public final class EpollReactor implements Reactor {

  private static final Logger log = LoggerFactory.getLogger(EpollReactor.class);
  private static final long STOP_LIMIT_MILLIS = 10_000;

  private final int index;
  private final Clock clock;
  private final BufferPool buffers;
  private final ReactorCounters counters = new ReactorCounters();
  private final Poller poller;
  private final ReactorLoop loop;
  private final RegionPool regions = new RegionPool();
  private final Arena arena = Arena.ofShared();
  private final GatherList gatherList = new GatherList(arena);
  private final FreeList<OutgoingPdus> outgoing = new FreeList<>(() -> new OutgoingPdus(arena));
  private final FreeList<ReceivedBatch> received = new FreeList<>(ReceivedBatch::new);
  private final SpillLimit spillLimit;
  private final Timers timers = this::schedule;
  private final QueuePairs queuePairs;

  EpollReactor(int index, ReactorSettings settings, Clock clock) {
    this.index = index;
    this.clock = clock;
    buffers = new BufferPool(settings.bufferBytes());
    spillLimit = new SpillLimit(settings.spillBytes());
    queuePairs = new QueuePairs(this);
    poller = new Poller(settings.poll(), settings.spinLimitNanos(), counters);
    loop = new ReactorLoop(new DefaultThreadFactory("dnvme-reactor", true), poller);
    loop.execute(() -> Thread.currentThread().setName("dnvme-reactor-" + index));
    if (!settings.cpus().isEmpty()) {
      int cpu = settings.cpus().get(index);
      loop.execute(() -> pin(cpu));
    }
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public boolean inReactor() {
    return loop.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public Clock clock() {
    return clock;
  }

  /** Alarms by the event loop's own clock, which stands still while the machine is suspended. */
  @Override
  public Timers timers() {
    return timers;
  }

  @Override
  public BufferPool buffers() {
    return buffers;
  }

  /** What this reactor's connections did; readable from any thread. */
  public ReactorCounters counters() {
    return counters;
  }

  @Override
  public String toString() {
    return "reactor " + index;
  }

  /** The dispatcher whose executor this reactor is. */
  String dispatcher() {
    return Reactors.dispatcher(index);
  }

  Poller poller() {
    return poller;
  }

  RegionPool regions() {
    return regions;
  }

  GatherList gatherList() {
    return gatherList;
  }

  FreeList<OutgoingPdus> outgoing() {
    return outgoing;
  }

  FreeList<ReceivedBatch> received() {
    return received;
  }

  SpillLimit spillLimit() {
    return spillLimit;
  }

  QueuePairs queuePairs() {
    return queuePairs;
  }

  /** Counts turns; for limits of what may be done in one. */
  long turn() {
    return loop.turn();
  }

  /** Has {@code task} run when this turn ends, or the next one where it is ending already. */
  void atEndOfTurn(TurnTask task) {
    assert inReactor();
    loop.turnTasks().add(task);
  }

  /**
   * Has {@code handle} told of what its descriptor's interest, once submitted, brings.
   *
   * @throws UncheckedIOException as submitting an interest does, where the kernel does not take it:
   *     a limit, or no descriptor to wait for
   */
  IoRegistration register(ReadyHandle handle) {
    assert inReactor();
    Future<IoRegistration> registered = loop.register(handle);
    if (!registered.isSuccess()) {
      Throwable cause = registered.cause();
      throw new UncheckedIOException(new IOException(cause.getMessage(), cause));
    }
    return registered.getNow();
  }

  /** Asks the thread to end; connections must be closed. */
  Future<?> stop() {
    return loop.shutdownGracefully(0, STOP_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Frees what a stopped reactor held. */
  void free() {
    buffers.close();
    regions.close();
    arena.close();
  }

  private Timers.Timer schedule(long delayNanos, Runnable task) {
    assert inReactor() : "alarm set off its reactor";
    Future<?> alarm = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> alarm.cancel(false);
  }

  private void pin(int cpu) {
    if (!LibC.pinToCpu(cpu)) {
      log.warn(
          "{}.cpus: CPU {} is not open to this process; {} runs unpinned",
          ReactorSettings.PATH,
          cpu,
          this);
    }
  }
}
