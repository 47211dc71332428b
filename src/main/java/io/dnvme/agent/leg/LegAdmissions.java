package io.dnvme.agent.leg;

import io.dnvme.agent.leg.MemberLink.Opened;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Admissions;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.volume.intent.MemberFormat;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Has logical disks admit a claim's epoch and connects to them (OWNER step 3). What is connected is
 * kept for the term that follows. Lives on the controller's home reactor.
 *
 * <p>A member that was never used gets its header first ({@link LegPlan#NEVER_USED}). What a member
 * whose power incarnation changed may have lost is not looked for here: it counts as having
 * uncleared regions, which is always safe.
 */
final class LegAdmissions implements Admissions {

  /** Attempts enough fit in, however far they back off. */
  private static final long WITHOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Reactor home;
  private final Function<UUID, DiskNodeLink> nodes;
  private final Connector connector;
  private final LongSupplier groupBytes;
  private final int blockSizeBytes;
  private final LegOptions options;
  private final Consumer<String> log;
  private final Map<UUID, MemberLink> links = new HashMap<>();

  /** By logical disk, what is under way; one attempt for all who ask for the same epoch. */
  private final Map<UUID, Attempt> attempts = new HashMap<>();

  /** Logical disks that admit and cannot be written, until when claims do without them. */
  private final Map<UUID, Long> unwritableUntil = new HashMap<>();

  private record Attempt(MemberLink link, List<Consumer<Outcome>> waiting) {}

  /**
   * @param groupBytes size of the leg's one group
   */
  LegAdmissions(
      Reactor home,
      Function<UUID, DiskNodeLink> nodes,
      Connector connector,
      LongSupplier groupBytes,
      int blockSizeBytes,
      LegOptions options,
      Consumer<String> log) {
    this.home = home;
    this.nodes = nodes;
    this.connector = connector;
    this.groupBytes = groupBytes;
    this.blockSizeBytes = blockSizeBytes;
    this.options = options;
    this.log = log;
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
  public void admit(UUID leg, Member member, Epoch epoch, Consumer<Outcome> done) {
    UUID disk = member.logicalDisk();
    Attempt running = attempts.get(disk);
    if (running != null && running.link().epoch().equals(epoch)) {
      // The claim asks again for what is slow: beginning anew would make it slower.
      running.waiting().add(done);
      return;
    }
    attempts.remove(disk);
    begin(leg, member, epoch, done);
  }

  private void begin(UUID leg, Member member, Epoch epoch, Consumer<Outcome> asker) {
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
            epoch,
            node,
            connector,
            opened -> opened(leg, member, holder[0], opened, done));
    links.put(member.logicalDisk(), holder[0]);
    attempts.put(member.logicalDisk(), new Attempt(holder[0], waiting));
    holder[0].open();
  }

  private void opened(
      UUID leg, Member member, MemberLink link, Opened opened, Consumer<Outcome> done) {
    switch (opened) {
      case Opened.HigherEpoch(Epoch higher) -> done.accept(new Outcome.HigherEpoch(higher));
      case Opened.Unreachable(String why) -> {
        log.accept("logical disk " + member.logicalDisk() + " cannot be used: " + why);
        links.remove(member.logicalDisk(), link);
        done.accept(new Outcome.Unreachable());
      }
      case Opened.Live() -> {
        if (member.powerIncarnation().equals(LegPlan.NEVER_USED)) {
          format(leg, member, link, done);
        } else {
          done.accept(new Outcome.Admitted(link.powerIncarnation(), Contents.UNCLEARED));
        }
      }
    }
  }

  private void format(UUID leg, Member member, MemberLink link, Consumer<Outcome> done) {
    MemberFormat.start(
        home,
        link.device(),
        options.layout(blockSizeBytes, groupBytes.getAsLong()),
        new MemberIdentity(leg, 0, member.logicalDisk()),
        outcome -> {
          switch (outcome) {
            case MemberFormat.Outcome.Formatted any ->
                done.accept(new Outcome.Admitted(link.powerIncarnation(), Contents.CLEAN));
            case MemberFormat.Outcome.Refused(String reason) -> {
              log.accept("logical disk " + member.logicalDisk() + ": " + reason);
              done.accept(new Outcome.Unreachable());
            }
            case MemberFormat.Outcome.Failed(BlockStatus status) -> {
              log.accept("logical disk " + member.logicalDisk() + " cannot be written: " + status);
              done.accept(new Outcome.Unreachable());
            }
          }
        });
  }

  @Override
  public void prepareRemoval(LegRecord current, LegRecord proposed, Consumer<Boolean> done) {
    Group group = current.groups().getFirst();
    MemberLayout layout = options.layout(blockSizeBytes, group.sizeBytes());
    List<MemberIdentity> identities = new ArrayList<>();
    var devices = new BlockDevice[group.members().size()];
    int inSync = 0;
    int leaving = 0;
    for (int i = 0; i < devices.length; i++) {
      Member member = group.members().get(i);
      MemberLink link = links.get(member.logicalDisk());
      identities.add(new MemberIdentity(current.leg(), 0, member.logicalDisk()));
      devices[i] = link == null || !link.isLive() ? null : link.device();
      inSync |= member.inSync() ? 1 << i : 0;
      boolean stays = proposed.member(member.logicalDisk()).inSync();
      leaving |= member.inSync() && !stays ? 1 << i : 0;
    }
    new TakeoverBitmaps(
            home,
            layout,
            identities,
            devices,
            inSync,
            leaving,
            options,
            member -> cannotBeWritten(identities.get(member).member()))
        .write(leaving, done);
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
