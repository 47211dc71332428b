package io.dnvme.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Whatever a leg goes through ({@link LegScript}), each of those who take part is struck at each of
 * its await points, one in each run: killed, without power, or stopped for longer than every
 * timeout.
 *
 * <p>Each script is gone through undisturbed first, to count the points. Seeds then name all of
 * them, in an order in which any first hundred are spread over all; the seeds after the last begin
 * anew, in other courses of the same scripts.
 */
final class AwaitPoints implements Scenario {

  private static final List<ScriptCourse.Blow> OF_CONTROLLERS =
      List.of(ScriptCourse.Blow.KILLED, ScriptCourse.Blow.PAUSED);

  private static final List<ScriptCourse.Blow> OF_DISK_NODES =
      List.of(ScriptCourse.Blow.KILLED, ScriptCourse.Blow.POWER_LOST, ScriptCourse.Blow.PAUSED);

  private static final long LOOK_NANOS = 10 * SimWorld.MILLIS;
  private static final long MAX_SCRIPT_NANOS = 20 * SimWorld.SECONDS;
  private static final double GOLDEN_RATIO = 0.618_033_988_749_894_9;

  /** One strike. */
  private record Place(int round, LegScript script, ScriptCourse.Strike strike) {}

  private final LegBugs planted;
  private final List<List<Place>> rounds = new ArrayList<>();

  AwaitPoints() {
    this(LegBugs.NONE);
  }

  private AwaitPoints(LegBugs planted) {
    this.planted = planted;
  }

  @Override
  public String name() {
    return "await-points";
  }

  @Override
  public List<String> steps() {
    return Arrays.stream(LegScript.values()).map(Enum::name).toList();
  }

  @Override
  public List<String> nemeses() {
    return Stream.concat(
            OF_CONTROLLERS.stream().map(blow -> blow.of(true)),
            OF_DISK_NODES.stream().map(blow -> blow.of(false)))
        .toList();
  }

  @Override
  public List<String> bugs() {
    return List.of();
  }

  @Override
  public Scenario withBug(String name) {
    return new AwaitPoints(LegBugs.named(name));
  }

  /** All seeds of a round have the same course until they strike. */
  @Override
  public long randomness(long seed) {
    return 1 + place(seed).round();
  }

  @Override
  public Course begin(SimWorld world) {
    Place place = place(world.seed());
    world.trace("script", words(world.seed()));
    return new ScriptCourse(world, planted, place.script(), place.strike());
  }

  @Override
  public int seeds() {
    return 140;
  }

  /** How many seeds, from 1 on, are at every await point of every script. */
  int pointsOfTheFirstRound() {
    return round(0).size();
  }

  /** How many points each script has, over all processes and blows. */
  Map<LegScript, Long> summary() {
    Map<LegScript, Long> points = new EnumMap<>(LegScript.class);
    round(0).forEach(place -> points.merge(place.script(), 1L, Long::sum));
    return points;
  }

  /** Who is struck how and where, by that seed. */
  String words(long seed) {
    return place(seed).toString();
  }

  private Place place(long seed) {
    long left = Math.max(seed - 1, 0);
    int number = 0;
    while (left >= round(number).size()) {
      left -= round(number++).size();
    }
    return round(number).get((int) left);
  }

  private synchronized List<Place> round(int number) {
    while (rounds.size() <= number) {
      rounds.add(count(rounds.size()));
    }
    return rounds.get(number);
  }

  /** One of each script after the other, and of each script here and there. */
  private List<Place> count(int round) {
    List<List<Place>> ofScripts = new ArrayList<>();
    for (LegScript script : LegScript.values()) {
      ofScripts.add(spread(places(round, script)));
    }
    List<Place> all = new ArrayList<>();
    int longest = ofScripts.stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < longest; i++) {
      for (List<Place> places : ofScripts) {
        if (i < places.size()) {
          all.add(places.get(i));
        }
      }
    }
    return all;
  }

  private List<Place> places(int round, LegScript script) {
    var world = new SimWorld(0, 1 + round, Trace.none());
    var course = new ScriptCourse(world, planted, script, null);
    while (course.points().isEmpty()
        && world.violations().isEmpty()
        && world.nowNanos() < MAX_SCRIPT_NANOS) {
      world.runUntil(world.nowNanos() + LOOK_NANOS);
    }
    if (course.points().isEmpty()) {
      throw new IllegalStateException(script + " does not end: " + world.violations());
    }
    List<Place> places = new ArrayList<>();
    for (ScriptCourse.Blow blow : ScriptCourse.Blow.values()) {
      for (int process = 0; process < course.points().size(); process++) {
        boolean controller = course.isController(process);
        if (!(controller ? OF_CONTROLLERS : OF_DISK_NODES).contains(blow)) {
          continue;
        }
        for (long point = 1; point <= course.points().get(process); point++) {
          places.add(
              new Place(
                  round, script, new ScriptCourse.Strike(process, blow, point, world.nowNanos())));
        }
      }
    }
    return places;
  }

  /** Each once, so that those at the beginning are from everywhere. */
  private static List<Place> spread(List<Place> places) {
    int size = places.size();
    int stride = Math.max(1, (int) Math.round(size * GOLDEN_RATIO));
    while (gcd(stride, size) != 1) {
      stride++;
    }
    List<Place> spread = new ArrayList<>();
    for (long i = 0; i < size; i++) {
      spread.add(places.get((int) (i * stride % size)));
    }
    return spread;
  }

  private static int gcd(int one, int other) {
    return other == 0 ? one : gcd(other, one % other);
  }
}
