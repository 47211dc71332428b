package io.dnvme.volume.intent;

import io.dnvme.block.Reactor;
import java.util.ArrayList;
import java.util.List;

/** OVERLAP in the plainest way: overlapping ranges one after another, in the order of asking. */
final class CrashLock {

  private record Range(long start, long count) {
    boolean overlaps(Range other) {
      return start < other.start + other.count && other.start < start + count;
    }
  }

  private record Waiter(Range range, Runnable task) {}

  private final Reactor reactor;
  private final List<Range> locked = new ArrayList<>();
  private final List<Waiter> waiters = new ArrayList<>();
  private boolean stopped;

  CrashLock(Reactor reactor) {
    this.reactor = reactor;
  }

  void lock(long start, long count, Runnable task) {
    waiters.add(new Waiter(new Range(start, count), task));
    grant();
  }

  void unlock(long start, long count) {
    locked.remove(new Range(start, count));
    reactor.execute(this::grant);
  }

  /** Nobody is let through any more. */
  void stop() {
    stopped = true;
  }

  private void grant() {
    for (int i = 0; i < waiters.size() && !stopped; ) {
      Waiter waiter = waiters.get(i);
      boolean free =
          locked.stream().noneMatch(waiter.range::overlaps)
              && waiters.subList(0, i).stream()
                  .noneMatch(earlier -> earlier.range.overlaps(waiter.range));
      if (free) {
        waiters.remove(i);
        locked.add(waiter.range);
        waiter.task.run();
        i = 0;
      } else {
        i++;
      }
    }
  }

  @Override
  public String toString() {
    return "locked %s waiting %s".formatted(locked, waiters);
  }
}
