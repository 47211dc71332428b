package io.dnvme.volume.intent;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.ownership.ClaimVerdict;
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
class CrashWorld implements AutoCloseable {

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
    HEADER_ROTS,
    /** An older image of a member's disk is put back. */
    OLD_IMAGE,
    /** Another one takes over while the owner, which nobody told, goes on. */
    OWNER_DEPOSED,
    LEASE_LAPSES
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
    OLD_IMAGE_AT_TAKEOVER,
    OLD_IMAGE_RETURNS,
    COMPARED
  }

  static final int MEMBERS = 3;
  private static final int BLOCK = 512;
  private static final int REGIONS = 8;
  private static final int REGION_SHIFT = MemberLayout.MIN_REGION_SHIFT;
  private static final int REGION_BLOCKS = (1 << REGION_SHIFT) / BLOCK;

  /** So that what a rebuild has flushed and what it has not differ. */
  private static final int FLUSH_REGIONS = 2;

  private static final int STEPS = 80;
  static final long MILLI = 1_000_000;
  static final IntentSettings SETTINGS = new IntentSettings(2 * MILLI, 3);

  /** What befalls any group. */
  static final Set<Nemesis> NEMESES =
      EnumSet.complementOf(EnumSet.of(Nemesis.OWNER_DEPOSED, Nemesis.LEASE_LAPSES));

  private final List<Nemesis> ownNemeses;
  final Map<Nemesis, Integer> nemeses = new EnumMap<>(Nemesis.class);
  final Map<Step, Integer> steps = new EnumMap<>(Step.class);
  final Random random;
  final Set<PlantedBug> bugs;
  final ManualReactor reactor = new ManualReactor();
  final MemberLayout layout;
  final List<MemberIdentity> identities;
  final CrashDevice[] devices = new CrashDevice[MEMBERS];
  final CrashRecord record = new CrashRecord(MEMBERS);
  final CrashModel model = new CrashModel(REGIONS * REGION_BLOCKS, BLOCK);
  private final CrashWire[] connections = new CrashWire[MEMBERS];
  private final int[] downSteps = new int[MEMBERS];
  private final CrashImages images;
  CrashOwner group;
  boolean serving;
  private boolean flushing;
  private boolean rotted;
  private int rebuilds;
  private final int[] returns = new int[MEMBERS];

  CrashWorld(long seed, Set<PlantedBug> bugs) {
    this(seed, bugs, NEMESES);
  }

  CrashWorld(long seed, Set<PlantedBug> bugs, Set<Nemesis> ownNemeses) {
    random = new Random(seed);
    this.bugs = bugs;
    this.ownNemeses =
        ownNemeses.stream().filter(nemesis -> nemesis != Nemesis.LOST_AT_TAKEOVER).toList();
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
    images = new CrashImages(layout, devices);
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
        strike(ownNemeses.get(random.nextInt(ownNemeses.size())));
      }
      if (random.nextInt(12) == 0) {
        compare();
      }
      if (random.nextInt(6) == 0) {
        takeImage(random.nextInt(MEMBERS));
      }
    }
    Arrays.fill(downSteps, 0);
    until(
        "all members are back",
        () -> {
          keepGoing();
          return serving
              && group.mirror().inSync() == (1 << MEMBERS) - 1
              && group.mirror().failed() == 0;
        });
    compare();
    boolean[] flushed = new boolean[1];
    group.flush(() -> flushed[0] = true);
    until("flushed", () -> flushed[0]);
    until("clean", () -> group.log().dirtyRegions() == 0);
  }

  boolean isUp(int member) {
    return downSteps[member] == 0;
  }

  /** Takes over where nobody serves, and brings back who is away. */
  private void keepGoing() {
    if (group != null && group.isDead()) {
      ownerDied();
    }
    if (group == null) {
      takeOver();
    } else if (serving && group.mirror().failed() == 0) {
      for (int member = 0; member < MEMBERS; member++) {
        int mask = 1 << member;
        if (isUp(member)
            && ((group.mirror().inSync() | group.mirror().rebuilding() | rebuilds) & mask) == 0
            && group.mirror().failed() == 0) {
          bringBack(member);
        }
      }
    }
  }

  /** Whether the owner that takes over now has the member rebuilding from the start. */
  boolean goesOnRebuilding(int member) {
    return (record.rebuilding & 1 << member) != 0 && isUp(member) && random.nextBoolean();
  }

  /** Of the log with which an owner takes over. */
  IntentSettings takeoverSettings() {
    return SETTINGS;
  }

  private void takeOver() {
    int reachable = 0;
    var wires = new CrashWire[MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      if ((record.inSync & 1 << member) != 0 && isUp(member)) {
        wires[member] = connect(member);
        reachable |= 1 << member;
      } else if (goesOnRebuilding(member)) {
        wires[member] = connect(member);
      }
    }
    if (reachable == 0) {
      return;
    }
    count(steps, Step.TAKEOVER);
    ClaimVerdict verdict = new CrashClaim(this).judge(wires);
    if (verdict.waits()) {
      count(steps, Step.POWER_WAIT);
      return;
    }
    for (int member = 0; member < MEMBERS; member++) {
      int usable = record.inSync | verdict.rebuilding();
      if (wires[member] != null && (usable & 1 << member) == 0) {
        wires[member].cut(true, false);
        wires[member] = null;
      }
    }
    rebuilds = 0;
    flushing = false;
    var log = new WriteIntentLog(layout, identities, takeoverSettings(), bugs);
    var taking = new CrashGroup(log, record, layout, reactor, random, wires);
    group = taking;
    log.open(yes -> opened(taking, verdict, yes));
  }

  private void opened(CrashGroup taking, ClaimVerdict verdict, boolean yes) {
    if (group != taking || taking.isDead()) {
      return;
    }
    if (!yes) {
      taking.die();
      return;
    }
    if (taking.log.dirtyRegions() > 0) {
      count(steps, Step.TAKEOVER_WITH_DIRTY);
    }
    if (verdict.lossPossible()) {
      count(steps, Step.LOSS_TOLD);
      model.lossPossible();
    }
    if (taking.log.older() != 0) {
      count(steps, Step.OLD_IMAGE_AT_TAKEOVER);
    }
    int leave = record.inSync & ~(verdict.inSync() & taking.log.opened());
    if (leave != 0) {
      count(steps, Step.REMOVED_AT_TAKEOVER);
    }
    for (int member = 0; member < MEMBERS; member++) {
      if ((leave & 1 << member) != 0) {
        taking.memberFailed(member, BlockStatus.PATH_LOST);
      }
    }
    taken(taking);
  }

  /** A leg serves at once: those that have to leave may still be in-sync by the record. */
  void taken(CrashGroup taking) {
    serve(taking);
  }

  void serve(CrashOwner owner) {
    MirrorGroup mirror = owner.mirror();
    if (owner.isDead() || group != owner) {
      return;
    }
    for (int member = 0; member < MEMBERS; member++) {
      if (((mirror.inSync() | mirror.rebuilding()) & ~mirror.failed() & 1 << member) != 0) {
        record.power[member] = devices[member].powerIncarnation();
      }
    }
    boolean early = random.nextInt(6) == 0 && mirror.failed() == 0;
    if (early) {
      loseEarly(owner);
    }
    owner.log().makeEqual();
    serving = true;
    if (early) {
      readAll(owner);
    }
    for (int member = 0; member < MEMBERS; member++) {
      if ((mirror.rebuilding() & ~mirror.failed() & 1 << member) != 0) {
        count(steps, Step.REBUILD_GOES_ON);
        rebuilds |= 1 << member;
        rebuild(owner, member, ++returns[member]);
      }
    }
  }

  /** A connection is lost before anything was made equal. */
  private void loseEarly(CrashOwner owner) {
    count(nemeses, Nemesis.LOST_AT_TAKEOVER);
    owner.lose(random.nextInt(MEMBERS), false);
  }

  /** The owner may die as soon as a host was told something. */
  private void readAll(CrashOwner owner) {
    boolean dies = random.nextBoolean();
    for (int region = 0; region < REGIONS; region++) {
      int start = region * REGION_BLOCKS;
      owner.read(
          start,
          REGION_BLOCKS,
          content -> {
            model.saw("an early read", start, content);
            if (dies
                && owner == group
                && owner.log().unequalRegions() < owner.log().dirtyRegions()) {
              ownerDies();
            }
          });
    }
  }

  /** A connection to the member; an admission cuts the one before it (OWNER). */
  CrashWire connect(int member) {
    if (connections[member] != null) {
      connections[member].cut(true, false);
    }
    connections[member] = new CrashWire(devices[member], random);
    return connections[member];
  }

  private void bringBack(int member) {
    CrashOwner back = group;
    rebuilds |= 1 << member;
    int number = ++returns[member];
    back.bringBack(
        member,
        connect(member),
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
              back.log().missingRegions(member) == REGIONS
                  ? Step.FULL_REBUILD
                  : Step.DELTA_REBUILD);
          if (back.log().distrust(member) != null) {
            count(steps, Step.OLD_IMAGE_RETURNS);
          }
          rebuild(back, member, number);
        });
  }

  private void rebuild(CrashOwner back, int member, int number) {
    new Rebuild(
            back.mirror(),
            back.log(),
            member,
            RebuildRate.DEFAULT,
            FLUSH_REGIONS,
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
    CrashOwner now = group;
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
        if (!serving
            || group.isDead()
            || group.mirror().inSync() == 1 << member
            || group.mirror().failed() != 0) {
          return;
        }
        if (Integer.bitCount(group.mirror().inSync() & ~(1 << member)) == 0) {
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
      case OLD_IMAGE -> {
        if (!putBack(member)) {
          return;
        }
      }
      case OWNER_DEPOSED, LEASE_LAPSES -> strikeOwner(nemesis);
    }
    count(nemeses, nemesis);
  }

  /** What only an owner that knows of leases can be struck with. */
  void strikeOwner(Nemesis nemesis) {
    throw new IllegalArgumentException("this world has no " + nemesis);
  }

  private void takeImage(int member) {
    boolean counts =
        serving
            && !group.isDead()
            && (group.mirror().inSync() & ~group.mirror().failed() & 1 << member) != 0;
    if (counts) {
      images.take(member, connections[member]);
    }
  }

  /**
   * The others are there when it is judged: there is nothing to compare it with where it is alone.
   */
  private boolean putBack(int member) {
    if (!serving || group.isDead() || group.mirror().failed() != 0) {
      return false;
    }
    if (!images.canBePutBack(member, group.mirror().inSync() & ~(1 << member))) {
      return false;
    }
    loseMember(member, true);
    images.putBack(member);
    Arrays.fill(downSteps, 0);
    if (random.nextBoolean()) {
      ownerDies();
    }
    until(
        "the old image is judged",
        () -> {
          if (group == null || group.isDead()) {
            keepGoing();
          }
          return serving && !group.isDead() && group.mirror().failed() == 0;
        });
    return true;
  }

  private void loseMember(int member, boolean power) {
    if (group != null && !group.isDead()) {
      group.lose(member, power);
    }
    if (connections[member] != null) {
      // Of an owner that was deposed too: what happens is the member's.
      connections[member].cut(true, power);
    }
    if (power) {
      devices[member].losePower(random);
    }
    downSteps[member] = random.nextInt(12);
  }

  /** Nobody new reaches the member for a while. */
  void cutOff(int member) {
    downSteps[member] = random.nextInt(12);
  }

  private void ownerDies() {
    if (group != null) {
      group.die();
      ownerDied();
    }
  }

  void ownerDied() {
    group = null;
    serving = false;
    model.ownerDied();
  }

  /** Once nothing is under way all in-sync members are equal, and hold what they may. */
  private void compare() {
    CrashOwner now = group;
    if (!serving || now.isDead()) {
      return;
    }
    until(
        "quiet",
        () ->
            now.isDead()
                || model.isQuiet()
                    && now.log().unequalRegions() == 0
                    && now.mirror().failed() == 0);
    if (now.isDead()) {
      return;
    }
    count(steps, Step.COMPARED);
    byte[] first = null;
    for (int member = 0; member < MEMBERS; member++) {
      if ((now.mirror().inSync() & 1 << member) != 0) {
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

  void until(String what, BooleanSupplier reached) {
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
