package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Timers.Timer;
import io.dnvme.volume.intent.IntentLog;
import io.dnvme.volume.mirror.MemberChange.BeginRebuild;
import io.dnvme.volume.mirror.MemberChange.Promote;
import io.dnvme.volume.mirror.MemberChange.Remove;
import io.dnvme.volume.mirror.MembershipPort.Outcome;
import java.util.function.Consumer;

/**
 * Who is in the group, and how that changes: keeps MEMBER and the stop of NO-SILENT-LOSS. Home
 * reactor only. One change is on its way at a time; removals go first:
 *
 * <pre>
 *          ┌──────────────────────────── MADE, or a wish REFUSED ◄──┐
 *          ▼                                                        │
 *        IDLE ──── a member failed ────► PREPARING ── durable ──► ASKING ◄── a wish is prepared
 *          │ ▲                            │     ▲                   │
 *          │ │ time                       │     └─ another failed   │
 *          │ └─ WAITING ◄─────────────────┴───────────── IN_DOUBT, removal REFUSED
 *          │ no in-sync member remains, ownership lost: from everywhere
 *          ▼
 *        STOPPED
 * </pre>
 *
 * <p>A member is sent commands while it is <em>usable</em>: in the write set, not failed. It counts
 * for ACK until its removal is known, so a failed one holds up the answers of what it missed. A
 * member whose promotion is asked is not in {@link #inSync} before that is known: it is written
 * like any rebuilding one, and not read; and it does not count as remaining when others fail.
 */
final class Membership {

  private enum Phase {
    IDLE,
    PREPARING,
    ASKING,
    WAITING,
    STOPPED
  }

  private static final int NOBODY = -1;

  private final MirrorDevice group;
  private final MirrorSetup setup;
  private final MirrorMember[] members;
  private final Wish[] wishes;

  private Phase phase = Phase.IDLE;
  private int inSync;
  private int rebuilding;
  private int failed;

  /** The member that was prepared for promotion, and whose outcome is not known. */
  private int promoting = NOBODY;

  /** Whether its promotion was asked for at least once. */
  private boolean promotionAsked;

  /** Whose removal is being prepared or asked for, as a mask. */
  private int leaving;

  private Timer retry;

  // Figures for people.
  private long changesAsked;
  private long changesInDoubt;

  /** What somebody wants of a member: promotion, or a rebuild where there is a device. */
  private static final class Wish {
    private final BlockDevice device;
    private final IntentLog.Answer done;
    private boolean preparing;
    private boolean prepared;

    Wish(BlockDevice device, IntentLog.Answer done) {
      this.device = device;
      this.done = done;
    }

    boolean isRebuild() {
      return device != null;
    }
  }

  Membership(MirrorDevice group, MirrorSetup setup, MirrorMember[] members) {
    this.group = group;
    this.setup = setup;
    this.members = members;
    wishes = new Wish[members.length];
    for (int i = 0; i < members.length; i++) {
      switch (setup.members().get(i).state()) {
        case IN_SYNC -> inSync |= 1 << i;
        case REBUILDING -> rebuilding |= 1 << i;
        case ABSENT -> {}
      }
    }
  }

  int inSync() {
    return inSync;
  }

  int rebuilding() {
    return rebuilding;
  }

  int failed() {
    return failed;
  }

  int writeSet() {
    return inSync | rebuilding;
  }

  /** Members to send writes to. */
  int usable() {
    return phase == Phase.STOPPED ? 0 : writeSet() & ~failed;
  }

  boolean isUsable(int member) {
    return (usable() & 1 << member) != 0;
  }

  /** Members to read from. */
  int readable() {
    return usable() & inSync;
  }

  /** The member whose promotion is asked and not known, as a mask. */
  int promotionInDoubt() {
    return promoting != NOBODY && promotionAsked ? 1 << promoting : 0;
  }

  /** The member that counts for INTENT because it is being promoted, as a mask. */
  int beingPromoted() {
    return promoting == NOBODY ? 0 : 1 << promoting;
  }

  boolean isStopped() {
    return phase == Phase.STOPPED;
  }

  /** Whether the member is the only usable one that is known to be in-sync. */
  boolean isLast(int member) {
    return (inSync & ~failed) == 1 << member;
  }

