package io.dnvme.volume.intent;

import java.util.concurrent.TimeUnit;

/**
 * When a rebuild may copy its next piece: at the least rate while hosts use the group, at the
 * greatest while they do not. On the group's home reactor.
 *
 * <p>Hosts use a group while they have a command under way, and a little longer: one command after
 * another, each answered before anybody looks, is a host too.
 */
final class RebuildThrottle {

  /** Hosts that sent nothing for so long are gone. */
  static final long HOSTS_GONE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Whoever waits for a piece's time looks that often whether hosts have come or gone. */
  static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** By so much a piece may come after its time without that the rate falls. */
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final MirrorGroup group;
  private final RebuildRate rate;
  private long hostCommandsSeen;
  private long hostsSeenNanos;
  private long pieceStartNanos;
  private long pieceBytes;

  RebuildThrottle(MirrorGroup group, RebuildRate rate, long nowNanos) {
    this.group = group;
    this.rate = rate;
    hostCommandsSeen = group.hostCommandsStarted();
    hostsSeenNanos = nowNanos - HOSTS_GONE_NANOS;
    pieceStartNanos = nowNanos;
  }

  /** For how long to wait before the next look; 0: the next piece may be copied. */
  long waitNanos(long nowNanos) {
    long due = dueNanos(nowNanos);
    return due <= nowNanos ? 0 : Math.min(due - nowNanos, LOOK_NANOS);
  }

  /** A piece is copied from now on. */
  void starts(long bytes, long nowNanos) {
    pieceStartNanos = Math.max(dueNanos(nowNanos), nowNanos - LATE_NANOS);
    pieceBytes = bytes;
  }

  private long dueNanos(long nowNanos) {
    long started = group.hostCommandsStarted();
    if (started != hostCommandsSeen || group.hostCommands() > 0) {
      hostCommandsSeen = started;
      hostsSeenNanos = nowNanos;
    }
    boolean besideHosts = nowNanos - hostsSeenNanos < HOSTS_GONE_NANOS;
    return pieceStartNanos + rate.nanosFor(pieceBytes, besideHosts);
  }
}
