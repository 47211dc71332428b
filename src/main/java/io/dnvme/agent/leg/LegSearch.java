package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Looks for a leg's record, and says when the leg is to be made because there never was one.
 *
 * <pre>
 *   ask all nodes ──── one has a record ─────────────────────────────► found
 *      ▲   └── all holders did, none has
 *      │        └── one has another logical disk of the leg ──► said, and nothing is made
 *      │        └── none ──► is there room? ── no ───────────────────► impossible
 *      │      ▲                                 │ have all members allocated
 *      │      └── somebody else was faster ─────┤
 *      │                                        ├─ all new ────────────► never was
 *      └──── one does not answer, or one admitted an epoch ◄┘
 * </pre>
 *
 * <p>A majority accepts a record before any logical disk is asked to admit an epoch. So one that
 * admitted some shows that the leg was in use: where no holder has its record, the holders were
 * lost. Nothing is made then, for what the members have would be taken for equal, or be overwritten
 * (RECORD, NO-SILENT-LOSS).
 *
 * <p>Two controllers with other holders in their files would find nothing at each other's, and make
 * two records of one leg. But no disk node makes logical disks of a leg for two purposes ({@link
 * LegPlan#purpose}). All begin with the same disk node: so the one who is too late has made
 * nothing. Each look counts for itself: what was so a while ago need not be so.
 *
 * <p>Lives on the controller's home reactor.
 */
final class LegSearch {

  /** Whom it asks; each is answered on the home reactor. */
  interface Nodes {

    /** Asks the node's record holder for the leg; told Unavailable where there is no answer. */
    void read(UUID node, Consumer<HolderReply> done);

    /** Which logical disks of the leg the node has; told nothing where that is not known. */
    void list(UUID node, Consumer<Optional<List<LogicalDiskInfo>>> done);

    /** Whether the members' disks have room for them; may be told at once. */
    void room(LegPlan wanted, Consumer<RoomCheck.Verdict> done);

    /** Has the node allocate, or look at what it allocated; told nothing where it is in doubt. */
    void allocate(UUID node, UUID logicalDisk, Consumer<Optional<Allocated>> done);

    /**
     * Has the node give back what no epoch was admitted for; told when that is over, done or not.
     */
    void free(UUID node, UUID logicalDisk, Runnable done);

    /** Its record holder, where it is connected. */
    Optional<Holder> holder(UUID node);
  }

  /**
   * What a node answers to an allocation.
   *
   * @param disk its physical disk
   */
  record Allocated(UUID disk, DiskReply reply) {}

  /** Is told what was found; it stops the search. */
  interface Listener {

    void found(LegRecord record);

    /**
     * The leg is to be created.
     *
     * @param holders of its first record
     * @param disks on which its members were made, in the plan's order
     */
    void neverWas(LegPlan plan, List<Holder> holders, List<UUID> disks);

    /** The leg cannot be made as it is wanted: nothing was, and nothing will be. */
    void impossible(String why);

    /** What keeps it from being found, in words for people; each once. */
    void happened(String what);
  }

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /**
   * For so many looks, from the first one in which all holders said that they have no record, a leg
   * is not made while any node does not say which logical disks of it there are, be it asked for
   * anything else or not. Then it is made without those nodes.
   */
  static final int PATIENT_LOOKS = 15;

  private final Reactor home;
  private final UUID leg;
  private final List<UUID> holders;
  private final List<UUID> others;
  private final Optional<LegPlan> plan;
  private final Nodes nodes;
  private final Listener listener;

  private int search;
  private boolean searching;
  private boolean allocating;
  private boolean room;
  private boolean usedBefore;
  private int looks;

  /** The first of them in which all holders had no record; 0 where there was none. */
  private int firstComplete;

  /** By index, the disks of the members that were allocated, and were never in use then. */
  private final Map<Integer, UUID> fresh = new TreeMap<>();

  private final Set<String> said = new HashSet<>();
  private final Map<UUID, HolderReply.Retired> retired = new LinkedHashMap<>();

  /**
   * @param holders ids of the nodes that are to keep the record; they do where it is made now
   * @param others ids of all other nodes: they may keep it, where it was made with other holders,
   *     or is to be moved to these
   * @param plan what to make if there is no record
   */
  LegSearch(
      Reactor home,
      UUID leg,
      List<UUID> holders,
      List<UUID> others,
      Optional<LegPlan> plan,
      Nodes nodes,
      Listener listener) {
    this.home = home;
    this.leg = leg;
    this.holders = List.copyOf(holders);
    this.others = List.copyOf(others);
    this.plan = plan;
    this.nodes = nodes;
    this.listener = listener;
  }

  void start() {
    if (!searching) {
      searching = true;
      allocating = false;
      usedBefore = false;
      looks = 0;
      firstComplete = 0;
      look(++search);
    }
  }

  void stop() {
    searching = false;
  }

  /** Nodes that kept the record once, and whom they named in the last look. */
  Map<UUID, HolderReply.Retired> retired() {
    return Collections.unmodifiableMap(retired);
  }

  private boolean isOver(int asked) {
    return !searching || search != asked;
  }

  private void look(int asked) {
    if (isOver(asked)) {
      return;
    }
    looks++;
    var look = new Look(asked);
    holders.forEach(look::ask);
    others.forEach(look::ask);
    home.timers().schedule(LOOK_NANOS, () -> look(asked));
  }

  /** What all nodes say once. */
  private final class Look {
    private final int asked;
    private final Set<UUID> without = new HashSet<>();
    private int left = holders.size() + others.size();

    /** Nodes that have the first record of a leg that was never in use. */
    private int begun;

    Look(int asked) {
      this.asked = asked;
    }

    void ask(UUID node) {
      nodes.read(
          node,
          reply -> {
            if (!isOver(asked)) {
              left--;
              answered(node, reply);
            }
          });
    }

    /**
     * Whether whoever goes on from this record finds a majority that knows the leg. Of a leg that
     * was never in use only some may, where its creation was cut short: then it is gone on with,
     * which finds the record again (RECORD).
     */
    private boolean isChosen(LegRecord record) {
      if (record == null || plan.isEmpty() || !LegPlan.isNeverUsed(record)) {
        return record != null;
      }
      begun++;
      return 2 * begun > record.holders().size();
    }

    private void answered(UUID node, HolderReply reply) {
      retired.remove(node);
      switch (reply) {
        case HolderReply.State held when isChosen(held.accepted()) -> {
          stop();
          listener.found(held.accepted());
          return;
        }
        // Whoever began to create it did not come to an end.
        case HolderReply.State held -> without.add(node);
        case HolderReply.Unknown any -> without.add(node);
        case HolderReply.Retired stone -> retired.put(node, stone);
        default -> {}
      }
      if (left == 0
          && without.containsAll(holders)
          && retired.isEmpty()
          && plan.isPresent()
          && !allocating) {
        allocating = true;
        firstComplete = firstComplete == 0 ? looks : firstComplete;
        new Strangers(search, plan.get()).ask();
      }
    }
  }

  /**
   * Logical disks of the leg on nodes that are to have none: somebody else made it of them, and
   * keeps its record where nobody is asked here (RECORD). Nodes that are to have some refuse
   * others' when they are asked for theirs. Whoever makes it between this question and the
   * allocation, of other nodes alone, is not noticed.
   */
  private final class Strangers {
    private final int asked;
    private final LegPlan wanted;
    private final Set<UUID> silent = new LinkedHashSet<>();
    private int left = holders.size() + others.size();
    private String stranger;

    Strangers(int asked, LegPlan wanted) {
      this.asked = asked;
      this.wanted = wanted;
    }

    void ask() {
      for (UUID node : Stream.concat(holders.stream(), others.stream()).toList()) {
        nodes.list(
            node,
            disks -> {
              if (!isOver(asked)) {
                answered(node, disks);
              }
            });
      }
    }

    private void answered(UUID node, Optional<List<LogicalDiskInfo>> disks) {
      if (disks.isEmpty()) {
        silent.add(node);
      }
      if (!wanted.members().contains(node)) {
        disks.stream()
            .flatMap(List::stream)
            .findFirst()
            .ifPresent(
                disk -> stranger = "logical disk %s on node %s".formatted(disk.disk(), node));
      }
      if (--left == 0) {
        over();
      }
    }

    private void over() {
      if (stranger != null) {
        allocating = false;
        say(
            ("leg %s is made already (%s is of it, and not where this file has it), and no node that is"
                    + " asked has its record: nothing is created. Name all nodes of the cluster, and the"
                    + " holders and groups that the other controllers' files name; or free the logical"
                    + " disk if its data is not wanted.")
                .formatted(leg, stranger));
      } else if (!silent.isEmpty() && looks - firstComplete + 1 < PATIENT_LOOKS) {
        allocating = false;
      } else {
        if (!silent.isEmpty()) {
          say("leg %s is made without asking nodes that do not answer: %s".formatted(leg, silent));
        }
        new Allocation(asked, wanted).start();
      }
    }
  }

  private void roomKnown(RoomCheck.Verdict verdict, Allocation next) {
    switch (verdict) {
      case RoomCheck.Verdict.Enough any -> {
        room = true;
        next.allocate();
      }
      case RoomCheck.Verdict.NotKnown any -> allocating = false;
      case RoomCheck.Verdict.Impossible(String why) -> {
        stop();
        giveBack(next.wanted, () -> listener.impossible(why));
      }
    }
  }

  /** Nothing is left of what cannot be made (NO-LEAK). */
  private void giveBack(LegPlan wanted, Runnable done) {
    List<Integer> made = List.copyOf(fresh.keySet());
    if (made.isEmpty()) {
      done.run();
      return;
    }
    var left = new int[] {made.size()};
    for (int member : made) {
      nodes.free(
          wanted.members().get(member),
          wanted.logicalDisk(member),
          () -> {
            if (--left[0] == 0) {
              done.run();
            }
          });
    }
  }

  /** Has all members allocated, and looks what they are. */
  private final class Allocation {

    private final int asked;
    private final LegPlan wanted;
    private int left;
    private String used;

    Allocation(int asked, LegPlan wanted) {
      this.asked = asked;
      this.wanted = wanted;
      left = wanted.members().size();
    }

    void start() {
      if (room) {
        allocate();
        return;
      }
      nodes.room(
          wanted,
          verdict -> {
            if (!isOver(asked)) {
              roomKnown(verdict, this);
            }
          });
    }

    private void allocate() {
      fresh.clear();
      int first = wanted.members().indexOf(Collections.min(wanted.members()));
      allocate(
          first,
          () -> {
            if (!fresh.containsKey(first) && used == null) {
              // The others are not asked: nothing was made.
              left = 1;
              return;
            }
            for (int i = 0; i < wanted.members().size(); i++) {
              if (i != first) {
                allocate(i, () -> {});
              }
            }
          });
    }

    private void allocate(int member, Runnable next) {
      UUID node = wanted.members().get(member);
      UUID disk = wanted.logicalDisk(member);
      nodes.allocate(
          node,
          disk,
          reply -> {
            allocated(member, node, disk, reply);
            next.run();
            if (--left == 0) {
              over();
            }
          });
    }

    private void allocated(int member, UUID node, UUID disk, Optional<Allocated> answer) {
      if (answer.isEmpty() || isOver(asked)) {
        say("logical disk %s: node %s does not answer".formatted(disk, node));
      } else {
        DiskReply reply = answer.get().reply();
        boolean conflict = reply.result() == EntryResult.CONFLICT && reply.leg().equals(leg);
        if (conflict && reply.admitted().equals(WireEpoch.NONE)) {
          say(
              ("leg %s was begun by a controller whose file differs (on node %s): make the files"
                      + " equal in the disk, its groups and its holders. Nothing is created here.")
                  .formatted(leg, node));
        } else if (reply.result() != EntryResult.DONE && !conflict) {
          // What was free when it was asked for is not any more: it is asked for again.
          room &= reply.result() != EntryResult.FULL;
          say(
              reply.result() == EntryResult.FULL && reply.freeBytes() > 0
                  ? ("logical disk %s cannot be allocated on node %s yet: %d bytes there are free,"
                          + " or are being zeroed. It is asked for again")
                      .formatted(disk, node, reply.freeBytes())
                  : "logical disk %s cannot be allocated on node %s: %s"
                      .formatted(disk, node, reply.result()));
        } else if (!reply.admitted().equals(WireEpoch.NONE)) {
          used = "logical disk %s on node %s".formatted(disk, node);
        } else {
          fresh.put(member, answer.get().disk());
        }
      }
    }

    private void over() {
      if (isOver(asked)) {
        return;
      }
      allocating = false;
      // Once may be another controller that creates it just now.
      if (used != null && usedBefore) {
        say(
            ("leg %s was in use (%s admitted an epoch), and none of its record holders knows it any"
                    + " more: nothing is created. Bring the holders' disks back, name the holders"
                    + " that the other controllers' files name, or free the logical disks if their"
                    + " data is not wanted.")
                .formatted(leg, used));
      }
      usedBefore = used != null;
      List<Holder> stores = new ArrayList<>();
      holders.forEach(holder -> nodes.holder(holder).ifPresent(stores::add));
      if (fresh.size() == wanted.members().size() && stores.size() == holders.size()) {
        stop();
        listener.neverWas(wanted, stores, List.copyOf(fresh.values()));
      }
    }
  }

  private void say(String what) {
    // It is tried again and again, and told once.
    if (said.add(what)) {
      listener.happened(what);
    }
  }
}