  long changesAsked() {
    return changesAsked;
  }

  long changesInDoubt() {
    return changesInDoubt;
  }

  /** Harmless for one that is out already. */
  void memberFailed(int member, BlockStatus why, String detail) {
    int bit = 1 << member;
    if (phase == Phase.STOPPED || (writeSet() & ~failed & bit) == 0) {
      return;
    }
    failed |= bit;
    setup.listener().memberFailed(member, why, detail);
    proceed();
  }

  /** Whether it is out, and nothing of it is under way. */
  boolean mayReturn(int member) {
    return phase != Phase.STOPPED
        && (writeSet() & 1 << member) == 0
        && wishes[member] == null
        && members[member].outstanding() == 0;
  }

  /** See {@link io.dnvme.volume.intent.MirrorGroup#beginRebuild}. */
  void beginRebuild(int member, BlockDevice device, IntentLog.Answer done) {
    if (!mayReturn(member) || !group.fits(device, members[member].dataStartBlock())) {
      done.answered(false);
      return;
    }
    wishes[member] = new Wish(device, done);
    proceed();
  }

  /** See {@link io.dnvme.volume.intent.MirrorGroup#promote}; the member has been flushed. */
  void promote(int member, IntentLog.Answer done) {
    int bit = 1 << member;
    if (phase == Phase.STOPPED || (rebuilding & ~failed & bit) == 0 || wishes[member] != null) {
      done.answered(false);
      return;
    }
    wishes[member] = new Wish(null, done);
    proceed();
  }

  /** No more commands are served; what waits gets a path status. */
  void stop(String reason) {
    if (phase == Phase.STOPPED) {
      return;
    }
    enter(Phase.STOPPED);
    if (retry != null) {
      retry.cancel();
      retry = null;
    }
    setup.log().stop();
    for (int i = 0; i < wishes.length; i++) {
      answer(i, false);
    }
    setup.listener().stopped(reason);
    group.stopped();
  }

  /** Starts what is most urgent, where it can be now. */
  private void proceed() {
    boolean hopeless = (inSync & ~failed) == 0 && (promotionInDoubt() & ~failed) == 0;
    if (phase == Phase.STOPPED) {
      return;
    }
    if (hopeless) {
      stop("no in-sync member is left");
    } else if (failed != 0) {
      proceedWithFailed();
    } else if (phase == Phase.IDLE) {
      proceedWithWishes();
    }
  }

  private void proceedWithFailed() {
    boolean remains = (inSync & ~failed) != 0;
    switch (phase) {
      case IDLE -> {
        if (remains) {
          remove(failed);
        } else {
          // The one being promoted may be the last that is in-sync: find out.
          askPromotion();
        }
      }
      case PREPARING, WAITING -> {
        if (remains && failed != leaving) {
          remove(failed);
        }
      }
      case ASKING, STOPPED -> {}
    }
  }

  private void proceedWithWishes() {
    for (int i = 0; i < wishes.length && phase == Phase.IDLE; i++) {
      Wish wish = wishes[i];
      if (wish == null) {
        continue;
      }
      if (wish.prepared) {
        askFor(i, wish);
      } else if (!wish.preparing && wish.isRebuild()) {
        prepareRebuild(i, wish);
      } else if (!wish.preparing && promoting == NOBODY) {
        preparePromotion(i, wish);
      }
    }
  }

  private void askFor(int member, Wish wish) {
    if (wish.isRebuild()) {
      ask(new BeginRebuild(member), outcome -> rebuildAnswered(member, wish, outcome));
    } else {
      askPromotion();
    }
  }

  private void remove(int members) {
    if (retry != null) {
      retry.cancel();
      retry = null;
    }
    enter(Phase.PREPARING);
    leaving = members;
    setup
        .log()
        .prepareRemoval(
            members,
            durable -> {
              if (phase != Phase.PREPARING || leaving != members) {
                // Others failed meanwhile: one change removes all.
                return;
              }
              if (durable) {
                ask(new Remove(members), outcome -> removalAnswered(members, outcome));
              } else {
                retryLater();
              }
            });
  }

