package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * Controllers and record holders of one leg, in virtual time, from one seed: the production classes
 * on a network that loses, delays, doubles and reorders, with clocks whose rates differ by up to 10
 * %, among crashes, pauses, cuts and failing stores. Checks RECORD, OWNER and LEASE after every
 * event; a violation is an {@link AssertionError}.
 */
final class OwnershipModel {

  /** For so long everything goes wrong. */
  static final long TROUBLE_NANOS = 20_000_000_000L;

  /** After so long in a good network a leg that is claimed must have an owner. */
  static final long RECOVERY_NANOS = 10_000_000_000L;

  /** After so long the record is kept by whom everybody wants. */
  static final long WISH_NANOS = 10_000_000_000L;

  /** After so long who is no holder knows it. */
  private static final long DISMISSAL_NANOS = 3_000_000_000L;

  private static final long MILLIS = 1_000_000L;
  private static final int[] HOLDERS = {3, 4, 5, 7};
  private static final int CONTROLLERS = 3;

  final ModelTime time = new ModelTime();
  final ModelNetwork network;
  final ModelNode disks;
  final Set<PlantedBug> bugs;
  final EventCounts counts = new EventCounts();

  private final long seed;
  private final Random random;
  private final List<ModelHolder> holders = new ArrayList<>();
  private final List<ModelController> controllers = new ArrayList<>();
  private final Nemesis nemesis;

  private final Map<UUID, Epoch> admitted = new HashMap<>();
  private final Map<String, LegRecord> contents = new HashMap<>();
  private final Map<Long, LegRecord> chosen = new HashMap<>();
  private final Map<Epoch, LegRecord> firstOfEpoch = new HashMap<>();
  private final Map<Long, Epoch> epochOfNumber = new HashMap<>();
  private final Set<Epoch> over = new HashSet<>();
  private LegRecord newestKnown;
  private long highestServed;

  OwnershipModel(long seed, Set<PlantedBug> bugs) {
    this.seed = seed;
    this.bugs = bugs;
    random = new Random(seed);
    network = new ModelNetwork(time, random);
    disks = new ModelNode("disks", time, 1, 0);
    disks.begin();
    int count = HOLDERS[random.nextInt(HOLDERS.length)];
    for (int i = 0; i < count; i++) {
      holders.add(new ModelHolder(Samples.id(5, i), "h" + i, this, random, rate()));
    }
    for (int i = 0; i < CONTROLLERS; i++) {
      controllers.add(new ModelController(Samples.id(2, i), "c" + i, this, random, rate()));
    }
    nemesis = new Nemesis(this, random, holders, controllers);
  }

  /** Rates differ by up to 10 %; the ends are where the margins are. */
  private double rate() {
    return switch (random.nextInt(4)) {
      case 0 -> 1.0;
      case 1 -> 1.1;
      default -> 1.0 + random.nextDouble() * 0.1;
    };
  }

  /** Lets it run to the end; throws where an invariant is broken or no owner is found. */
  void run() {
    try {
      List<ModelHolder> shuffled = new ArrayList<>(holders);
      Collections.shuffle(shuffled, random);
      List<Holder> set =
          shuffled.subList(0, setSize()).stream().map(ModelHolder::asHolder).toList();
      holders.forEach(holder -> holder.start(bugs));
      controllers.forEach(controller -> controller.start(stores(set)));
      LegRecord first = Samples.first(Samples.LEG, Samples.EPOCH, set);
      nemesis.begin(first);
      time.runUntil(TROUBLE_NANOS, this::check);
      nemesis.end();
      long endNanos = TROUBLE_NANOS + RECOVERY_NANOS;
      time.runUntil(endNanos, this::check);
      long owners = controllers.stream().filter(ModelController::mayAnswer).count();
      require(owners == 1, "liveness: the leg has " + owners + " owners after the recovery");
      Set<UUID> wanted = nemesis.agreeOnHolders();
      endNanos += WISH_NANOS;
      time.runUntil(endNanos, this::check);
      ModelController owner =
          controllers.stream().filter(ModelController::mayAnswer).findFirst().orElseThrow();
      require(
          stores(owner.leg.record().holders()).equals(wanted),
          "liveness: the record is not kept by whom everybody wants");
      nemesis.dismissStrangers(owner);
      endNanos += DISMISSAL_NANOS;
      time.runUntil(endNanos, this::check);
      checkNothingIsLeftBehind(owner);
      counts.add("messages lost", network.lost());
      counts.add("messages twice", network.duplicated());
      counts.add("messages late", network.late());
      counts.add("events", time.eventsRun());
    } catch (RuntimeException e) {
      throw new AssertionError("seed " + seed + " at " + time.nowNanos() / MILLIS + " ms", e);
    }
  }

  /** NO-LEAK: who is no holder has nothing of the leg but a tombstone that shows the way. */
  private void checkNothingIsLeftBehind(ModelController owner) {
    require(owner.mayAnswer(), "liveness: the owner did not stay one");
    LegRecord record = owner.leg.record();
    require(!record.changesHolders(), "liveness: the holders' change is not over");
    for (ModelHolder holder : holders) {
      HolderEntry entry = holder.entry();
      if (record.names(holder.identity()) || entry == null) {
        continue;
      }
      counts.add("strangers after all");
      if (!record.epoch().mayFollow(entry.promised())) {
        counts.add("strangers that promised another epoch");
        continue;
      }
      require(entry.retired(), "NO-LEAK: " + holder.name + " keeps " + entry);
      require(
          entry.tombstone().successors().equals(record.holders())
              || stores(entry.tombstone().successors()).equals(stores(record.holders())),
          "RECORD: " + holder.name + " names " + entry.tombstone());
    }
  }

