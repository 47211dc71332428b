package io.dnvme.agent.leg;

import io.dnvme.block.Backoff;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.ChangeOutcome;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Has a leg's record kept by the nodes that are wanted, while this controller owns the leg
 * (RECORD): level-triggered, by looks at what is and what is wanted.
 *
 * <pre>
 *   look ──► the stores of the wanted nodes are the holders ──► the other nodes are told so
 *    ▲ ├───► one of them is not known, or has lost its store a while ago ──► said once
 *    │ └───► others are ──► they are changed ──► refused: said once, tried again after a while
 *    └── every second, in each term of ownership
 * </pre>
 *
 * <p>A holder is its store. A wanted node that comes back with another one, because its disk is
 * memory or was replaced, is another holder, which takes the place of the lost one: at once where
 * that cannot come back or people said that this one replaces it, else after a while, for what is
 * not there may only not be mounted. That needs a majority of those that are the holders still: one
 * lost store after another is replaced, and not a majority of them at once.
 *
 * <p>A wanted node that is away is no reason to change anything: it is taken for what the record
 * has it for. Lives on the controller's home reactor.
 */
final class HolderUpkeep {

  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MIN_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MAX_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Reactor home;
  private final UUID leg;
  private final LegOwnership ownership;
  private final Map<UUID, DiskNodeLink> nodes;
  private final HolderNames names;
  private final Consumer<String> log;
  private final Backoff backoff;
  private final long patienceNanos;
  private final Set<UUID> replacing;

  /** Nodes without the store that the record names, and since when that was seen in this term. */
  private final Map<UUID, Long> withoutStoreNanos = new HashMap<>();

  private List<UUID> wanted;
  private Epoch term = Epoch.NONE;
  private boolean finishing;
  private long notBeforeNanos;
  private String said = "";

  /**
   * @param wanted ids of the nodes that are to keep the record
   * @param nodes all, by their ids
   * @param patienceNanos for which a store that is not there any more is waited for
   * @param replacing disks, each its node's store, that people said are in a lost one's place
   * @param log told what happens, in words for people
   */
  HolderUpkeep(
      Reactor home,
      UUID leg,
      LegOwnership ownership,
      List<UUID> wanted,
      Map<UUID, DiskNodeLink> nodes,
      RandomGenerator random,
      long patienceNanos,
      Collection<UUID> replacing,
      Consumer<String> log) {
    this.home = home;
    this.leg = leg;
    this.ownership = ownership;
    this.wanted = List.copyOf(wanted);
    this.nodes = nodes;
    this.patienceNanos = patienceNanos;
    this.replacing = Set.copyOf(replacing);
    this.log = log;
    names = new HolderNames(nodes.values());
    backoff = new Backoff(MIN_BACKOFF_NANOS, MAX_BACKOFF_NANOS, random);
  }

  void want(List<UUID> others) {
    wanted = List.copyOf(others);
    notBeforeNanos = home.clock().nanos();
    backoff.reset();
    said = "";
  }

  /** The leg is owned; it looks until it is not any more. */
  void begin() {
    LegRecord record = ownership.record();
    term = record.epoch();
    said = "";
    notBeforeNanos = home.clock().nanos();
    backoff.reset();
    withoutStoreNanos.clear();
    finishing = record.changesHolders();
    if (finishing) {
      log.accept(
          "goes on with the change of the holders of leg %s from %s to %s, which an earlier owner began"
              .formatted(leg, names.of(record.holders()), names.of(record.nextHolders())));
    }
    lookLater(term);
  }

  private void lookLater(Epoch of) {
    home.timers()
        .schedule(
            LOOK_NANOS,
            () -> {
              if (ownership.epoch().equals(of) && term.equals(of)) {
                look();
                lookLater(of);
              }
            });
  }

  private void look() {
    LegRecord record = ownership.record();
    if (ownership.holderStep() != null) {
      return;
    }
    if (finishing) {
      finishing = false;
      sayNow(record);
    }
    List<Holder> next = new ArrayList<>();
    for (UUID node : wanted) {
      Optional<Holder> holder = holder(nodes.get(node), record);
      if (holder.isEmpty()) {
        sayNotYet(record, missing(nodes.get(node)));
        return;
      }
      next.add(holder.get());
    }
    if (stores(next).equals(stores(record.holders()))) {
      dismissOthers(record);
    } else if (home.clock().nanos() >= notBeforeNanos) {
      change(record, next);
    }
  }

