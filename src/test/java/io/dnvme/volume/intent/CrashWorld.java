package io.dnvme.volume.intent;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * A group of three members, its owners one after another, hosts, and a nemesis, all from one seed.
 * Throws where a promise is broken.
 */
final class CrashWorld implements AutoCloseable {

  /** What happens to the group. */
  enum Nemesis {
    OWNER_DIES,
    MEMBER_LOST,
    MEMBER_POWER,
    MEMBER_EMPTIED,
    ALL_POWER,
    OWNER_AND_MEMBER_POWER,
    OWNER_AND_MEMBER_LOST,
    LOST_AT_TAKEOVER,
    HEADER_ROTS
  }

  /** What was reached, to see that the seeds reach it. */
  enum Step {
    TAKEOVER,
    TAKEOVER_WITH_DIRTY,
    POWER_WAIT,
    LOSS_TOLD,
    REMOVED_AT_TAKEOVER,
    DELTA_REBUILD,
    FULL_REBUILD,
    REBUILD_GOES_ON,
    PROMOTED,
    COMPARED
  }

  private static final int MEMBERS = 3;
  private static final int BLOCK = 512;
  private static final int REGIONS = 8;
  private static final int REGION_SHIFT = MemberLayout.MIN_REGION_SHIFT;
  private static final int REGION_BLOCKS = (1 << REGION_SHIFT) / BLOCK;
  private static final int STEPS = 80;
  private static final long MILLI = 1_000_000;
  private static final List<Nemesis> STRIKES =
      List.copyOf(EnumSet.complementOf(EnumSet.of(Nemesis.LOST_AT_TAKEOVER)));
  private static final IntentSettings SETTINGS = new IntentSettings(2 * MILLI, 3);

  final Map<Nemesis, Integer> nemeses = new EnumMap<>(Nemesis.class);
  final Map<Step, Integer> steps = new EnumMap<>(Step.class);
  private final Random random;
  private final Set<PlantedBug> bugs;
  private final ManualReactor reactor = new ManualReactor();
  private final MemberLayout layout;
  private final List<MemberIdentity> identities;
  private final CrashDevice[] devices = new CrashDevice[MEMBERS];
  private final CrashRecord record = new CrashRecord(MEMBERS);
  private final CrashModel model = new CrashModel(REGIONS * REGION_BLOCKS, BLOCK);
  private final int[] downSteps = new int[MEMBERS];
  private CrashGroup group;
  private boolean serving;
  private boolean flushing;
  private boolean rotted;
  private int rebuilds;
  private final int[] returns = new int[MEMBERS];

  CrashWorld(long seed, Set<PlantedBug> bugs) {
    random = new Random(seed);
    this.bugs = bugs;
    // Every other group keeps checksums.
    layout = new MemberLayout(BLOCK, (long) REGIONS * REGION_BLOCKS, REGION_SHIFT, seed % 2 == 0);
    identities =
        IntStream.range(0, MEMBERS)
            .mapToObj(i -> new MemberIdentity(new UUID(7, 7), 0, new UUID(1, i + 1)))
            .toList();
    for (int member = 0; member < MEMBERS; member++) {
      devices[member] = new CrashDevice(new BlockGeometry(BLOCK, layout.deviceBlocks()));
      record.power[member] = devices[member].powerIncarnation();
      boolean[] formatted = new boolean[1];
      MemberFormat.start(
          reactor,
          new CrashWire(devices[member], random),
          layout,
          identities.get(member),
          outcome -> formatted[0] = outcome instanceof MemberFormat.Outcome.Formatted);
      until("formatted", () -> formatted[0]);
    }
  }

  void run() {
    for (int step = 0; step < STEPS; step++) {
      for (int member = 0; member < MEMBERS; member++) {
        downSteps[member] = Math.max(downSteps[member] - 1, 0);
      }
      keepGoing();
      for (int i = random.nextInt(5); i > 0 && serving; i--) {
        hostCommand();
      }
      pass(random.nextLong(3 * MILLI));
      if (random.nextInt(6) == 0) {
        strike(STRIKES.get(random.nextInt(STRIKES.size())));
      }
      if (random.nextInt(12) == 0) {
        compare();
      }
    }
    Arrays.fill(downSteps, 0);
    until(
        "all members are back",
        () -> {
          keepGoing();
          return serving && group.inSync() == (1 << MEMBERS) - 1 && group.failed() == 0;
        });
    compare();
    boolean[] flushed = new boolean[1];
    group.flush(() -> flushed[0] = true);
    until("flushed", () -> flushed[0]);
    until("clean", () -> group.log.dirtyRegions() == 0);
  }

  private boolean isUp(int member) {
    return downSteps[member] == 0;
  }

