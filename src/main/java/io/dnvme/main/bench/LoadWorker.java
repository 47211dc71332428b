package io.dnvme.main.bench;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Clock;
import io.dnvme.block.Reactor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * One closed loop of commands: as many in flight as the depth says, the next one as soon as one is
 * done, or when its turn comes where a rate is set. Has a part of the disk to itself. Lives on its
 * reactor; the counters may be read by anyone, a moment late.
 *
 * <pre>
 *   IDLE ──start──► RUNNING ──stop──► DRAINING ──last one done──► [READING BACK] ──► DONE
 * </pre>
 *
 * <p>The clock is read once per command: one's end is the next one's start. Nothing is allocated in
 * the steady state.
 */
final class LoadWorker {

  /** Latencies above are counted as this one. */
  static final long MAX_LATENCY_NANOS = TimeUnit.SECONDS.toNanos(100);

  private static final int HISTOGRAM_DIGITS = 3;
  private static final long ERROR_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private enum Phase {
    IDLE,
    RUNNING,
    DRAINING,
    READING_BACK,
    DONE
  }

  /** A command's place: what it does now, and its memory. */
  private final class Slot implements BlockIo.Completion {
    final BlockIo io;
    final MemorySegment memory;
    final long offset;
    int chunk;
    int acknowledged;
    long startNanos;
    Slot next;

    Slot(MemorySegment memory, long offset) {
      this.memory = memory;
      this.offset = offset;
      io = new BlockIo(reactor);
    }

    @Override
    public void completed(BlockIo done) {
      LoadWorker.this.completed(this);
    }
  }

  private final Reactor reactor;
  private final Clock clock;
  private final BlockDevice device;
  private final BenchSettings settings;
  private final long firstChunk;
  private final int chunks;
  private final int blocksPerChunk;
  private final ContentCheck check;
  private final Slot[] slots;
  private final LoadCounters counters = new LoadCounters();
  private final Histogram reads = new Histogram(MAX_LATENCY_NANOS, HISTOGRAM_DIGITS);
  private final Histogram writes = new Histogram(MAX_LATENCY_NANOS, HISTOGRAM_DIGITS);
  private final long intervalNanos;

  private Phase phase = Phase.IDLE;
  private CompletableFuture<Void> over;

  /** Slots with a command, or with a pause after a failed one. */
  private int inFlight;

  private long randomState;
  private int sequence;
  private long dueNanos;
  private boolean waitingForTurn;
  private Slot idle;

  /**
   * @param firstChunk where the worker's part begins, in transfers from the disk's start
   * @param chunks the part's length, in transfers
   * @param check null where contents do not matter
   */
  LoadWorker(
      Reactor reactor,
      BlockDevice device,
      BenchSettings settings,
      int index,
      long firstChunk,
      int chunks,
      ContentCheck check,
      Arena arena) {
    this.reactor = reactor;
    this.clock = reactor.clock();
    this.device = device;
    this.settings = settings;
    this.firstChunk = firstChunk;
    this.chunks = chunks;
    this.check = check;
    blocksPerChunk = settings.transferBytes() / device.geometry().blockSizeBytes();
    randomState = settings.seed() + index * 0x9e3779b97f4a7c15L;
    intervalNanos =
        settings.rate() == 0 ? 0 : Math.max(1, (long) (1e9 * settings.workers() / settings.rate()));
    MemorySegment memory = arena.allocate((long) settings.depth() * settings.transferBytes(), 4096);
    fillWithNoise(memory);
    slots = new Slot[settings.depth()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = new Slot(memory, (long) i * settings.transferBytes());
    }
  }

  Reactor reactor() {
    return reactor;
  }

  LoadCounters counters() {
    return counters;
  }

  /** Latencies in nanoseconds; read once the worker is done, or on its reactor. */
  Histogram reads() {
    return reads;
  }

  Histogram writes() {
    return writes;
  }

  /** Null where contents are not verified. */
  ContentCheck check() {
    return check;
  }

  /** Begins; on the reactor. */
  void start() {
    phase = Phase.RUNNING;
    long now = clock.nanos();
    dueNanos = now;
    for (Slot slot : slots) {
      next(slot, now);
    }
  }

  /** Forgets what was measured so far; on the reactor. */
  void resetMeasurement() {
    reads.reset();
    writes.reset();
    counters.reset();
  }

  /** Ends, with a look at everything written where that is asked for; on the reactor. */
  void stop(CompletableFuture<Void> whenDone) {
    over = whenDone;
    if (phase == Phase.RUNNING) {
      phase = Phase.DRAINING;
    }
    drained();
  }

  /** Starts the slot's next command, or lets it wait for its turn. */
  private void next(Slot slot, long now) {
    if (phase == Phase.READING_BACK) {
      readBack(slot);
    } else if (phase != Phase.RUNNING) {
      drained();
    } else if (intervalNanos == 0) {
      issue(slot, now);
    } else if (dueNanos <= now) {
      long due = dueNanos;
      dueNanos += intervalNanos;
      issue(slot, due);
    } else {
      slot.next = idle;
      idle = slot;
      waitForTurn(now);
    }
  }

