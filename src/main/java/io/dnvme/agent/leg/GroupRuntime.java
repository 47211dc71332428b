package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers.Timer;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.ChangeOutcome;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Lease;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.volume.intent.ChecksumDevice;
import io.dnvme.volume.intent.ChecksumMemory;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
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
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
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

  /** More full rebuilds than one owner ever makes. */
  private static final int STAMPS_PER_EPOCH_SHIFT = 20;

  private final Reactor home;
  private final int index;
  private final LegOwnership ownership;
  private final Function<UUID, DiskNodeLink> nodes;
  private final Connector connector;
  private final RandomGenerator random;
  private final LegOptions options;
  private final Consumer<String> log;
  private final MemberLayout layout;
  private final UUID leg;
  private final GroupMember[] members;
  private final UUID[] disks;

  /** Of the members that are, or were last, connected; null elsewhere. */
  private final ChecksumDevice[] checksums;

  private final DamageLog damage;
  private final WriteIntentLog intent;
  private final MirrorDevice mirror;
  private Timer looking;
  private boolean stopped;
  private long openedAfterSteps = -1;

  /**
   * @param index of the group in the leg
   * @param links those that admitted the epoch and are connected, by logical disk
   * @param random sets members that come back apart
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
      RandomGenerator random,
      LegOptions options,
      Consumer<String> log) {
    this.home = home;
    this.index = index;
    this.ownership = ownership;
    this.nodes = nodes;
    this.connector = connector;
    this.random = random;
    this.options = options;
    this.log = log;
    Group group = record.groups().get(index);
    leg = record.leg();
    int blockSizeBytes = record.disk().blockSizeBytes();
    layout = options.layout(record, index);
    int count = group.members().size();
    members = new GroupMember[count];
    checksums = new ChecksumDevice[count];
    disks = new UUID[count];
    damage = new DamageLog(home, index, disks, log);
    List<MemberIdentity> identities = new ArrayList<>();
    List<MemberSpec> specs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Member member = group.members().get(i);
      disks[i] = member.logicalDisk();
      identities.add(new MemberIdentity(record.leg(), index, member.logicalDisk()));
      MemberLink link = links.apply(member.logicalDisk());
      boolean inSync = member.inSync() && link != null && link.device() != null;
      if (!inSync && link != null) {
        // Whoever is not in-sync comes back by a rebuild, with a new admission.
        link.close();
      }
      members[i] = new GroupMember(this, i, disks[i], inSync ? link : null);
      specs.add(
          new MemberSpec(
              member.diskNode(),
              inSync ? device(i) : null,
              layout.dataStartBlock(),
              inSync
                  ? io.dnvme.volume.mirror.MemberState.IN_SYNC
                  : io.dnvme.volume.mirror.MemberState.ABSENT,
              distance(member)));
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

  /** Of a node that this controller does not know nothing is ever read. */
  private int distance(Member member) {
    DiskNodeLink node = nodes.apply(member.diskNode());
    return node == null ? 0 : node.distance();
  }

  /** What the group sees of a member that is connected anew. */
  BlockDevice device(int member) {
    endChecksums(member);
    BlockDevice whole = members[member].link().device();
    if (!layout.checksums()) {
      return whole;
    }
    checksums[member] =
        new ChecksumDevice(
            whole,
            layout,
            home,
            ChecksumDevice.DEFAULT_CACHED_PAGES,
            ChecksumMemory.OF_PROCESS,
            block -> damage.rotten(member, block));
    return checksums[member];
  }

  private void endChecksums(int member) {
    if (checksums[member] != null) {
      checksums[member].end();
      checksums[member] = null;
    }
  }

  /**
   * Reads what the members say of each other.
   *
   * @param ready told whether the leg can be served
   */
  void open(Consumer<Boolean> ready) {
    intent.open(yes -> {
      openedAfterSteps = intent.headerRounds();
      if (stopped || !yes) {
        tellRefusals();
        ready.accept(false);
        return;
      }
      for (GroupMember member : members) {
        member.watchLoss();
      }
      for (int i = 0; i < members.length; i++) {
        if ((mirror.inSync() & ~intent.opened() & 1 << i) != 0) {
          mirror.memberFailed(i, BlockStatus.READ_FAULT, headerRefusal(i));
        }
      }
      intent.makeEqual();
      look();
      ready.accept(true);
    });
  }

  /** Writes of headers that were begun while it opens, or did. */
  long openingSteps() {
    return openedAfterSteps < 0 ? intent.headerRounds() : openedAfterSteps;
  }

  private void tellRefusals() {
    for (int i = 0; i < members.length && !stopped; i++) {
      if (intent.refusal(i) != null) {
        log("group " + index + " cannot be served: " + intent.refusal(i));
      }
    }
  }

  private String headerRefusal(int member) {
    String refusal = intent.refusal(member);
    return refusal == null ? "its header cannot be used" : refusal;
  }

  LegStatus.GroupStatus status() {
    return new LegStatus.GroupStatus(
        mirror.inSync(),
        mirror.rebuilding(),
        mirror.failed(),
        mirror.promotionInDoubt(),
        intent.unequalRegions(),
        damage.counts(),
        mirror.counters(),
        Arrays.stream(members).map(GroupMember::status).toList());
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
    if (isRebuilt() || mirror.promotionInDoubt() != 0) {
      return "has a member that is being rebuilt";
    }
    if (mirror.failed() != 0) {
      return "has a member that is being removed";
    }
    return intent.unequalRegions() == 0 ? null : "is being made equal after a takeover";
  }

  /** One that lacks only what nobody can read may do so for ever: nothing must wait for that. */
  private boolean isRebuilt() {
    for (int i = 0; i < members.length; i++) {
      if ((mirror.rebuilding() & 1 << i) != 0 && !members[i].lacksUnreadableOnly()) {
        return true;
      }
    }
    return false;
  }

  /** The members that are not in-sync, for people. */
  String absent() {
    return IntStream.range(0, members.length)
        .filter(i -> (mirror.inSync() & 1 << i) == 0)
        .mapToObj(i -> "member " + members[i].disk())
        .collect(Collectors.joining(", "));
  }

  /** Serves no more; every command gets a path status. */
  void stop(String reason) {
    if (!stopped) {
      stopped = true;
      if (looking != null) {
        looking.cancel();
      }
      mirror.stop(reason);
      for (GroupMember member : members) {
        member.stop();
      }
      for (int i = 0; i < checksums.length; i++) {
        endChecksums(i);
      }
    }
  }

  // ---- for its members

  Reactor home() {
    return home;
  }

  Connector connector() {
    return connector;
  }

  RandomGenerator random() {
    return random;
  }

  LegOptions options() {
    return options;
  }

  UUID leg() {
    return leg;
  }

  MemberLayout layout() {
    return layout;
  }

  WriteIntentLog intent() {
    return intent;
  }

  MirrorDevice mirror() {
    return mirror;
  }

  boolean isStopped() {
    return stopped;
  }

  Epoch epoch() {
    return ownership.epoch();
  }

  /** As its owner knows it; null where it is none any more. */
  LegRecord record() {
    return ownership.record();
  }

  DiskNodeLink node(UUID id) {
    return nodes.apply(id);
  }

  /** A member admitted a higher epoch. */
  void superseded(Epoch higher) {
    home.execute(() -> {
      if (!stopped) {
        ownership.superseded(higher);
      }
    });
  }

  void log(String what) {
    log.accept(what);
  }

  /**
   * Puts another logical disk in the place of one that is absent (MEMBER). Nothing that is known of
   * the old one's content is about the new one's.
   *
   * @param refused told why it is not done, in words for people
   */
  void replace(int member, UUID by, Consumer<String> refused) {
    UUID old = disks[member];
    if (stopped || ownership.record() == null) {
      refused.accept("its leg is not served any more");
      return;
    }
    ownership.change(
        record -> MissingMember.step(record, old, by),
        outcome -> {
          switch (outcome) {
            case ChangeOutcome.Known any when stopped || ownership.record() == null -> {}
            case ChangeOutcome.Known any when ownership.record().member(old) != null ->
                replace(member, by, refused);
            case ChangeOutcome.Known any -> {
              disks[member] = by;
              intent.replaced(member, new MemberIdentity(leg, index, by));
              members[member] = new GroupMember(this, member, by, null);
              log("member " + by + " takes the place of " + old);
            }
            case ChangeOutcome.Refused(String reason) -> refused.accept(reason);
            case ChangeOutcome.Lost(String reason) -> refused.accept(reason);
          }
        });
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
      MemberLink link = members[member].link();
      if (link == null) {
        done.accept(Outcome.REFUSED);
        return;
      }
      power = link.powerIncarnation();
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
      case MemberChange.Remove(int leaving) -> {
        List<Member> gone = new ArrayList<>();
        for (int i = 0; i < members.length; i++) {
          if ((leaving & 1 << i) != 0) {
            gone.add(record.member(members[i].disk()).withState(MemberState.ABSENT));
          }
        }
        yield gone;
      }
      case MemberChange.BeginRebuild(int member) ->
          List.of(
              record
                  .member(members[member].disk())
                  .withState(MemberState.REBUILDING)
                  .withPowerIncarnation(power));
      case MemberChange.Promote(int member) ->
          List.of(record.member(members[member].disk()).withState(MemberState.IN_SYNC));
    };
  }

  @Override
  public void memberFailed(int member, BlockStatus why, String detail) {
    members[member].failed(why, detail);
  }

  @Override
  public void memberRemoved(int member, BlockDevice device) {
    members[member].removed();
  }

  @Override
  public void memberPromoted(int member) {
    members[member].promoted();
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
      for (GroupMember member : members) {
        member.stopRebuild();
      }
      // On a turn of its own: who is no owner any more has its links closed, and the mirror is told
      // to its end first.
      home.execute(() -> {
        if (!stopped) {
          ownership.usable(false);
        }
      });
    }
  }

  private void look() {
    if (stopped) {
      return;
    }
    if (ownership.record() != null && !mirror.isStopped()) {
      for (GroupMember member : members) {
        member.look();
      }
    }
    looking = home.timers().schedule(LOOK_NANOS, this::look);
  }
}