  /** Takes over where nobody serves, and brings back who is away. */
  private void keepGoing() {
    if (group != null && group.isDead()) {
      ownerDied();
    }
    if (group == null) {
      takeOver();
    } else if (serving && group.failed() == 0) {
      for (int member = 0; member < MEMBERS; member++) {
        int mask = 1 << member;
        if (isUp(member)
            && ((group.inSync() | group.rebuilding() | rebuilds) & mask) == 0
            && group.failed() == 0) {
          bringBack(member);
        }
      }
    }
  }

  private void takeOver() {
    int reachable = 0;
    var wires = new CrashWire[MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      if ((record.inSync & 1 << member) != 0 && isUp(member)) {
        wires[member] = new CrashWire(devices[member], random);
        reachable |= 1 << member;
      } else if ((record.rebuilding & 1 << member) != 0 && isUp(member) && random.nextBoolean()) {
        wires[member] = new CrashWire(devices[member], random);
      }
    }
    if (reachable == 0) {
      return;
    }
    count(steps, Step.TAKEOVER);
    rebuilds = 0;
    flushing = false;
    var log = new WriteIntentLog(layout, identities, SETTINGS, bugs);
    var taking = new CrashGroup(log, record, layout, reactor, random, wires);
    group = taking;
    int admitted = reachable;
    log.open(yes -> opened(taking, admitted, yes));
  }

  private void opened(CrashGroup taking, int reachable, boolean yes) {
    if (group != taking || taking.isDead()) {
      return;
    }
    int changed = 0;
    for (int member = 0; member < MEMBERS; member++) {
      if (record.power[member] != devices[member].powerIncarnation()) {
        changed |= 1 << member;
      }
    }
    boolean dirty = yes && taking.log.dirtyRegions() > 0;
    if (dirty) {
      count(steps, Step.TAKEOVER_WITH_DIRTY);
    }
    PowerChange plan =
        PowerChange.decide(
            record.inSync, reachable, changed, reachable & ~taking.log.opened(), dirty, bugs);
    switch (plan) {
      case PowerChange.Wait() -> {
        count(steps, Step.POWER_WAIT);
        taking.die();
      }
      case PowerChange.GoOn(int leave, boolean lossPossible) -> {
        if (lossPossible) {
          count(steps, Step.LOSS_TOLD);
          model.lossPossible();
        }
        if (leave != 0) {
          count(steps, Step.REMOVED_AT_TAKEOVER);
        }
        for (int member = 0; member < MEMBERS; member++) {
          if ((leave & 1 << member) != 0) {
            taking.memberFailed(member, BlockStatus.PATH_LOST);
          }
        }
        serve(taking);
      }
    }
  }

  /** Serves at once, like a leg: those that have to leave may still be in-sync by the record. */
  private void serve(CrashGroup taking) {
    if (taking.isDead() || group != taking) {
      return;
    }
    for (int member = 0; member < MEMBERS; member++) {
      if (((taking.inSync() | taking.rebuilding()) & ~taking.failed() & 1 << member) != 0) {
        record.power[member] = devices[member].powerIncarnation();
      }
    }
    boolean early = random.nextInt(6) == 0 && taking.failed() == 0;
    if (early) {
      loseEarly(taking);
    }
    taking.log.makeEqual();
    serving = true;
    if (early) {
      readAll(taking);
    }
    for (int member = 0; member < MEMBERS; member++) {
      if ((taking.rebuilding() & ~taking.failed() & 1 << member) != 0) {
        count(steps, Step.REBUILD_GOES_ON);
        rebuilds |= 1 << member;
        rebuild(taking, member, ++returns[member]);
      }
    }
  }

  /** A connection is lost before anything was made equal. */
  private void loseEarly(CrashGroup taking) {
    count(nemeses, Nemesis.LOST_AT_TAKEOVER);
    taking.lose(random.nextInt(MEMBERS), false);
  }

  /** The owner may die as soon as a host was told something. */
  private void readAll(CrashGroup taking) {
    boolean dies = random.nextBoolean();
    for (int region = 0; region < REGIONS; region++) {
      int start = region * REGION_BLOCKS;
      taking.read(
          start,
          REGION_BLOCKS,
          content -> {
            model.saw("an early read", start, content);
            if (dies
                && taking == group
                && taking.log.unequalRegions() < taking.log.dirtyRegions()) {
              ownerDies();
            }
          });
    }
  }

  private void bringBack(int member) {
    CrashGroup back = group;
    rebuilds |= 1 << member;
    int number = ++returns[member];
    back.beginRebuild(
        member,
        new CrashWire(devices[member], random),
        yes -> {
          if (!yes || back.isDead()) {
            if (group == back) {
              rebuilds &= ~(1 << member);
            }
            return;
          }
          record.power[member] = devices[member].powerIncarnation();
          count(
              steps,
              back.log.missingRegions(member) == REGIONS ? Step.FULL_REBUILD : Step.DELTA_REBUILD);
          rebuild(back, member, number);
        });
  }

