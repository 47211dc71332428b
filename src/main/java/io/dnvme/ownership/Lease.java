package io.dnvme.ownership;

import io.dnvme.block.Clock;
import io.dnvme.disk.admission.Epoch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The right of one epoch to answer commands (LEASE): it lasts while enough holders have confirmed
 * the epoch within the last L, counted from when each was asked.
 *
 * <pre>
 *            enough confirmed                    released, or too many refuse
 *   waiting ──────────────────► right to answer ─────────────────────────────► ended, for good
 *      ▲                              │
 *      └───── L after it was asked ───┘
 * </pre>
 *
 * Which holders decide while they are being changed is {@link HolderChange}'s to say. A right that
 * lapsed may come back: as long as no majority has promised a higher epoch, nobody else had it.
 *
 * <p>Changed on one reactor; {@link #mayAnswer} may be asked on any thread, costs one volatile read
 * and one look at the clock, and allocates nothing.
 */
public final class Lease {

  private static final long NEVER = Long.MIN_VALUE;

  private final UUID leg;
  private final Epoch epoch;
  private final Clock clock;
  private final long leaseNanos;
  private final HolderRequest renewal;
  private final Map<UUID, Long> askedNanos = new HashMap<>();
  private Set<UUID> joining = Set.of();
  private Quorum quorum;
  private boolean ended;

  /** Until when answers are allowed, by the clock; published for all threads. */
  private volatile long untilNanos = NEVER;

  Lease(UUID leg, Epoch epoch, int leaseMs, Quorum quorum, Clock clock) {
    this.leg = leg;
    this.epoch = epoch;
    this.quorum = quorum;
    this.clock = clock;
    leaseNanos = TimeUnit.MILLISECONDS.toNanos(leaseMs);
    renewal = new HolderRequest.Renew(leg, epoch, leaseMs);
  }

  /**
   * Whether a result that is at hand now may be answered. To be asked after the result is known,
   * for every command, reads included.
   */
  public boolean mayAnswer() {
    return clock.nanos() < untilNanos;
  }

  /** For how long answers are allowed still, if nothing is confirmed any more; 0 if not at all. */
  public long leftNanos() {
    long until = untilNanos;
    return until == NEVER ? 0 : Math.max(until - clock.nanos(), 0);
  }

  public UUID leg() {
    return leg;
  }

  public Epoch epoch() {
    return epoch;
  }

  long leaseNanos() {
    return leaseNanos;
  }

  HolderRequest renewal() {
    return renewal;
  }

  Quorum quorum() {
    return quorum;
  }

  boolean hasEnded() {
    return ended;
  }

  /** Whom to ask for confirmations. */
  Set<UUID> holders() {
    var all = new LinkedHashSet<>(quorum.all());
    all.addAll(joining);
    return all;
  }

  /** Asks these as well, before they count. */
  void renewAlso(Set<UUID> holders) {
    joining = holders;
  }

  /** As {@link #leftNanos()}, were it {@code needed} that decides. */
  long leftNanos(Quorum needed) {
    long until = until(needed);
    return ended || until == NEVER ? 0 : Math.max(until - clock.nanos(), 0);
  }

  /** From now on {@code needed} decides. */
  void count(Quorum needed) {
    quorum = needed;
    joining = Set.of();
    publish();
  }

  void confirmed(UUID holder, long whenAskedNanos) {
    askedNanos.merge(holder, whenAskedNanos, Math::max);
    publish();
  }

  /** The epoch never serves again. */
  void end() {
    ended = true;
    publish();
  }

  private void publish() {
    untilNanos = ended ? NEVER : until(quorum);
  }

  private long until(Quorum needed) {
    long until = until(needed.current());
    return needed.next().isEmpty() ? until : Math.min(until, until(needed.next()));
  }

  /** L after the earliest of the latest confirmations that make a majority. */
  private long until(Set<UUID> holders) {
    long[] asked = new long[holders.size()];
    int i = 0;
    for (UUID holder : holders) {
      asked[i++] = askedNanos.getOrDefault(holder, NEVER);
    }
    Arrays.sort(asked);
    long majority = asked[(asked.length - 1) / 2];
    return majority == NEVER ? NEVER : majority + leaseNanos;
  }
}
