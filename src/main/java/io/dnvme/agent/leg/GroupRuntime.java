package io.dnvme.agent.leg;

import io.dnvme.agent.leg.MemberLink.Opened;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.ownership.ChangeOutcome;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Lease;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.volume.intent.ChecksumDevice;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.Rebuild;
import io.dnvme.volume.intent.WriteIntentLog;
import io.dnvme.volume.mirror.ChecksumPort;
import io.dnvme.volume.mirror.MemberChange;
import io.dnvme.volume.mirror.MemberChecksums;
import io.dnvme.volume.mirror.MemberSpec;
import io.dnvme.volume.mirror.MembershipPort;
import io.dnvme.volume.mirror.MirrorDevice;
import io.dnvme.volume.mirror.MirrorListener;
import io.dnvme.volume.mirror.MirrorSetup;
import io.dnvme.volume.mirror.Scrub;
import io.dnvme.volume.mirror.ScrubListener;
import io.dnvme.volume.mirror.ScrubOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One group of a leg for one term of ownership: a mirror over the logical disks that admitted the
 * epoch, made from the record and kept in step with it (ACK, MEMBER, INTENT). Members that are
 * absent are looked for, admitted and rebuilt. Lives on the controller's home reactor.
 */
final class GroupRuntime implements MirrorListener, MembershipPort {

  /** How often an absent member is looked for. */
  private static final long LOOK_NANOS = 250_000_000;

  /** After a rebuild that had to leave out what nobody can read. */
  private static final long REBUILD_AGAIN_NANOS = 60_000_000_000L;

  private static final long ALLOCATE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** More full rebuilds than one owner ever makes. */
  private static final int STAMPS_PER_EPOCH_SHIFT = 20;

  private final Reactor home;
  private final int index;
  private final LegOwnership ownership;
  private final Function<UUID, DiskNodeLink> nodes;
  private final Connector connector;
  private final LegOptions options;
  private final Consumer<String> log;
  private final MemberLayout layout;
  private final UUID leg;
  private final UUID[] disks;
  private final MemberLink[] links;
  private final boolean[] returning;
  private final boolean[] toldMissing;
  private final DamageLog damage;
  private final WriteIntentLog intent;
  private final MirrorDevice mirror;
  private boolean stopped;

