package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Turns extents in the state {@link ExtentTable.State#ZEROING} into free ones, some at a time, in
 * the background (ZERO):
 *
 * <pre>
 *   zero each, read back ──► flush ──► mark them free, commit ──► they may be allocated
 * </pre>
 *
 * A crash anywhere leaves them as they were: whoever opens the disk does it again. What cannot be
 * zeroed is tried again after a while. One reactor.
 */
final class ExtentZeroing {

  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** So many share two flushes, or fewer where they take long: others wait for free ones. */
  private static final int ROUND_EXTENTS = 32;

  private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final DeviceAccess access;
  private final DiskLayout layout;
  private final PageStore store;
  private final ExtentTable table;
  private final Zeroer zeroer;
  private final Set<PlantedBug> bugs;
  private final IntConsumer freed;

  private final ArrayDeque<Integer> pending = new ArrayDeque<>();
  private List<Integer> round = List.of();
  private long roundStartNanos;
  private final List<Integer> zeroed = new ArrayList<>();

  /** Could not be zeroed, and wait for the next try. */
  private final List<Integer> failed = new ArrayList<>();

  private boolean busy;

  /**
   * @param freed told of each extent that may be allocated
   */
  ExtentZeroing(
      DeviceAccess access,
      DiskLayout layout,
      PageStore store,
      ExtentTable table,
      Set<PlantedBug> bugs,
      IntConsumer freed) {
    this.access = access;
    this.layout = layout;
    this.store = store;
    this.table = table;
    this.bugs = bugs;
    this.freed = freed;
    zeroer = new Zeroer(access);
  }

  /** Extents that are not free yet, those that could not be zeroed included. */
  int extents() {
    return pending.size() + round.size() + failed.size();
  }

  /** Extents that could not be zeroed when it was last tried. */
  int failed() {
    return failed.size();
  }

  boolean isIdle() {
    return !busy;
  }

  Zeroer.Method method() {
    return zeroer.method();
  }

  /** One more, which is durably in that state. */
  void add(int extent) {
    pending.addLast(extent);
    if (!busy) {
      busy = true;
      access.reactor().execute(this::startRound);
    }
  }

  private void startRound() {
    if (pending.isEmpty() || access.health().isFailed() || store.failure().isPresent()) {
      busy = false;
      return;
    }
    round = new ArrayList<>();
    zeroed.clear();
    while (round.size() < ROUND_EXTENTS && !pending.isEmpty()) {
      round.add(pending.removeFirst());
    }
    roundStartNanos = access.reactor().clock().nanos();
    zero(0);
  }

  private void zero(int index) {
    if (index > 0 && access.reactor().clock().nanos() - roundStartNanos > ROUND_NANOS) {
      putBack(index);
    }
    if (index == round.size()) {
      endRound();
      return;
    }
    int extent = round.get(index);
    if (bugs.contains(PlantedBug.FREE_BEFORE_ZEROING)) {
      zeroed.add(extent);
      zero(index + 1);
      return;
    }
    zeroer.zero(
        layout.extentBlock(extent),
        layout.extentBlocks(),
        status -> {
          if (status.isSuccess()) {
            zeroed.add(extent);
          }
          zero(index + 1);
        });
  }

  private void putBack(int from) {
    List<Integer> rest = round.subList(from, round.size());
    rest.reversed().forEach(pending::addFirst);
    rest.clear();
  }

  private void endRound() {
    if (bugs.contains(PlantedBug.FREE_BEFORE_FLUSH)) {
      markFree(BlockStatus.SUCCESS);
    } else {
      access.flush(this::markFree);
    }
  }

  private void markFree(BlockStatus flushed) {
    if (!flushed.isSuccess()) {
      roundEnded(List.of());
      return;
    }
    zeroed.forEach(extent -> table.put(extent, ExtentTable.State.FREE));
    store.commit(status -> {
      roundEnded(status.isSuccess() ? zeroed : List.of());
    });
  }

  private void failed(int extent) {
    failed.add(extent);
    if (failed.size() == 1) {
      access.reactor().timers().schedule(AGAIN_NANOS, this::again);
    }
  }

  private void again() {
    List<Integer> retried = List.copyOf(failed);
    failed.clear();
    retried.forEach(this::add);
  }

  private void roundEnded(List<Integer> free) {
    round.stream().filter(extent -> !free.contains(extent)).forEach(this::failed);
    round = List.of();
    free.forEach(freed::accept);
    access.reactor().execute(this::startRound);
  }
}
