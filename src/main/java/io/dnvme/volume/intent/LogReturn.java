package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.volume.intent.IntentLog.Answer;
import io.dnvme.volume.intent.LogMembers.Standing;
import java.util.List;
import java.util.Set;

/**
 * How a member comes back: is its bitmap of the content that it has, and are, before its promotion,
 * all live bits on its own medium (INTENT, MEMBER). On the group's home reactor.
 */
final class LogReturn {

  /** A header may be so much ahead of what is known to be on those in-sync, and one more. */
  private static final int MAX_ROUNDS_AHEAD = 4;

  private final MemberLayout layout;
  private final MirrorGroup group;
  private final LogMembers members;
  private final HeaderCommit commit;
  private final long firstStamp;
  private final long timeoutNanos;
  private final Set<PlantedBug> bugs;
  private boolean stopped;

  /**
   * @param firstStamp of content that begins anew, at least
   * @param timeoutNanos for reading or writing the header of a member that comes back
   */
  LogReturn(
      MemberLayout layout,
      MirrorGroup group,
      LogMembers members,
      HeaderCommit commit,
      long firstStamp,
      long timeoutNanos,
      Set<PlantedBug> bugs) {
    this.layout = layout;
    this.group = group;
    this.members = members;
    this.commit = commit;
    this.firstStamp = firstStamp;
    this.timeoutNanos = timeoutNanos;
    this.bugs = bugs;
  }

  void stop() {
    stopped = true;
  }

  /** See {@link IntentLog#prepareRebuild}. */
  void prepareRebuild(int member, BlockDevice device, Answer done) {
    members.refusal(member, null);
    members.distrust(member, null);
    String misfit = layout.misfit(device.geometry());
    if (misfit != null) {
      members.refusal(member, misfit);
      done.answered(false);
      return;
    }
    var medium = new HeaderMedium(group.reactor(), device, layout, members.identity(member));
    var image = new HeaderImage(layout);
    var read = new TimedStatus(group.reactor(), timeoutNanos);
    read.then(status -> read(member, medium, image, status, done));
    medium.read(image, read::ended);
  }

  private void read(
      int member, HeaderMedium medium, HeaderImage image, BlockStatus status, Answer done) {
    members.refusal(member, image.refusalFor(members.identity(member)));
    if (!status.isSuccess() || !members.is(member, Standing.ABSENT) || stopped) {
      done.answered(false);
      return;
    }
    HeaderAges.Return found = judge(member, image);
    if (found == HeaderAges.Return.AHEAD) {
      members.refusal(
          member,
          ("its header (generation %d) is newer than that of the members which the record shows"
                  + " in-sync (%d): older images of their disks were put back; nothing of it is"
                  + " overwritten")
              .formatted(image.generation(), commit.completed()));
      done.answered(false);
      return;
    }
    members.medium(member, medium);
    if (found == HeaderAges.Return.AS_BITMAP) {
      PeerSlot owner = members.bitmapOwner(member);
      if (owner.stamp() != medium.stamp()) {
        members.ownBitmap(member, medium.stamp(), owner.floor());
      }
      missOwnIntents(member, image);
      raiseFloor(member, medium, image, MAX_ROUNDS_AHEAD, done);
    } else {
      beginAnew(member, medium);
      commit.whenCommitted(
          commit.counting(),
          yes -> {
            // A member whose header is not written may be the one that the next owner starts from.
            if (yes && commit.written() == commit.counting()) {
              writeAnew(medium, done);
            } else {
              done.answered(false);
            }
          });
    }
  }

  private HeaderAges.Return judge(int member, HeaderImage image) {
    if (image.header() == null) {
      return HeaderAges.Return.OLD;
    }
    boolean fits =
        members.hasBitmap(member) && members.bitmapOwner(member).isAbout(image.header().stamp());
    if (bugs.contains(PlantedBug.TRUST_OLD_IMAGE)) {
      return fits ? HeaderAges.Return.AS_BITMAP : HeaderAges.Return.OLD;
    }
    long floor = fits ? members.bitmapOwner(member).floor() : Long.MAX_VALUE;
    long generation = image.generation();
    HeaderAges.Return found = HeaderAges.judgeReturn(generation, floor, commit.completed());
    if (fits && found == HeaderAges.Return.OLD) {
      members.distrust(
          member,
          ("its header is of generation %d, and it had %d when it was in the group last: an older"
                  + " image of its disk was put back, or its header is damaged")
              .formatted(generation, floor));
    }
    return found;
  }

  /**
   * From now on regions that are copied to it lose their bits: an image of it that was made before
   * would lack them. So its header gets a generation that no such image has, and then the bitmap a
   * floor to match.
   */
  private void raiseFloor(
      int member, HeaderMedium medium, HeaderImage image, int rounds, Answer done) {
    commit.descriptorDirty();
    commit.whenCommitted(
        commit.counting(),
        yes -> {
          if (!yes || isOver(member, medium)) {
            done.answered(false);
          } else if (commit.completed() > image.generation()) {
            writeGeneration(member, medium, image, done);
          } else if (rounds > 1) {
            raiseFloor(member, medium, image, rounds - 1, done);
          } else {
            // Not while a removal is in doubt: the floor stays what it was.
            done.answered(true);
          }
        });
  }

