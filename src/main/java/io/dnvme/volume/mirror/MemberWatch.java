package io.dnvme.volume.mirror;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Timers.Timer;
import java.util.concurrent.TimeUnit;

/**
 * Looks at the members every {@link MirrorOptions#TICK_NANOS} while commands are under way: one
 * that keeps a command for too long fails, and so does one whose writes, or whose reads, take many
 * times those of its fastest peer, for long: in each of so many seconds, one after another, by
 * hosts' commands alone, since copies are larger and not the same on all members. A member without
 * an in-sync peer that does better is neither late nor slow: to take it out would stop the group,
 * or trade it for its like (NO-SILENT-LOSS). Home reactor only.
 *
 * <p>The tick is a clock that costs nothing to read: commands are stamped with it.
 */
final class MemberWatch {

  /** Faults that other members make good; a disk with more of them in a minute is a bad one. */
  static final int MAX_READ_FAULTS_PER_MINUTE = 100;

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int WINDOW_TICKS = (int) (WINDOW_NANOS / MirrorOptions.TICK_NANOS);

  private final MirrorDevice group;
  private final MirrorOptions options;
  private final MirrorMember[] members;
  private final long[] means;
  private final Runnable look = this::look;
  private long tick;
  private long lookedNanos;
  private Timer timer;

  MemberWatch(MirrorDevice group, MirrorOptions options, MirrorMember[] members) {
    this.group = group;
    this.options = options;
    this.members = members;
    means = new long[members.length];
  }

  long tick() {
    return tick;
  }

  /** A command was sent. */
  void wake() {
    if (timer == null) {
      if (group.reactor().clock().nanos() - lookedNanos > WINDOW_NANOS) {
        // What was slow before nobody asked for anything says nothing of now.
        for (MirrorMember member : members) {
          member.forgetTimes();
        }
      }
      timer = group.reactor().timers().schedule(MirrorOptions.TICK_NANOS, look);
    }
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /**
   * These members could not read what another one just did. What nobody can read is held against
   * nobody: the group would lose its last member for a bad block (NO-SILENT-LOSS).
   */
  void readFaults(int faulty) {
    long now = group.reactor().clock().nanos();
    for (MirrorMember member : members) {
      if ((faulty & member.bit()) == 0) {
        continue;
      }
      if (member.readFault(now, MINUTE_NANOS) > MAX_READ_FAULTS_PER_MINUTE) {
        group.memberFailed(member.index(), BlockStatus.READ_FAULT, "too many read faults");
      }
    }
  }

  private void look() {
    timer = null;
    lookedNanos = group.reactor().clock().nanos();
    tick++;
    boolean busy = false;
    int late = 0;
    for (MirrorMember member : members) {
      busy |= member.outstanding() > 0;
      late |= isLate(member) ? member.bit() : 0;
    }
    if ((group.membership().readable() & ~late) != 0) {
      group.membersFailed(late, BlockStatus.PATH_LOST, "does not answer");
    }
    if (tick % WINDOW_TICKS == 0) {
      compare(MirrorMember.WRITES, "writes");
      compare(MirrorMember.READS, "reads");
    }
    if (busy && !group.membership().isStopped()) {
      wake();
    }
  }

  /** One tick more than its limit, because the first one may have been short. */
  private boolean isLate(MirrorMember member) {
    return member.oldestTicks(tick) > options.memberTimeoutNanos() / MirrorOptions.TICK_NANOS
        || member.oldestLongTicks(tick) > options.longTimeoutNanos() / MirrorOptions.TICK_NANOS;
  }

  private void compare(int kind, String what) {
    for (MirrorMember member : members) {
      long mean = member.takeMeanNanos(kind);
      // At least: it may have been sent just before the first tick.
      long waiting = (member.oldestTicks(tick, kind) - 1) * MirrorOptions.TICK_NANOS;
      // What is under way for longer than anything took tells more than what is over.
      means[member.index()] = Math.max(mean, waiting >= options.slowFloorNanos() ? waiting : -1);
    }
    for (MirrorMember member : members) {
      long mean = means[member.index()];
      long fastest = fastestPeer(member);
      boolean compared = mean >= 0 && fastest >= 0;
      boolean slow =
          compared && mean >= options.slowFloorNanos() && mean / options.slowFactor() >= fastest;
      member.slowWindows(kind, slow ? member.slowWindows(kind) + 1 : 0);
      if (options.slowSeconds() > 0 && member.slowWindows(kind) >= options.slowSeconds()) {
        String detail =
            "%s take %d ms, its peer's %d".formatted(what, millis(mean), millis(fastest));
        group.memberFailed(member.index(), BlockStatus.BUSY, detail);
      }
    }
  }

  /** Mean of the fastest other member that reads may go to; -1 where none was measured. */
  private long fastestPeer(MirrorMember than) {
    long fastest = -1;
    for (MirrorMember member : members) {
      long mean = means[member.index()];
      boolean peer = member != than && (group.membership().readable() & member.bit()) != 0;
      if (peer && mean >= 0 && (fastest < 0 || mean < fastest)) {
        fastest = mean;
      }
    }
    return fastest;
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
