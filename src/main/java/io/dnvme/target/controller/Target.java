package io.dnvme.target.controller;

import io.dnvme.block.PerReactor;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.queue.GapWatch;
import io.dnvme.target.queue.PlantedTargetBug;
import io.dnvme.target.queue.TargetConnection;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * The NVMe/TCP target of this node: what it serves, to whom, and the controllers that exist. Makes
 * the rules of each connection that a listener accepts. From any thread.
 */
public final class Target {

  private final Subsystems subsystems;
  private final Discovery discovery;
  private final TransportLimits transportLimits;
  private final ControllerLimits limits;
  private final TargetObserver observer;
  private final Set<PlantedTargetBug> bugs;
  private final Controllers controllers = new Controllers();
  private final PerReactor<GapWatch> gapWatches;
  private volatile boolean stopping;

  public Target(
      Subsystems subsystems,
      Discovery discovery,
      TransportLimits transportLimits,
      ControllerLimits limits,
      TargetObserver observer) {
    this(subsystems, discovery, transportLimits, limits, observer, Set.of());
  }

  /**
   * A target with mistakes.
   *
   * @param bugs what tests turn on; none in production
   */
  public Target(
      Subsystems subsystems,
      Discovery discovery,
      TransportLimits transportLimits,
      ControllerLimits limits,
      TargetObserver observer,
      Set<PlantedTargetBug> bugs) {
    this.subsystems = subsystems;
    this.discovery = discovery;
    this.transportLimits = transportLimits;
    this.limits = limits;
    this.observer = observer;
    this.bugs = bugs;
    long gapLimitNanos =
        has(PlantedTargetBug.EXECUTE_AFTER_GAP) ? Long.MAX_VALUE : limits.gapLimitNanos();
    gapWatches = new PerReactor<>(reactor -> new GapWatch(reactor, gapLimitNanos));
  }

  /**
   * The rules of a new connection.
   *
   * @param portId the portal that it came in by
   */
  public ConnectionRules newConnection(int portId) {
    return new TargetConnection(
        transportLimits, gapWatches, connection -> new Unconnected(this, portId));
  }

  public Controllers controllers() {
    return controllers;
  }

  /** How often reactors stood still for longer than the gap limit. */
  public long gaps() {
    return gapWatches.sum(GapWatch::gaps);
  }

  /** New associations are refused from now on, in a way that lets hosts try elsewhere or again. */
  public void stop() {
    stopping = true;
  }

  /**
   * Ends associations at once; see {@link Controller#cut}.
   *
   * @param which those of the controllers that exist now
   * @param ended told, on any reactor or the caller's thread, when nothing of them is in flight any
   *     more
   */
  public void cut(Predicate<Controller> which, Runnable ended) {
    end(which, ended, (controller, told) -> controller.cut(EndReason.CUT, told));
  }

  /** Ends associations in good order; see {@link Controller#finish} and {@link #cut}. */
  public void finish(Predicate<Controller> which, long limitNanos, Runnable ended) {
    end(which, ended, (controller, told) -> controller.finish(limitNanos, told));
  }

  private void end(
      Predicate<Controller> which, Runnable ended, BiConsumer<Controller, Runnable> how) {
    Collection<Controller> all = controllers.all().stream().filter(which).toList();
    if (all.isEmpty()) {
      ended.run();
      return;
    }
    var left = new AtomicInteger(all.size());
    for (Controller controller : all) {
      how.accept(
          controller,
          () -> {
            if (left.decrementAndGet() == 0) {
              ended.run();
            }
          });
    }
  }

  boolean isStopping() {
    return stopping;
  }

  Subsystems subsystems() {
    return subsystems;
  }

  Discovery discovery() {
    return discovery;
  }

  TransportLimits transportLimits() {
    return transportLimits;
  }

  ControllerLimits limits() {
    return limits;
  }

  TargetObserver observer() {
    return observer;
  }

  boolean has(PlantedTargetBug bug) {
    return bugs.contains(bug);
  }
}
