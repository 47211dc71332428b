package io.dnvme.sim;

import io.dnvme.agent.leg.LegStatus;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderEntry;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.RecordHolder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What the holders keep of a leg's record, and who may answer for it, looked at after every step of
 * a disk node and of a controller, whoever the holders are at the time:
 *
 * <ul>
 *   <li>LEASE: no two controllers may answer at once, and none at a lower epoch than another could
 *       before; a holder does not forget the leg within 1.25 L of a confirmation of the one who
 *       answers;
 *   <li>RECORD: a holder promises upwards, and forgets nothing that it accepted; a generation has
 *       one content, at all holders; what an owner takes for chosen is held by a majority of the
 *       holders that it names, of both sets where it names two, and is one line of records through
 *       all epochs;
 *   <li>MEMBER: who counts as in-sync for the owner is so in its record, and in what any holder has
 *       accepted of its term since.
 * </ul>
 */
final class LegFacts {

  private record Generation(Epoch epoch, long number) {}

  /** What a holder keeps since its process was started. */
  private record Kept(RecordHolder holder, HolderEntry entry) {}

  private final SimWorld world;
  private final UUID leg;
  private final List<SimDiskNode> nodes;
  private final List<SimController> controllers;
  private final Map<SimDiskNode, Kept> kept = new LinkedHashMap<>();
  private final Map<SimDiskNode, Long> leasedUntilNanos = new HashMap<>();
  private final Set<UUID> lost = new HashSet<>();
  private final Map<Generation, LegRecord> contents = new HashMap<>();
  private final TreeMap<Long, LegRecord> chosen = new TreeMap<>();
  private final Set<SimController> answering = new HashSet<>();
  private Epoch highestAnswered = Epoch.NONE;

  LegFacts(SimWorld world, UUID leg, List<SimDiskNode> nodes, List<SimController> controllers) {
    this.world = world;
    this.leg = leg;
    this.nodes = nodes;
    this.controllers = controllers;
    nodes.forEach(node -> node.process().watch(() -> look(node)));
    controllers.forEach(controller -> controller.process().watch(() -> look(controller)));
  }

  // ---- holders

  private void look(SimDiskNode node) {
    if (node.agent() == null) {
      return;
    }
    RecordHolder holder = node.agent().holder();
    HolderEntry now = entry(holder);
    Kept last = kept.get(node);
    if (now != null) {
      leasedUntilNanos.put(
          node, world.nowNanos() + node.process().worldNanos(holder.waitNanos(leg)));
    }
    if (last != null && last.holder() == holder && last.entry() == now) {
      return;
    }
    kept.put(node, new Kept(holder, now));
    if (last != null && !last.holder().identity().equals(holder.identity())) {
      lost.add(last.holder().identity());
    }
    if (world.isTracing()) {
      world.trace(node.process().name(), "keeps " + words(now));
    }
    if (last != null && last.holder() == holder && last.entry() != null) {
      checkStep(node, last.entry(), now);
    }
    if (now != null && now.accepted() != null) {
      checkContent(now.accepted());
    }
  }

  private HolderEntry entry(RecordHolder holder) {
    for (HolderEntry entry : holder.entries()) {
      if (entry.leg().equals(leg)) {
        return entry;
      }
    }
    return null;
  }

  private void checkStep(SimDiskNode node, HolderEntry before, HolderEntry now) {
    LegRecord had = before.accepted();
    LegRecord has = now == null ? null : now.accepted();
    if (had != null && (has == null || had.isNewerThan(has))) {
      violated(node.process() + " forgets " + words(had) + " and has " + words(has));
    }
    if (now == null
        && leasedUntilNanos.get(node) > world.nowNanos() + SimWorld.MICROS
        && answersAt(before.promised())) {
      world.violated("LEASE", node.process() + " forgets the leg within 1.25 L of a confirmation");
    }
    if (now != null && !now.promised().equals(before.promised())) {
      boolean up = now.promised().isHigherThan(before.promised());
      if (!up || now.promised().number() == before.promised().number()) {
        violated(node.process() + " promises " + now.promised() + " after " + before.promised());
      }
    }
  }

  /** Whether the owner of that epoch may answer, so that it has not released it. */
  private boolean answersAt(Epoch epoch) {
    return controllers.stream()
        .filter(SimController::mayAnswer)
        .anyMatch(owner -> owner.status().record().epoch().equals(epoch));
  }

  private void checkContent(LegRecord record) {
    var generation = new Generation(record.epoch(), record.generation());
    LegRecord before = contents.putIfAbsent(generation, record);
    if (before != null && !before.equals(record)) {
      violated("the leg has two contents for " + generation);
    }
  }

  /** Whether that store holds the record, or a newer one; as decided, on its medium or not. */
  private boolean holds(UUID store, LegRecord record) {
    if (lost.contains(store)) {
      // What it held nobody can tell any more.
      return true;
    }
    for (Kept one : kept.values()) {
      if (one.holder().identity().equals(store)) {
        LegRecord held = one.entry() == null ? null : one.entry().accepted();
        return held != null && !record.isNewerThan(held);
      }
    }
    return false;
  }

