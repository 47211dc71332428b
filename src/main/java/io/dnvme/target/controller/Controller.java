package io.dnvme.target.controller;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.event.AsyncEvents;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.PlantedTargetBug;
import io.dnvme.target.queue.TargetConnection;
import io.dnvme.target.subsystem.ControllerIds;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * A dynamic controller: made by the Connect of an admin queue, gone with its association (NVMe Base
 * 2.0 §3.1.2, §3.3.2). This is what I/O and discovery controllers have in common. Its state belongs
 * to its admin queue's reactor.
 *
 * <pre>
 *   LIVE ── any of EndReason ──► ENDING (connections close) ── last command in flight over ──► ENDED
 *    │                               ▲
 *    └── I/O queue lost ──► WINDING_DOWN (I/O queues close; a while for the admin queue)
 * </pre>
 *
 * <p>A Linux host that disconnects or resets closes its I/O queues first and then shuts the
 * controller down by way of the admin queue: were that cut off with them, the host would wait for
 * its commands' time limit. So properties are served for a while.
 *
 * <p>Its identifier is given back and whoever waits for the end is told only when nothing of the
 * association is in flight any more: it cannot change anything afterwards (STALE-PATH).
 */
public abstract class Controller {

  private enum Life {
    LIVE,
    WINDING_DOWN,
    ENDING,
    ENDED
  }

  /** How long an association's admin queue may outlive its I/O queues. */
  static final long WIND_DOWN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Target target;
  private final TargetConnection connection;
  private final ControllerIds ids;
  private final int cntlid;
  private final String hostNqn;
  private final UUID hostId;
  private final ControllerProperties properties;
  private final KeepAlive keepAlive;
  private final ErrorLog errors;
  private final AsyncEvents events;
  private final long startNanos;
  private final List<Runnable> endListeners = new ArrayList<>();

  private AdminQueue<?> adminQueue;
  private Life life = Life.LIVE;
  private EndReason windDownReason;
  private Timers.Timer windDownTimer;
  private Timers.Timer finishTimer;
  private boolean finishing;
  // Queues that are not drained, the admin queue to begin with, and what else is in flight.
  private int retained = 1;
  private long lastAdminCommandNanos;

  Controller(Target target, Connecting request, ControllerIds ids, int cntlid) {
    this.target = target;
    this.connection = request.connection();
    this.ids = ids;
    this.cntlid = cntlid;
    this.hostNqn = request.hostNqn();
    this.hostId = request.hostId();
    properties = new ControllerProperties(target.limits().queueEntries());
    errors = new ErrorLog(target.limits().errorLogEntries());
    events = new AsyncEvents(this::report);
    startNanos = home().clock().nanos();
    lastAdminCommandNanos = startNanos;
    Runnable expired =
        target.has(PlantedTargetBug.EXECUTE_AFTER_KATO)
            ? () -> {}
            : () -> end(EndReason.KEEP_ALIVE_EXPIRED);
    keepAlive = new KeepAlive(home(), this::lastCommandNanos, expired);
    keepAlive.timeoutMs(request.kato());
  }

  /**
   * Answers the Connect of an admin queue with a new controller.
   *
   * @param ids where its identifier comes from
   * @param maker makes the controller of an identifier
   * @return null where no identifier is free: then Connect is refused
   */
  static <C extends Controller> C open(
      Target target,
      Connecting request,
      ControllerIds ids,
      IntFunction<C> maker,
      AdminCommands<C> commands) {
    int cntlid = ids.allocate();
    if (cntlid == ControllerIds.NONE) {
      request.command().complete(StatusCode.CONNECT_CONTROLLER_BUSY.status());
      return null;
    }
    C controller = maker.apply(cntlid);
    var queue = new AdminQueue<>(controller, commands);
    controller.adminQueue(queue);
    target.controllers().add(controller);
    request
        .connection()
        .connected(
            queue, request.entries(), CapsuleCmd.ADMIN_IN_CAPSULE_DATA_SIZE, request.flowControl());
    target.observer().connected(controller.association());
    request.command().complete(Status.SUCCESS, ConnectCommand.RESULT_CNTLID.of(cntlid));
    return controller;
  }

  /** Name of the subsystem that this is a controller of. */
  public abstract String subsystemNqn();

  /** The reactor that its state belongs to. */
  public final Reactor home() {
    return connection.reactor();
  }

  public final int cntlid() {
    return cntlid;
  }

  public final String hostNqn() {
    return hostNqn;
  }

  /** The host's identifier, as Connect said it. */
  public final UUID hostId() {
    return hostId;
  }

  public final TargetObserver.Association association() {
    return new TargetObserver.Association(subsystemNqn(), hostNqn, cntlid);
  }

  /**
   * Ends the association; from its reactor. What is in flight comes to its end and is not answered.
   */
  public final void end(EndReason reason) {
    if (life == Life.ENDING || life == Life.ENDED) {
      return;
    }
    boolean wasLive = life == Life.LIVE;
    if (finishing) {
      finishTimer.cancel();
    }
    life = Life.ENDING;
    keepAlive.cancel();
    target.observer().ended(association(), cause(reason));
    if (wasLive) {
      ending();
    } else {
      windDownTimer.cancel();
    }
    connection.close();
    if (target.has(PlantedTargetBug.FORGET_DRAIN)) {
      tellEnd();
    }
  }

  /** What is told: that the host has said that it leaves, else what happened first. */
  private EndReason cause(EndReason last) {
    if (last == EndReason.HOST_LEFT) {
      return last;
    }
    if (windDownReason != null) {
      return windDownReason;
    }
    return finishing ? EndReason.CUT : last;
  }

