package io.dnvme.agent.leg;

import io.dnvme.agent.leg.MemberLink.Opened;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.ownership.Admissions;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.volume.intent.MemberFormat;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberInspection;
import io.dnvme.volume.intent.MemberLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Has logical disks admit a claim's epoch and connects to them (OWNER step 3). What is connected is
 * kept for the term that follows. Lives on the controller's home reactor.
 *
 * <p>A member that was never used gets its header first ({@link LegPlan#NEVER_USED}). It is used,
 * and made again where it was given back, on no other disk than the one that it was made on: else
 * that one, with what looks like the same member, could come back and be taken for in-sync (NAMES,
 * NO-SILENT-LOSS). The header of one whose power incarnation changed says whether it may have lost
 * something (INTENT). A disk node whose disk was memory, and that does not know the logical disk,
 * has lost all of it.
 */
final class LegAdmissions implements Admissions {

  /** Attempts enough fit in, however far they back off. */
  private static final long WITHOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private static final long ALLOCATE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final String MISSING = "its node has no such logical disk";
  private static final String ELSEWHERE =
      "it was made on another disk than its node has, and never used: attach that one";

  private final Reactor home;
  private final Function<UUID, DiskNodeLink> nodes;
  private final Connector connector;
  private final LegOptions options;
  private final Consumer<String> log;
  private final Map<UUID, MemberLink> links = new HashMap<>();

  /** By logical disk, what is under way; one attempt for all who ask for the same epoch. */
  private final Map<UUID, Attempt> attempts = new HashMap<>();

  /** Logical disks that admit and cannot be written, until when claims do without them. */
  private final Map<UUID, Long> unwritableUntil = new HashMap<>();

  private final SeenHeaders headers;

  /** The last one; null before. */
  private TakeoverBitmaps bitmaps;

  private record Attempt(MemberLink link, List<Consumer<Outcome>> waiting) {}

  LegAdmissions(
      Reactor home,
      Function<UUID, DiskNodeLink> nodes,
      Connector connector,
      LegOptions options,
      Consumer<String> log) {
    this.home = home;
    this.nodes = nodes;
    this.connector = connector;
    this.options = options;
    this.log = log;
    headers = new SeenHeaders(home);
  }

  /** The connected logical disk of the last claim, or null. */
  MemberLink link(UUID logicalDisk) {
    return links.get(logicalDisk);
  }

  /** Whoever takes the links over closes them. */
  void handedOver() {
    links.clear();
  }

  /** The claim is over. */
  void closeAll() {
    List.copyOf(links.values()).forEach(MemberLink::close);
    links.clear();
  }

  @Override
  public void admit(LegRecord record, Member member, Consumer<Outcome> done) {
    UUID disk = member.logicalDisk();
    Attempt running = attempts.get(disk);
    if (running != null && running.link().epoch().equals(record.epoch())) {
      // The claim asks again for what is slow: beginning anew would make it slower.
      running.waiting().add(done);
      return;
    }
    attempts.remove(disk);
    begin(record, member, done);
  }

  private void begin(LegRecord record, Member member, Consumer<Outcome> asker) {
    DiskNodeLink node = nodes.apply(member.diskNode());
    MemberLink before = links.remove(member.logicalDisk());
    if (before != null) {
      before.close();
    }
    if (node == null || isUnwritable(member.logicalDisk())) {
      asker.accept(new Outcome.Unreachable());
      return;
    }
    List<Consumer<Outcome>> waiting = new ArrayList<>(List.of(asker));
    Consumer<Outcome> done =
        outcome -> {
          attempts.values().removeIf(attempt -> attempt.waiting() == waiting);
          waiting.forEach(one -> one.accept(outcome));
        };
    var holder = new MemberLink[1];
    holder[0] =
        new MemberLink(
            member.logicalDisk(),
            record.epoch(),
            node,
            connector,
            opened -> opened(record, member, holder[0], opened, done));
    links.put(member.logicalDisk(), holder[0]);
    attempts.put(member.logicalDisk(), new Attempt(holder[0], waiting));
    holder[0].open();
  }

  private void opened(
      LegRecord record, Member member, MemberLink link, Opened opened, Consumer<Outcome> done) {
    switch (opened) {
      case Opened.HigherEpoch(Epoch higher) -> done.accept(new Outcome.HigherEpoch(higher));
      case Opened.Unreachable(String why) -> unusable(member, link, why, done);
      case Opened.Missing() -> {
        if (link.forgets()) {
          links.remove(member.logicalDisk(), link);
          // Nothing can be written to what is not there: that is as good as an admission.
          done.accept(new Outcome.Admitted(link.powerIncarnation(), Contents.EMPTY));
        } else if (member.inSync() && isOnItsFirstDisk(member)) {
          allocate(record, member, link, done);
        } else {
          unusable(member, link, isElsewhere(member) ? ELSEWHERE : MISSING, done);
        }
      }
      case Opened.Live() -> {
        UUID power = power(member, link);
        boolean unused = LegPlan.isNeverUsed(member);
        if (isElsewhere(member)) {
          unusable(member, link, ELSEWHERE, done);
        } else if (unused && member.inSync()) {
          format(record, member, link, done);
        } else if (unused || member.powerIncarnation().equals(power)) {
          boolean old = headers.wasOlder(member.logicalDisk());
          done.accept(new Outcome.Admitted(power, old ? Contents.EMPTY : Contents.UNCLEARED));
        } else {
          inspect(record, member, link, done);
        }
      }
    }
  }

  /** Whether it was never used, and its node is not known to have the disk it was made on. */
  private boolean isElsewhere(Member member) {
    return LegPlan.isNeverUsed(member)
        && !member.powerIncarnation().equals(LegPlan.NEVER_USED)
        && !isOnItsFirstDisk(member);
  }

  /** Whether it was never used, and its node has the disk that it was made on. */
  private boolean isOnItsFirstDisk(Member member) {
    DiskNodeLink node = nodes.apply(member.diskNode());
    return node != null && node.isLive() && LegPlan.isNeverUsedOn(node.identity().disk(), member);
  }

  /**
   * It was given back by another controller that was to create the leg too, and could not: nobody
   * ever served from it. The next attempt finds it.
   */
  private void allocate(LegRecord record, Member member, MemberLink link, Consumer<Outcome> done) {
    DiskNodeLink node = nodes.apply(member.diskNode());
    if (node == null || !node.isLive()) {
      unusable(member, link, MISSING, done);
      return;
    }
    node.client()
        .ask(
            DiskRequest.allocate(
                member.logicalDisk(),
                record.leg(),
                options.layout(record, groupOf(record, member)).deviceBytes()),
            ALLOCATE_LIMIT_NANOS,
            outcome ->
                unusable(member, link, "it was given back, and is made again: " + outcome, done));
  }

  private UUID power(Member member, MemberLink link) {
    return options.bugs().leg().contains(PlantedBug.TRUST_CHANGED_POWER)
        ? member.powerIncarnation()
        : link.powerIncarnation();
  }

  private void unusable(Member member, MemberLink link, String why, Consumer<Outcome> done) {
    log.accept("logical disk " + member.logicalDisk() + " cannot be used: " + why);
    links.remove(member.logicalDisk(), link);
    // Nobody is told a second time; what is connected goes.
    link.close();
    done.accept(new Outcome.Unreachable());
  }

  private void format(LegRecord record, Member member, MemberLink link, Consumer<Outcome> done) {
    int group = groupOf(record, member);
    MemberFormat.start(
        home,
        link.device(),
        options.layout(record, group),
        identity(record, group, member),
        outcome -> {
          switch (outcome) {
            // It may have had one: whoever wrote that may have served from it.
            case MemberFormat.Outcome.Formatted any -> inspect(record, member, link, done);
            case MemberFormat.Outcome.Refused(String reason) ->
                unusable(member, link, reason, done);
            case MemberFormat.Outcome.Failed(BlockStatus status) ->
                unusable(member, link, "its header cannot be written: " + status, done);
          }
        });
  }

  private void inspect(LegRecord record, Member member, MemberLink link, Consumer<Outcome> done) {
    int group = groupOf(record, member);
    MemberInspection.start(
        home,
        link.device(),
        options.layout(record, group),
        identity(record, group, member),
        outcome -> {
          switch (outcome) {
            case MemberInspection.Outcome.Clean(long generation) ->
                inspected(member, link, Contents.CLEAN, generation, done);
            case MemberInspection.Outcome.Uncleared(long generation) ->
                inspected(member, link, uncleared(), generation, done);
            case MemberInspection.Outcome.Empty any ->
                inspected(member, link, Contents.EMPTY, 0, done);
            case MemberInspection.Outcome.Refused(String reason) ->
                unusable(member, link, reason, done);
            case MemberInspection.Outcome.Failed(BlockStatus status) ->
                unusable(member, link, "its header cannot be read: " + status, done);
          }
        });
  }

  private Contents uncleared() {
    return options.bugs().leg().contains(PlantedBug.RESYNC_FROM_STALE)
        ? Contents.CLEAN
        : Contents.UNCLEARED;
  }

  private void inspected(
      Member member, MemberLink link, Contents contents, long generation, Consumer<Outcome> done) {
    if (trustsOldImages()) {
      done.accept(new Outcome.Admitted(link.powerIncarnation(), contents));
      return;
    }
    if (member.inSync()) {
      headers.seen(member.logicalDisk(), generation);
    }
    Contents left = headers.wasOlder(member.logicalDisk()) ? Contents.EMPTY : contents;
    done.accept(new Outcome.Admitted(link.powerIncarnation(), left, generation));
  }

  private boolean trustsOldImages() {
    return options.bugs().intent().contains(io.dnvme.volume.intent.PlantedBug.TRUST_OLD_IMAGE);
  }

  private static int groupOf(LegRecord record, Member member) {
    List<Group> groups = record.groups();
    for (int i = 0; i < groups.size(); i++) {
      if (groups.get(i).member(member.logicalDisk()) != null) {
        return i;
      }
    }
    throw new IllegalArgumentException(member + " is no member of the record");
  }

  private static MemberIdentity identity(LegRecord record, int group, Member member) {
    return new MemberIdentity(record.leg(), group, member.logicalDisk());
  }

  @Override
  public boolean isUnderWay(UUID logicalDisk) {
    Attempt attempt = attempts.get(logicalDisk);
    return attempt != null && attempt.link().isNodeLive();
  }

  @Override
  public boolean isPreparing() {
    return bitmaps != null && bitmaps.isUnderWay();
  }

  @Override
  public void prepareRemoval(LegRecord current, LegRecord proposed, Consumer<Boolean> done) {
    prepareRemoval(current, proposed, 0, done);
  }

  /** In one group after the other. */
  private void prepareRemoval(
      LegRecord current, LegRecord proposed, int from, Consumer<Boolean> done) {
    for (int group = from; group < current.groups().size(); group++) {
      if (removesFrom(current.groups().get(group), proposed)) {
        int next = group + 1;
        prepareGroup(
            current,
            proposed,
            group,
            yes -> {
              if (yes) {
                prepareRemoval(current, proposed, next, done);
              } else {
                done.accept(false);
              }
            });
        return;
      }
    }
    done.accept(true);
  }

  private static boolean removesFrom(Group group, LegRecord proposed) {
    return group.members().stream()
        .anyMatch(m -> m.inSync() && !proposed.member(m.logicalDisk()).inSync());
  }

  private void prepareGroup(
      LegRecord current, LegRecord proposed, int index, Consumer<Boolean> done) {
    Group group = current.groups().get(index);
    MemberLayout layout = options.layout(current, index);
    List<MemberIdentity> identities = new ArrayList<>();
    var devices = new BlockDevice[group.members().size()];
    var connected = new MemberLink[devices.length];
    int inSync = 0;
    int leaving = 0;
    for (int i = 0; i < devices.length; i++) {
      Member member = group.members().get(i);
      MemberLink link = links.get(member.logicalDisk());
      identities.add(identity(current, index, member));
      connected[i] = link;
      devices[i] = link == null || !link.isLive() ? null : link.device();
      inSync |= member.inSync() ? 1 << i : 0;
      boolean stays = proposed.member(member.logicalDisk()).inSync();
      leaving |= member.inSync() && !stays ? 1 << i : 0;
    }
    bitmaps =
        new TakeoverBitmaps(
            home,
            layout,
            identities,
            devices,
            inSync,
            leaving,
            options,
            member -> connected[member].isLive(),
            member -> cannotBeWritten(identities.get(member).member()),
            (why, member) -> olderImage(identities.get(member).member(), why));
    bitmaps.write(leaving, headers.floor(group), done);
  }

  /** The next attempt knows that nothing is left of it. */
  private void olderImage(UUID disk, String why) {
    log.accept(why);
    headers.isOlder(disk);
  }

  /** Else every attempt would fail on it, whatever the others have. */
  private void cannotBeWritten(UUID disk) {
    log.accept("logical disk " + disk + " cannot be written, and is done without for a while");
    unwritableUntil.put(disk, home.clock().nanos() + WITHOUT_NANOS);
  }

  private boolean isUnwritable(UUID disk) {
    Long until = unwritableUntil.get(disk);
    return until != null && home.clock().nanos() - until < 0;
  }
}
