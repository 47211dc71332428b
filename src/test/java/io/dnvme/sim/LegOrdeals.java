package io.dnvme.sim;

import io.dnvme.agent.leg.LegStatus;
import io.dnvme.block.BlockOp;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderStep;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What befalls a {@link LegCourse} in several blows, aimed together at what one invariant rests on;
 * one such course at a time:
 *
 * <ul>
 *   <li>LEASE: the owner keeps one member that its rival cannot reach, and does not hear of the
 *       rival's epoch.
 *   <li>INTENT: power goes while nothing is written any more, so that nothing which was lost is
 *       written anew before it is read.
 *   <li>MEMBER, INTENT: a member goes again while it comes back, or all others go as soon as it is
 *       back.
 *   <li>NO-SILENT-LOSS: content rots while nothing is written any more.
 *   <li>RECORD: the record's holders are being changed.
 * </ul>
 */
final class LegOrdeals {

  private static final long LOOK_NANOS = 25 * SimWorld.MICROS;
  private static final long AWAITED_NANOS = 3 * SimWorld.SECONDS;

  private final LegCourse course;
  private final SimWorld world;
  private final SimNetwork network;
  private final SplittableRandom random;
  private final Map<String, Scenario.Strike> all = new TreeMap<>();
  private long busyUntilNanos;
  private boolean calm;
  private Consumer<String> counted = name -> {};

  LegOrdeals(LegCourse course) {
    this.course = course;
    world = course.world();
    network = course.network();
    random = world.random("ordeals");
    all.put("split", this::split);
    all.put("power-loss-in-quiet", this::losePowerInQuiet);
    all.put("member-in-and-out", this::inAndOut);
    all.put("alone-after-return", this::aloneAfterReturn);
    all.put("change-of-holders", this::changeHolders);
    all.put("rot-in-quiet", this::rotInQuiet);
  }

  Map<String, Scenario.Strike> all() {
    return all;
  }

  /** Told the name of each that strikes by itself. */
  void counted(Consumer<String> struck) {
    counted = struck;
  }

  /** Whether a course is under way that nobody else is to disturb. */
  boolean isCalm() {
    return calm && !isFree();
  }

  private boolean isFree() {
    return world.nowNanos() >= busyUntilNanos;
  }

  /** Again and again one of these, mostly undisturbed, as soon as the leg has recovered. */
  void campaign(List<String> names) {
    if (!names.isEmpty()) {
      course.later(
          millis(random, 10, 200),
          () -> {
            if (isFree() && course.steps().isReady()) {
              strikeOne(names);
            } else {
              campaign(names);
            }
          });
    }
  }

  private void strikeOne(List<String> names) {
    String name = names.get(random.nextInt(names.size()));
    calm = random.nextInt(4) != 0;
    world.trace("nemesis", name + (calm ? ", undisturbed" : ""));
    all.get(name).strike(random, () -> counted.accept(name));
    calm &= !isFree();
    campaign(names);
  }

  /** False where another course is not over, save in a run of which all is disorder. */
  private boolean begins(long nanos) {
    boolean free = isFree() || course.shape().theme() == LegShape.Theme.ANYTHING;
    if (free) {
      busyUntilNanos = world.nowNanos() + nanos;
    }
    return free;
  }

  private static long millis(SplittableRandom random, long from, long to) {
    return random.nextLong(from * SimWorld.MILLIS, to * SimWorld.MILLIS);
  }

  private SimDiskNode dataNode(SplittableRandom random) {
    List<Integer> data = course.shape().dataNodes();
    return course.nodes().get(data.get(random.nextInt(data.size())));
  }

  private SimController rival(SimController owner) {
    return course.controllers().stream().filter(one -> one != owner).findFirst().orElseThrow();
  }

  private void separate(SimProcess one, SimProcess other, long nanos, boolean tells) {
    network.link(one, other).block(nanos);
    network.link(other, one).block(nanos);
    if (tells) {
      network.connections(one, other).forEach(port -> port.cut(true));
    }
  }

  private void restart(SimProcess victim, long nanos) {
    world.after(nanos, () -> course.startAgain(victim));
  }

  // ---- LEASE

