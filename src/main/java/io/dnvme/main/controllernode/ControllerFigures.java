package io.dnvme.main.controllernode;

import static io.dnvme.main.metrics.HomeFigures.Figure.counter;
import static io.dnvme.main.metrics.HomeFigures.Figure.gauge;

import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.agent.leg.LegStatus.GroupStatus;
import io.dnvme.agent.leg.LegStatus.MemberStatus;
import io.dnvme.main.metrics.HomeFigures.Figure;
import io.dnvme.main.metrics.IoFigures;
import io.dnvme.ownership.LeaseRenewals;
import io.dnvme.volume.intent.Rebuild;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;

/**
 * What a controller node tells of itself: who owns what, what members do, and how far rebuilds and
 * scrubs are. What counts since this controller owns a leg begins anew with each term.
 */
final class ControllerFigures {

  private ControllerFigures() {}

  /** On the home reactor. */
  static List<Figure> of(ControllerAgent agent, List<ServedDisk> disks) {
    List<Figure> figures = new ArrayList<>();
    LeaseRenewals renewals = agent.traffic().renewals();
    figures.add(
        counter(
            "dnvme.lease.renewal.messages",
            "messages to holder nodes that renew leases",
            Tags.empty(),
            renewals.messages()));
    figures.add(
        counter(
            "dnvme.lease.renewals", "leases renewed by them", Tags.empty(), renewals.renewals()));
    figures.add(
        gauge(
            "dnvme.nodes.missing",
            "disk nodes that are not connected",
            Tags.empty(),
            agent.missing().size()));
    for (ServedDisk disk : disks) {
      Tags tags = Tags.of("disk", disk.name());
      figures.add(
          counter(
              "dnvme.leg.takeovers", "times that this node began to serve", tags, disk.terms()));
      leg(figures, tags, disk.status());
    }
    return figures;
  }

  private static void leg(List<Figure> figures, Tags tags, LegStatus status) {
    figures.add(
        gauge("dnvme.leg.serving", "1 where this node serves", tags, status.serving() ? 1 : 0));
    figures.add(
        gauge(
            "dnvme.leg.claiming",
            "1 where this node claims",
            tags,
            status.claim() != null ? 1 : 0));
    if (status.record() != null) {
      figures.add(gauge("dnvme.leg.epoch", "the owner's", tags, status.record().epoch().number()));
    }
    for (int i = 0; i < status.groups().size(); i++) {
      group(figures, tags.and("group", Integer.toString(i)), status.groups().get(i));
    }
    if (status.serving()) {
      scrub(figures, tags, status.scrub());
    }
  }

  private static void group(List<Figure> figures, Tags tags, GroupStatus status) {
    state(figures, tags, "in-sync", status.inSync());
    state(figures, tags, "rebuilding", status.rebuilding());
    state(figures, tags, "failed", status.failed());
    figures.add(
        gauge(
            "dnvme.group.unequal.regions",
            "regions that wait to be made equal after a takeover",
            tags,
            status.unequalRegions()));
    LegStatus.Damage damage = status.damage();
    damage(figures, tags, "rotten", damage.rotten());
    damage(figures, tags, "unreadable", damage.unreadable());
    damage(figures, tags, "undecided", damage.undecided());
    damage(figures, tags, "lost", damage.lost());
    damage(figures, tags, "repaired", damage.repaired());
    damage(figures, tags, "not-repaired", damage.notRepaired());
    IoFigures.add(figures, tags.and("layer", "mirror", "member", ""), status.counters());
    for (MemberStatus member : status.members()) {
      Tags one = tags.and("member", member.logicalDisk().toString());
      IoFigures.add(figures, one.and("layer", "member"), member.counters());
      if (member.rebuild() != null) {
        rebuild(figures, one, member.rebuild());
      }
    }
  }

  private static void state(List<Figure> figures, Tags tags, String state, int members) {
    figures.add(
        gauge(
            "dnvme.group.members",
            "members by what they are; the rest is absent",
            tags.and("state", state),
            Integer.bitCount(members)));
  }

  private static void damage(List<Figure> figures, Tags tags, String kind, long blocks) {
    figures.add(
        counter(
            "dnvme.group.damage.blocks",
            "blocks that were found not as they should be, and what became of them",
            tags.and("kind", kind),
            blocks));
  }

  private static void rebuild(List<Figure> figures, Tags tags, Rebuild.Progress progress) {
    figures.add(
        gauge("dnvme.rebuild.left.bytes", "still to be copied", tags, progress.bytesLeft()));
    figures.add(
        gauge("dnvme.rebuild.copied.bytes", "since it began", tags, progress.bytesCopied()));
    figures.add(
        gauge("dnvme.rebuild.bytes.per.second", "of late", tags, progress.bytesPerSecond()));
  }

  private static void scrub(List<Figure> figures, Tags tags, LegStatus.ScrubStatus status) {
    figures.add(
        gauge(
            "dnvme.scrub.running",
            "1 while one is under way and not held",
            tags,
            status.underWay() && !status.held() ? 1 : 0));
    figures.add(gauge("dnvme.scrub.at.bytes", "how far it is", tags, status.atBytes()));
    figures.add(gauge("dnvme.scrub.size.bytes", "of the leg's data", tags, status.totalBytes()));
    figures.add(
        counter("dnvme.scrub.compared.bytes", "by all scrubs", tags, status.comparedBytes()));
    figures.add(
        counter("dnvme.scrub.complete", "scrubs that came to their end", tags, status.complete()));
  }
}
