package io.dnvme.sim;

import io.dnvme.block.BlockOp;
import io.dnvme.block.IoVector;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.DiskUsage;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.sim.DiskFacts.Association;
import io.dnvme.sim.History.Op;
import io.dnvme.sim.History.Outcome;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What a disk node has told its claimants of logical disks, and whether what it does and says later
 * agrees with it:
 *
 * <ul>
 *   <li>OWNER: nothing of an association that is over reaches the disk, is on it, or is answered;
 *       an epoch that was admitted is not forgotten;
 *   <li>ZERO: who reads where it never wrote does not find what others wrote;
 *   <li>NO-LEAK: what was freed is gone, and all that is there is somebody's;
 *   <li>NO-SILENT-LOSS: what was allocated is there.
 * </ul>
 */
final class NodeFacts {

  private final SimWorld world;
  private final SimDisk disk;
  private final History history;
  private final SplittableRandom random;
  private final Map<UUID, DiskFacts> disks = new LinkedHashMap<>();
  private final Map<Long, Association> writers = new HashMap<>();
  private final TreeSet<Long> touched = new TreeSet<>();
  private long lastStamp;
  private long lastAssociation;

  NodeFacts(SimWorld world, SimDisk disk, History history) {
    this.world = world;
    this.disk = disk;
    this.history = history;
    random = world.random("logical disks");
    disk.watch(this::checkOwner);
  }

  History history() {
    return history;
  }

  // Logical disks.

  /** One that nobody asked for yet. */
  DiskFacts newDisk(List<UUID> legs) {
    int number = disks.size() + 1;
    UUID id = new UUID(0xd15c_0000_0000_4000L, Long.MIN_VALUE | number);
    var facts =
        new DiskFacts(number, id, legs.get(random.nextInt(legs.size())), random.nextInt(1, 3));
    disks.put(id, facts);
    return facts;
  }

  /** Those that are, or may be, to be used. */
  List<DiskFacts> usable() {
    return disks.values().stream().filter(one -> !one.freeAsked).toList();
  }

  /** In the history's numbers. */
  TreeSet<Long> touched() {
    return touched;
  }

  // What claimants are told.

  /**
   * An admission was answered as done.
   *
   * @param before what was known to be admitted when it was asked for
   * @param askedNanos when that was
   */
  void admitted(DiskFacts facts, Epoch epoch, Epoch before, long askedNanos) {
    boolean rival = epoch.number() == facts.admitted().number() && !epoch.equals(facts.admitted());
    if (before.isHigherThan(epoch) || rival) {
      world.violated(
          "OWNER",
          "%s admits %s after %s".formatted(facts, epoch, rival ? facts.admitted() : before));
    }
    if (epoch.isHigherThan(facts.admitted())) {
      facts.admitted(epoch);
    }
    facts.seen(epoch.number());
    facts.before(epoch, askedNanos).forEach(one -> over(one, "an admission of " + epoch));
  }

  /** An admission was refused, and the answer says what is admitted. */
  void refused(DiskFacts facts, Epoch told, Epoch before) {
    facts.seen(told.number());
    if (before.isHigherThan(told)) {
      world.violated("OWNER", "%s says %s after %s".formatted(facts, told, before));
    }
  }

  Association associate(DiskFacts facts, Epoch epoch, String claimant) {
    return facts.associate(epoch, claimant, ++lastAssociation, world.nowNanos());
  }

  /**
   * It was let in.
   *
   * @param before what was known to be admitted when it was begun
   */
  void live(Association association, Epoch before) {
    DiskFacts facts = association.disk();
    if (before.isHigherThan(association.epoch())) {
      world.violated("OWNER", association + " is let in after " + before);
    }
    association.live(world.nowNanos());
    facts
        .before(association.epoch(), association.begunNanos())
        .forEach(one -> over(one, association + " was let in"));
  }

  void allocated(DiskFacts facts) {
    facts.extentsAnswered = Math.max(facts.extentsAnswered, facts.firstExtents());
  }

  void freed(DiskFacts facts) {
    facts.freeAnswered = true;
    facts.open().forEach(one -> over(one, "it was freed"));
  }

  /** The disk node's process has ended, and with it all associations. */
  void processEnded() {
    for (DiskFacts facts : disks.values()) {
      for (Association one : facts.open()) {
        // What was only begun may be let in by the next process.
        if (one.isLive()) {
          one.over();
          settle(one);
        }
      }
    }
  }

  private void over(Association association, String why) {
    association.over();
    for (SimDisk.Command command : disk.commands()) {
      if (writerOf(command) == association) {
        world.violated(
            "OWNER",
            "the disk has %s of %s, although %s".formatted(command.io(), association, why));
      }
    }
    settle(association);
  }