  /**
   * {owner, one member's node} and {its rival, all other nodes}. Now and then the ends hear of it,
   * one holder can be reached from both, the others are restarted, or what they said before comes
   * late.
   */
  private void split(SplittableRandom random, Runnable struck) {
    SimController owner = course.owner();
    SimDiskNode kept = dataNode(random);
    long leaseNanos = course.shape().leaseMs() * SimWorld.MILLIS;
    long nanos = leaseNanos * 5 / 4 + millis(random, 400, 1_600);
    long lateNanos = random.nextInt(4) == 0 ? millis(random, 50, 500) : 0;
    if (!begins(lateNanos + nanos)) {
      return;
    }
    List<SimDiskNode> others = course.nodes().stream().filter(node -> node != kept).toList();
    int between = random.nextInt(others.size() * 3);
    boolean tells = random.nextInt(4) != 0;
    boolean restarts = random.nextInt(3) == 0;
    boolean rivalIsNew = random.nextBoolean() || restarts;
    var alsoHosts = random.split();
    for (int i = 0; i < others.size() && lateNanos > 0; i++) {
      network.link(others.get(i).process(), owner.process()).slow(lateNanos * 2, leaseNanos);
    }
    course.later(
        lateNanos,
        () -> {
          struck.run();
          world.trace("nemesis", owner.process() + " is left alone with " + kept.process());
          SimProcess rival = rival(owner).process();
          separate(rival, kept.process(), nanos, random.nextInt(4) != 0);
          if (rivalIsNew && rival.isUp()) {
            // It claims at once then, and not when it has tried for long.
            rival.kill();
            restart(rival, millis(random, 1, 30));
          }
          for (int i = 0; i < others.size(); i++) {
            SimProcess other = others.get(i).process();
            if (lateNanos > 0) {
              // What was said before still comes, late.
              network.link(owner.process(), other).block(nanos);
            } else if (i != between) {
              separate(owner.process(), other, nanos, tells);
            }
            if (restarts && lateNanos == 0 && other.isUp()) {
              other.kill();
              restart(other, millis(random, 1, 30));
            }
          }
          for (SimHost host : course.hosts().all()) {
            if (!host.onlyReads() && alsoHosts.nextInt(3) != 0) {
              separate(host.process(), owner.process(), nanos, true);
            }
          }
        });
  }

  // ---- INTENT

  /** Of one disk node, several, or all; the owner often dies with it. */
  private void losePowerInQuiet(SplittableRandom random, Runnable struck) {
    long quietNanos = millis(random, 2_500, 4_500);
    if (!begins(quietNanos)) {
      return;
    }
    course.hosts().quiet(quietNanos);
    boolean disorder = course.shape().theme() == LegShape.Theme.ANYTHING;
    if (disorder ? random.nextInt(4) != 0 : random.nextInt(3) == 0) {
      losePower(random, struck);
    } else {
      course.later(
          random.nextBoolean()
              ? millis(random, 0, 3)
              : course.shape().clearNanos() * random.nextInt(2, 6),
          () -> losePower(random, struck));
    }
  }

  private void losePower(SplittableRandom random, Runnable struck) {
    struck.run();
    boolean several = random.nextInt(4) == 0;
    SimDiskNode one = dataNode(random);
    for (SimDiskNode node : course.nodes()) {
      if (node == one || several && random.nextBoolean()) {
        node.losePower();
        restart(node.process(), millis(random, 10, 600));
      }
    }
    if (several || random.nextInt(3) != 0) {
      course.killFor(course.owner().process(), random);
    }
  }

  // ---- members that come back

  /** A member goes, and goes again while it is rebuilt or promoted; nothing is written then. */
  private void inAndOut(SplittableRandom random, Runnable struck) {
    if (!begins(4 * SimWorld.SECONDS)) {
      return;
    }
    struck.run();
    SimDiskNode node = dataNode(random);
    long awayNanos = millis(random, 100, 500);
    boolean quietBefore = random.nextBoolean();
    if (quietBefore) {
      // It comes back when what it misses is dirty no more.
      long writingNanos = awayNanos;
      course.later(writingNanos, () -> course.hosts().quiet(4 * SimWorld.SECONDS));
      awayNanos += course.shape().clearNanos() * random.nextInt(3, 6);
    }
    node.process().kill();
    restart(node.process(), awayNanos);
    long slowNanos = random.nextInt(4) == 0 ? 0 : millis(random, 1, 40);
    int when = random.nextInt(4);
    await(
        () -> course.steps().isReturning(node),
        () -> {
          if (slowNanos > 0) {
            node.disk().slow(SimWorld.SECONDS, slowNanos);
          }
          await(
              () -> isAt(node, quietBefore, when),
              () -> goAgain(node, slowNanos, quietBefore, random));
        });
  }

  /** Mostly what comes after all was copied: it is flushed there, or gets the bits of others. */
  private boolean isAt(SimDiskNode node, boolean quiet, int when) {
    return when == 0
        || course.steps().isReturning(node)
            && (quiet ? node.disk().has(BlockOp.FLUSH) : course.members().isHeaderWritten(node));
  }

