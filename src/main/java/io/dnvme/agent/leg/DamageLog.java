package io.dnvme.agent.leg;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What was found wrong with the content of a group's members, and what became of it: counted, and
 * told in words for people (NO-SILENT-LOSS). A block of a member that is found damaged again before
 * it was repaired counts once. Lives on the controller's home reactor.
 */
final class DamageLog {

  /** Lines told in a minute; what is found beyond them is counted, and one line says so. */
  static final int MAX_LINES_PER_MINUTE = 20;

  /** Damaged blocks that are remembered; the oldest is forgotten, and counts anew if found. */
  static final int MAX_REMEMBERED = 4096;

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MEMBER_BITS = 2;

  /** What is found again after so long is news again: it may have been written meanwhile. */
  private static final long NEWS_NANOS = TimeUnit.HOURS.toNanos(1);

  private enum Kind {
    ROTTEN,
    UNREADABLE,
    DIFFERENT,
    LOST
  }

  private record Found(Kind kind, long nanos) {}

  private final Reactor home;
  private final int group;
  private final UUID[] disks;
  private final Consumer<String> log;

  /**
   * By block and member, in the order in which they were found; what is of no member has the number
   * after theirs.
   */
  private final Map<Long, Found> open = new LinkedHashMap<>();

  private long windowStartNanos;
  private int lines;
  private long untold;

  private long rotten;
  private long unreadable;
  private long undecided;
  private long lost;
  private long repaired;
  private long notRepaired;

  /**
   * @param group its index in the leg
   * @param disks the logical disks of its members
   */
  DamageLog(Reactor home, int group, UUID[] disks, Consumer<String> log) {
    this.home = home;
    this.group = group;
    this.disks = disks;
    this.log = log;
    windowStartNanos = home.clock().nanos() - MINUTE_NANOS;
  }

  LegStatus.Damage counts() {
    return new LegStatus.Damage(rotten, unreadable, undecided, lost, repaired, notRepaired);
  }

  /** Whoever looks at all blocks anew is to hear of all that is damaged. */
  void forget() {
    open.clear();
  }

  /** What a member holds is not what was written, by its checksum. */
  void rotten(int member, long block) {
    if (isNew(block, member, Kind.ROTTEN)) {
      rotten++;
      tell(
          "block %d of member %s is not what was written, by its checksum"
              .formatted(block, disks[member]));
    }
  }

  /** Members cannot read a block, or not as it was written, as a mask. */
  void unreadable(long block, int members) {
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (!open.containsKey(key(block, member)) && isNew(block, member, Kind.UNREADABLE)) {
        unreadable++;
        tell("block %d of member %s cannot be read".formatted(block, disks[member]));
      }
    }
  }

  /**
   * Members hold different content.
   *
   * @param right those that hold what was written, as a mask; 0 where nothing decides
   * @param wrong the others
   */
  void different(long block, int right, int wrong) {
    if (right != 0) {
      for (int rest = wrong; rest != 0; rest &= rest - 1) {
        rotten(Integer.numberOfTrailingZeros(rest), block);
      }
    } else if (isNew(block, disks.length, Kind.DIFFERENT)) {
      undecided++;
      tell(
          "block %d differs, and no checksum says which member is right: %s; left as it is"
              .formatted(block, names(wrong)));
    }
  }

  /** No member can read all of the blocks as they were written. */
  void lost(long startBlock, long blockCount) {
    long found = 0;
    for (long block = startBlock; block < startBlock + blockCount; block++) {
      if (blockCount == 1 || isDamaged(block)) {
        found++;
        lost(block);
      }
    }
    if (found == 0 && isNew(startBlock, disks.length, Kind.LOST)) {
      // The only member that is there does not say which.
      lost++;
      tell(
          "one of blocks %d to %d cannot be read from any member: reads of it fail until it is written"
              .formatted(startBlock, startBlock + blockCount - 1));
    }
  }

  private void lost(long block) {
    if (isNew(block, disks.length, Kind.LOST)) {
      lost++;
      tell(
          "block %d cannot be read from any member: reads of it fail until it is written"
              .formatted(block));
    }
  }

  private boolean isDamaged(long block) {
    for (int member = 0; member < disks.length; member++) {
      if (open.containsKey(key(block, member))) {
        return true;
      }
    }
    return false;
  }

  /** Blocks of members were to be written anew from another one. */
  void repaired(long startBlock, int blockCount, int members, BlockStatus status) {
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      long damaged = 0;
      for (long block = startBlock; block < startBlock + blockCount; block++) {
        damaged += open.containsKey(key(block, member)) ? 1 : 0;
        if (status.isSuccess()) {
          open.remove(key(block, member));
        }
      }
      // Of a read that failed as a whole nobody knows which of its blocks it was.
      long meant = damaged == 0 ? blockCount : damaged;
      String which =
          blockCount == 1
              ? "block " + startBlock
              : "%d of blocks %d to %d".formatted(meant, startBlock, startBlock + blockCount - 1);
      if (status.isSuccess()) {
        repaired += meant;
        tell("%s of member %s is repaired from another member".formatted(which, disks[member]));
      } else {
        notRepaired += meant;
        tell(
            "%s of member %s is not repaired (%s): whoever reads it next tries again"
                .formatted(which, disks[member], status));
      }
    }
  }

  private boolean isNew(long block, int member, Kind kind) {
    long now = home.clock().nanos();
    Found before = open.remove(key(block, member));
    boolean same = before != null && before.kind == kind && now - before.nanos < NEWS_NANOS;
    open.put(key(block, member), same ? before : new Found(kind, now));
    if (same) {
      return false;
    }
    if (open.size() > MAX_REMEMBERED) {
      Iterator<Long> oldest = open.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    return true;
  }

  private static long key(long block, int member) {
    return block << MEMBER_BITS | member;
  }

  private String names(int members) {
    var names = new StringBuilder();
    for (int rest = members; rest != 0; rest &= rest - 1) {
      names.append(names.isEmpty() ? "" : ", ").append(disks[Integer.numberOfTrailingZeros(rest)]);
    }
    return names.toString();
  }

  private void tell(String what) {
    long now = home.clock().nanos();
    if (now - windowStartNanos >= MINUTE_NANOS) {
      windowStartNanos = now;
      lines = 0;
    }
    if (lines < MAX_LINES_PER_MINUTE) {
      lines++;
      log.accept("group " + group + ": " + what);
    } else if (untold++ == 0) {
      home.timers().schedule(windowStartNanos + MINUTE_NANOS - now, this::tellHowMany);
    }
  }

  private void tellHowMany() {
    log.accept("group %d: %d more findings; %s".formatted(group, untold, counts()));
    untold = 0;
  }
}
