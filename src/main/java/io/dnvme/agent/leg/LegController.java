package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.ownership.Claim;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderStep;
import io.dnvme.ownership.Lease;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One controller's part in a leg: finds or creates its record, claims it whenever nobody else owns
 * it, and serves it while it does (OWNER, LEASE). Lives on the controller's home reactor.
 *
 * <pre>
 *   LOOKING ── a record, or none and there is a plan ──► STANDING_BY ── owned, devices open ──► SERVING
 *      │ ▲                                                │ ▲                                  │
 *      │ └── not created, and no record seen ─────────────┘ └────────── lost, released ────────┘
 *      │ close
 *      └──────────► CLOSED
 * </pre>
 *
 * <p>A standby claims all the time: a claim waits for the owner's lease to lapse, and changes
 * nothing before (OWNER step 1).
 */
public final class LegController {

  /** Is told what becomes of the leg here. */
  public interface Listener {

    /** The leg's record was found, or made: what the virtual disk is. Once, before it serves. */
    void found(LegRecord record);

    /**
     * Writes that were acknowledged and not flushed may be gone: hosts are to learn it by their
     * next Flush or FUA (INTENT). Before {@link #serving}.
     */
    void lossPossible();

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

  /**
   * For an owner to begin to serve; another may be able to, or the same one without the member. It
   * is longer while one write of its members' headers follows the other: nobody would be faster.
   */
  private static final long OPEN_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long OPEN_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long CLAIM_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /**
   * An owner that nobody confirms answers nothing, and hosts would wait for it until their time
   * limit: after so many looks it stands by, and they are told. Looks are counted and not time, so
   * that a process which was stopped for long hears of its holders first.
   */
  private static final int LAPSED_LOOKS = 10;

  /** After so many claims in a row to which no majority answered people are told. */
  private static final int UNHEARD_CLAIMS = 3;

  private static final long LEASE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Reactor home;
  private final UUID leg;
  private final UUID controller;
  private final UUID incarnation;
  private final Map<UUID, DiskNodeLink> nodes = new LinkedHashMap<>();
  private final Optional<LegPlan> plan;

  private final LegOptions options;
  private final Connector connector;
  private final HolderTraffic traffic;
  private final Listener listener;
  private final HolderNames names;

  private State state = State.LOOKING;
  private final LegSearch search;
  private boolean toldFound;
  private String toldNotMade;
  private LegRecord shape;
  private int lossesTold;
  private boolean servedBefore;
  private LegAdmissions admissions;
  private LegOwnership ownership;
  private HolderUpkeep upkeep;
  private List<UUID> wantedHolders;
  private int unheardClaims;
  private LegRuntime runtime;

  /**
   * @param controller this node
   * @param incarnation of its process: never used before
   * @param nodes all disk nodes
   * @param holders ids of the nodes that are to keep the record, as for {@link #wantHolders}
   * @param plan what to make if there is no record
   * @param traffic of all legs of the process
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
      HolderTraffic traffic,
      Listener listener) {
    this.home = home;
    this.leg = leg;
    this.controller = controller;
    this.incarnation = incarnation;
    nodes.forEach(node -> this.nodes.put(node.node(), node));
    this.plan = plan;
    this.options = options;
    this.connector = connector;
    this.traffic = traffic;
    this.listener = listener;
    wantedHolders = List.copyOf(holders);
    names = new HolderNames(this.nodes.values());
    var asked = new LegNodes(leg, this.nodes, plan, holders, options, traffic);
    search = new LegSearch(home, leg, holders, others(holders), plan, asked, new Search());
  }

  private List<UUID> others(List<UUID> holders) {
    return nodes.keySet().stream().filter(node -> !holders.contains(node)).toList();
  }

  /** Begins to look for the record. */
  public void start() {
    if (state == State.LOOKING) {
      search.start();
    }
  }

  /** Whether this controller owns the leg and serves it. */
  public boolean isServing() {
    return state == State.SERVING;
  }

  /** Whether a result that is at hand may be answered (LEASE). */
  public boolean mayAnswer() {
    return ownership != null && ownership.mayAnswer();
  }