  /** What the node is as a holder; empty where that is not known. */
  private Optional<Holder> holder(DiskNodeLink node, LegRecord record) {
    Optional<Holder> had =
        record.holders().stream().filter(one -> HolderNames.had(node, one)).findFirst();
    if (!node.isLive()) {
      return had;
    }
    UUID store = node.identity().store();
    Optional<Holder> named =
        record.holders().stream().filter(one -> one.store().equals(store)).findFirst();
    if (named.isPresent()) {
      withoutStoreNanos.remove(node.node());
    }
    if (named.isPresent() || !node.identity().has(NodeIdentity.HOLDS_RECORDS)) {
      return named;
    }
    return had.isPresent() && mayComeBack(node)
        ? had
        : Optional.of(HolderNames.holder(node, store));
  }

  /** Whether the store that the node had may be there again soon. */
  private boolean mayComeBack(DiskNodeLink node) {
    if (node.identity().has(NodeIdentity.FORGETS) || replacing.contains(node.identity().store())) {
      return false;
    }
    long nowNanos = home.clock().nanos();
    Long since = withoutStoreNanos.putIfAbsent(node.node(), nowNanos);
    if (since == null && patienceNanos > 0) {
      log.accept(
          ("node %s has another store than the one that keeps the record of leg %s: waits %d s for"
                  + " that one, and has the record kept by the other one then")
              .formatted(node.name(), leg, TimeUnit.NANOSECONDS.toSeconds(patienceNanos)));
    }
    return nowNanos - (since == null ? nowNanos : since) < patienceNanos;
  }

  private static String missing(DiskNodeLink node) {
    return node.isLive()
        ? "node " + node.name() + " keeps no records"
        : "node " + node.name() + " is not connected";
  }

  private void change(LegRecord record, List<Holder> next) {
    String change =
        "holders of leg %s change from %s to %s"
            .formatted(leg, names.of(record.holders()), names.of(next));
    log.accept(change);
    ownership.changeHolders(next, this::changed);
  }

  private void changed(ChangeOutcome outcome) {
    switch (outcome) {
      case ChangeOutcome.Known(LegRecord record) -> {
        backoff.reset();
        sayNow(record);
      }
      case ChangeOutcome.Refused(String reason) -> {
        notBeforeNanos = home.clock().nanos() + backoff.next();
        if (ownership.record() != null) {
          sayNotYet(ownership.record(), reason);
        }
      }
      case ChangeOutcome.Lost(String reason) ->
          log.accept(
              "whether the holders of leg %s were changed its next owner finds: %s"
                  .formatted(leg, reason));
    }
  }

  private void sayNow(LegRecord record) {
    said = "";
    log.accept("holders of leg %s are now %s".formatted(leg, names.of(record.holders())));
  }

  private void sayNotYet(LegRecord record, String reason) {
    String what =
        "holders of leg %s are %s still, and not %s: %s"
            .formatted(leg, names.of(record.holders()), names.ofNodes(wanted), reason);
    if (!said.equals(what)) {
      said = what;
      log.accept(what);
    }
  }

  /** Who was a holder and away when it was dropped, or was asked to be one by a dead owner. */
  private void dismissOthers(LegRecord record) {
    Set<UUID> told = ownership.dismissed();
    List<UUID> others = new ArrayList<>();
    for (DiskNodeLink node : nodes.values()) {
      if (node.isLive()
          && node.identity().has(NodeIdentity.HOLDS_RECORDS)
          && !told.contains(node.identity().store())) {
        others.add(node.identity().store());
      }
    }
    ownership.dismiss(others);
  }

  private static Set<UUID> stores(List<Holder> holders) {
    Set<UUID> stores = new HashSet<>();
    holders.forEach(holder -> stores.add(holder.store()));
    return stores;
  }
}
