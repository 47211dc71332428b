package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.util.ArrayList;
import java.util.Arrays;
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
 *   <li>{@link Resync} makes what was dirty at a takeover equal before it is read.
 * </ul>
 *
 * <p>What the record shows of a member decides what its writes mean to others:
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
 * <p>On the group's home reactor. Memory: a few bits and two counters for each region.
 */
public final class WriteIntentLog implements IntentLog {

  private enum Standing {
    IN_SYNC,
    LEAVING,
    ABSENT,
    REBUILDING,
    PROMOTING
  }

  private static final int NO_SLOT = -1;

  private final MemberLayout layout;
  private final List<MemberIdentity> identities;
  private final Set<PlantedBug> bugs;
  private final IntentSettings settings;
  private final Standing[] standing;
  private final int[] slots;
  private final HeaderMedium[] media;
  private final String[] refusals;
  private final int[] inFlight;
  private final int[] lastGeneration;
  private final TicketQueue beforeWaiters = new TicketQueue();
  private final TicketQueue afterWaiters = new TicketQueue();

  /** Regions of a rebuilding member that missed a write since its rebuild last copied them. */
  private final RegionBitmap[] missedAgain;

  /** How often a member became rebuilding: what an earlier rebuild copied is no longer known. */
  private final int[] rebuilds;

