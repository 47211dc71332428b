package io.dnvme.volume.intent;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * What a {@link WriteIntentLog} knows of each member, and the bitmaps of those that are not
 * in-sync. What the record shows of a member decides what its writes mean to others:
 *
 * <pre>
 *               prepareRemoval          removed           prepareRebuild + rebuilding
 *   IN_SYNC ───────────────► LEAVING ────────► ABSENT ───────────────► REBUILDING ─┐
 *      ▲                        ▲                                        ▲   │     │
 *      │ promoted               └────────────── prepareRemoval ──────────│───┴─────│──┐
 *      └───────────────────────────── PROMOTING ◄── preparePromotion ────│─────────┘  │
 *                                         ├─ promotionRefused, answer no ┘            │
 *                                         └───────────────────────────────────────────┘
 * </pre>
 *
 * <p>On the group's home reactor.
 */
final class LogMembers {

  enum Standing {
    IN_SYNC,
    LEAVING,
    ABSENT,
    REBUILDING,
    PROMOTING
  }

  private static final int NO_SLOT = -1;

  private final MemberLayout layout;
  private final List<MemberIdentity> identities;
  private final HeaderCommit commit;
  private final Standing[] standing;
  private final int[] slots;
  private final HeaderMedium[] media;
  private final String[] refusals;
  private final String[] distrusts;

  /** Regions of a rebuilding member that missed a write since its rebuild last copied them. */
  private final RegionBitmap[] missedAgain;

  /** How often a member became rebuilding: what an earlier rebuild copied is no longer known. */
  private final int[] rebuilds;

  LogMembers(MemberLayout layout, List<MemberIdentity> identities, HeaderCommit commit) {
    this.layout = layout;
    this.identities = identities;
    this.commit = commit;
    int count = identities.size();
    standing = new Standing[count];
    slots = new int[count];
    media = new HeaderMedium[count];
    refusals = new String[count];
    distrusts = new String[count];
    missedAgain = new RegionBitmap[count];
    rebuilds = new int[count];
    for (int member = 0; member < count; member++) {
      standing[member] = Standing.ABSENT;
      slots[member] = NO_SLOT;
      missedAgain[member] = new RegionBitmap(layout);
    }
  }

  int count() {
    return identities.size();
  }

  MemberIdentity identity(int member) {
    return identities.get(member);
  }

  boolean is(int member, Standing wanted) {
    return standing[member] == wanted;
  }

  void become(int member, Standing next) {
    standing[member] = next;
    if (next == Standing.ABSENT) {
      media[member] = null;
    }
  }

  /** Null where the member's header is not known. */
  HeaderMedium medium(int member) {
    return media[member];
  }

  void medium(int member, HeaderMedium medium) {
    media[member] = medium;
  }

  /** Why the member's header was refused, or null. */
  String refusal(int member) {
    return refusals[member];
  }

  void refusal(int member, String reason) {
    refusals[member] = reason;
  }

  /** Why all of the member has to be copied although it has a header of its own, or null. */
  String distrust(int member) {
    return distrusts[member];
  }

  void distrust(int member, String reason) {
    distrusts[member] = reason;
  }

  boolean hasBitmap(int member) {
    return slots[member] != NO_SLOT;
  }

  /** Whose content the member's bitmap speaks of. */
  PeerSlot bitmapOwner(int member) {
    return commit.peer(slots[member]);
  }

  /**
   * Gives the member's bitmap, a new one where it has none, to content of that stamp, in whose
   * header is what all that count have now.
   */
  void ownBitmap(int member, long stamp) {
    ownBitmap(member, stamp, commit.completed());
  }

  /**
   * The same.
   *
   * @param floor the generation that the member's header has at least
   */
  void ownBitmap(int member, long stamp, long floor) {
    if (slots[member] == NO_SLOT) {
      slots[member] = freeSlot();
    }
    UUID owner = identities.get(member).member();
    commit.peer(slots[member], new PeerSlot(owner, stamp, floor));
  }

  /** Takes a bitmap over as it was found on the media. */
  void takeBitmap(int member, int slot, PeerSlot owner, RegionBitmap bits) {
    slots[member] = slot;
    commit.peer(slot, owner);
    commit.wanted(slot + 1).copyFrom(bits);
  }

  /** The header of the bitmap's owner has that generation now. */
  void raiseFloor(int member, long floor) {
    commit.floor(slots[member], floor);
  }

