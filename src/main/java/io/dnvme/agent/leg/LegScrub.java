package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers.Timer;
import io.dnvme.ownership.ChangeOutcome;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.ScrubMark;
import io.dnvme.volume.mirror.Scrub;
import io.dnvme.volume.mirror.ScrubListener;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Scrubs a leg, group after group, whenever it is due, for one term of ownership. How far it has
 * come is in the leg's record every now and then ({@link ScrubMark}), so that the next owner goes
 * on from there and intervals do not begin anew with each. Lives on the controller's home reactor.
 *
 * <pre>
 *   WAITING ── due ──► HELD ── the group's members are settled ──► RUNNING ── end of the last group ──► WAITING
 *                      ▲ ▲                                           │ │
 *                      │ └───── members are rebuilt, made equal ─────┘ │
 *                      └────────────── end of another group ───────────┘
 * </pre>
 */
final class LegScrub implements ScrubListener {

  /** How often it looks whether a group's members are settled. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The time of day may be set meanwhile. */
  private static final long MAX_WAIT_SECONDS = TimeUnit.HOURS.toSeconds(1);

  /** A scrub that is broken off is repeated by that much at most. */
  static final long SAVE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final long SAVE_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** What it does; for people too. */
  enum State {
    WAITING,
    HELD,
    RUNNING
  }

  private final Reactor home;
  private final UUID leg;
  private final List<GroupRuntime> groups;
  private final LegOwnership ownership;
  private final ScrubSchedule schedule;
  private final Consumer<String> log;
  private final long totalBytes;

  private State state = State.WAITING;
  private boolean stopped;
  private Timer timer;
  private boolean saving;
  private ScrubMark mark = ScrubMark.NONE;
  private long savedNanos;

  // The scrub that is under way.
  private int group;
  private long groupStartBytes;
  private Scrub scrub;
  private boolean told;
  private long startNanos;
  private long startBytes;
  private LegStatus.Damage before = LegStatus.Damage.NONE;

  // Since this controller owns the leg.
  private long comparedBytes;
  private long complete;

  /**
   * @param log told of beginnings, ends and waits, in words for people
   */
  LegScrub(
      Reactor home,
      UUID leg,
      List<GroupRuntime> groups,
      LegOwnership ownership,
      ScrubSchedule schedule,
      Consumer<String> log) {
    this.home = home;
    this.leg = leg;
    this.groups = groups;
    this.ownership = ownership;
    this.schedule = schedule;
    this.log = log;
    totalBytes = groups.stream().mapToLong(LegScrub::sizeBytes).sum();
  }

  private static long sizeBytes(GroupRuntime group) {
    return group.device().geometry().sizeBytes();
  }

  /**
   * The leg is served.
   *
   * @param now whether one begins at once, at the leg's beginning
   */
  void start(boolean now) {
    mark = ownership.record().scrub();
    if (mark.sinceSeconds() == 0 && schedule.isEver()) {
      save(new ScrubMark(schedule.unixSeconds().getAsLong(), mark.nextBytes()));
    }
    if (now) {
      begin(0);
    } else if (schedule.isEver() && mark.nextBytes() > 0 && mark.nextBytes() < totalBytes) {
      begin(mark.nextBytes());
    } else {
      await();
    }
  }

  /** The term is over. */
  void stop() {
    stopped = true;
    if (timer != null) {
      timer.cancel();
    }
    if (scrub != null) {
      scrub.stop();
    }
  }

  LegStatus.ScrubStatus status() {
    return new LegStatus.ScrubStatus(
        state != State.WAITING,
        state == State.HELD,
        state == State.WAITING ? 0 : atBytes(),
        totalBytes,
        comparedBytes + (scrub == null ? 0 : scrubbedBytes()),
        complete,
        mark.sinceSeconds());
  }

  private void schedule(long nanos, Runnable task) {
    timer =
        home.timers()
            .schedule(
                nanos,
                () -> {
                  if (!stopped) {
                    task.run();
                  }
                });
  }

  private void await() {
    state = State.WAITING;
    if (!schedule.isEver()) {
      return;
    }
    long left = schedule.secondsLeft(mark.sinceSeconds());
    if (left == 0) {
      begin(0);
    } else {
      schedule(TimeUnit.SECONDS.toNanos(Math.min(left, MAX_WAIT_SECONDS)), this::await);
    }
  }

  private void begin(long fromBytes) {
    group = 0;
    groupStartBytes = 0;
    while (fromBytes >= groupStartBytes + sizeBytes(groups.get(group))) {
      groupStartBytes += sizeBytes(groups.get(group));
      group++;
    }
    startNanos = home.clock().nanos();
    savedNanos = startNanos;
    startBytes = fromBytes;
    groups.forEach(one -> one.damage().forget());
    before = damage();
    log.accept(
        "scrub of leg %s %s: %s of data in %d groups"
            .formatted(
                leg,
                fromBytes == 0 ? "begins" : "goes on at " + percent(fromBytes),
                size(totalBytes),
                groups.size()));
    enterGroup(fromBytes - groupStartBytes);
  }