  private MirrorGroup group;
  private HeaderCommit commit;
  private LazyClearing clearing;
  private Resync resync;
  private int generation;
  private int opening;
  private boolean taken;
  private final List<Runnable> beforeTaken = new ArrayList<>();
  private boolean stopped;

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
    this.identities = List.copyOf(identities);
    this.settings = settings;
    this.bugs = bugs;
    standing = new Standing[identities.size()];
    slots = new int[identities.size()];
    media = new HeaderMedium[identities.size()];
    refusals = new String[identities.size()];
    missedAgain = new RegionBitmap[identities.size()];
    rebuilds = new int[identities.size()];
    for (int member = 0; member < identities.size(); member++) {
      standing[member] = Standing.ABSENT;
      slots[member] = NO_SLOT;
      missedAgain[member] = new RegionBitmap(layout);
    }
    inFlight = new int[layout.regions()];
    lastGeneration = new int[layout.regions()];
  }

  @Override
  public void serve(MirrorGroup served) {
    if (served.memberCount() != identities.size()) {
      throw new IllegalArgumentException(
          "a group of %d members with identities of %d"
              .formatted(served.memberCount(), identities.size()));
    }
    group = served;
    Reactor reactor = group.reactor();
    commit = new HeaderCommit(layout, reactor, identities.size(), new Commits());
    clearing = new LazyClearing(this, group, settings, bugs);
    resync = new Resync(layout, group, new Settled());
  }

  /**
   * Reads the headers of the group's in-sync members and goes on from what they say together; after
   * {@link #serve}, before anything else. What is dirty then may be read only once it was made
   * equal, which begins with {@link #makeEqual}: before, members whose power went have to leave
   * ({@link PowerChange}), and those that are not reachable. Members that the record shows
   * rebuilding go on where their bitmap says; one whose header cannot be used has failed.
   *
   * @param done yes: members may leave (those without a usable header must, see {@link #opened}),
   *     and then {@link #makeEqual}. No: none of them can be used
   */
  public void open(Answer done) {
    new HeaderOpening(layout, group, identities).start(opened -> takeOver(opened, done));
  }

  /** The in-sync members are those to trust: begins to make equal what is dirty. */
  public void makeEqual() {
    resync.begin();
  }

  private void takeOver(HeaderOpening.Opened opened, Answer done) {
    var images = new ArrayList<HeaderImage>();
    for (int member = 0; member < identities.size(); member++) {
      refusals[member] = opened.refusals()[member];
      HeaderImage image = opened.images()[member];
      if (image != null) {
        opening |= 1 << member;
        standing[member] = Standing.IN_SYNC;
        media[member] = opened.media()[member];
        commit.count(member, media[member]);
        images.add(image);
      } else if ((group.inSync() & 1 << member) != 0) {
        // In-sync by the record until its removal is known.
        standing[member] = Standing.IN_SYNC;
      }
    }
    taken = true;
    if (images.isEmpty() || stopped) {
      done.answered(false);
      runDeferred();
      return;
    }
    var union = new HeaderUnion(layout, images);
    RegionBitmap dirty = commit.wanted(0);
    union.intents(dirty);
    for (int member = 0; member < identities.size(); member++) {
      if (standing[member] == Standing.ABSENT) {
        takeOverPeer(union, member, dirty);
      }
    }
    // A peer's place that nobody of the group uses any more is freed by this too.
    commit.everythingDirty();
    resync.expect(dirty);
    distrust(dirty);
    clearing.wake();
    commit.whenCommitted(0, yes -> goOnRebuilding(0, yes, done));
    runDeferred();
  }

  /** Members that the group counts as rebuilding from the start, one after another. */
  private void goOnRebuilding(int from, boolean yes, Answer done) {
    int rest = group.rebuilding() & ~group.failed() & -1 << from;
    if (!yes || rest == 0) {
      done.answered(yes);
      return;
    }
    int member = Integer.numberOfTrailingZeros(rest);
    BlockDevice device = group.device(member);
    if (device == null) {
      goOnRebuilding(member + 1, true, done);
      return;
    }
    prepareRebuild(
        member,
        device,
        usable -> {
          boolean isIn = (group.rebuilding() & ~group.failed() & 1 << member) != 0;
          if (!usable) {
            group.memberFailed(member, BlockStatus.READ_FAULT);
          } else if (isIn && standing[member] == Standing.ABSENT) {
            rebuilding(member);
          }
          goOnRebuilding(member + 1, true, done);
        });
  }

  private void runDeferred() {
    beforeTaken.forEach(Runnable::run);
    beforeTaken.clear();
  }

  /** In-sync members whose headers {@link #open} found usable. */
  public int opened() {
    return opening;
  }

  private void takeOverPeer(HeaderUnion union, int member, RegionBitmap dirty) {
    var bits = new RegionBitmap(layout);
    PeerSlot owner = union.peer(identities.get(member).member(), bits);
    if (owner != null) {
      int slot = union.slotOf(owner.member());
      slots[member] = slot;
      commit.peer(slot, owner);
      bits.unite(dirty);
      commit.wanted(slot + 1).copyFrom(bits);
    }
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
    for (int rest = missed; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (slots[member] != NO_SLOT) {
        for (int region = first; region <= last; region++) {
          commit.set(slots[member] + 1, region);
          missedAgain[member].set(region);
        }
      }
    }
    if (areDurable(missed, first, last)) {
      return true;
    }
    write.awaited(missed);
    afterWaiters.add(write);
    return false;
  }

  /** Whether data may go to the region. */
  private boolean isCovered(int region) {
    if (!commit.durable(0).get(region)) {
      return false;
    }
    for (int member = 0; member < slots.length; member++) {
      if (missesWrites(member) && !commit.durable(slots[member] + 1).get(region)) {
        return false;
      }
    }
    return true;
  }

  private void cover(int region) {
    if (bugs.contains(PlantedBug.DROP_INTENT_WRITE)) {
      return;
    }
    commit.set(0, region);
    for (int member = 0; member < slots.length; member++) {
      if (missesWrites(member)) {
        commit.set(slots[member] + 1, region);
      }
    }
    clearing.wake();
  }

  /** Whether every write sets the member's bit. */
  private boolean missesWrites(int member) {
    return slots[member] != NO_SLOT
        && (standing[member] == Standing.ABSENT || standing[member] == Standing.LEAVING);
  }

  private boolean areDurable(int members, int first, int last) {
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int slot = slots[Integer.numberOfTrailingZeros(rest)];
      if (slot != NO_SLOT && !commit.durable(slot + 1).all(first, last)) {
        return false;
      }
    }
    return true;
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
  public void prepareRemoval(int members, Answer done) {
    if (!taken) {
      // What is dirty is known when the headers were read.
      beforeTaken.add(() -> prepareRemoval(members, done));
      return;
    }
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (slots[member] == NO_SLOT && standing[member] == Standing.IN_SYNC) {
        // One whose own header is unknown has nothing that a bitmap could be matched with.
        if (media[member] != null) {
          long stamp = media[member].stamp();
          slots[member] = freeSlot();
          commit.peer(slots[member], new PeerSlot(identities.get(member).member(), stamp));
        }
      }
      if (slots[member] != NO_SLOT) {
        addDirtyRegions(member);
      }
      standing[member] = Standing.LEAVING;
    }
    commit.giveUp(members);
    if (bugs.contains(PlantedBug.REMOVE_BEFORE_BITMAP)) {
      done.answered(true);
      return;
    }
    commit.whenCommitted(commit.counting(), done);
  }

  private void addDirtyRegions(int member) {
    RegionBitmap dirty = commit.wanted(0);
    for (int region = dirty.next(0); region >= 0; region = dirty.next(region + 1)) {
      commit.set(slots[member] + 1, region);
      missedAgain[member].set(region);
    }
  }

  @Override
  public void removed(int members) {
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      standing[member] = Standing.ABSENT;
      media[member] = null;
    }
    commit.leave(members);
    resync.pump();
  }

  @Override
  public void prepareRebuild(int member, BlockDevice device, Answer done) {
    refusals[member] = null;
    if (device.geometry().blockSizeBytes() != layout.blockSizeBytes()
        || device.geometry().blockCount() < layout.deviceBlocks()) {
      refusals[member] =
          "the member has %s; its group needs %d blocks of %d bytes"
              .formatted(device.geometry(), layout.deviceBlocks(), layout.blockSizeBytes());
      done.answered(false);
      return;
    }
    var medium = new HeaderMedium(group.reactor(), device, layout, identities.get(member));
    var image = new HeaderImage(layout);
    medium.read(image, status -> returned(member, medium, image, status, done));
  }

  private void returned(
      int member, HeaderMedium medium, HeaderImage image, BlockStatus status, Answer done) {
    refusals[member] = image.refusalFor(identities.get(member));
    if (!status.isSuccess() || standing[member] != Standing.ABSENT || stopped) {
      done.answered(false);
      return;
    }
    media[member] = medium;
    boolean matches =
        image.header() != null
            && slots[member] != NO_SLOT
            && commit.peer(slots[member]).stamp() == medium.stamp();
    if (!matches) {
      beginAnew(member, medium);
    }
    commit.whenCommitted(
        commit.counting(),
        yes -> {
          if (yes && !matches) {
            writeNewStamp(medium, 2, done);
          } else {
            done.answered(yes);
          }
        });
  }

  /** All of the member has to be copied: a new bitmap, for content with a new stamp. */
  private void beginAnew(int member, HeaderMedium medium) {
    long known = medium.stamp();
    if (slots[member] == NO_SLOT) {
      slots[member] = freeSlot();
    } else {
      known = Math.max(known, commit.peer(slots[member]).stamp());
    }
    medium.stamp(known + 1);
    commit.peer(slots[member], new PeerSlot(identities.get(member).member(), known + 1));
    commit.wanted(slots[member] + 1).setAll();
  }

  /** Both copies, one after the other, so that nothing older is left. */
  private void writeNewStamp(HeaderMedium medium, int copies, Answer done) {
    medium.addDescriptor(MemberHeader.noPeers());
    medium.write(status -> {
      if (status.isSuccess() && copies > 1) {
        writeNewStamp(medium, copies - 1, done);
      } else {
        done.answered(status.isSuccess());
      }
    });
  }

  @Override
  public void rebuilding(int member) {
    standing[member] = Standing.REBUILDING;
    missedAgain[member].clearAll();
    rebuilds[member]++;
  }

  @Override
  public void preparePromotion(int member, Answer done) {
    if (standing[member] != Standing.REBUILDING || !isRebuilt(member)) {
      done.answered(false);
      return;
    }
    standing[member] = Standing.PROMOTING;
    commit.count(member, media[member]);
    if (bugs.contains(PlantedBug.PROMOTE_WITHOUT_INTENT_BITS)) {
      done.answered(true);
      return;
    }
    // Twice, so that both copies of every page are whole.
    commit.everythingDirty();
    commit.whenCommitted(1 << member, once -> writtenOnce(member, once, done));
  }

  private void writtenOnce(int member, boolean yes, Answer done) {
    if (!yes || standing[member] != Standing.PROMOTING) {
      promotable(member, false, done);
      return;
    }
    commit.everythingDirty();
    commit.whenCommitted(1 << member, twice -> promotable(member, twice, done));
  }

  private void promotable(int member, boolean written, Answer done) {
    boolean yes = written && standing[member] == Standing.PROMOTING && isRebuilt(member);
    if (!yes) {
      promotionRefused(member);
    }
    done.answered(yes);
  }

  @Override
  public void promoted(int member) {
    if (standing[member] == Standing.PROMOTING) {
      standing[member] = Standing.IN_SYNC;
      commit.peer(slots[member], PeerSlot.FREE);
      slots[member] = NO_SLOT;
    }
  }

  @Override
  public void promotionRefused(int member) {
    if (standing[member] == Standing.PROMOTING) {
      standing[member] = Standing.REBUILDING;
      commit.leave(1 << member);
    }
  }

  /**
   * The power of a rebuilding member's machine went: what was not flushed there may be lost, so all
   * dirty regions are to be copied again.
   */
  public void powerChanged(int member) {
    if (slots[member] != NO_SLOT) {
      addDirtyRegions(member);
    }
  }

  @Override
  public void stop() {
    stopped = true;
    commit.stop();
    clearing.stop();
    resync.stop();
    beforeWaiters.releaseAll();
    afterWaiters.releaseAll();
  }

  /** Why a member's header was refused, or null. */
  public String refusal(int member) {
    return refusals[member];
  }

  /** Regions whose intent bit is set. */
  public int dirtyRegions() {
    return commit.wanted(0).count();
  }

  /** Regions that wait to be made equal after a takeover. */
  public int unequalRegions() {
    return resync.waiting();
  }

  /** Regions that a member lacks; all where it has no bitmap. */
  public int missingRegions(int member) {
    return slots[member] == NO_SLOT
        ? standing[member] == Standing.IN_SYNC ? 0 : layout.regions()
        : commit.wanted(slots[member] + 1).count();
  }

  /** Writes of a header page to all members that count, since the start. */
  public long headerRounds() {
    return commit.rounds();
  }

  @Override
  public String toString() {
    return "intent log: members %s, %d regions dirty, %d not equal, %s"
        .formatted(Arrays.toString(standing), dirtyRegions(), unequalRegions(), commit);
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
    return slots[member] == NO_SLOT ? null : commit.durable(slots[member] + 1);
  }

  boolean hasNoHeader(int member) {
    return media[member] == null;
  }

  // For rebuilds.

  MemberLayout layout() {
    return layout;
  }

  boolean hasBug(PlantedBug bug) {
    return bugs.contains(bug);
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
    return slots[member] == NO_SLOT ? -1 : commit.wanted(slots[member] + 1).next(from);
  }

  boolean isRebuilt(int member) {
    return nextMissing(member, 0) < 0;
  }

  /** The rebuild is about to copy the region; false where it is not known yet what to copy. */
  boolean copyStarts(int member, int region) {
    missedAgain[member].clear(region);
    return resync.isEqualOrDemand(region);
  }

  /** The member flushed after the region was copied. */
  void copyFlushed(int member, int number, int region) {
    if (isRebuilding(member, number) && !missedAgain[member].get(region)) {
      commit.clear(slots[member] + 1, region);
    }
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

  private int freeSlot() {
    for (int slot = 0; slot < MemberLayout.PEERS; slot++) {
      if (commit.peer(slot).isFree()) {
        return slot;
      }
    }
    throw new IllegalStateException(
        "INTENT: more than %d members without sync".formatted(MemberLayout.PEERS));
  }

  /** Checksums at rest of what was dirty are computed anew where a member has them. */
  private final class Settled implements Resync.Settling {

    @Override
    public void settle(int region, Runnable then) {
      recompute(region, 0, then);
    }

    private void recompute(int region, int from, Runnable then) {
      int rest = group.inSync() & ~group.failed() & -1 << from;
      if (rest == 0) {
        then.run();
        return;
      }
      int member = Integer.numberOfTrailingZeros(rest);
      if (group.device(member) instanceof ChecksumDevice device) {
        device.recompute(region, group.maxCopyBlocks(), () -> recompute(region, member + 1, then));
      } else {
        recompute(region, member + 1, then);
      }
    }

    @Override
    public void resolved(int region) {
      // A flush that is under way did not see all of it.
      lastGeneration[region] = generation;
    }
  }

  private void distrust(RegionBitmap dirty) {
    for (HeaderMedium medium : media) {
      if (medium != null && medium.device() instanceof ChecksumDevice device) {
        for (int region = dirty.next(0); region >= 0; region = dirty.next(region + 1)) {
          device.distrust(region);
        }
      }
    }
  }

  private final class Commits implements HeaderCommit.Listener {

    @Override
    public void advanced() {
      beforeWaiters.release(WriteIntentLog.this::covers);
      afterWaiters.release(write ->
          areDurable(
              write.awaited(),
              layout.firstRegion(write.startBlock()),
              layout.lastRegion(write.startBlock(), write.blockCount())));
    }

    @Override
    public void mediumFailed(int member, BlockStatus status) {
      group.memberFailed(member, status);
    }
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
}