  private boolean majorityHolds(List<Holder> holders, LegRecord record) {
    long votes = holders.stream().filter(one -> holds(one.store(), record)).count();
    return votes > holders.size() / 2;
  }

  /** The newest record that any holder has; null: none. */
  LegRecord newest() {
    LegRecord newest = null;
    for (Kept one : kept.values()) {
      LegRecord held = one.entry() == null ? null : one.entry().accepted();
      newest = held != null && (newest == null || held.isNewerThan(newest)) ? held : newest;
    }
    return newest;
  }

  /**
   * Whether so many holders' memory is gone that those who know the leg are no majority of those
   * whom the newest record names, of which others may never have heard of it: it waits for good
   * (RECORD).
   */
  boolean isRecordLost() {
    LegRecord record = newest();
    return record != null
        && !lost.isEmpty()
        && (isLost(record.holders()) || record.changesHolders() && isLost(record.nextHolders()));
  }

  private boolean isLost(List<Holder> holders) {
    long left =
        holders.stream()
            .filter(holder ->
                kept.values().stream()
                    .anyMatch(one ->
                        one.entry() != null && one.holder().identity().equals(holder.store())))
            .count();
    return left <= holders.size() / 2;
  }

  /** Whether all who do not keep the record know it, as far as its owner can tell them. */
  boolean othersKnow(LegRecord record) {
    for (Kept one : kept.values()) {
      boolean names =
          record.holders().stream()
              .anyMatch(holder -> holder.store().equals(one.holder().identity()));
      if (!names
          && one.entry() != null
          && !one.entry().retired()
          && record.epoch().mayFollow(one.entry().promised())) {
        return false;
      }
    }
    return true;
  }

  // ---- owners

  private void look(SimController controller) {
    if (!controller.mayAnswer()) {
      answering.remove(controller);
      return;
    }
    for (SimController other : controllers) {
      if (other != controller && other.mayAnswer()) {
        world.violated(
            "LEASE", controller.process() + " and " + other.process() + " may answer at once");
      }
    }
    if (answering.add(controller)) {
      LegStatus status = controller.status();
      Epoch epoch = status.record().epoch();
      if (highestAnswered.isHigherThan(epoch)) {
        world.violated(
            "LEASE",
            controller.process() + " may answer at " + epoch + " after " + highestAnswered);
      }
      highestAnswered = epoch;
      checkOwner(controller, status);
    }
  }

  /** What an owner takes for known, and for in-sync. */
  void checkOwner(SimController owner, LegStatus status) {
    LegRecord record = status.record();
    checkContent(record);
    checkChosen(owner, record);
    checkMembers(owner, status, record);
    for (Kept one : kept.values()) {
      LegRecord held = one.entry() == null ? null : one.entry().accepted();
      if (held != null && held.epoch().equals(record.epoch()) && held.isNewerThan(record)) {
        checkMembers(owner, status, held);
      }
    }
  }

  private void checkChosen(SimController owner, LegRecord record) {
    LegRecord same = chosen.putIfAbsent(record.generation(), record);
    if (same != null) {
      if (!same.equals(record)) {
        violated(
            "of generation %d %s and %s are chosen"
                .formatted(record.generation(), words(same), words(record)));
      }
      return;
    }
    boolean both = record.nextHolders().isEmpty() || majorityHolds(record.nextHolders(), record);
    if (!both || !majorityHolds(record.holders(), record)) {
      violated(
          owner.process() + " takes " + words(record) + " for chosen, and its holders lack it");
    }
    var lower = chosen.lowerEntry(record.generation());
    var higher = chosen.higherEntry(record.generation());
    if (lower != null && lower.getValue().epoch().isHigherThan(record.epoch())
        || higher != null && record.epoch().isHigherThan(higher.getValue().epoch())) {
      violated(words(record) + " is chosen out of order");
    }
  }

  private void checkMembers(SimController owner, LegStatus status, LegRecord record) {
    for (int group = 0; group < status.groups().size(); group++) {
      LegStatus.GroupStatus now = status.groups().get(group);
      for (int member = 0; member < record.groups().get(group).members().size(); member++) {
        boolean counts = (now.inSync() & ~now.failed() & 1 << member) != 0;
        if (counts && !record.groups().get(group).members().get(member).inSync()) {
          world.violated(
              "MEMBER",
              "%s counts member %d of group %d, and %s does not"
                  .formatted(owner.process(), member, group, words(record)));
        }
      }
    }
  }

  private static String words(HolderEntry entry) {
    return entry == null
        ? "nothing"
        : "promise %s, %s%s"
            .formatted(
                entry.promised(),
                words(entry.accepted()),
                entry.retired() ? ", as one who is retired" : "");
  }

  private static String words(LegRecord record) {
    return record == null ? "none" : record.epoch() + " generation " + record.generation();
  }

  private void violated(String what) {
    world.violated("RECORD", what);
  }
}