  private void goAgain(
      SimDiskNode node, long slowNanos, boolean quietBefore, SplittableRandom random) {
    course.later(
        random.nextLong(SimWorld.MILLIS / 2 + slowNanos / 2),
        () -> {
          if (!quietBefore) {
            course.hosts().quiet(3 * SimWorld.SECONDS);
          }
          world.trace("nemesis", node.process() + " goes again");
          int how = random.nextInt(quietBefore ? 6 : 3);
          if (how == 0) {
            network
                .connections(course.owner().process(), node.process())
                .forEach(port -> port.cut(true));
          } else {
            if (how == 1) {
              node.process().kill();
            } else {
              node.losePower();
            }
            restart(node.process(), millis(random, 10, 300));
          }
        });
  }

  /**
   * A member leaves while nothing is dirty, and comes back while hosts write. Then it misses what
   * is being written, the owner and the writing hosts die, and the owner's rival has that member
   * alone, for a while.
   */
  private void aloneAfterReturn(SplittableRandom random, Runnable struck) {
    if (!begins(6 * SimWorld.SECONDS)) {
      return;
    }
    SimDiskNode node = dataNode(random);
    if (random.nextBoolean()) {
      struck.run();
      leaveAlone(node, random);
      return;
    }
    long clearNanos = course.shape().clearNanos() * random.nextInt(2, 5);
    course.hosts().quiet(clearNanos + 100 * SimWorld.MILLIS);
    course.later(
        clearNanos,
        () -> {
          struck.run();
          node.process().kill();
          restart(node.process(), millis(random, 100, 600));
          await(
              () -> course.steps().isReturning(node),
              () ->
                  await(
                      () -> !course.steps().isReturning(node),
                      () -> course.later(millis(random, 0, 30), () -> leaveAlone(node, random))));
        });
  }

  private void leaveAlone(SimDiskNode node, SplittableRandom random) {
    SimController owner = course.owner();
    SimController rival = rival(owner);
    long nanos = millis(random, 1_000, 2_500);
    world.trace("nemesis", rival.process() + " is left alone with " + node.process());
    network.link(owner.process(), node.process()).block(nanos);
    course.later(
        millis(random, 1, 40),
        () -> {
          course.hosts().quiet(4 * SimWorld.SECONDS);
          course.killFor(owner.process(), random);
          if (random.nextBoolean() && rival.process().isUp()) {
            rival.process().kill();
            restart(rival.process(), millis(random, 1, 30));
          }
          for (SimHost host : course.hosts().all()) {
            if (!host.onlyReads() && random.nextInt(3) != 0) {
              course.hosts().kill(host, millis(random, 500, 4_000));
            }
          }
          for (int number : course.shape().dataNodes()) {
            SimDiskNode other = course.nodes().get(number);
            if (other != node) {
              separate(rival.process(), other.process(), nanos, true);
            }
          }
        });
  }

  // ---- NO-SILENT-LOSS

  /**
   * Hosts only read, until all regions are clean; then content rots. Mostly something else befalls
   * the leg as well, and where nothing does, what is read is repaired. What is not, is as it was
   * before anything is written again.
   */
  private void rotInQuiet(SplittableRandom random, Runnable struck) {
    if (course.shape().theme() == LegShape.Theme.ROT && random.nextInt(3) == 0) {
      rotBesideWrites(random, struck);
      return;
    }
    long quietNanos = millis(random, 3_000, 5_000);
    if (!course.shape().checksums() || !begins(quietNanos)) {
      return;
    }
    course.hosts().quiet(quietNanos);
    long atNanos = course.shape().clearNanos() * random.nextInt(4, 6);
    int blow = random.nextInt(6);
    SimDiskNode node = dataNode(random);
    var later = random.split();
    course.later(
        atNanos,
        () -> {
          SimController owner = course.owner();
          boolean quiet = course.steps().isReady() && course.hosts().areQuiet();
          // Alone it is harmless; together with others it cannot be told from a torn write.
          boolean header = calm && later.nextInt(4) == 0;
          if (!quiet || !(header ? course.rot().strikeHeader(later) : course.rot().strike(later))) {
            return;
          }
          struck.run();
          Epoch term = owner.status().record().epoch();
          course.later(later.nextLong(100 * SimWorld.MILLIS), () -> blow(blow, owner, node, later));
          world.after(
              quietNanos - atNanos - 100 * SimWorld.MILLIS,
              () -> {
                LegStatus status = owner.status();
                if (blow > 3 && calm && owner.isWhole() && status.record().epoch().equals(term)) {
                  course.rot().checkRepaired();
                }
                course.rot().restore();
              });
        });
  }

