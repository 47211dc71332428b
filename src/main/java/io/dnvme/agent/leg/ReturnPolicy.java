package io.dnvme.agent.leg;

import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * When a member that left its group may come back (MEMBER says how). While it is rebuilding, hosts'
 * writes wait for it, so one that is slow or bad must not come back again and again. Pure: whoever
 * asks says what time it is.
 *
 * <pre>
 *   it left because                                   it may come back
 *   its connection was lost                           at once
 *   it was slow, failed, or could not be rebuilt      after a delay, twice as long each time in a row
 *   the same, and its node has another store now      at once: it is another disk
 * </pre>
 *
 * <p>A row ends when the member was in-sync for {@link ReturnDelays#forgetNanos}. Delays are set
 * apart by up to a quarter, so that members of many legs on one bad disk do not come back together.
 */
final class ReturnPolicy {

  private static final double LEAST_SHARE = 0.75;
  private static final int MOST_DOUBLINGS = 32;

  private final ReturnDelays delays;
  private final RandomGenerator random;
  private int setbacks;
  private boolean waits;
  private long dueNanos;
  private UUID store;
  private boolean inSync;
  private long inSyncSinceNanos;

  ReturnPolicy(ReturnDelays delays, RandomGenerator random) {
    this.delays = delays;
    this.random = random;
  }

  /** It is in-sync from now on. */
  void inSync(long nowNanos) {
    inSync = true;
    inSyncSinceNanos = nowNanos;
  }

  /** It is in the group no more, for no fault of its disk that is known. */
  void lost(long nowNanos) {
    endInSync(nowNanos);
    waits = false;
  }

  /**
   * It was slow, failed, or could not be rebuilt.
   *
   * @param onStore what its disk node's store is, or null where nobody knows
   */
  void setback(long nowNanos, UUID onStore) {
    endInSync(nowNanos);
    long most = delays.mostNanos();
    int doublings = Math.min(setbacks, MOST_DOUBLINGS);
    long delay = most >> doublings < delays.firstNanos() ? most : delays.firstNanos() << doublings;
    setbacks++;
    waits = true;
    store = onStore;
    dueNanos = nowNanos + (long) (delay * (LEAST_SHARE + random.nextDouble() * (1 - LEAST_SHARE)));
  }

  private void endInSync(long nowNanos) {
    if (inSync && nowNanos - inSyncSinceNanos >= delays.forgetNanos()) {
      setbacks = 0;
    }
    inSync = false;
  }

  /**
   * @param onStore what its disk node's store is now
   */
  boolean mayReturn(long nowNanos, UUID onStore) {
    if (waits && store != null && !store.equals(onStore)) {
      setbacks = 0;
      waits = false;
    }
    return waitNanos(nowNanos) == 0;
  }

  /** Until it may come back; 0 where it may. */
  long waitNanos(long nowNanos) {
    return waits ? Math.max(dueNanos - nowNanos, 0) : 0;
  }

  /** In a row so far. */
  int setbacks() {
    return setbacks;
  }
}
