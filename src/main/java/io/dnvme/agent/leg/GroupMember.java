package io.dnvme.agent.leg;

import io.dnvme.agent.leg.MemberLink.Opened;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Timers.Timer;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.volume.intent.Rebuild;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * One member of a group for one term of ownership: its connection, and how it comes back when it
 * was lost (MEMBER, INTENT). Lives on the controller's home reactor.
 *
 * <pre>
 *   CONNECTED ── its removal is known ──► AWAY ── it may return, and its node is there ──► RETURNING
 *      ▲                                   ▲                                                  │
 *      │                                   └────────── cannot be admitted or rebuilt ─────────┤
 *      └── in the write set: a rebuild runs until it is in-sync or leaves ────────────────────┘
 * </pre>
 */
final class GroupMember {

  /** After a rebuild that had to leave out what nobody can read. */
  private static final long UNREADABLE_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** After one that ended for another reason, with the member still in the write set. */
  private static final long REBUILD_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long ALLOCATE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final GroupRuntime group;
  private final int number;
  private final UUID disk;
  private final ReturnPolicy policy;

  /** The one that the mirror uses, or is about to. */
  private MemberLink link;

  /** Why it is failing, or why it is away; null otherwise. */
  private String why;

  /** Whether it fails for what may be its connection's loss alone. */
  private boolean pathLost;

  /** One that is asked to come back. */
  private MemberLink opening;

  private Rebuild rebuild;
  private RebuildLog rebuildLog;
  private Timer again;

  /** Whether its rebuild came to its end, save for blocks that no in-sync member can read. */
  private boolean lacksUnreadableOnly;

  /** Whether it was begun to be rebuilt, and is not in-sync since. */
  private boolean begun;

  private boolean returning;

  /** What people were told of a logical disk that is missing. */
  private String toldMissing;

  /**
   * @param link connected, or null for one that is away
   */
  GroupMember(GroupRuntime group, int number, UUID disk, MemberLink link) {
    this.group = group;
    this.number = number;
    this.disk = disk;
    this.link = link;
    policy = new ReturnPolicy(group.options().returns(), group.random());
    why = link == null ? "it was not in-sync when the leg was claimed" : null;
  }

  UUID disk() {
    return disk;
  }

  /** Null while it is away. */
  MemberLink link() {
    return link;
  }

  LegStatus.MemberStatus status() {
    long nanos = policy.waitNanos(now());
    LegStatus.Absence absence =
        link != null
            ? null
            : new LegStatus.Absence(why, policy.setbacks(), TimeUnit.NANOSECONDS.toMillis(nanos));
    return new LegStatus.MemberStatus(
        disk,
        absence,
        rebuild == null ? null : rebuild.progress(),
        group.mirror().counters(number));
  }

  /** Its mirror serves no more. */
  void stop() {
    stopRebuild();
    if (link != null) {
      link.close();
    }
    if (opening != null) {
      opening.close();
    }
  }

  /** What copies to it ends; the member stays as it is. */
  void stopRebuild() {
    if (again != null) {
      again.cancel();
      again = null;
    }
    if (rebuild != null) {
      rebuild.stop();
    }
  }

  // ---- it leaves

  void watchLoss() {
    MemberLink watched = link;
    if (watched == null) {
      return;
    }
    watched.whenLost(reason -> {
      if (!group.isStopped() && link == watched) {
        connectionLost(reason);
      }
    });
    if (!watched.isLive()) {
      connectionLost("while it was claimed");
    }
  }

  private void connectionLost(String reason) {
    group.mirror().memberFailed(number, BlockStatus.PATH_LOST, "its connection is lost: " + reason);
  }

  /** Nothing is sent to it any more. */
  void failed(BlockStatus status, String detail) {
    why = status + ", " + detail;
    pathLost = status == BlockStatus.PATH_LOST || status == BlockStatus.ABORTED;
    say("failed: " + why);
  }

  /** Its removal is known. */
  void removed() {
    lacksUnreadableOnly = false;
    stopRebuild();
    MemberLink was = link;
    link = null;
    // By now who lost the connection knows it: a member that is merely silent still has one.
    if (was == null || pathLost && !was.isLive()) {
      policy.lost(now());
      say("is removed from its group");
    } else {
      setback("is removed from its group");
    }
    if (was != null) {
      was.close();
    }
  }

  private void setback(String what) {
    DiskNodeLink node = node();
    policy.setback(now(), node != null && node.isLive() ? node.identity().store() : null);
    say(
        "%s; it is tried again in %d s (setback %d in a row): %s"
            .formatted(what, seconds(policy.waitNanos(now())), policy.setbacks(), why));
  }

  private static long seconds(long nanos) {
    return Math.ceilDiv(nanos, TimeUnit.SECONDS.toNanos(1));
  }

  void promoted() {
    why = null;
    begun = false;
    policy.inSync(now());
    say("is in-sync again");
  }

  // ---- it comes back

  /** Looks how far its rebuild is, or whether it is there again, where it may return. */
  void look() {
    if (rebuild != null) {
      rebuildLog.look(rebuild.progress(), now());
    }
    DiskNodeLink node = node();
    if (link != null || returning || node == null || !node.isLive()) {
      return;
    }
    if (!policy.mayReturn(now(), node.identity().store()) || !group.mirror().mayReturn(number)) {
      return;
    }
    returning = true;
    var holder = new MemberLink[1];
    holder[0] =
        new MemberLink(
            disk, group.epoch(), node, group.connector(), opened -> cameBack(holder[0], opened));
    opening = holder[0];
    opening.open();
  }

