package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.ownership.BatchedLink;
import io.dnvme.ownership.Claim;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderLink;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.Lease;
import io.dnvme.ownership.LeaseRenewals;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.OwnershipOptions;
import io.dnvme.ownership.OwnershipPorts;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * One controller's part in a leg: finds or creates its record, claims it whenever nobody else owns
 * it, and serves it while it does (OWNER, LEASE). Lives on the controller's home reactor.
 *
 * <pre>
 *   LOOKING ── a record, or none and there is a plan ──► STANDING_BY ── owned, devices open ──► SERVING
 *      │                                                    ▲                                  │
 *      │ close                                              └────────── lost, released ────────┘
 *      └──────────► CLOSED
 * </pre>
 *
 * <p>A standby claims all the time: a claim waits for the owner's lease to lapse, and changes
 * nothing before (OWNER step 1).
 */
public final class LegController {

  /** Is told what becomes of the leg here. */
  public interface Listener {

    /** The leg's record was found, or made: what the virtual disk is. Once, first. */
    void found(LegRecord record);

    /** Commands may go to {@code device}. */
    void serving(BlockDevice device);

    /** No command goes anywhere any more; told before another may serve. */
    void standingBy(String reason);

    /** The leg cannot be made as it is wanted: nothing was, and nothing will be. At most once. */
    default void impossible(String why) {}

    /** What happens, in words for people. */
    void happened(String what);
  }

  private enum State {
    LOOKING,
    STANDING_BY,
    SERVING,
    CLOSED
  }

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long ALLOCATE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long CLAIM_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /**
   * An owner that nobody confirms answers nothing, and hosts would wait for it until their time
   * limit: after so many looks it stands by, and they are told. Looks are counted and not time, so
   * that a process which was stopped for long hears of its holders first.
   */
  private static final int LAPSED_LOOKS = 10;

  private static final long LEASE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A standby looks often whether it is needed. */
  private static final OwnershipOptions TIMES =
      new OwnershipOptions(
          TimeUnit.MILLISECONDS.toNanos(100),
          TimeUnit.MILLISECONDS.toNanos(1500),
          TimeUnit.MILLISECONDS.toNanos(1000),
          TimeUnit.MILLISECONDS.toNanos(2000),
          TimeUnit.MILLISECONDS.toNanos(20),
          TimeUnit.MILLISECONDS.toNanos(200),
          TimeUnit.MILLISECONDS.toNanos(20));

  private final Reactor home;
  private final UUID leg;
  private final UUID controller;
  private final UUID incarnation;
  private final Map<UUID, DiskNodeLink> nodes = new LinkedHashMap<>();
  private final List<UUID> holders;
  private final Optional<LegPlan> plan;
  private final LegOptions options;
  private final Connector connector;
  private final RandomGenerator random;
  private final Listener listener;
  private final HolderLink link;

  private State state = State.LOOKING;
  private final Set<UUID> unknownAt = new HashSet<>();
  private final Set<UUID> allocated = new HashSet<>();
  private final Set<String> complaints = new HashSet<>();
  private boolean allocating;
  private boolean room;
  private LegRecord shape;
  private LegAdmissions admissions;
  private LegOwnership ownership;
  private LegRuntime runtime;

  /**
   * @param controller this node
   * @param incarnation of its process: never used before
   * @param nodes all disk nodes
   * @param holders ids of the nodes that keep the record at first
   * @param plan what to make if there is no record
   */
  public LegController(
      Reactor home,
      UUID leg,
      UUID controller,
      UUID incarnation,
      Collection<DiskNodeLink> nodes,
      List<UUID> holders,
      Optional<LegPlan> plan,
      LegOptions options,
      Connector connector,
      RandomGenerator random,
      Listener listener) {
    this.home = home;
    this.leg = leg;
    this.controller = controller;
    this.incarnation = incarnation;
    nodes.forEach(node -> this.nodes.put(node.node(), node));
    this.holders = List.copyOf(holders);
    this.plan = plan;
    this.options = options;
    this.connector = connector;
    this.random = random;
    this.listener = listener;
    link = new BatchedLink(new NodeHolderLink(this.nodes.values()), home);
  }