  /**
   * Hosts go on writing elsewhere, so that takeovers, removals and rebuilds have what is dirty; in
   * a region that is clean something rots meanwhile, and is as it was before that is written again.
   */
  private void rotBesideWrites(SplittableRandom random, Runnable struck) {
    long coolNanos = millis(random, 3_000, 5_000);
    if (!course.shape().checksums() || !begins(coolNanos)) {
      return;
    }
    course.hosts().cool(coolNanos);
    long atNanos = course.shape().clearNanos() * random.nextInt(4, 6);
    int blow = random.nextInt(6);
    SimDiskNode node = dataNode(random);
    var later = random.split();
    course.later(
        atNanos,
        () -> {
          SimController owner = course.owner();
          boolean ready = course.steps().isReady() && course.hosts().areCool();
          if (!ready || !course.rot().strikeClean(course.anyCoolBlock(later), later)) {
            return;
          }
          struck.run();
          course.later(later.nextLong(100 * SimWorld.MILLIS), () -> blow(blow, owner, node, later));
          world.after(coolNanos - atNanos - 100 * SimWorld.MILLIS, () -> course.rot().restore());
        });
  }

  private void blow(int which, SimController owner, SimDiskNode node, SplittableRandom random) {
    switch (which) {
      case 0 -> course.killFor(owner.process(), random);
      case 1 -> owner.giveBack();
      case 2 -> {
        node.process().kill();
        restart(node.process(), millis(random, 10, 600));
      }
      case 3 -> {
        node.losePower();
        restart(node.process(), millis(random, 10, 600));
      }
      default -> {}
    }
  }

  // ---- holders

  /** The owner is told to change them, and something befalls it at one of the steps. */
  private void changeHolders(SplittableRandom random, Runnable struck) {
    if (!begins(5 * SimWorld.SECONDS)) {
      return;
    }
    SimController owner = course.owner();
    List<UUID> next = course.deciders().anyHolders(random);
    owner.wantHolders(next);
    if (random.nextBoolean()) {
      // Who takes its place would have it otherwise.
      rival(owner).wantHolders(course.deciders().anyHolders(random));
    }
    HolderStep step = HolderStep.values()[random.nextInt(HolderStep.values().length)];
    long lateNanos = random.nextBoolean() ? 0 : random.nextLong(3 * SimWorld.MILLIS);
    boolean late = random.nextInt(4) == 0;
    await(
        () -> owner.holderStep() != null && (owner.holderStep() == step || late),
        () ->
            course.later(
                late ? millis(random, 0, 1_500) : lateNanos,
                () -> {
                  struck.run();
                  strikeHolders(owner, next, random);
                }));
  }

  private void strikeHolders(SimController owner, List<UUID> next, SplittableRandom random) {
    long nanos = millis(random, 300, 2_500);
    SimController rival = rival(owner);
    int how = random.nextInt(5);
    boolean tells = random.nextBoolean();
    world.trace("nemesis", "while holders change, " + how);
    for (SimDiskNode node : course.nodes()) {
      boolean joins = next.contains(node.id());
      boolean hit = how < 2 ? joins == (how == 0) : random.nextBoolean();
      if (how == 4) {
        if (hit && node.process().isUp()) {
          node.process().kill();
          restart(node.process(), millis(random, 1, 1_500));
        }
      } else if (hit) {
        separate(owner.process(), node.process(), nanos, tells);
      } else if (how == 3) {
        separate(rival.process(), node.process(), nanos, tells);
      }
    }
    if (how == 2 || random.nextInt(3) == 0) {
      course.killFor(owner.process(), random);
    } else if (random.nextBoolean()) {
      course.later(random.nextLong(nanos), owner::giveBack);
    }
    if (random.nextInt(3) == 0 && rival.process().isUp()) {
      rival.process().kill();
      restart(rival.process(), millis(random, 1, 30));
    }
  }

  private void await(BooleanSupplier what, Runnable then) {
    awaitUntil(world.nowNanos() + AWAITED_NANOS, what, then);
  }

  private void awaitUntil(long deadlineNanos, BooleanSupplier what, Runnable then) {
    if (what.getAsBoolean()) {
      then.run();
    } else if (world.nowNanos() < deadlineNanos) {
      course.later(LOOK_NANOS, () -> awaitUntil(deadlineNanos, what, then));
    }
  }
}