  /** The member needs no bitmap any more. */
  void freeBitmap(int member) {
    commit.peer(slots[member], PeerSlot.FREE);
    slots[member] = NO_SLOT;
  }

  /** Nothing is known any more of the one that was absent here. */
  void replace(int member) {
    if (standing[member] != Standing.ABSENT) {
      throw new IllegalStateException("MEMBER: " + identity(member) + " is not absent");
    }
    if (hasBitmap(member)) {
      freeBitmap(member);
    }
    refusals[member] = null;
    distrusts[member] = null;
  }

  RegionBitmap wantedBitmap(int member) {
    return commit.wanted(slots[member] + 1);
  }

  /** The region is among those that the member, which has a bitmap, lacks. */
  void misses(int member, int region) {
    commit.set(slots[member] + 1, region);
  }

  RegionBitmap durableBitmap(int member) {
    return commit.durable(slots[member] + 1);
  }

  private int freeSlot() {
    for (int slot = 0; slot < MemberLayout.PEERS; slot++) {
      if (commit.peer(slot).isFree()) {
        return slot;
      }
    }
    throw new IllegalStateException(
        "INTENT: more than %d members without sync".formatted(MemberLayout.PEERS));
  }

  /** Whether every write sets the member's bit. */
  boolean missesWrites(int member) {
    return slots[member] != NO_SLOT
        && (standing[member] == Standing.ABSENT || standing[member] == Standing.LEAVING);
  }

  /** The region gets the bits of all members that miss writes. */
  void cover(int region) {
    for (int member = 0; member < slots.length; member++) {
      if (missesWrites(member)) {
        commit.set(slots[member] + 1, region);
      }
    }
  }

  /** Whether the bits of all members that miss writes are durable. */
  boolean isCovered(int region) {
    for (int member = 0; member < slots.length; member++) {
      if (missesWrites(member) && !commit.durable(slots[member] + 1).get(region)) {
        return false;
      }
    }
    return true;
  }

  /** The members that have a bitmap, of a mask, lack what was written to these regions. */
  void missed(int members, int firstRegion, int lastRegion) {
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (slots[member] != NO_SLOT) {
        for (int region = firstRegion; region <= lastRegion; region++) {
          miss(member, region);
        }
      }
    }
  }

  /** The member may lack all that is dirty. */
  void missedDirtyRegions(int member) {
    RegionBitmap dirty = commit.wanted(0);
    for (int region = dirty.next(0); region >= 0; region = dirty.next(region + 1)) {
      miss(member, region);
    }
  }

  private void miss(int member, int region) {
    commit.set(slots[member] + 1, region);
    missedAgain[member].set(region);
  }

  /** Whether the bits that {@link #missed} set are durable. */
  boolean areDurable(int members, int firstRegion, int lastRegion) {
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int slot = slots[Integer.numberOfTrailingZeros(rest)];
      if (slot != NO_SLOT && !commit.durable(slot + 1).all(firstRegion, lastRegion)) {
        return false;
      }
    }
    return true;
  }

  /** Regions that the member lacks; all where it has no bitmap and is not in-sync. */
  int missingRegions(int member) {
    return slots[member] == NO_SLOT
        ? standing[member] == Standing.IN_SYNC ? 0 : layout.regions()
        : wantedBitmap(member).count();
  }

  // Rebuilds.

  /** A rebuild begins. */
  void rebuilding(int member) {
    become(member, Standing.REBUILDING);
    missedAgain[member].clearAll();
    rebuilds[member]++;
  }

  int rebuildNumber(int member) {
    return rebuilds[member];
  }

  /** Whether the member has been rebuilding since {@link #rebuildNumber} was {@code number}. */
  boolean isRebuilding(int member, int number) {
    return standing[member] == Standing.REBUILDING && rebuilds[member] == number;
  }

  /** The next region that the member lacks, or -1. */
  int nextMissing(int member, int from) {
    return slots[member] == NO_SLOT ? -1 : wantedBitmap(member).next(from);
  }

  boolean isRebuilt(int member) {
    return nextMissing(member, 0) < 0;
  }

  /** What the member misses of the region from now on is missed again. */
  void copyStarts(int member, int region) {
    missedAgain[member].clear(region);
  }

  /** The member flushed after the region was copied. */
  void copyFlushed(int member, int number, int region) {
    if (isRebuilding(member, number) && !missedAgain[member].get(region)) {
      commit.clear(slots[member] + 1, region);
    }
  }

  @Override
  public String toString() {
    return Arrays.toString(standing);
  }
}