  private boolean isOver(int member, HeaderMedium medium) {
    return stopped || members.medium(member) != medium || !members.hasBitmap(member);
  }

  private void writeGeneration(int member, HeaderMedium medium, HeaderImage image, Answer done) {
    long generation = commit.completed();
    medium.addDescriptor(generation, image.header().peers());
    var written = new TimedStatus(group.reactor(), timeoutNanos);
    written.then(status -> {
      if (!status.isSuccess() || isOver(member, medium)) {
        done.answered(false);
        return;
      }
      members.raiseFloor(member, generation);
      commit.whenCommitted(
          commit.counting(),
          yes -> {
            if (yes && !isOver(member, medium) && commit.written() == commit.counting()) {
              mend(medium, image, generation, done);
            } else {
              done.answered(yes);
            }
          });
    });
    medium.write(written::ended);
  }

  /**
   * What it alone was written when it was last in-sync, by an owner that died before the others'
   * removal was known, is under its own intent bits, and under nobody else's.
   */
  private void missOwnIntents(int member, HeaderImage image) {
    var own = new RegionBitmap(layout);
    new HeaderUnion(layout, List.of(image)).intents(own);
    for (int region = own.next(0); region >= 0; region = own.next(region + 1)) {
      members.misses(member, region);
    }
  }

  /** All of the member has to be copied: a new bitmap, for content with a new stamp. */
  private void beginAnew(int member, HeaderMedium medium) {
    long known = medium.stamp();
    if (members.hasBitmap(member)) {
      known = Math.max(known, members.bitmapOwner(member).stamp());
    }
    long stamp = Math.max(known + 1, firstStamp);
    medium.stamp(stamp);
    members.ownBitmap(member, stamp);
    members.wantedBitmap(member).setAll();
  }

  /**
   * Its own bitmaps, empty, are durable before the stamp makes them count: what is left of an older
   * life, or was never written, would add to what every later owner copies. A crash in between
   * leaves a stamp that fits no bitmap, and it begins anew again.
   */
  private void writeAnew(HeaderMedium medium, Answer done) {
    writeEmpty(
        medium,
        commit.completed(),
        (bitmap, page) -> true,
        yes -> {
          if (yes) {
            writeNewStamp(medium, 2, done);
          } else {
            done.answered(false);
          }
        });
  }

  /**
   * Pages of its own intent bits of which a copy is damaged count as all set at each return until
   * they are whole again. What they said is in its bitmap on every member that counts by now.
   */
  private void mend(HeaderMedium medium, HeaderImage image, long generation, Answer done) {
    writeEmpty(
        medium, generation, (bitmap, page) -> bitmap == 0 && !image.bothCopies(0, page), done);
  }

  private void writeEmpty(
      HeaderMedium medium, long generation, EmptyPages.Choice choice, Answer done) {
    new EmptyPages(group.reactor(), medium, layout, generation, timeoutNanos)
        .write(choice, yes -> done.answered(yes && !stopped));
  }

  /** Both copies, one after the other, so that nothing older is left. */
  private void writeNewStamp(HeaderMedium medium, int copies, Answer done) {
    medium.addDescriptor(commit.completed(), MemberHeader.noPeers());
    var written = new TimedStatus(group.reactor(), timeoutNanos);
    written.then(status -> {
      if (status.isSuccess() && copies > 1) {
        writeNewStamp(medium, copies - 1, done);
      } else {
        done.answered(status.isSuccess());
      }
    });
    medium.write(written::ended);
  }

  /** See {@link IntentLog#preparePromotion}. */
  void preparePromotion(int member, Answer done) {
    // A round that an earlier promotion began may still be on its way to the medium.
    if (!members.is(member, Standing.REBUILDING)
        || !members.isRebuilt(member)
        || members.medium(member).isBusy()) {
      done.answered(false);
      return;
    }
    members.become(member, Standing.PROMOTING);
    commit.count(member, members.medium(member));
    if (bugs.contains(PlantedBug.PROMOTE_WITHOUT_INTENT_BITS)) {
      done.answered(true);
      return;
    }
    // Twice, so that both copies of every page are whole.
    commit.everythingDirty();
    commit.whenCommitted(1 << member, once -> writtenOnce(member, once, done));
  }

  private void writtenOnce(int member, boolean yes, Answer done) {
    if (!yes || !members.is(member, Standing.PROMOTING)) {
      promotable(member, false, done);
      return;
    }
    commit.everythingDirty();
    commit.whenCommitted(1 << member, twice -> promotable(member, twice, done));
  }

  private void promotable(int member, boolean written, Answer done) {
    boolean yes = written && members.is(member, Standing.PROMOTING) && members.isRebuilt(member);
    if (!yes) {
      promotionRefused(member);
    }
    done.answered(yes);
  }

  /** See {@link IntentLog#promoted}. */
  void promoted(int member) {
    if (members.is(member, Standing.PROMOTING)) {
      members.become(member, Standing.IN_SYNC);
      members.freeBitmap(member);
    }
  }

  /** See {@link IntentLog#promotionRefused}. */
  void promotionRefused(int member) {
    if (members.is(member, Standing.PROMOTING)) {
      members.become(member, Standing.REBUILDING);
      commit.leave(1 << member);
    }
  }
}