  /** Of commands that were sent nothing takes effect any more. */
  private void settle(Association association) {
    for (Op op : List.copyOf(association.inFlight())) {
      if (association.forgotten().contains(op)) {
        association.inFlight().remove(op);
        history.end(op, Outcome.UNKNOWN);
      } else {
        history.quiesced(op);
      }
    }
    association.forgotten().clear();
  }

  // What claimants do.

  long stamp(Association writer) {
    writers.put(++lastStamp, writer);
    return lastStamp;
  }

  void begun(Association association, Op op) {
    association.inFlight().add(op);
    for (int i = 0; i < op.blocks(); i++) {
      touched.add(op.startBlock() + i);
    }
  }

  /** It was answered, or is known not to be any more. */
  void ended(Association association, Op op, boolean begunWhenOver, Outcome outcome) {
    association.inFlight().remove(op);
    if (begunWhenOver && outcome != Outcome.UNKNOWN) {
      world.violated(
          "OWNER",
          "%s is answered %s, begun when it was over: %s".formatted(association, outcome, op));
    }
    history.end(op, outcome);
  }

  /** Nobody will be told of its outcome: it may take effect until its association is over. */
  void forgotten(Association association, Op op) {
    if (op.kind() == History.Kind.READ || association.isOver()) {
      ended(association, op, false, Outcome.UNKNOWN);
    } else {
      association.forgotten().add(op);
    }
  }

  /** What was read is of no write to that block. */
  void tornRead(String who, DiskFacts facts, long block, long firstBytes) {
    Association writer = writers.get(firstBytes);
    if (writer != null && writer.disk() != facts) {
      world.violated(
          "ZERO",
          "%s reads in block %d of %s what was written to %s"
              .formatted(who, block, facts, writer.disk()));
    } else {
      world.violated(
          "NO-SILENT-LOSS",
          "%s read what nobody wrote, in block %d of %s".formatted(who, block, facts));
    }
  }

  // What the disk and its store say.

  private void checkOwner(SimDisk.Command command) {
    Association writer = writerOf(command);
    if (writer != null && writer.isOver()) {
      world.violated("OWNER", "the disk is given " + command.io() + " of " + writer);
    }
  }

  /** Whether the disk has a command of a claimant that writes. */
  boolean isWriting() {
    return disk.commands().stream().anyMatch(command -> writerOf(command) != null);
  }

  private Association writerOf(SimDisk.Command command) {
    if (command.op() != BlockOp.WRITE && command.op() != BlockOp.COMPARE_AND_WRITE) {
      return null;
    }
    IoVector data = command.io().data();
    return data.count() == 0
        ? null
        : writers.get(data.segment(0).get(ValueLayout.JAVA_LONG_UNALIGNED, data.offsetBytes(0)));
  }

  /** The disk was opened: what was answered before is so still. */
  void opened(DiskStore store) {
    disks.values().forEach(facts -> compare(facts, store.find(facts.id()).orElse(null)));
    for (LogicalDisk found : store.list()) {
      if (!disks.containsKey(found.id())) {
        world.violated("NO-LEAK", found + " was never asked for");
      }
    }
  }

  private void compare(DiskFacts facts, LogicalDisk found) {
    if (found == null) {
      if (facts.isThere()) {
        world.violated("NO-SILENT-LOSS", facts + " is lost");
      }
      return;
    }
    if (facts.freeAnswered) {
      if (facts.allocationsInDoubt == 0) {
        world.violated("NO-LEAK", facts + " was freed and is there");
      }
      return;
    }
    Epoch before = facts.admitted();
    if (before.isHigherThan(found.admitted())
        || before.number() == found.admitted().number() && !before.equals(found.admitted())) {
      world.violated("OWNER", "%s, which had admitted %s, is %s".formatted(facts, before, found));
    }
    if (found.extentCount() < facts.extentsAnswered || found.extentCount() > facts.extentsAsked) {
      world.violated(
          "NO-SILENT-LOSS",
          "%s, of which %d extents were answered and %d asked for, is %s"
              .formatted(facts, facts.extentsAnswered, facts.extentsAsked, found));
    }
    facts.seen(found.admitted().number());
  }

  /** Nothing is under way: what is not free is somebody's. */
  void settled(DiskStore store) {
    opened(store);
    DiskUsage usage = store.usage();
    int listed = store.list().stream().mapToInt(LogicalDisk::extentCount).sum();
    if (usage.zeroing() != 0 || usage.used() != listed) {
      world.violated("NO-LEAK", "%s, and %d extents are reachable".formatted(usage, listed));
    }
  }
}