  /** Whether it serves and all members are in-sync by the record. */
  public boolean isWhole() {
    LegRecord record = ownership == null ? null : ownership.record();
    return isServing() && record != null && membersOf(record).allMatch(Member::inSync);
  }

  private static Stream<Member> membersOf(LegRecord record) {
    return record.groups().stream().flatMap(group -> group.members().stream());
  }

  /** How far it has come. */
  public LegStatus status() {
    return new LegStatus(
        isServing(),
        ownership == null ? null : ownership.claimState(),
        ownership == null ? null : ownership.record(),
        runtime == null ? List.of() : runtime.status(),
        runtime == null ? LegStatus.ScrubStatus.NONE : runtime.scrubStatus());
  }

  /**
   * From now on these nodes are to keep the leg's record (RECORD): while this controller owns the
   * leg, it changes the holders until they do, and replaces stores that are lost. All controllers
   * of the leg should want the same.
   *
   * @param holders ids of 1, 3 or 5 of the nodes
   * @throws IllegalArgumentException where they are something else; nothing is changed
   */
  public void wantHolders(List<UUID> holders) {
    long distinct = holders.stream().distinct().filter(nodes::containsKey).count();
    if (distinct != holders.size()
        || holders.size() % 2 == 0
        || holders.size() > LegRecord.MAX_HOLDERS) {
      throw new IllegalArgumentException("no 1, 3 or 5 of the nodes: " + holders);
    }
    wantedHolders = List.copyOf(holders);
    if (upkeep != null) {
      upkeep.want(wantedHolders);
    }
  }

  /** How far a change of the holders has come here; empty where there is none. */
  public Optional<HolderStep> holderStep() {
    return Optional.ofNullable(ownership == null ? null : ownership.holderStep());
  }

  /** Why the record is not found although its nodes answer, in words for people. */
  public Optional<String> whyNotFound() {
    Map<UUID, HolderReply.Retired> retired = search.retired();
    if (toldFound || retired.isEmpty()) {
      return Optional.empty();
    }
    HolderReply.Retired last =
        retired.values().stream()
            .max(Comparator.comparingLong(HolderReply.Retired::generation))
            .get();
    return Optional.of(
        "its record is kept no more by %s, but by %s: these must be among the nodes, and answer"
            .formatted(names.ofNodes(retired.keySet()), names.of(last.successors())));
  }

  /** Gives the leg or its claim up, and stands by: somebody wants it served elsewhere. */
  public void standBy() {
    if (ownership != null && state != State.CLOSED) {
      ownership.release();
      claimAgain();
    }
  }

  /** Gives the leg back: another controller need not wait for the lease. */
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    search.stop();
    if (ownership != null) {
      stopRuntime("the controller stops");
      ownership.release();
    }
  }

  // ---- looking

  private final class Search implements LegSearch.Listener {

    @Override
    public void found(LegRecord record) {
      standBy(record);
      tellFound(record);
      ownership.claim();
    }

    @Override
    public void neverWas(LegPlan wanted, List<Holder> stores, List<UUID> disks) {
      listener.happened("creates leg " + leg);
      LegRecord first = wanted.firstRecord(incarnation, stores, disks);
      standBy(first);
      ownership.create(first);
    }

    @Override
    public void impossible(String why) {
      state = State.CLOSED;
      listener.impossible(why);
    }

    @Override
    public void happened(String what) {
      listener.happened(what);
    }
  }

  /** Not of a record that is only meant to be made: another may make another one (NAMES). */
  private void tellFound(LegRecord record) {
    if (!toldFound) {
      toldFound = true;
      // No host was served here before.
      lossesTold = record.losses();
      listener.found(record);
    }
  }

  private void standBy(LegRecord record) {
    state = State.STANDING_BY;
    shape = record;
    List<UUID> hints = record.holders().stream().map(Holder::store).toList();
    if (ownership != null) {
      // The same one for good: its epochs' numbers only grow.
      ownership.mayBeHolders(hints);
      return;
    }
    admissions = new LegAdmissions(home, nodes::get, connector, options, listener::happened);
    ownership =
        new LegOwnership(
            leg,
            controller,
            incarnation,
            hints,
            traffic.ports(),
            traffic.renewals(),
            admissions,
            // Renewals are sent by the leg's own reactor: where it stands still, so do they.
            () -> true,
            new Ownership());
    upkeep =
        new HolderUpkeep(
            home,
            leg,
            ownership,
            wantedHolders,
            nodes,
            traffic.ports().random(),
            options.holderPatienceNanos(),
            options.replacements().values(),
            listener::happened);
  }