  private void enterGroup(long fromBytes) {
    GroupRuntime now = groups.get(group);
    scrub = now.scrub(schedule.rates(), this);
    hold(fromBytes / now.device().geometry().blockSizeBytes());
  }

  /** Until nothing is copied between the group's members, which may differ until then. */
  private void hold(long fromBlock) {
    state = State.HELD;
    String unsettled = groups.get(group).unsettled();
    if (unsettled != null) {
      if (!told) {
        told = true;
        log.accept("scrub of leg %s waits: group %d %s".formatted(leg, group, unsettled));
      }
      schedule(LOOK_NANOS, () -> hold(fromBlock));
      return;
    }
    if (told) {
      told = false;
      log.accept("scrub of leg %s goes on".formatted(leg));
    }
    String without = groups.get(group).absent();
    if (!without.isEmpty()) {
      log.accept("scrub of leg %s: group %d is compared without %s".formatted(leg, group, without));
    }
    state = State.RUNNING;
    look();
    scrub.start(fromBlock);
  }

  private void look() {
    if (state == State.RUNNING) {
      if (groups.get(group).unsettled() != null) {
        scrub.stop();
        if (!scrub.isRunning()) {
          // It ended within the call, and what comes next is scheduled.
          return;
        }
      } else if (home.clock().nanos() - savedNanos >= SAVE_NANOS) {
        savedNanos = home.clock().nanos();
        save(new ScrubMark(mark.sinceSeconds(), atBytes()));
      }
      schedule(LOOK_NANOS, this::look);
    }
  }

  @Override
  public void differ(long block, int right, int wrong) {
    groups.get(group).damage().different(block, right, wrong);
  }

  @Override
  public void unreadable(long block, int members) {
    groups.get(group).damage().unreadable(block, members);
  }

  @Override
  public void lost(long block) {
    groups.get(group).damage().lost(block, 1);
  }

  @Override
  public void ended(boolean all) {
    if (stopped) {
      return;
    }
    timer.cancel();
    // On a turn of its own: it may have ended within the call that started it.
    schedule(0, () -> left(all));
  }

  private void left(boolean all) {
    if (!all) {
      hold(scrub.nextBlock());
      return;
    }
    comparedBytes += scrubbedBytes();
    scrub = null;
    groupStartBytes += sizeBytes(groups.get(group));
    group++;
    if (group < groups.size()) {
      enterGroup(0);
      return;
    }
    complete++;
    long seconds = TimeUnit.NANOSECONDS.toSeconds(home.clock().nanos() - startNanos);
    log.accept(
        "scrub of leg %s is complete: %s compared in %d s; blocks found: %s"
            .formatted(leg, size(totalBytes - startBytes), seconds, damage().since(before)));
    save(new ScrubMark(schedule.unixSeconds().getAsLong(), 0));
    await();
  }

  private LegStatus.Damage damage() {
    return groups.stream()
        .map(one -> one.damage().counts())
        .reduce(LegStatus.Damage.NONE, LegStatus.Damage::plus);
  }

  private long scrubbedBytes() {
    return scrub.comparedBlocks() * groups.get(group).device().geometry().blockSizeBytes();
  }

  private long atBytes() {
    long blocks = scrub == null ? 0 : scrub.nextBlock();
    return groupStartBytes + blocks * groups.getFirst().device().geometry().blockSizeBytes();
  }

  /** In the record, some time: nothing waits for it. */
  private void save(ScrubMark changed) {
    mark = changed;
    if (!saving && !ownership.record().scrub().equals(mark)) {
      saving = true;
      ownership.change(record -> record.withScrub(mark), this::saved);
    }
  }

  private void saved(ChangeOutcome outcome) {
    saving = false;
    LegRecord record = ownership.record();
    boolean again =
        !(outcome instanceof ChangeOutcome.Known(LegRecord known)) || !known.scrub().equals(mark);
    if (!stopped && record != null && again) {
      saving = true;
      home.timers()
          .schedule(
              SAVE_AGAIN_NANOS,
              () -> {
                saving = false;
                if (!stopped) {
                  save(mark);
                }
              });
    }
  }

  private String percent(long bytes) {
    return String.format(Locale.ROOT, "%.0f %%", 100.0 * bytes / totalBytes);
  }

  private static String size(long bytes) {
    return (bytes + (1 << 20) - 1 >> 20) + " MiB";
  }
}