  private void removalAnswered(int gone, Outcome outcome) {
    switch (outcome) {
      case MADE -> removed(gone);
      case REFUSED, IN_DOUBT -> retryLater();
      case OWNERSHIP_LOST -> stop("the owner is no owner any more");
    }
  }

  private void removed(int gone) {
    inSync &= ~gone;
    rebuilding &= ~gone;
    failed &= ~gone;
    if ((beingPromoted() & gone) != 0) {
      promoting = NOBODY;
    }
    enter(Phase.IDLE);
    setup.log().removed(gone);
    for (MirrorMember member : members) {
      if ((gone & member.bit()) != 0) {
        BlockDevice device = member.device();
        member.device(null);
        answer(member.index(), false);
        setup.listener().memberRemoved(member.index(), device);
      }
    }
    group.removalKnown(gone);
    proceed();
  }

  private void prepareRebuild(int member, Wish wish) {
    wish.preparing = true;
    setup
        .log()
        .prepareRebuild(
            member,
            wish.device,
            usable -> {
              if (wishes[member] != wish) {
                return;
              }
              wish.prepared = usable;
              if (!usable) {
                answer(member, false);
              }
              proceed();
            });
  }

  private void rebuildAnswered(int member, Wish wish, Outcome outcome) {
    switch (outcome) {
      case MADE -> {
        members[member].device(wish.device);
        rebuilding |= 1 << member;
        enter(Phase.IDLE);
        setup.log().rebuilding(member);
        answer(member, true);
        proceed();
      }
      case REFUSED -> {
        enter(Phase.IDLE);
        answer(member, false);
        proceed();
      }
      // The wish stands, and is asked for again.
      case IN_DOUBT -> retryLater();
      case OWNERSHIP_LOST -> stop("the owner is no owner any more");
    }
  }

  private void preparePromotion(int member, Wish wish) {
    wish.preparing = true;
    promoting = member;
    promotionAsked = false;
    setup
        .log()
        .preparePromotion(
            member,
            durable -> {
              if (wishes[member] != wish) {
                return;
              }
              wish.prepared = durable;
              if (!durable) {
                promotionOver(member, false);
              }
              // Where another one failed meanwhile, its removal goes first: onto this medium too.
              proceed();
            });
  }

  private void askPromotion() {
    int member = promoting;
    promotionAsked = true;
    ask(
        new Promote(member),
        outcome -> {
          switch (outcome) {
            case MADE -> {
              inSync |= 1 << member;
              rebuilding &= ~(1 << member);
              enter(Phase.IDLE);
              promotionOver(member, true);
              proceed();
            }
            case REFUSED -> {
              enter(Phase.IDLE);
              promotionOver(member, false);
              proceed();
            }
            case IN_DOUBT -> retryLater();
            case OWNERSHIP_LOST -> stop("the owner is no owner any more");
          }
        });
  }

  private void promotionOver(int member, boolean made) {
    promoting = NOBODY;
    if (made) {
      setup.log().promoted(member);
      setup.listener().memberPromoted(member);
    } else {
      setup.log().promotionRefused(member);
    }
    answer(member, made && (failed & 1 << member) == 0);
  }

  private void ask(MemberChange change, Consumer<Outcome> answered) {
    enter(Phase.ASKING);
    changesAsked++;
    setup
        .membership()
        .ask(
            change,
            outcome -> {
              if (phase == Phase.STOPPED) {
                return;
              }
              if (outcome == Outcome.IN_DOUBT) {
                changesInDoubt++;
              }
              answered.accept(outcome);
            });
  }

  /** What is wanted then is started anew after a while. */
  private void retryLater() {
    enter(Phase.WAITING);
    retry =
        setup
            .home()
            .timers()
            .schedule(
                setup.options().changeRetryNanos(),
                () -> {
                  retry = null;
                  if (phase == Phase.WAITING) {
                    enter(Phase.IDLE);
                    proceed();
                  }
                });
  }

  private void answer(int member, boolean yes) {
    Wish wish = wishes[member];
    wishes[member] = null;
    if (wish != null) {
      wish.done.answered(yes);
    }
  }

  private void enter(Phase next) {
    if (phase == Phase.STOPPED) {
      throw new IllegalStateException("MEMBER: a stopped group changes no more");
    }
    phase = next;
  }
}