  /** Begins to look for the record. */
  public void start() {
    if (state != State.LOOKING) {
      return;
    }
    for (UUID holder : holders) {
      DiskNodeLink node = nodes.get(holder);
      if (node.isLive()) {
        UUID store = node.identity().store();
        link.send(store, List.of(new HolderRequest.Read(leg)), replies -> looked(holder, replies));
      }
    }
    home.timers().schedule(LOOK_NANOS, this::start);
  }

  /** Whether this controller owns the leg and serves it. */
  public boolean isServing() {
    return state == State.SERVING;
  }

  /** Whether it serves and all members are in-sync by the record. */
  public boolean isWhole() {
    LegRecord record = ownership == null ? null : ownership.record();
    return isServing()
        && record != null
        && record.groups().getFirst().members().stream().allMatch(Member::inSync);
  }

  /** Gives the leg back: another controller need not wait for the lease. */
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    if (ownership != null) {
      stopRuntime("the controller stops");
      ownership.release();
    }
  }

  // ---- looking

  private void looked(UUID holder, List<HolderReply> replies) {
    if (state != State.LOOKING || replies.isEmpty()) {
      return;
    }
    switch (replies.getFirst()) {
      case HolderReply.State held when held.accepted() != null -> found(held.accepted());
      case HolderReply.Unknown any -> {
        unknownAt.add(holder);
        // None of them knows it: no majority can have accepted a record.
        if (plan.isPresent() && unknownAt.size() == holders.size()) {
          allocate(plan.get());
        }
      }
      case HolderReply.State held -> {
        // Promised and not accepted: whoever began to create it did not come to an end.
        if (plan.isPresent()) {
          allocate(plan.get());
        }
      }
      default -> {}
    }
  }

  private void allocate(LegPlan wanted) {
    if (allocating) {
      return;
    }
    allocating = true;
    if (room) {
      allocateNow(wanted);
      return;
    }
    RoomCheck.start(
        wanted.members(),
        nodes::get,
        wanted.logicalDiskBytes(options),
        verdict -> {
          allocating = false;
          switch (verdict) {
            case RoomCheck.Verdict.Enough any -> {
              room = true;
              allocate(wanted);
            }
            case RoomCheck.Verdict.NotKnown any -> {}
            case RoomCheck.Verdict.TooSmall(String why) -> {
              if (state == State.LOOKING) {
                state = State.CLOSED;
                listener.impossible(why);
              }
            }
          }
        });
  }

  private void allocateNow(LegPlan wanted) {
    var left = new int[] {wanted.members().size()};
    for (int i = 0; i < wanted.members().size(); i++) {
      UUID disk = wanted.logicalDisk(i);
      DiskNodeLink node = nodes.get(wanted.members().get(i));
      if (allocated.contains(disk) || !node.isLive()) {
        left[0]--;
        continue;
      }
      node.client()
          .ask(
              DiskRequest.allocate(disk, leg, wanted.logicalDiskBytes(options)),
              ALLOCATE_LIMIT_NANOS,
              outcome -> {
                allocated(disk, node, outcome);
                if (--left[0] == 0) {
                  allocating = false;
                  allAllocated(wanted);
                }
              });
    }
    if (left[0] == 0) {
      allocating = false;
      allAllocated(wanted);
    }
  }

  private void allocated(UUID disk, DiskNodeLink node, NodeOutcome<DiskReply> outcome) {
    if (outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
        && reply.result() == EntryResult.DONE) {
      allocated.add(disk);
    } else {
      String what =
          "logical disk %s cannot be allocated on node %s now: %s"
              .formatted(
                  disk,
                  node.node(),
                  outcome instanceof NodeOutcome.Replied<DiskReply>(UUID any, DiskReply refused)
                      ? refused.result()
                      : outcome);
      // It is tried again and again, and told once.
      if (complaints.add(what)) {
        listener.happened(what);
      }
    }
  }

  private void allAllocated(LegPlan wanted) {
    List<Holder> stores = new ArrayList<>();
    for (UUID holder : holders) {
      DiskNodeLink node = nodes.get(holder);
      if (node.isLive()) {
        stores.add(new Holder(node.identity().store(), ""));
      }
    }
    boolean ready = allocated.size() == wanted.members().size() && stores.size() == holders.size();
    if (state != State.LOOKING || !ready) {
      return;
    }
    listener.happened("creates leg " + leg);
    LegRecord first = wanted.firstRecord(incarnation, stores);
    standBy(first);
    ownership.create(first);
  }

  private void found(LegRecord record) {
    standBy(record);
    ownership.claim();
  }

  private void standBy(LegRecord record) {
    state = State.STANDING_BY;
    shape = record;
    Set<UUID> hints = new HashSet<>();
    record.holders().forEach(holder -> hints.add(holder.store()));
    var ports =
        new OwnershipPorts(
            home.clock(), home.timers(), link, random, TIMES, options.bugs().ownership());
    admissions =
        new LegAdmissions(
            home,
            nodes::get,
            connector,
            () -> shape.groups().getFirst().sizeBytes(),
            record.disk().blockSizeBytes(),
            options,
            listener::happened);
    ownership =
        new LegOwnership(
            leg,
            controller,
            incarnation,
            hints,
            ports,
            new LeaseRenewals(ports),
            admissions,
            // Renewals are sent by the leg's own reactor: where it stands still, so do they.
            () -> true,
            new Ownership());
    listener.found(record);
  }

  // ---- owning

  private final class Ownership implements LegOwnership.Listener {

    @Override
    public void owned(Claim.Outcome.Owned owned) {
      LegRecord record = owned.record();
      listener.happened(
          "owns leg %s at epoch %s; members: %s"
              .formatted(leg, record.epoch(), LegRuntime.members(record)));
      if (!allConnected(record)) {
        giveBack("a member's connection was lost while the leg was claimed");
        return;
      }
      runtime =
          new LegRuntime(
              home,
              ownership,
              record,
              owned.lease(),
              nodes::get,
              admissions::link,
              connector,
              options,
              listener::happened);
      admissions.handedOver();
      LegRuntime opened = runtime;
      runtime.open(yes -> {
        if (runtime != opened) {
          return;
        }
        if (yes) {
          state = State.SERVING;
          watchLease(owned.lease(), 0);
          listener.serving(opened.device());
        } else {
          giveBack("no member's header can be used");
        }
      });
    }

    @Override
    public void lost(String reason) {
      stopRuntime(reason);
      claimAgain();
    }

    @Override
    public void claimFailed(String reason) {
      admissions.closeAll();
    }
  }

  private void watchLease(Lease lease, int lapsedLooks) {
    home.timers()
        .schedule(
            LEASE_LOOK_NANOS,
            () -> {
              if (!ownership.epoch().equals(lease.epoch())) {
                return;
              }
              if (lease.mayAnswer()) {
                watchLease(lease, 0);
              } else if (lapsedLooks < LAPSED_LOOKS) {
                watchLease(lease, lapsedLooks + 1);
              } else {
                listener.happened(
                    "gives leg " + leg + " back: no majority of its holders confirms it");
                ownership.release();
              }
            });
  }

  /** Each in-sync member has to be written from the first command on (ACK). */
  private boolean allConnected(LegRecord record) {
    for (Member member : record.groups().getFirst().members()) {
      MemberLink link = admissions.link(member.logicalDisk());
      if (member.inSync() && (link == null || link.device() == null)) {
        return false;
      }
    }
    return true;
  }

  private void giveBack(String reason) {
    listener.happened("gives leg " + leg + " back: " + reason);
    // On a turn of its own: whoever is told that it owns the leg is told to the end first.
    home.execute(ownership::release);
  }

  private void stopRuntime(String reason) {
    if (state == State.SERVING) {
      state = State.STANDING_BY;
      listener.happened("serves leg " + leg + " no more: " + reason);
    }
    listener.standingBy(reason);
    if (runtime != null) {
      LegRuntime over = runtime;
      runtime = null;
      over.stop(reason);
    }
    admissions.closeAll();
  }

  private void claimAgain() {
    home.timers()
        .schedule(
            CLAIM_AGAIN_NANOS,
            () -> {
              if (state != State.CLOSED) {
                ownership.claim();
              }
            });
  }
}
