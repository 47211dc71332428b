package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What one run of {@link LegScenario} is laid out like, and what befalls it beside the nemeses.
 *
 * @param nodes what each disk node has a disk for
 * @param holders the first so many nodes keep the record at the beginning
 * @param groups numbers of the nodes of each group's members
 * @param leaseMs L
 * @param clearNanos how lazily intent bits are cleared
 * @param theme what befalls it beside the nemeses, again and again
 * @param clocksApart one controller's clock is as slow as is assumed at most, all others as fast
 * @param missesCreation the holder that is killed as soon as the leg is begun to be created, for a
 *     while; -1: none
 * @param checksums whether members keep them
 * @param busy whether hosts have several commands at once
 * @param flushNanos how long a flush takes each disk at most, from when the leg may be served until
 *     the end; 0: no time
 */
record LegShape(
    List<Kind> nodes,
    int holders,
    List<List<Integer>> groups,
    int leaseMs,
    long clearNanos,
    Theme theme,
    boolean clocksApart,
    int missesCreation,
    boolean checksums,
    boolean busy,
    long flushNanos) {

  /** Courses of several blows that are aimed at the same invariants. */
  enum Theme {
    ANYTHING(List.of()),
    LEASE(List.of("split")),
    POWER(List.of("power-loss-in-quiet")),
    RETURN(List.of("member-in-and-out", "member-in-and-out", "alone-after-return")),
    HOLDERS(List.of("change-of-holders")),
    ROT(List.of("rot-in-quiet"));

    private final List<String> nemeses;

    Theme(List<String> nemeses) {
      this.nemeses = nemeses;
    }

    List<String> nemeses() {
      return nemeses;
    }
  }

  private static final List<Theme> THEMES =
      List.of(
          Theme.ANYTHING,
          Theme.ANYTHING,
          Theme.ANYTHING,
          Theme.LEASE,
          Theme.POWER,
          Theme.RETURN,
          Theme.RETURN,
          Theme.HOLDERS,
          Theme.ROT);

  private static final List<Kind> THREE_DISKS = List.of(Kind.DISK, Kind.DISK, Kind.DISK);
  private static final List<Kind> WITNESS = List.of(Kind.DISK, Kind.DISK, Kind.WITNESS);
  private static final int HOLDERS = 3;
  private static final int SLOW_FLUSHES_ONE_IN = 8;

  static LegShape of(SplittableRandom random, SplittableRandom ofFlushes) {
    Theme theme = THEMES.get(random.nextInt(THEMES.size()));
    boolean lease = theme == Theme.LEASE;
    boolean clocksApart = lease && random.nextBoolean();
    int dice = theme == Theme.RETURN ? random.nextInt(2, 8) : random.nextInt(8);
    List<Kind> nodes = new ArrayList<>(dice < 4 ? THREE_DISKS : dice < 7 ? WITNESS : THREE_DISKS);
    List<List<Integer>> groups =
        dice < 4
            ? List.of(List.of(0, 1, 2))
            : dice < 7 ? List.of(List.of(0, 1)) : List.of(List.of(0, 1), List.of(2, 1));
    if (theme == Theme.ANYTHING && random.nextInt(6) == 0) {
      nodes.set(1, Kind.MEMORY);
    }
    // Who may become a holder, and has nothing else.
    int spare = theme == Theme.HOLDERS ? random.nextInt(1, 4) : random.nextInt(4) == 0 ? 1 : 0;
    nodes.addAll(Collections.nCopies(spare, Kind.WITNESS));
    return new LegShape(
        List.copyOf(nodes),
        HOLDERS,
        groups,
        lease ? random.nextInt(clocksApart ? 700 : 200, 1001) : random.nextInt(100, 600),
        random.nextLong(50, 301) * SimWorld.MILLIS,
        theme,
        clocksApart,
        random.nextInt(lease ? 2 : 6) == 0 ? random.nextInt(HOLDERS) : -1,
        theme == Theme.ROT || random.nextInt(4) == 0,
        true,
        ofFlushes.nextInt(SLOW_FLUSHES_ONE_IN) == 0
            ? ofFlushes.nextLong(SimWorld.SECONDS, 3 * SimWorld.SECONDS)
            : 0);
  }

  /** In some worlds all disks are slow, and the leg is served, and made whole, no less. */
  boolean slowFlushes() {
    return flushNanos > 0;
  }

  /** Numbers of the nodes that have members, each once. */
  List<Integer> dataNodes() {
    return groups.stream().flatMap(List::stream).distinct().sorted().toList();
  }
}
