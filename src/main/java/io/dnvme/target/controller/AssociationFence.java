package io.dnvme.target.controller;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.subsystem.ConnectGate;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Predicate;

/**
 * At most one association at a time with what this guards: a logical disk, under whatever names its
 * subsystems have. A new association, and whoever asks for a fence, first has every other one cut
 * and waits until nothing of those is in flight (OWNER). So a dead association of the same owner
 * cannot execute a late write beside the new one.
 *
 * <p>One after the other, in the order of asking; a host is let in before the next is fenced off.
 * Any thread may ask; the order is the home reactor's.
 */
public final class AssociationFence implements ConnectGate {

  /** Connects and fences that may wait; beyond it a Connect is told to come again. */
  public static final int MAX_WAITING = 64;

  /** What is done once nothing of the other associations is left. */
  @FunctionalInterface
  private interface Step {
    /**
     * @param settled to be told on any reactor when the next may begin
     */
    void run(Runnable settled);
  }

  private final Reactor home;
  private final Target target;
  private final Predicate<Controller> guarded;
  private final Queue<Step> waiting = new ArrayDeque<>();
  private boolean busy;

  /**
   * @param home whose order counts
   * @param guarded which associations are with what this guards
   */
  public AssociationFence(Reactor home, Target target, Predicate<Controller> guarded) {
    this.home = home;
    this.target = target;
    this.guarded = guarded;
  }

  @Override
  public void decide(Attempt attempt) {
    Reactor reactor = attempt.reactor();
    home.execute(() -> {
      if (waiting.size() == MAX_WAITING) {
        reactor.execute(() -> attempt.refuse(StatusCode.CONNECT_CONTROLLER_BUSY.status()));
      } else {
        add(settled -> reactor.execute(() -> attempt.admit(settled)));
      }
    });
  }

  /**
   * Cuts all associations: those too whose Connect was let in before, and those that are over but
   * have commands in flight.
   *
   * @param gone told on the home reactor when nothing of them is in flight any more
   */
  public void cut(Runnable gone) {
    home.execute(() ->
        add(settled -> {
          gone.run();
          settled.run();
        }));
  }

  private void add(Step step) {
    waiting.add(step);
    if (!busy) {
      busy = true;
      next();
    }
  }

  private void next() {
    Step step = waiting.poll();
    if (step == null) {
      busy = false;
      return;
    }
    target.cut(guarded, () -> home.execute(() -> step.run(() -> home.execute(this::next))));
  }
}
