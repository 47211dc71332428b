package io.dnvme.agent.leg;

import io.dnvme.block.Backoff;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.ChangeOutcome;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
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
 * that was in memory or people said that this one replaces it, else after a while, for what is not
 * there may only not be mounted. That needs a majority of those that are the holders still: one
 * lost store after another is replaced, and not a majority of them at once. A holder that is at no
 * node that is known, perhaps because another controller's file calls its node otherwise, may be
 * what a node has lost.
 *
 * <p>Whoever is replaced gives its word away without anybody's word. So that is not done to most of
 * them: if their disks were mounted again, in place of those that replaced them, too few would be
 * left to say who owns the leg. What is counted is what this process has seen of all nodes, be it
 * the owner or not: the record does not tell.
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

  /** By node without the store that the record names, what was said of it last. */
  private final Map<UUID, String> saidOfLost = new HashMap<>();

  /** Stores that took a lost one's place, and nobody said that they may. */
  private final Set<UUID> unasked = new HashSet<>();

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
    unasked.retainAll(stores(record.holders()));
    List<Holder> next = new ArrayList<>();
    Deque<Holder> strays = strays(record);
    for (UUID node : wanted) {
      Optional<Holder> holder = holder(nodes.get(node), record, next, strays);
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

  /** Holders that are at no node, as far as is known. */
  private Deque<Holder> strays(LegRecord record) {
    Deque<Holder> strays = new ArrayDeque<>();
    for (Holder one : record.holders()) {
      if (nodes.values().stream().noneMatch(node -> HolderNames.had(node, one))) {
        strays.add(one);
      }
    }
    return strays;
  }

  /**
   * What the node is as a holder; empty where that is not known.
   *
   * @param taken what other nodes are
   * @param strays of which each may be one node's lost store
   */
  private Optional<Holder> holder(
      DiskNodeLink node, LegRecord record, List<Holder> taken, Deque<Holder> strays) {
    Optional<Holder> had =
        record.holders().stream()
            .filter(one -> HolderNames.had(node, one))
            .filter(one -> !taken.contains(one) && !isAtAnother(node, one))
            .findFirst();
    if (!node.isLive()) {
      return had;
    }
    UUID store = node.identity().store();
    Optional<Holder> named =
        record.holders().stream().filter(one -> one.store().equals(store)).findFirst();
    if (named.isPresent()) {
      saidOfLost.remove(node.node());
    }
    if (named.isPresent() || !node.identity().has(NodeIdentity.HOLDS_RECORDS)) {
      return named;
    }
    if (had.isPresent() ? staysFor(had.get(), node, record) : mayHaveLost(strays.peek(), node)) {
      return had.isPresent() ? had : Optional.of(strays.remove());
    }
    return Optional.of(HolderNames.holder(node, store));
  }

  /** Whether the store is at another node now. */
  private boolean isAtAnother(DiskNodeLink node, Holder holder) {
    return nodes.values().stream()
        .anyMatch(other ->
            other != node && other.isLive() && other.identity().store().equals(holder.store()));
  }

  /**
   * Whether the node's lost store will not be there again: people said so, or it was in memory. One
   * that this process never saw is taken for what the node has now.
   */
  private boolean isGone(Holder lost, DiskNodeLink node) {
    SeenStores stores = node.stores();
    return replacing.contains(node.identity().store())
        || (stores.has(lost.store())
            ? stores.forgets(lost.store())
            : node.identity().has(NodeIdentity.FORGETS));
  }

  /** Whether it is too early to say that this holder's store is not the node's lost one. */
  private boolean mayHaveLost(Holder stray, DiskNodeLink node) {
    if (stray == null || isGone(stray, node) || isPatienceOver(node)) {
      return false;
    }
    sayOfLost(
        node,
        ("node %s is to keep the record of leg %s, and may have lost %s, which keeps it and is at no"
                + " node that is known: waits %d s for that one")
            .formatted(
                node.name(),
                leg,
                names.of(List.of(stray)),
                TimeUnit.NANOSECONDS.toSeconds(patienceNanos)));
    return true;
  }

  private boolean isPatienceOver(DiskNodeLink node) {
    return home.clock().nanos() - node.stores().sinceNanos() >= patienceNanos;
  }

  /**
   * Whether the holder that is lost stays one, and the node's present store does not become one.
   */
  private boolean staysFor(Holder lost, DiskNodeLink node, LegRecord record) {
    if (isGone(lost, node)) {
      return false;
    }
    if (!isPatienceOver(node)) {
      sayOfLost(
          node,
          ("node %s has another store than the one that keeps the record of leg %s: waits %d s for"
                  + " that one, and has the record kept by the other one then")
              .formatted(node.name(), leg, TimeUnit.NANOSECONDS.toSeconds(patienceNanos)));
      return true;
    }
    if (wouldBeMostlyUnasked(lost, record)) {
      sayOfLost(
          node,
          ("node %s has another store than the one that keeps the record of leg %s, and it is not"
                  + " taken: most holders would be stores then that took others' places without"
                  + " anybody's word. Attach the disks that are missing; or, where they are lost,"
                  + " say replace for them in the virtual disk's section of all controllers' files,"
                  + " or start the controllers again to have one more replaced")
              .formatted(node.name(), leg));
      return true;
    }
    unasked.add(node.identity().store());
    return false;
  }

  /** Whether they would if one more took the lost one's place. */
  private boolean wouldBeMostlyUnasked(Holder lost, LegRecord record) {
    Set<UUID> all = stores(record.holders());
    all.addAll(unasked);
    all.remove(lost.store());
    long count = 1 + all.stream().filter(this::isUnasked).count();
    return 2 * count > wanted.size();
  }

  private boolean isUnasked(UUID store) {
    return !replacing.contains(store)
        && (unasked.contains(store)
            || nodes.values().stream().anyMatch(node -> node.stores().isAfterLasting(store)));
  }

  private void sayOfLost(DiskNodeLink node, String what) {
    if (!what.equals(saidOfLost.put(node.node(), what))) {
      log.accept(what);
    }
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
