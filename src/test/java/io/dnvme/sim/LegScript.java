package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * A course that a leg of three members goes through when nothing disturbs it: from when it is begun
 * until it is over each process's await points are counted ({@link AwaitPoints}).
 */
enum LegScript {
  /** Logical disks are allocated, members and the record made, and the leg is owned. */
  CREATE(true, (course, begun) -> begun.run(), course -> course.steps().isReady()),

  /** The owner dies while hosts write. */
  TAKEOVER(
      false,
      (course, begun) -> {
        SimProcess owner = course.owner().process();
        owner.kill();
        course.later(LegScript.AWAY_NANOS, () -> course.startAgain(owner));
        begun.run();
      },
      course -> course.owner().number() == 1 && course.steps().isReady()),

  /** The owner gives the leg back, as it is told to. */
  HAND_OVER(
      false,
      (course, begun) -> {
        course.owner().giveBack();
        begun.run();
      },
      course -> course.owner().number() == 1 && course.steps().isReady()),

  /** A member is gone while hosts write, and is removed by the record. */
  REMOVAL(
      false,
      (course, begun) -> {
        SimProcess node = last(course).process();
        node.kill();
        course.later(LegScript.AWAY_NANOS, () -> course.startAgain(node));
        begun.run();
      },
      course -> isSettled(course, false)),

  /** It is back, is rebuilt by its bitmap, and promoted. */
  REBUILD(
      false,
      (course, begun) -> awayAndBack(course, last(course), begun),
      course -> isSettled(course, true) && course.steps().isReady()),

  /** A member that was memory is empty: allocated anew, and rebuilt in full. */
  REPLACEMENT(
      false,
      (course, begun) -> awayAndBack(course, last(course), begun),
      course -> isSettled(course, true) && course.steps().isReady()),

  /** Two of three who keep the record are replaced. */
  HOLDERS(
      false,
      (course, begun) -> {
        course
            .deciders()
            .agree(List.of(0, 3, 4).stream().map(i -> course.nodes().get(i).id()).toList());
        begun.run();
      },
      course -> course.deciders().isDone(course.facts()) && course.steps().isReady());

  private static final long AWAY_NANOS = 400 * SimWorld.MILLIS;
  private static final int LEASE_MS = 150;
  private static final long CLEAR_NANOS = 60 * SimWorld.MILLIS;
  private static final int LAST = 2;

  private final boolean fromTheStart;
  private final BiConsumer<LegCourse, Runnable> begin;
  private final Predicate<LegCourse> over;

  LegScript(
      boolean fromTheStart, BiConsumer<LegCourse, Runnable> begin, Predicate<LegCourse> over) {
    this.fromTheStart = fromTheStart;
    this.begin = begin;
    this.over = over;
  }

  /** Whether it begins with the world, and not with a leg that is served. */
  boolean isFromTheStart() {
    return fromTheStart;
  }

  /** What the leg is like. */
  LegShape shape(SplittableRandom random) {
    List<Kind> nodes = new ArrayList<>(Collections.nCopies(3, Kind.DISK));
    if (this == REPLACEMENT) {
      nodes.set(LAST, Kind.MEMORY);
    }
    if (this == HOLDERS) {
      nodes.addAll(List.of(Kind.WITNESS, Kind.WITNESS));
    }
    return new LegShape(
        nodes,
        3,
        List.of(List.of(0, 1, LAST)),
        LEASE_MS,
        CLEAR_NANOS,
        LegShape.Theme.ANYTHING,
        false,
        -1,
        random.nextBoolean(),
        false,
        0);
  }

  /**
   * @param begun run when what is to be looked at begins
   */
  void begin(LegCourse course, Runnable begun) {
    begin.accept(course, begun);
  }

  boolean isOver(LegCourse course) {
    return over.test(course);
  }

  private static SimDiskNode last(LegCourse course) {
    return course.nodes().get(LAST);
  }

  private static void awayAndBack(LegCourse course, SimDiskNode node, Runnable begun) {
    node.process().kill();
    course.later(
        AWAY_NANOS,
        () -> {
          course.startAgain(node.process());
          begun.run();
        });
  }

  /** Whether the last member is in-sync, or not, by the record, and nothing is in doubt. */
  private static boolean isSettled(LegCourse course, boolean inSync) {
    LegStatus status = course.owner().status();
    LegRecord record = status == null || !status.serving() ? null : status.record();
    return record != null
        && status.groups().getFirst().failed() == 0
        && record.groups().getFirst().members().get(LAST).inSync() == inSync;
  }
}