  /**
   * Ends the association in good order; from any thread: takes no further command, answers those in
   * flight, I/O queues before the admin queue, and closes.
   *
   * @param limitNanos what takes longer is cut
   * @param ended as with {@link #cut}
   */
  public final void finish(long limitNanos, Runnable ended) {
    home()
        .execute(() -> {
          if (life == Life.ENDED) {
            ended.run();
            return;
          }
          endListeners.add(ended);
          if (!finishing) {
            finishing = true;
            finishTimer = home().timers().schedule(limitNanos, () -> end(EndReason.CUT));
            finishIoQueues();
          }
        });
  }

  /**
   * Ends all of the association but its admin queue, which follows: only then is it known, and
   * told, whether the host has left in good order.
   */
  final void windDown(EndReason reason) {
    if (life == Life.LIVE) {
      life = Life.WINDING_DOWN;
      windDownReason = reason;
      ending();
      windDownTimer = home().timers().schedule(WIND_DOWN_NANOS, () -> end(reason));
    }
  }

  /**
   * Ends the association; from any thread.
   *
   * @param ended told on the controller's reactor when nothing of it is in flight any more
   */
  public final void cut(EndReason reason, Runnable ended) {
    home()
        .execute(() -> {
          if (life == Life.ENDED) {
            ended.run();
          } else {
            endListeners.add(ended);
            end(reason);
          }
        });
  }

  final boolean isLive() {
    return life == Life.LIVE;
  }

  final boolean isFinishing() {
    return finishing;
  }

  /** Whether commands of the admin queue are still taken. */
  final boolean isServing() {
    return life == Life.LIVE || life == Life.WINDING_DOWN;
  }

  final Target target() {
    return target;
  }

  final TargetConnection connection() {
    return connection;
  }

  final ControllerProperties properties() {
    return properties;
  }

  final KeepAlive keepAlive() {
    return keepAlive;
  }

  final ErrorLog errors() {
    return errors;
  }

  final AsyncEvents events() {
    return events;
  }

  final AdminQueue<?> adminQueue() {
    return adminQueue;
  }

  final long upNanos() {
    return home().clock().nanos() - startNanos;
  }

  final void adminQueue(AdminQueue<?> queue) {
    adminQueue = queue;
  }

  /** A command of the admin queue came, or what came behind it may be read from now on. */
  final void commandCame(long nowNanos) {
    lastAdminCommandNanos = nowNanos;
  }

  /**
   * When the last command of the admin queue came. Behind one that waits for memory further ones
   * may have come, Keep Alives too, that this side does not read: the host is not to blame.
   */
  final long lastAdminCommandNanos() {
    return connection.waitsForMemoryOnly() ? home().clock().nanos() : lastAdminCommandNanos;
  }

  /** When the last command of any queue came. */
  abstract long lastCommandNanos();

  /** The association begins to end: other queues' connections are to close. */
  abstract void ending();

  /** Nothing of the association is in flight any more. */
  abstract void ended();

  /** I/O queues are to take no further command and to close; then the admin queue's connection. */
  abstract void finishIoQueues();

  /** CC asks for a reset: other queues end; then {@link #resetDone}. */
  abstract void reset();

  /**
   * CC asks for a shutdown: what was acknowledged is to be durable.
   *
   * @param done told when it is
   */
  abstract void shutDown(Runnable done);

  /** What Identify Controller says of this kind of controller. */
  abstract void describe(IdentifyController data);

  /** Events that feature 0Bh may enable: OAES. */
  abstract int supportedEvents();

  /** Executes the command if it is a vendor-specific one of this controller's; whether it is. */
  boolean executeVendorSpecific(CommandSlot command) {
    return false;
  }

  /** The features that this kind of controller has. */
  abstract Features<?> features();

  /** The host writes CC. */
  final void configure(int cc) {
    switch (properties.configure(cc)) {
      case RESET -> reset();
      case SHUT_DOWN -> {
        int shutdown = properties.shutdowns();
        shutDown(() -> properties.shutDown(shutdown));
      }
      case NONE -> {}
    }
  }

  final void resetDone() {
    properties.resetDone();
    adminQueue.abortHeld();
    events.reset();
  }

  /** Takes an asynchronous event request. */
  final void awaitEvent(CommandSlot command) {
    adminQueue.hold(command);
    int status = events.request(command.sqe().cid());
    if (status != Status.SUCCESS) {
      adminQueue.release(command.sqe().cid());
      command.complete(status);
    }
  }

  /** Aborts a waiting asynchronous event request; whether there was one. */
  final boolean abortEventRequest(int cid) {
    if (!events.abort(cid)) {
      return false;
    }
    adminQueue.release(cid).complete(StatusCode.ABORT_REQUESTED.status());
    return true;
  }

  /** A further queue, or something else in flight, which the end is to wait for. */
  final void retain() {
    retained++;
  }

  /** A queue's last command in flight is over, and its connection gone; or that something else. */
  final void release() {
    retained--;
    if (retained == 0) {
      life = Life.ENDED;
      ended();
      ids.release(cntlid);
      target.controllers().remove(this);
      tellEnd();
    }
  }

  private void tellEnd() {
    endListeners.forEach(Runnable::run);
    endListeners.clear();
  }

  private void report(int cid, int dword0) {
    CommandSlot command = adminQueue.release(cid);
    if (command != null) {
      command.complete(Status.SUCCESS, dword0 & 0xffff_ffffL);
    }
  }
}
