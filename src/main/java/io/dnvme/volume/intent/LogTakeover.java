package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.volume.intent.IntentLog.Answer;
import io.dnvme.volume.intent.LogMembers.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The beginning of a {@link WriteIntentLog}: what the in-sync members' headers say together becomes
 * what is wanted on all of them, and rebuilding members go on from there (INTENT: a takeover uses
 * the union). On the group's home reactor.
 */
final class LogTakeover {

  /** Told what is dirty, once that is known and before anything is written. */
  @FunctionalInterface
  interface DirtyRegions {
    /**
     * @param newest members whose header is of the newest generation: only they are sure to have
     *     what was written last, if another one is an older image by one generation
     */
    void known(RegionBitmap dirty, int newest);
  }

  private final MemberLayout layout;
  private final List<MemberIdentity> identities;
  private final MirrorGroup group;
  private final LogMembers members;
  private final HeaderCommit commit;
  private final LogReturn returning;
  private final long timeoutNanos;
  private final Set<PlantedBug> bugs;

  private final DirtyRegions whenDirtyKnown;

  private final List<Runnable> whenTaken = new ArrayList<>();
  private long floor;
  private int opened;
  private int older;
  private boolean taken;
  private boolean stopped;

  LogTakeover(
      MemberLayout layout,
      List<MemberIdentity> identities,
      MirrorGroup group,
      LogMembers members,
      HeaderCommit commit,
      LogReturn returning,
      long timeoutNanos,
      Set<PlantedBug> bugs,
      DirtyRegions whenDirtyKnown) {
    this.layout = layout;
    this.identities = identities;
    this.group = group;
    this.members = members;
    this.commit = commit;
    this.returning = returning;
    this.timeoutNanos = timeoutNanos;
    this.bugs = bugs;
    this.whenDirtyKnown = whenDirtyKnown;
  }

  /** See {@link WriteIntentLog#generationsFrom}. */
  void generationsFrom(long least) {
    floor = least;
  }

  /** See {@link WriteIntentLog#open}. */
  void open(Answer done) {
    new HeaderOpening(layout, group, identities, timeoutNanos).start(found -> take(found, done));
  }

  /** In-sync members whose headers were usable. */
  int opened() {
    return opened;
  }

  /** In-sync members that are older images of themselves. */
  int older() {
    return older;
  }

  /** Does it once the headers were read: what is dirty is known then. */
  void whenTaken(Runnable task) {
    if (taken) {
      task.run();
    } else {
      whenTaken.add(task);
    }
  }

  void stop() {
    stopped = true;
  }

  private void take(HeaderOpening.Opened found, Answer done) {
    judgeAges(found);
    var images = new ArrayList<HeaderImage>();
    for (int member = 0; member < members.count(); member++) {
      members.refusal(member, found.refusals()[member]);
      HeaderImage image = found.images()[member];
      if (image != null) {
        opened |= 1 << member;
        members.become(member, Standing.IN_SYNC);
        members.medium(member, found.media()[member]);
        commit.count(member, found.media()[member]);
        images.add(image);
      } else if ((group.inSync() & 1 << member) != 0) {
        // In-sync by the record until its removal is known.
        members.become(member, Standing.IN_SYNC);
        commit.countUnwritten(member);
      }
    }
    taken = true;
    if (images.isEmpty() || stopped) {
      done.answered(false);
      runWaiting();
      return;
    }
    var union = new HeaderUnion(layout, images);
    RegionBitmap dirty = commit.wanted(0);
    union.intents(dirty);
    for (int member = 0; member < members.count(); member++) {
      if (members.is(member, Standing.ABSENT)) {
        takeBitmap(union, member, dirty);
      }
    }
    // A peer's place that nobody of the group uses any more is freed by this too.
    commit.everythingDirty();
    whenDirtyKnown.known(dirty, newest(found));
    commit.whenCommitted(0, yes -> goOnRebuilding(0, yes, done));
    runWaiting();
  }

  /** One that is an older image is in-sync by the record and not in truth: it has to leave. */
  private void judgeAges(HeaderOpening.Opened found) {
    var generations = new long[members.count()];
    int whole = 0;
    for (int member = 0; member < generations.length; member++) {
      HeaderImage image = found.images()[member];
      generations[member] = image == null ? HeaderAges.UNREAD : image.generation();
      whole |= image != null && image.isWhole() ? 1 << member : 0;
    }
    HeaderAges ages = HeaderAges.judge(group.inSync(), generations, whole, floor);
    commit.completed(ages.completed());
    if (bugs.contains(PlantedBug.TRUST_OLD_IMAGE)) {
      return;
    }
    older = ages.old();
    for (int rest = older; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      found.images()[member] = null;
      found.refusals()[member] =
          ("the header of logical disk %s is of generation %d, and one in-sync has at least %d: an"
                  + " older image of its disk was put back, and is not used as it is")
              .formatted(identities.get(member).member(), generations[member], ages.completed());
    }
  }

  private int newest(HeaderOpening.Opened found) {
    long highest = 0;
    int newest = 0;
    for (int rest = opened; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      long generation = found.images()[member].generation();
      newest = generation > highest ? 0 : newest;
      highest = Math.max(highest, generation);
      newest |= generation == highest ? 1 << member : 0;
    }
    return newest;
  }

  private void takeBitmap(HeaderUnion union, int member, RegionBitmap dirty) {
    var bits = new RegionBitmap(layout);
    PeerSlot owner = union.peer(identities.get(member).member(), bits);
    if (owner != null) {
      bits.unite(dirty);
      members.takeBitmap(member, union.slotOf(owner.member()), owner, bits);
    }
  }

  private void runWaiting() {
    whenTaken.forEach(Runnable::run);
    whenTaken.clear();
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
    returning.prepareRebuild(
        member,
        device,
        usable -> {
          boolean isIn = (group.rebuilding() & ~group.failed() & 1 << member) != 0;
          if (!usable) {
            group.memberFailed(member, BlockStatus.READ_FAULT);
          } else if (isIn && members.is(member, Standing.ABSENT)) {
            members.rebuilding(member);
          }
          goOnRebuilding(member + 1, true, done);
        });
  }
}
