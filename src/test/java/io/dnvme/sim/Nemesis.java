package io.dnvme.sim;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Strikes now and then, by a schedule from the seed: any of the course's nemeses, aimed at one of
 * the protocol's steps. It lies in wait for that step for a while, and strikes anyway where it does
 * not come.
 */
final class Nemesis {

  private static final long MAX_WAIT_NANOS = 4 * SimWorld.SECONDS;
  private static final long MAX_LOOK_NANOS = 60 * SimWorld.MICROS;
  private static final long MAX_REST_NANOS = 4 * SimWorld.SECONDS;

  private final SimWorld world;
  private final Scenario scenario;
  private final Scenario.Course course;
  private final NemesisTable table;
  private final SplittableRandom random;
  private boolean over;

  Nemesis(
      SimWorld world, Scenario scenario, Scenario.Course course, NemesisTable table, String name) {
    this.world = world;
    this.scenario = scenario;
    this.course = course;
    this.table = table;
    random = world.random(name);
  }

  void start() {
    rest();
  }

  /** No further strikes. */
  void end() {
    over = true;
  }

  private void rest() {
    // Often one blow follows another closely.
    long rest =
        random.nextInt(3) == 0
            ? random.nextLong(200 * SimWorld.MILLIS)
            : random.nextLong(MAX_REST_NANOS);
    world.after(
        rest,
        () -> {
          if (!over && course.isCalm()) {
            rest();
            return;
          }
          String nemesis = one(scenario.nemeses());
          String step = one(course.aims(scenario.steps()));
          if (!over && !course.isAt(step)) {
            course.provoke(step, random);
          }
          lieInWait(nemesis, step, world.nowNanos() + MAX_WAIT_NANOS);
        });
  }

  private String one(List<String> names) {
    return names.get(random.nextInt(names.size()));
  }

  private void lieInWait(String nemesis, String step, long deadlineNanos) {
    if (over) {
      return;
    }
    if (course.isCalm()) {
      rest();
      return;
    }
    if (course.isAt(step) || world.nowNanos() >= deadlineNanos) {
      strike(nemesis);
      rest();
    } else {
      world.after(
          random.nextLong(1, MAX_LOOK_NANOS), () -> lieInWait(nemesis, step, deadlineNanos));
    }
  }

  private void strike(String nemesis) {
    world.trace("nemesis", nemesis);
    course
        .strikes()
        .get(nemesis)
        .strike(random, () -> count(world, scenario, course, table, nemesis));
  }

  /** It struck at whatever steps the course is at now. */
  static void count(
      SimWorld world, Scenario scenario, Scenario.Course course, NemesisTable table, String name) {
    world.faultInjected();
    for (String step : scenario.steps()) {
      if (course.isAt(step)) {
        table.count(name, step);
      }
    }
  }
}
