package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.volume.intent.LogMembers.Standing;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The {@link IntentLog} that keeps its bits in the members' headers. Keeps INTENT:
 *
 * <ul>
 *   <li>{@link #before} lets a write go when its regions' bits, and those of all absent members,
 *       are durable on every member that counts ({@link HeaderCommit}).
 *   <li>{@link LazyClearing} clears a region's bit when a flush that began after its last write
 *       succeeded on every in-sync and rebuilding member, and no rebuilding member's bit of that
 *       region is still on its way to a medium.
 *   <li>{@link LogTakeover} begins with what all members' headers say together, {@link Resync}
 *       makes what was dirty then equal before it is read.
 *   <li>{@link LogMembers} knows who is what and keeps the bitmaps, {@link LogReturn} brings
 *       members back.
 * </ul>
 *
 * <p>On the group's home reactor. Memory: a few bits and two counters for each region.
 */
public final class WriteIntentLog implements IntentLog {

  private final MemberLayout layout;
  private final List<MemberIdentity> identities;
  private final Set<PlantedBug> bugs;
  private final IntentSettings settings;
  private final int[] inFlight;
  private final int[] lastGeneration;
  private final TicketQueue beforeWaiters = new TicketQueue();
  private final TicketQueue afterWaiters = new TicketQueue();

  private MirrorGroup group;
  private HeaderCommit commit;
  private LogMembers members;
  private LogReturn returning;
  private LogTakeover takeover;
  private LazyClearing clearing;
  private Resync resync;
  private int generation;
  private long firstStamp;

  public WriteIntentLog(
      MemberLayout layout, List<MemberIdentity> identities, IntentSettings settings) {
    this(layout, identities, settings, EnumSet.noneOf(PlantedBug.class));
  }

  /**
   * @param identities of the members, in the order of their numbers
   * @param bugs for tests only
   */
  public WriteIntentLog(
      MemberLayout layout,
      List<MemberIdentity> identities,
      IntentSettings settings,
      Set<PlantedBug> bugs) {
    this.layout = layout;
    this.identities = new ArrayList<>(identities);
    this.settings = settings;
    this.bugs = bugs;
    inFlight = new int[layout.regions()];
    lastGeneration = new int[layout.regions()];
  }

  /**
   * Content that begins anew gets a stamp that is at least so high: higher than any that an earlier
   * owner gave, whose bitmaps are then about none of it. Before {@link #serve}; 0 without.
   */
  public void stampsFrom(long first) {
    firstStamp = first;
  }

  /**
   * Members that are in-sync by the record and whose header is of a lower generation are older
   * images of themselves, and are not used. After {@link #serve}, before {@link #open}.
   */
  public void generationsFrom(long least) {
    takeover.generationsFrom(least);
  }

  @Override
  public void serve(MirrorGroup served) {
    if (served.memberCount() != identities.size()) {
      throw new IllegalArgumentException(
          "a group of %d members with identities of %d"
              .formatted(served.memberCount(), identities.size()));
    }
    group = served;
    commit =
        new HeaderCommit(
            layout,
            group.reactor(),
            identities.size(),
            settings.headerTimeoutNanos(),
            new Commits());
    members = new LogMembers(layout, identities, commit);
    // A flush that is under way when a region is settled did not see all of it.
    var settling =
        new ChecksumSettling(group, members, region -> lastGeneration[region] = generation);
    clearing = new LazyClearing(this, group, settings, bugs);
    resync = new Resync(layout, group, settling);
    returning =
        new LogReturn(
            layout, group, members, commit, firstStamp, settings.headerTimeoutNanos(), bugs);
    takeover =
        new LogTakeover(
            layout,
            identities,
            group,
            members,
            commit,
            returning,
            settings.openTimeoutNanos(),
            bugs,
            (dirty, newest) -> {
              resync.expect(dirty, newest);
              settling.distrust(dirty);
              clearing.wake();
            });
  }

  /**
   * Reads the headers of the group's in-sync members and goes on from what they say together; after
   * {@link #serve}, before anything else. What is dirty then may be read only once it was made
   * equal, which begins with {@link #makeEqual}: before, members whose power went have to leave,
   * and those that are not reachable (a claim sees to that, OWNER). Members that the record shows
   * rebuilding go on where their bitmap says; one whose header cannot be used has failed.
   *
   * @param done yes: members may leave (those without a usable header must, see {@link #opened}),
   *     and then {@link #makeEqual}. No: none of them can be used
   */
  public void open(Answer done) {
    takeover.open(done);
  }

  /** The in-sync members are those to trust: begins to make equal what is dirty. */
  public void makeEqual() {
    resync.begin();
  }

  /** In-sync members whose headers {@link #open} found usable. */
  public int opened() {
    return takeover.opened();
  }

  @Override
  public boolean before(IntentTicket write) {
    int first = layout.firstRegion(write.startBlock());
    int last = layout.lastRegion(write.startBlock(), write.blockCount());
    boolean durable = true;
    for (int region = first; region <= last; region++) {
      inFlight[region]++;
      if (!isCovered(region)) {
        cover(region);
        durable = false;
      }
    }
    if (durable || bugs.contains(PlantedBug.DROP_INTENT_WRITE)) {
      return true;
    }
    beforeWaiters.add(write);
    return false;
  }

  @Override
  public boolean after(IntentTicket write, int missed) {
    int first = layout.firstRegion(write.startBlock());
    int last = layout.lastRegion(write.startBlock(), write.blockCount());
    for (int region = first; region <= last; region++) {
      inFlight[region]--;
      lastGeneration[region] = generation;
    }
    if (missed == 0) {
      return true;
    }
    members.missed(missed, first, last);
    if (members.areDurable(missed, first, last)) {
      return true;
    }
    write.awaited(missed);
    afterWaiters.add(write);
    return false;
  }

  /** Whether data may go to the region. */
  private boolean isCovered(int region) {
    return commit.durable(0).get(region) && members.isCovered(region);
  }

  private void cover(int region) {
    if (bugs.contains(PlantedBug.DROP_INTENT_WRITE)) {
      return;
    }
    commit.set(0, region);
    members.cover(region);
    clearing.wake();
  }

  /** Whether data may go to the write's regions; asks again for what a change took away. */
  private boolean covers(IntentTicket write) {
    int last = layout.lastRegion(write.startBlock(), write.blockCount());
    boolean covered = true;
    for (int region = layout.firstRegion(write.startBlock()); region <= last; region++) {
      if (!isCovered(region)) {
        cover(region);
        covered = false;
      }
    }
    return covered;
  }

  private boolean isAfterDurable(IntentTicket write) {
    return members.areDurable(
        write.awaited(),
        layout.firstRegion(write.startBlock()),
        layout.lastRegion(write.startBlock(), write.blockCount()));
  }

  @Override
  public long flushStarts() {
    return ++generation;
  }

  @Override
  public void flushed(long start) {
    clearing.flushed((int) start);
  }

  @Override
  public boolean equal(IntentTicket read) {
    return resync.equal(read);
  }

  @Override
  public void prepareRemoval(int leaving, Answer done) {
    takeover.whenTaken(() -> prepareKnownRemoval(leaving, done));
  }

  private void prepareKnownRemoval(int leaving, Answer done) {
    for (int rest = leaving; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (!members.hasBitmap(member) && members.is(member, Standing.IN_SYNC)) {
        // One that cannot be asked now has, in-sync by the record, only one content.
        HeaderMedium medium = members.medium(member);
        members.ownBitmap(member, medium == null ? PeerSlot.WHILE_IN_SYNC : medium.stamp());
      }
      if (members.hasBitmap(member) && !forgetsWhatIsMissedBy(member)) {
        members.missedDirtyRegions(member);
      }
      members.become(member, Standing.LEAVING);
    }
    commit.giveUp(leaving);
    if (bugs.contains(PlantedBug.REMOVE_BEFORE_BITMAP)) {
      done.answered(true);
      return;
    }
    commit.whenCommitted(commit.counting(), done);
  }

  private boolean forgetsWhatIsMissedBy(int member) {
    return bugs.contains(PlantedBug.PROMOTE_AFTER_MISSED_WRITE)
        && !members.is(member, Standing.IN_SYNC);
  }

  @Override
  public void removed(int gone) {
    for (int rest = gone; rest != 0; rest &= rest - 1) {
      members.become(Integer.numberOfTrailingZeros(rest), Standing.ABSENT);
    }
    commit.leave(gone);
    resync.pump();
  }

  @Override
  public void prepareRebuild(int member, BlockDevice device, Answer done) {
    returning.prepareRebuild(member, device, done);
  }

  @Override
  public void rebuilding(int member) {
    members.rebuilding(member);
  }

  @Override
  public void preparePromotion(int member, Answer done) {
    returning.preparePromotion(member, done);
  }

  @Override
  public void promoted(int member) {
    returning.promoted(member);
  }

  @Override
  public void promotionRefused(int member) {
    returning.promotionRefused(member);
  }

  @Override
  public void stop() {
    takeover.stop();
    returning.stop();
    commit.stop();
    clearing.stop();
    resync.stop();
    beforeWaiters.releaseAll();
    afterWaiters.releaseAll();
  }

  /** In-sync members that {@link #open} found to be older images of themselves. */
  public int older() {
    return takeover.older();
  }

  /** Why a member's header was refused, or null. */
  public String refusal(int member) {
    return members.refusal(member);
  }

  /** Why a member that came back is rebuilt in full although it has a header, or null. */
  public String distrust(int member) {
    return members.distrust(member);
  }

  /** Regions whose intent bit is set. */
  public int dirtyRegions() {
    return commit.wanted(0).count();
  }

  /** Regions that wait to be made equal after a takeover. */
  public int unequalRegions() {
    return resync.waiting();
  }

  /**
   * Another member takes the place of one that is absent, by the record: what is known of the old
   * one's content is not about the new one's, of which all has to be copied. Not while it comes
   * back.
   */
  public void replaced(int member, MemberIdentity by) {
    members.replace(member);
    identities.set(member, by);
  }

  /** Regions that a member lacks; all where it has no bitmap. */
  public int missingRegions(int member) {
    return members.missingRegions(member);
  }

  /** Writes of a header page to all members that count, since the start. */
  public long headerRounds() {
    return commit.rounds();
  }

  @Override
  public String toString() {
    return "intent log: members %s, %d regions dirty, %d not equal, %s"
        .formatted(members, dirtyRegions(), unequalRegions(), commit);
  }

  // For tests of what is on the media.

  MemberIdentity identity(int member) {
    return identities.get(member);
  }

  RegionBitmap durableIntents() {
    return commit.durable(0);
  }

  /** Null where the member has no bitmap. */
  RegionBitmap durableBitmapOf(int member) {
    return members.hasBitmap(member) ? members.durableBitmap(member) : null;
  }

  boolean hasNoHeader(int member) {
    return members.medium(member) == null;
  }

  // For rebuilds.

  MemberLayout layout() {
    return layout;
  }

  LogMembers members() {
    return members;
  }

  IntentSettings settings() {
    return settings;
  }

  boolean hasBug(PlantedBug bug) {
    return bugs.contains(bug);
  }

  /** The rebuild is about to copy the region; false where it is not known yet what to copy. */
  boolean copyStarts(int member, int region) {
    members.copyStarts(member, region);
    return resync.isEqualOrDemand(region);
  }

  // For clearing.

  RegionBitmap dirty() {
    return commit.wanted(0);
  }

  /** Whether nothing but a flush keeps the region dirty; {@code before} limits its last write. */
  boolean isIdle(int region, int before) {
    return inFlight[region] == 0
        && lastGeneration[region] - before < 0
        && !resync.isUnequal(region);
  }

  /** Clears the region's intent bit, unless a peer's bit of it is on its way to the media. */
  void clean(int region) {
    for (int slot = 0; slot < MemberLayout.PEERS; slot++) {
      if (commit.wanted(slot + 1).get(region) && !commit.durable(slot + 1).get(region)) {
        return;
      }
    }
    commit.clear(0, region);
  }

  /** Regions were cleaned; asked once of all that go together, as the answer looks at all bits. */
  void cleaned() {
    if (commit.wanted(0).isEmpty()) {
      // An image made before the flush must not differ by so little that it passes (HeaderAges).
      commit.whenCommitted(0, yes -> growOlder());
    }
  }

  /** Makes what the headers are now an older generation. */
  void growOlder() {
    commit.descriptorDirty();
  }

  private final class Commits implements HeaderCommit.Listener {

    @Override
    public void advanced() {
      beforeWaiters.release(WriteIntentLog.this::covers);
      afterWaiters.release(WriteIntentLog.this::isAfterDurable);
    }

    @Override
    public void mediumFailed(int member, BlockStatus status) {
      group.memberFailed(member, status);
    }

    @Override
    public boolean mayFail(int late) {
      return group.remainsWithout(late);
    }
  }
}