  /** One, three or five, as many as there are. */
  int setSize() {
    int size = new int[] {1, 3, 3, 5}[random.nextInt(4)];
    return size <= holders.size() ? size : 3;
  }

  long seed() {
    return seed;
  }

  /** Whether somebody has owned the leg. */
  boolean exists() {
    return newestKnown != null;
  }

  static Set<UUID> stores(List<Holder> holders) {
    var stores = new HashSet<UUID>();
    holders.forEach(holder -> stores.add(holder.store()));
    return stores;
  }

  UUID anyHolder(Random random) {
    return Samples.id(5, random.nextInt(holders.size()));
  }

  ModelHolder holder(UUID store) {
    return holders.stream().filter(holder -> holder.identity().equals(store)).findFirst().get();
  }

  /** OWNER, LEASE: at no instant may two answer, and no lower epoch after a higher one. */
  private void check() {
    nemesis.ambush();
    ModelController owner = null;
    for (ModelController controller : controllers) {
      if (!controller.mayAnswer()) {
        continue;
      }
      Epoch epoch = controller.leg.epoch();
      if (owner != null) {
        require(false, "LEASE: " + owner.leg.epoch() + " and " + epoch + " may both answer");
      }
      require(epoch.number() >= highestServed, "LEASE: " + epoch + " answers after a higher one");
      require(!over.contains(epoch), "LEASE: " + epoch + " answers after its end");
      highestServed = epoch.number();
      owner = controller;
    }
  }

  /** RECORD: a generation of an epoch never has two contents. */
  void accepted(LegRecord record) {
    LegRecord before = contents.putIfAbsent(record.epoch() + " " + record.generation(), record);
    require(
        before == null || before.equals(record),
        "RECORD: two contents of " + record.epoch() + ", generation " + record.generation());
  }

  void owned(ModelController controller, Claim.Outcome.Owned owned) {
    LegRecord record = owned.record();
    Epoch epoch = record.epoch();
    counts.add("owned");
    Epoch other = epochOfNumber.putIfAbsent(epoch.number(), epoch);
    require(other == null, "RECORD: epoch " + epoch + " was owned before, by " + other);
    require(
        newestKnown == null
            || newestKnown.epoch().number() > epoch.number()
            || newestKnown.generation() < record.generation()
                && newestKnown.sizeBytes() <= record.sizeBytes(),
        "RECORD: " + epoch + " does not know generation " + generation(newestKnown));
    firstOfEpoch.put(epoch, record);
    for (Group group : record.groups()) {
      for (Member member : group.members()) {
        Epoch by = admitted.getOrDefault(member.logicalDisk(), Epoch.NONE);
        require(
            !member.inSync() || by.number() >= epoch.number(),
            "OWNER: " + member + " is in-sync and admitted " + by + " only");
      }
    }
    known(record);
  }

  private static long generation(LegRecord record) {
    return record == null ? 0 : record.generation();
  }

  /** RECORD: what is known to be chosen is in every later epoch's records, and has one content. */
  void known(LegRecord record) {
    LegRecord before = chosen.putIfAbsent(record.generation(), record);
    require(
        before == null || before.equals(record),
        "RECORD: generation " + record.generation() + " was chosen twice");
    firstOfEpoch.forEach((epoch, first) ->
        require(
            !epoch.isHigherThan(record.epoch())
                || record.generation() < first.generation()
                    && record.sizeBytes() <= first.sizeBytes(),
            "RECORD: " + epoch + " began without generation " + record.generation()));
    if (newestKnown == null || record.isNewerThan(newestKnown)) {
      newestKnown = record;
    }
  }

  void lost(ModelController controller, String reason) {
    counts.add("lost: " + reason.replaceAll("epoch .*", "epoch"));
  }

  /** A holder dies, and sometimes all with it, as in a power cut. */
  void kill(ModelHolder holder) {
    if (random.nextInt(3) == 0) {
      holders.forEach(nemesis::crash);
    } else {
      nemesis.crash(holder);
    }
  }

  /** The epoch was released or lost by its owner: nothing may be answered under it any more. */
  void ended(Epoch epoch) {
    over.add(epoch);
  }

  Admissions.Outcome admit(UUID disk, Epoch epoch) {
    Epoch before = admitted.getOrDefault(disk, Epoch.NONE);
    if (!epoch.mayFollow(before)) {
      return new Admissions.Outcome.HigherEpoch(before);
    }
    admitted.put(disk, epoch);
    return new Admissions.Outcome.Admitted(Samples.POWER, Admissions.Contents.CLEAN);
  }

  void require(boolean holds, String violation) {
    if (!holds) {
      throw new AssertionError(
          "seed " + seed + " at " + time.nowNanos() / MILLIS + " ms: " + violation);
    }
  }
}