  // ---- owning

  private final class Ownership implements LegOwnership.Listener {

    @Override
    public void owned(Claim.Outcome.Owned owned) {
      LegRecord record = owned.record();
      shape = record;
      unheardClaims = 0;
      tellFound(record);
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
              traffic.ports().random(),
              options,
              listener::happened);
      admissions.handedOver();
      LegRuntime opened = runtime;
      watchOpening(opened, new SlowSteps(home.clock(), opened::openingSteps), OPEN_LIMIT_NANOS);
      runtime.open(yes -> {
        if (runtime != opened) {
          return;
        }
        if (yes) {
          serve(owned, record, opened);
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
      lookElsewhere(reason);
      boolean begun = plan.isPresent() && LegPlan.isNeverUsed(shape);
      if ((ownership.creates() || begun) && state != State.CLOSED) {
        // As far as is known the leg was never in use. Whether it may be created is asked anew: by
        // now it may be, and its holders be lost since.
        boolean creates = ownership.creates();
        ownership.release();
        state = State.LOOKING;
        if (creates && !reason.equals(toldNotMade)) {
          toldNotMade = reason;
          listener.happened("leg " + leg + " cannot be made yet: " + reason);
        }
        // Not at once: a holder that refuses, because it is full for one, refuses at once again.
        home.timers().schedule(CLAIM_AGAIN_NANOS, LegController.this::searchAgain);
      }
    }
  }

  private void watchOpening(LegRuntime opened, SlowSteps steps, long nanos) {
    home.timers()
        .schedule(
            nanos,
            () -> {
              if (runtime != opened || state != State.STANDING_BY) {
                return;
              }
              if (steps.goOn()) {
                watchOpening(opened, steps, OPEN_LOOK_NANOS);
              } else {
                giveBack("its members' headers cannot be read and written in time");
              }
            });
  }

  private void searchAgain() {
    if (state == State.LOOKING) {
      search.start();
    }
  }

  /** Those whom the record names may be holders no more: any node may show the way (RECORD). */
  private void lookElsewhere(String reason) {
    unheardClaims = reason.equals(Claim.TOO_FEW_ANSWER) ? unheardClaims + 1 : 0;
    if (unheardClaims == 0) {
      return;
    }
    ownership.mayBeHolders(
        nodes.values().stream()
            .filter(DiskNodeLink::isLive)
            .map(node -> node.identity().store())
            .toList());
    if (unheardClaims == UNHEARD_CLAIMS) {
      listener.happened(
          "waits for the holders of leg %s: of %s too few answer"
              .formatted(leg, names.of(shape.holders())));
    }
  }

  /** Whoever was the owner when it happened: each controller tells its own hosts (INTENT). */
  private void tellLosses(LegRecord record) {
    if (record.losses() != lossesTold
        && !options.bugs().leg().contains(PlantedBug.KEEP_LOSSES_SECRET)) {
      lossesTold = record.losses();
      listener.happened(
          "writes to leg " + leg + " that were acknowledged and not flushed may be gone");
      listener.lossPossible();
    }
  }

  private void serve(Claim.Outcome.Owned owned, LegRecord record, LegRuntime opened) {
    tellLosses(record);
    try {
      listener.serving(opened.device());
    } catch (IllegalArgumentException e) {
      // Hosts were told of a record that was never chosen: nobody is served here, another may.
      giveBack("it is not what hosts were told it is: " + e.getMessage());
      return;
    }
    state = State.SERVING;
    opened.served(options.scrub().atStart() && !servedBefore);
    servedBefore = true;
    upkeep.begin();
    watchLease(owned.lease(), 0);
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
    return membersOf(record).filter(Member::inSync).allMatch(this::isConnected);
  }

  private boolean isConnected(Member member) {
    MemberLink link = admissions.link(member.logicalDisk());
    return link != null && link.device() != null;
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
              if (state == State.STANDING_BY) {
                ownership.claim();
              }
            });
  }
}