  private void cameBack(MemberLink connected, Opened opened) {
    opening = null;
    if (group.isStopped() || !(opened instanceof Opened.Live)) {
      connected.close();
      if (opened instanceof Opened.HigherEpoch(Epoch higher)) {
        group.superseded(higher);
      }
      if (!group.isStopped() && opened instanceof Opened.Missing) {
        missing();
      } else {
        returning = false;
      }
      return;
    }
    link = connected;
    say("is back");
    Member now = group.record() == null ? null : group.record().member(disk);
    // By this owner, or by one before it.
    begun |= now != null && now.state() == MemberState.REBUILDING;
    group
        .mirror()
        .beginRebuild(
            number,
            group.device(number),
            yes -> {
              returning = false;
              if (yes) {
                watchLoss();
                sayDistrust();
                rebuild();
              } else if (link == connected) {
                cannotBeRebuilt();
              }
            });
  }

  private void sayDistrust() {
    String distrust = group.intent().distrust(number);
    if (distrust != null) {
      say("is not trusted: " + distrust + "; all of it is copied");
    }
  }

  private void cannotBeRebuilt() {
    MemberLink was = link;
    link = null;
    String refusal = group.intent().refusal(number);
    if (!was.isLive()) {
      policy.lost(now());
      say("is lost again");
    } else if (!group.isStopped()) {
      why = refusal == null ? "its header cannot be used, or its group did not take it" : refusal;
      setback("cannot be rebuilt now");
    }
    was.close();
  }

  /** Its node has no such logical disk. */
  private void missing() {
    DiskNodeLink node = node();
    if (node == null || !node.isLive()) {
      returning = false;
      return;
    }
    Member member = group.record().member(disk);
    switch (MissingMember.of(
        member, node.identity(), node.name(), group.options().replacements())) {
      case MissingMember.Replace(UUID by, String reason) -> replace(node, by, reason);
      case MissingMember.Ask(String what) -> {
        returning = false;
        if (!what.equals(toldMissing)) {
          toldMissing = what;
          why = "its node has no such logical disk";
          say("is missing: " + what);
        }
      }
    }
  }

  /** First whether there is room: what cannot be changes nothing. */
  private void replace(DiskNodeLink node, UUID by, String reason) {
    node.client()
        .ask(
            DiskRequest.usage(),
            ALLOCATE_LIMIT_NANOS,
            outcome -> {
              DiskReply usage = reply(outcome);
              String misfit =
                  usage == null
                      ? "its node does not answer: " + outcome
                      : MissingMember.misfit(
                              usage, group.layout().blockSizeBytes(), group.layout().deviceBytes())
                          .orElse(null);
              if (misfit != null) {
                notReplaced(misfit);
              } else {
                say("is made anew as %s: %s".formatted(by, reason));
                make(node, by);
              }
            });
  }

  /**
   * Before the record names it: so a member that its node does not have is never one that is still
   * to be made there, but one that another disk has.
   */
  private void make(DiskNodeLink node, UUID by) {
    node.client()
        .ask(
            DiskRequest.allocate(by, group.leg(), group.layout().deviceBytes()),
            ALLOCATE_LIMIT_NANOS,
            outcome -> {
              if (reply(outcome) == null) {
                notReplaced("it cannot be made anew: " + outcome);
              } else {
                group.replace(number, by, this::notReplaced);
              }
            });
  }

  private void notReplaced(String reason) {
    returning = false;
    if (!group.isStopped()) {
      why = reason;
      setback("cannot be made anew");
    }
  }

  /** Null where it is not done. */
  private static DiskReply reply(NodeOutcome<DiskReply> outcome) {
    return outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
            && reply.result() == EntryResult.DONE
        ? reply
        : null;
  }

  private DiskNodeLink node() {
    LegRecord record = group.record();
    Member member = record == null ? null : record.member(disk);
    return member == null ? null : group.node(member.diskNode());
  }

  private void rebuild() {
    int missing = group.intent().missingRegions(number);
    say(
        "is being rebuilt%s: %d of %d regions"
            .formatted(
                begun ? ", as was begun before, from what is left" : "",
                missing,
                group.layout().regions()));
    begun = true;
    MemberLink rebuilt = link;
    rebuild =
        new Rebuild(
            group.mirror(),
            group.intent(),
            number,
            group.options().rebuild(),
            outcome -> rebuildOver(rebuilt, outcome));
    rebuildLog = new RebuildLog(disk, rebuild.progress().bytesLeft(), now(), group::log);
    rebuild.start();
  }

  private void rebuildOver(MemberLink rebuilt, Rebuild.Outcome outcome) {
    group.log(
        "rebuild of member %s: %s, %d bytes copied"
            .formatted(disk, outcome, rebuild.progress().bytesCopied()));
    rebuild = null;
    lacksUnreadableOnly = outcome == Rebuild.Outcome.UNREADABLE;
    boolean goesOn = !group.isStopped() && !group.mirror().isStopped() && link == rebuilt;
    if (!goesOn || outcome == Rebuild.Outcome.PROMOTED) {
      return;
    }
    again =
        group
            .home()
            .timers()
            .schedule(
                // What no member could read may be written anew meanwhile.
                lacksUnreadableOnly ? UNREADABLE_AGAIN_NANOS : REBUILD_AGAIN_NANOS,
                () -> {
                  again = null;
                  boolean rebuilding = (group.mirror().rebuilding() & 1 << number) != 0;
                  if (!group.isStopped() && link == rebuilt && rebuilding) {
                    rebuild();
                  }
                });
  }

  /**
   * Whether it stays rebuilding for what nobody can read: perhaps for ever, and mostly idle. It is
   * tried again now and then.
   */
  boolean lacksUnreadableOnly() {
    return lacksUnreadableOnly;
  }

  private long now() {
    return group.home().clock().nanos();
  }

  private void say(String what) {
    group.log("member " + disk + " " + what);
  }
}