  private void rebuild(CrashGroup back, int member, int number) {
    new Rebuild(
            back,
            back.log,
            member,
            RebuildRate.DEFAULT,
            outcome -> {
              if (outcome == Rebuild.Outcome.PROMOTED) {
                count(steps, Step.PROMOTED);
              }
              if (group == back && returns[member] == number) {
                rebuilds &= ~(1 << member);
              }
            })
        .start();
  }

  private void hostCommand() {
    int start = random.nextInt(REGIONS) * REGION_BLOCKS + random.nextInt(REGION_BLOCKS);
    int count = 1 + random.nextInt(12);
    count = Math.min(count, REGIONS * REGION_BLOCKS - start);
    CrashGroup now = group;
    int kind = random.nextInt(10);
    if (kind == 0 && !flushing) {
      flushing = true;
      model.flushStarts();
      now.flush(() -> {
        flushing = false;
        model.flushed();
      });
    } else if (model.overlapsUnderWay(start, count)) {
      return;
    } else if (kind < 7) {
      CrashModel.Write write = model.begin(start, count);
      now.write(start, count, model.content(write), () -> model.acknowledged(write));
    } else {
      boolean[] answered = new boolean[1];
      now.read(
          start,
          count,
          content -> {
            answered[0] = true;
            // A write that came after it is still under way, behind it in the lock's order.
            model.saw("a read", start, content);
          });
      until("read", () -> answered[0] || now.isDead());
    }
  }

  private void strike(Nemesis nemesis) {
    int member = random.nextInt(MEMBERS);
    switch (nemesis) {
      case OWNER_DIES -> ownerDies();
      case MEMBER_LOST -> loseMember(member, false);
      case MEMBER_POWER -> loseMember(member, true);
      case MEMBER_EMPTIED -> {
        if (!serving || group.isDead() || group.inSync() == 1 << member || group.failed() != 0) {
          return;
        }
        if (Integer.bitCount(group.inSync() & ~(1 << member)) == 0) {
          return;
        }
        group.lose(member, true);
        devices[member].empty();
        downSteps[member] = random.nextInt(6);
      }
      case ALL_POWER -> {
        for (int each = 0; each < MEMBERS; each++) {
          loseMember(each, true);
        }
        ownerDies();
      }
      case OWNER_AND_MEMBER_POWER -> {
        loseMember(member, true);
        ownerDies();
      }
      case OWNER_AND_MEMBER_LOST -> {
        loseMember(member, false);
        ownerDies();
      }
      case LOST_AT_TAKEOVER -> throw new AssertionError("it strikes at a takeover only");
      case HEADER_ROTS -> {
        if (rotted) {
          return;
        }
        rotted = true;
        long page = random.nextInt(layout.headerPages());
        devices[member].rot(page * layout.blocksPerPage(), 100);
      }
    }
    count(nemeses, nemesis);
  }

  private void loseMember(int member, boolean power) {
    if (group != null && !group.isDead()) {
      group.lose(member, power);
    }
    if (power) {
      devices[member].losePower(random);
    }
    downSteps[member] = random.nextInt(12);
  }

  private void ownerDies() {
    if (group != null) {
      group.die();
      ownerDied();
    }
  }

  private void ownerDied() {
    group = null;
    serving = false;
    model.ownerDied();
  }

  /** Once nothing is under way all in-sync members are equal, and hold what they may. */
  private void compare() {
    CrashGroup now = group;
    if (!serving || now.isDead()) {
      return;
    }
    until(
        "quiet",
        () ->
            now.isDead() || model.isQuiet() && now.log.unequalRegions() == 0 && now.failed() == 0);
    if (now.isDead()) {
      return;
    }
    count(steps, Step.COMPARED);
    byte[] first = null;
    for (int member = 0; member < MEMBERS; member++) {
      if ((now.inSync() & 1 << member) != 0) {
        byte[] data = devices[member].bytes(layout.dataStartBlock(), layout.dataBlocks());
        int differs = first == null ? -1 : Arrays.mismatch(first, data);
        if (differs >= 0) {
          throw new BrokenPromise(
              "in-sync members differ at block %d (member %d)".formatted(differs / BLOCK, member));
        }
        first = data;
      }
    }
    model.saw("the in-sync members", 0, first);
  }

  private void pass(long nanos) {
    reactor.advance(nanos);
  }

  private void until(String what, BooleanSupplier reached) {
    for (int i = 0; !reached.getAsBoolean(); i++) {
      if (i == 100_000) {
        throw new AssertionError("never " + what + ": " + group);
      }
      pass(MILLI / 10);
    }
  }

  private static <K extends Enum<K>> void count(Map<K, Integer> counts, K key) {
    counts.merge(key, 1, Integer::sum);
  }

  @Override
  public void close() {
    reactor.close();
  }
}