  private void waitForTurn(long now) {
    if (!waitingForTurn) {
      waitingForTurn = true;
      reactor.timers().schedule(dueNanos - now, this::turnHasCome);
    }
  }

  private void turnHasCome() {
    waitingForTurn = false;
    long now = clock.nanos();
    while (idle != null && phase == Phase.RUNNING && dueNanos <= now) {
      Slot slot = idle;
      idle = slot.next;
      next(slot, now);
    }
    if (idle != null && phase == Phase.RUNNING) {
      waitForTurn(now);
    }
  }

  private void issue(Slot slot, long startNanos) {
    boolean read = isRead();
    int chunk = settings.workload().isRandom() ? randomChunk() : sequentialChunk();
    if (!read && check != null) {
      chunk = writable(chunk);
    }
    slot.chunk = chunk;
    slot.startNanos = startNanos;
    if (check != null) {
      if (read) {
        slot.acknowledged = check.acknowledged(chunk);
      } else {
        check.write(chunk, slot.memory, slot.offset);
      }
    }
    submit(slot, read ? BlockOp.READ : BlockOp.WRITE);
  }

  private void submit(Slot slot, BlockOp op) {
    BlockIo io = slot.io;
    io.prepare(op, (firstChunk + slot.chunk) * blocksPerChunk, blocksPerChunk);
    io.data().add(slot.memory, slot.offset, settings.transferBytes());
    io.onCompletion(slot, null);
    inFlight++;
    device.submit(io);
  }

  private void completed(Slot slot) {
    long now = clock.nanos();
    boolean read = slot.io.op() == BlockOp.READ;
    boolean success = slot.io.status().isSuccess();
    if (phase != Phase.READING_BACK) {
      long nanos = Math.clamp(now - slot.startNanos, 0, MAX_LATENCY_NANOS);
      if (success) {
        (read ? reads : writes).recordValue(nanos);
        counters.done(read);
      } else {
        counters.failed(slot.io.status());
      }
    } else if (!success) {
      counters.failed(slot.io.status());
    }
    if (check != null) {
      verify(slot, read, success);
    }
    if (success) {
      inFlight--;
      next(slot, now);
    } else {
      // Not at once: a device that fails everything would keep the reactor busy for good.
      reactor
          .timers()
          .schedule(
              ERROR_DELAY_NANOS,
              () -> {
                inFlight--;
                next(slot, clock.nanos());
              });
    }
  }

  private void verify(Slot slot, boolean read, boolean success) {
    if (!read) {
      check.written(slot.chunk, success);
    } else if (success && !check.read(slot.chunk, slot.acknowledged, slot.memory, slot.offset)) {
      counters.mismatched(check.mismatch());
    }
  }

  /** Once the last command is done: goes on to read everything back, or ends. */
  private void drained() {
    if (phase != Phase.DRAINING || inFlight > 0 || over == null) {
      return;
    }
    if (check == null) {
      done();
      return;
    }
    phase = Phase.READING_BACK;
    sequence = 0;
    for (Slot slot : slots) {
      readBack(slot);
    }
  }

  private void readBack(Slot slot) {
    while (sequence < chunks && !check.wasWritten(sequence)) {
      sequence++;
    }
    boolean hopeless = counters.lastError() == BlockStatus.PATH_LOST;
    if (sequence == chunks || hopeless) {
      if (inFlight == 0) {
        done();
      }
      return;
    }
    slot.chunk = sequence++;
    slot.acknowledged = check.acknowledged(slot.chunk);
    submit(slot, BlockOp.READ);
  }

  private void done() {
    if (phase != Phase.DONE) {
      phase = Phase.DONE;
      over.complete(null);
    }
  }

  private boolean isRead() {
    int percent = settings.readPercent();
    return percent == 100 || percent > 0 && below(100) < percent;
  }

  private int randomChunk() {
    return below(chunks);
  }

  private int sequentialChunk() {
    int chunk = sequence;
    sequence = chunk + 1 == chunks ? 0 : chunk + 1;
    return chunk;
  }

  /** The next chunk from {@code chunk} on without a write in flight; there are more than slots. */
  private int writable(int chunk) {
    int at = chunk;
    while (!check.mayWrite(at)) {
      at = at + 1 == chunks ? 0 : at + 1;
    }
    return at;
  }

  /** A number from 0 to below {@code limit}, by a multiplication in place of a division. */
  private int below(int limit) {
    randomState += 0x9e3779b97f4a7c15L;
    long z = randomState;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    z ^= z >>> 31;
    return (int) ((z >>> 32) * limit >>> 32);
  }

  private void fillWithNoise(MemorySegment memory) {
    for (long at = 0; at + 4 <= memory.byteSize(); at += 4) {
      memory.set(ValueLayout.JAVA_INT, at, below(Integer.MAX_VALUE));
    }
  }
}