  /**
   * @param index of the group in the leg
   * @param links those that admitted the epoch and are connected, by logical disk
   * @param log told what happens to members, in words for people
   */
  GroupRuntime(
      Reactor home,
      int index,
      LegOwnership ownership,
      LegRecord record,
      Lease lease,
      Function<UUID, DiskNodeLink> nodes,
      Function<UUID, MemberLink> links,
      Connector connector,
      LegOptions options,
      Consumer<String> log) {
    this.home = home;
    this.index = index;
    this.ownership = ownership;
    this.nodes = nodes;
    this.connector = connector;
    this.options = options;
    this.log = log;
    Group group = record.groups().get(index);
    leg = record.leg();
    int blockSizeBytes = record.disk().blockSizeBytes();
    layout = options.layout(record, index);
    int count = group.members().size();
    disks = new UUID[count];
    this.links = new MemberLink[count];
    returning = new boolean[count];
    toldMissing = new boolean[count];
    damage = new DamageLog(home, index, disks, log);
    List<MemberIdentity> identities = new ArrayList<>();
    List<MemberSpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Member member = group.members().get(i);
      disks[i] = member.logicalDisk();
      identities.add(new MemberIdentity(record.leg(), index, member.logicalDisk()));
      MemberLink link = links.apply(member.logicalDisk());
      boolean inSync = member.inSync() && link != null && link.device() != null;
      if (inSync) {
        this.links[i] = link;
      } else if (link != null) {
        // Whoever is not in-sync comes back by a rebuild, with a new admission.
        link.close();
      }
      specs.add(
          new MemberSpec(
              member.diskNode(),
              inSync ? device(i) : null,
              layout.dataStartBlock(),
              inSync
                  ? io.dnvme.volume.mirror.MemberState.IN_SYNC
                  : io.dnvme.volume.mirror.MemberState.ABSENT,
              0));
    }
    intent = new WriteIntentLog(layout, identities, options.intent(), options.bugs().intent());
    // No two owners give the same stamps.
    intent.stampsFrom(record.epoch().number() << STAMPS_PER_EPOCH_SHIFT);
    mirror =
        new MirrorDevice(
            new MirrorSetup(
                home,
                new BlockGeometry(blockSizeBytes, layout.dataBlocks()),
                specs,
                intent,
                this,
                lease::mayAnswer,
                this,
                options.mirror(),
                options.bugs().mirror()));
  }

  /** What the group sees of a member that is connected. */
  private BlockDevice device(int member) {
    BlockDevice whole = links[member].device();
    return layout.checksums()
        ? new ChecksumDevice(
            whole,
            layout,
            home,
            ChecksumDevice.DEFAULT_CACHED_PAGES,
            block -> damage.rotten(member, block))
        : whole;
  }

  /**
   * Reads what the members say of each other.
   *
   * @param ready told whether the leg can be served
   */
  void open(Consumer<Boolean> ready) {
    intent.open(yes -> {
      if (stopped || !yes) {
        ready.accept(false);
        return;
      }
      for (int i = 0; i < links.length; i++) {
        if ((mirror.inSync() & ~intent.opened() & 1 << i) != 0) {
          mirror.memberFailed(i, BlockStatus.READ_FAULT);
        }
      }
      intent.makeEqual();
      watchLosses();
      look();
      ready.accept(true);
    });
  }

  LegStatus.GroupStatus status() {
    return new LegStatus.GroupStatus(
        mirror.inSync(),
        mirror.rebuilding(),
        mirror.failed(),
        mirror.promotionInDoubt(),
        intent.unequalRegions(),
        damage.counts());
  }

  MirrorDevice device() {
    return mirror;
  }

  DamageLog damage() {
    return damage;
  }

  /** A scrub of the group, not yet started. */
  Scrub scrub(ScrubOptions rates, ScrubListener listener) {
    ChecksumPort checksums = layout.checksums() ? new MemberChecksums(mirror) : ChecksumPort.NONE;
    return new Scrub(mirror, rates, checksums, listener);
  }

  /** Why its members are not to be compared now, in words that go on after its name; or null. */
  String unsettled() {
    if (stopped || mirror.isStopped()) {
      return "does not serve";
    }
    if (mirror.rebuilding() != 0 || mirror.promotionInDoubt() != 0) {
      return "has a member that is being rebuilt";
    }
    if (mirror.failed() != 0) {
      return "has a member that is being removed";
    }
    return intent.unequalRegions() == 0 ? null : "is being made equal after a takeover";
  }

  /** The members that are not in-sync, for people. */
  String absent() {
    return IntStream.range(0, disks.length)
        .filter(i -> (mirror.inSync() & 1 << i) == 0)
        .mapToObj(i -> "member " + disks[i])
        .collect(Collectors.joining(", "));
  }

  /** Serves no more; every command gets a path status. */
  void stop(String reason) {
    if (!stopped) {
      stopped = true;
      mirror.stop(reason);
      for (MemberLink link : links) {
        if (link != null) {
          link.close();
        }
      }
    }
  }

  // ---- MEMBER, as the mirror asks for it

  @Override
  public void ask(MemberChange change, Consumer<Outcome> done) {
    if (stopped || ownership.record() == null) {
      done.accept(Outcome.OWNERSHIP_LOST);
      return;
    }
    if (change instanceof MemberChange.Promote
        && options.bugs().leg().contains(PlantedBug.PROMOTE_WITHOUT_RECORD)) {
      done.accept(Outcome.MADE);
      return;
    }
    // As it is now: when the change's turn comes, the member may be gone again.
    UUID power = null;
    if (change instanceof MemberChange.BeginRebuild(int member)) {
      if (links[member] == null) {
        done.accept(Outcome.REFUSED);
        return;
      }
      power = links[member].powerIncarnation();
    }
    UUID itsPower = power;
    ownership.change(
        record -> record.withMembers(changed(record, change, itsPower)),
        outcome ->
            done.accept(
                switch (outcome) {
                  case ChangeOutcome.Known any -> Outcome.MADE;
                  case ChangeOutcome.Refused any ->
                      ownership.record() == null ? Outcome.OWNERSHIP_LOST : Outcome.REFUSED;
                  case ChangeOutcome.Lost any -> Outcome.OWNERSHIP_LOST;
                }));
  }

  private List<Member> changed(LegRecord record, MemberChange change, UUID power) {
    return switch (change) {
      case MemberChange.Remove(int members) -> {
        List<Member> gone = new ArrayList<>();
        for (int i = 0; i < disks.length; i++) {
          if ((members & 1 << i) != 0) {
            gone.add(record.member(disks[i]).withState(MemberState.ABSENT));
          }
        }
        yield gone;
      }
      case MemberChange.BeginRebuild(int member) ->
          List.of(
              record
                  .member(disks[member])
                  .withState(MemberState.REBUILDING)
                  .withPowerIncarnation(power));
      case MemberChange.Promote(int member) ->
          List.of(record.member(disks[member]).withState(MemberState.IN_SYNC));
    };
  }

  @Override
  public void memberFailed(int member, BlockStatus why, String detail) {
    log.accept("member %s failed: %s, %s".formatted(disks[member], why, detail));
  }

  @Override
  public void memberRemoved(int member, BlockDevice device) {
    log.accept("member " + disks[member] + " is removed from its group");
    MemberLink link = links[member];
    links[member] = null;
    if (link != null) {
      link.close();
    }
  }

  @Override
  public void memberPromoted(int member) {
    log.accept("member " + disks[member] + " is in-sync again");
  }

  @Override
  public void blocksRepaired(long startBlock, int blockCount, int members, BlockStatus status) {
    damage.repaired(startBlock, blockCount, members, status);
  }

  @Override
  public void blocksUnreadable(long startBlock, long blockCount) {
    damage.lost(startBlock, blockCount);
  }

  @Override
  public void stopped(String reason) {
    if (!stopped) {
      log.accept("group " + index + " stops: " + reason);
      // On a turn of its own: who is no owner any more has its links closed, and the mirror is told
      // to its end first.
      home.execute(() -> {
        if (!stopped) {
          ownership.usable(false);
        }
      });
    }
  }

  // ---- members that come back

  private void watchLosses() {
    for (int i = 0; i < links.length; i++) {
      watchLoss(i);
    }
  }

  private void watchLoss(int member) {
    MemberLink link = links[member];
    if (link == null) {
      return;
    }
    link.whenLost(reason -> {
      if (!stopped && links[member] == link) {
        mirror.memberFailed(member, BlockStatus.PATH_LOST);
      }
    });
    if (!link.isLive()) {
      mirror.memberFailed(member, BlockStatus.PATH_LOST);
    }
  }

  private void look() {
    if (stopped) {
      return;
    }
    LegRecord record = ownership.record();
    if (record != null && !mirror.isStopped()) {
      for (int i = 0; i < disks.length; i++) {
        if (links[i] == null && !returning[i]) {
          comeBack(i, record.member(disks[i]));
        }
      }
    }
    home.timers().schedule(LOOK_NANOS, this::look);
  }

  private void comeBack(int number, Member member) {
    DiskNodeLink node = nodes.apply(member.diskNode());
    if (node == null || !node.isLive()) {
      return;
    }
    returning[number] = true;
    var holder = new MemberLink[1];
    holder[0] =
        new MemberLink(
            member.logicalDisk(),
            ownership.epoch(),
            node,
            connector,
            opened -> cameBack(number, holder[0], opened));
    holder[0].open();
  }

  private void cameBack(int number, MemberLink link, Opened opened) {
    if (stopped || !(opened instanceof Opened.Live)) {
      link.close();
      if (!stopped && opened instanceof Opened.HigherEpoch(Epoch higher)) {
        home.execute(() -> {
          if (!stopped) {
            ownership.superseded(higher);
          }
        });
      }
      if (!stopped && opened instanceof Opened.Missing) {
        missing(number, link);
      } else {
        returning[number] = false;
      }
      return;
    }
    links[number] = link;
    log.accept("member " + disks[number] + " is back");
    mirror.beginRebuild(
        number,
        device(number),
        yes -> {
          returning[number] = false;
          if (yes) {
            watchLoss(number);
            rebuild(number);
          } else if (links[number] == link) {
            log.accept(
                "member " + disks[number] + " cannot be rebuilt now: " + intent.refusal(number));
            links[number] = null;
            link.close();
          }
        });
  }

  /**
   * The node has no such logical disk. Where its disk was memory, all that was there is gone: the
   * owner has it allocated again, and it is rebuilt in full. A disk of another kind may come back:
   * whoever replaces it says so.
   */
  private void missing(int number, MemberLink link) {
    LegRecord record = ownership.record();
    DiskNodeLink node =
        record == null ? null : nodes.apply(record.member(disks[number]).diskNode());
    if (!link.forgets() || node == null || !node.isLive()) {
      if (!toldMissing[number]) {
        toldMissing[number] = true;
        log.accept("the node of member " + disks[number] + " has no such logical disk");
      }
      returning[number] = false;
      return;
    }
    log.accept("member " + disks[number] + " is made anew: its memory disk was started again");
    node.client()
        .ask(
            DiskRequest.allocate(disks[number], leg, layout.deviceBytes()),
            ALLOCATE_LIMIT_NANOS,
            outcome -> {
              returning[number] = false;
              if (!(outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
                  && reply.result() == EntryResult.DONE)) {
                log.accept("member " + disks[number] + " cannot be made anew now: " + outcome);
              }
            });
  }

  private void rebuild(int number) {
    int missing = intent.missingRegions(number);
    log.accept(
        "member %s is being rebuilt: %d of %d regions"
            .formatted(disks[number], missing, layout.regions()));
    var progress = new Rebuild[1];
    progress[0] =
        new Rebuild(
            mirror,
            intent,
            number,
            options.rebuild(),
            outcome -> {
              log.accept(
                  "rebuild of member %s: %s, %d bytes copied"
                      .formatted(disks[number], outcome, progress[0].progress().bytesCopied()));
              if (outcome == Rebuild.Outcome.UNREADABLE) {
                rebuildAgain(number, links[number]);
              }
            });
    progress[0].start();
  }

  /** What no member could read may be written anew meanwhile. */
  private void rebuildAgain(int number, MemberLink link) {
    home.timers()
        .schedule(
            REBUILD_AGAIN_NANOS,
            () -> {
              if (!stopped && link != null && links[number] == link) {
                rebuild(number);
              }
            });
  }
}
