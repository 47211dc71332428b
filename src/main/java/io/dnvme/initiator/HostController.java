package io.dnvme.initiator;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The association of this host with one controller of a subsystem, kept alive: an admin queue on
 * the home reactor, I/O queues spread over reactors, keep alive, events, and everything again after
 * a loss.
 *
 * <pre>
 *   IDLE ──start──► CONNECTING ──all queues, namespaces──► LIVE ──shutdown──► SHUTTING_DOWN
 *                    ▲      │                               │                       │
 *                    │      └───────────► DRAINING ◄────────┴───────────────────────┘
 *                    │    fails              │   a queue is lost, silence
 *                delay over                  │
 *                    │                       ├─ given up, refused for good, shut down ─► CLOSED
 *                 WAITING ◄──────────────────┘                                             ▲
 *                    └────────────────────────── shutdown, time limit over ────────────────┘
 * </pre>
 *
 * <p>Invariants: losing one queue loses the association (all queues are given up before the next
 * attempt begins, so no command of an old association can be sent beside the new one); no commands
 * go out before every namespace was identified again and is who it was; after a loss no attempt
 * begins before the controller's command quiesce time (CQT) has passed. Lives on the home reactor,
 * save what is said to be for any thread.
 */
public final class HostController {

  /** Commands of {@link #send} that are in flight at a time. */
  public static final int MAX_CALLERS_COMMANDS = CallerCommands.MAX_IN_FLIGHT;

  private final ControllerOptions options;
  private final Reactor home;
  private final Dialer dialer;
  private final ControllerListener listener;
  private final ReconnectRule reconnect;
  private final QueueGroup queues;
  private final NamespaceTable namespaces = new NamespaceTable();
  private final ControllerCounters counters = new ControllerCounters();
  private final CallerCommands callerCommands;

  private volatile ControllerState state = ControllerState.IDLE;
  private volatile ControllerInfo info;

  private final List<Runnable> closeWaiters = new ArrayList<>();

  private int attempt;
  private AdminQueue admin;
  private boolean adminEnded;
  private BringUp bringUp;
  private KeepAlive keepAlive;
  private EventWatch events;
  private ShutdownNotice shutdownNotice;
  private boolean shutdownWanted;
  private boolean abandoned;

  /** Its queues were asked to end in good order. */
  private boolean disconnecting;

  private String reason;
  private Timers.Timer timer;

  /**
   * @param home where the admin queue lives
   * @param ioReactors what the I/O queues are dealt out to, in turn; may contain {@code home}
   * @param random for the spread of reconnects
   */
  public HostController(
      ControllerOptions options,
      Reactor home,
      List<Reactor> ioReactors,
      Dialer dialer,
      RandomGenerator random,
      ControllerListener listener) {
    this(options, home, ioReactors, dialer, random, listener, Set.of());
  }

  /**
   * As above, with mistakes.
   *
   * @param bugs what tests turn on; none in production
   */
  public HostController(
      ControllerOptions options,
      Reactor home,
      List<Reactor> ioReactors,
      Dialer dialer,
      RandomGenerator random,
      ControllerListener listener,
      Set<PlantedHostBug> bugs) {
    this.options = options;
    this.home = home;
    this.dialer = dialer;
    this.listener = listener;
    reconnect =
        new ReconnectRule(
            options.reconnect(), random, !bugs.contains(PlantedHostBug.RETRY_WITHOUT_QUIESCE));
    callerCommands = new CallerCommands(home);
    queues = new QueueGroup(options, home, ioReactors, dialer, new QueueEvents());
  }

  /** From any thread. */
  public ControllerState state() {
    return state;
  }

  public ControllerOptions options() {
    return options;
  }

  /** Where the controller lives. From any thread. */
  public Reactor home() {
    return home;
  }

  /** Runs {@code task} once the controller is closed, now if it is; on the home reactor. */
  public void whenClosed(Runnable task) {
    if (state == ControllerState.CLOSED) {
      task.run();
    } else {
      closeWaiters.add(task);
    }
  }

  /** The namespace, or null where the controller has none of that id. From any thread. */
  public RemoteNamespace namespace(int nsid) {
    return namespaces.find(nsid);
  }

  /** By ascending id. From any thread. */
  public Collection<RemoteNamespace> namespaces() {
    return namespaces.all();
  }

  /** Model and serial number as the controller states them; empty before. From any thread. */
  public String model() {
    ControllerInfo known = info;
    return known == null ? "" : known.model();
  }

  /**
   * CQT as the controller states it: how long after the loss of an association it may still execute
   * what it had, in ms. Who sends a command elsewhere waits for that. From any thread.
   */
  public int quiesceMs() {
    ControllerInfo known = info;
    return known == null ? 0 : known.quiesceMs();
  }

  public ControllerCounters counters() {
    return counters;
  }

  /** Counters of the I/O queues, those not in use included. */
  public List<QueueCounters> queueCounters() {
    return queues.counters();
  }

  /** I/O queues that the controller granted. */
  public int queuesInUse() {
    return queues.inUse();
  }

  /**
   * Has the controller execute an admin command; on the home reactor. Many may be under way, up to
   * a limit; they are not executed in any order. Nothing is ever sent twice.
   *
   * @param done told the outcome on the home reactor, once, later than this returns
   */
  public void send(AdminRequest request, Consumer<AdminOutcome> done) {
    callerCommands.send(request, done);
  }

  /** Begins to connect; on the home reactor. One that was shut down before stays closed. */
  public void start() {
    if (state == ControllerState.CLOSED) {
      return;
    }
    reconnect.lost(home.clock().nanos());
    connect();
  }

  /**
   * Leaves the controller in good order and closes; on the home reactor. Commands should not be in
   * flight any more: they end with the connection.
   */
  public void shutdown() {
    if (shutdownWanted || state == ControllerState.CLOSED) {
      return;
    }
    shutdownWanted = true;
    String why = "shut down";
    switch (state) {
      case IDLE -> close(why);
      case WAITING -> close(why);
      case CONNECTING -> drain(why);
      case LIVE -> leave(why);
      case SHUTTING_DOWN, DRAINING, CLOSED -> {}
    }
  }

  /**
   * Gives the controller up and closes, with no notice to it and without waiting for it: its
   * connections are reset where commands are in flight, and those get a lost path. For one that is
   * to be used no more, and may hang; on the home reactor. A {@link #shutdown} under way is cut
   * short.
   */
  public void abandon() {
    if (abandoned || state == ControllerState.CLOSED) {
      return;
    }
    shutdownWanted = true;
    abandoned = true;
    String why = "given up";
    switch (state) {
      case IDLE, WAITING -> close(why);
      case CONNECTING, LIVE, SHUTTING_DOWN -> drain(why);
      case DRAINING -> {
        if (disconnecting) {
          admin.close(why);
          queues.cut(why);
        }
      }
      case CLOSED -> {}
    }
  }

  private void connect() {
    transition(ControllerState.CONNECTING);
    attempt++;
    counters.attempts++;
    reason = null;
    queues.begin(attempt);
    int current = attempt;
    adminEnded = false;
    admin = new AdminQueue(options, new AdminOwner(), counters.admin());
    bringUp = new BringUp(home, options, admin, new BringUpEvents());
    setTimer(
        ControllerOptions.CONNECT_TIMEOUT_NANOS,
        () -> {
          if (attempt == current && state == ControllerState.CONNECTING) {
            drain("connecting takes too long");
          }
        });
    admin.dial(dialer, home, options);
  }

  private void enabled(ControllerInfo identified, int granted, int depth) {
    info = identified;
    startKeepAlive(identified);
    if (identified.discovery() || options.queues().isAdminOnly()) {
      bringUp.configureEvents(identified);
      return;
    }
    if (queues.grant(granted)) {
      queues.connect(identified, depth);
    } else {
      drain("the controller grants fewer queues than before");
    }
  }

  private void startKeepAlive(ControllerInfo identified) {
    keepAlive = null;
    if (options.keepAliveTimeoutMs() > 0 && identified.keepAlive()) {
      keepAlive =
          new KeepAlive(
              home,
              admin,
              options.keepAliveTimeoutMs(),
              identified.trafficBasedKeepAlive(),
              this::answers,
              this::drain);
      keepAlive.start();
    }
  }

  private long answers() {
    return counters.admin().completed() + queues.answered();
  }

  private void configured(long watched) {
    events = new EventWatch(admin, new WatchEvents());
    if (watched != 0) {
      events.arm();
    }
    if (info.discovery() || options.queues().isAdminOnly()) {
      becomeLive(Map.of());
    } else {
      scan(this::becomeLive);
    }
  }

  private void scan(Consumer<Map<Integer, NamespaceInfo>> done) {
    int current = attempt;
    new NamespaceScan(
            admin,
            info,
            found -> {
              if (attempt == current) {
                done.accept(found);
              }
            },
            why -> {
              if (attempt == current) {
                drain(why);
              }
            })
        .start();
  }

  private void becomeLive(Map<Integer, NamespaceInfo> found) {
    if (state != ControllerState.CONNECTING) {
      return;
    }
    stopTimer();
    reconnect.connected();
    counters.connects++;
    takeNamespaces(found);
    if (info.ana()) {
      events.readAna();
    }
    transition(ControllerState.LIVE);
    callerCommands.use(admin.connection());
    queues.go();
    listener.live(this);
  }

  private void takeNamespaces(Map<Integer, NamespaceInfo> found) {
    namespaces.take(found, info, queues.set(), (int) counters.connects);
  }

  /** Gives all connections of the attempt up; what follows is decided when they are gone. */
  private void drain(String why) {
    if (state != ControllerState.CONNECTING
        && state != ControllerState.LIVE
        && state != ControllerState.SHUTTING_DOWN) {
      return;
    }
    boolean wasLive = state != ControllerState.CONNECTING;
    callerCommands.use(null);
    reason = why;
    stopTimer();
    if (shutdownNotice != null) {
      shutdownNotice.cancel();
    }
    if (keepAlive != null) {
      counters.keepAlives += keepAlive.sent();
      keepAlive.stop();
      keepAlive = null;
    }
    transition(ControllerState.DRAINING);
    if (wasLive) {
      reconnect.lost(home.clock().nanos());
      if (!shutdownWanted) {
        counters.losses++;
        listener.lost(this, why);
      }
    }
    boolean inOrder = shutdownWanted && !abandoned;
    if (!inOrder) {
      admin.close(why);
    }
    disconnecting = inOrder;
    queues.detach(why, inOrder);
    whenDrained();
  }

  private void whenDrained() {
    if (state != ControllerState.DRAINING || !queues.isDetached()) {
      return;
    }
    if (!adminEnded) {
      admin.close(reason);
      return;
    }
    long now = home.clock().nanos();
    if (shutdownWanted || reconnect.givesUp(now)) {
      close(reason);
      return;
    }
    transition(ControllerState.WAITING);
    long delay = reconnect.delayNanos(now, info == null ? 0 : info.quiesceMs());
    long left = reconnect.leftNanos(now);
    if (left < delay) {
      setTimer(left, () -> close("not reached within the time limit: " + reason));
    } else {
      setTimer(delay, this::connect);
    }
  }

  private void leave(String why) {
    transition(ControllerState.SHUTTING_DOWN);
    callerCommands.use(null);
    shutdownNotice = new ShutdownNotice(home, admin, info, () -> drain(why));
    shutdownNotice.send();
  }

  private void close(String why) {
    stopTimer();
    transition(ControllerState.CLOSED);
    boolean inOrder = shutdownWanted && !abandoned;
    BlockStatus status = inOrder ? BlockStatus.FAILED : BlockStatus.PATH_LOST;
    queues.end(status);
    listener.closed(this, why);
    closeWaiters.forEach(Runnable::run);
    closeWaiters.clear();
  }

  private void setTimer(long delayNanos, Runnable task) {
    stopTimer();
    timer = home.timers().schedule(delayNanos, task);
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void transition(ControllerState next) {
    if (!state.mayBecome(next)) {
      throw new IllegalStateException("a controller does not go from " + state + " to " + next);
    }
    state = next;
  }

  /** The admin connection's news; an old attempt's owner cannot be called: its end was awaited. */
  private final class AdminOwner implements HostConnection.Owner {

    @Override
    public void ready(HostConnection connection) {
      bringUp.start();
    }

    @Override
    public void ended(HostConnection connection, String why) {
      adminEnded = true;
      drain(why);
      whenDrained();
    }
  }

  private final class BringUpEvents implements BringUp.Listener {

    @Override
    public void enabled(ControllerInfo identified, int granted, int depth) {
      if (state == ControllerState.CONNECTING) {
        HostController.this.enabled(identified, granted, depth);
      }
    }

    @Override
    public void configured(long watched) {
      if (state == ControllerState.CONNECTING) {
        HostController.this.configured(watched);
      }
    }

    @Override
    public void failed(String why, boolean forGood) {
      if (state == ControllerState.CONNECTING) {
        if (forGood) {
          reconnect.refusedForGood();
        }
        drain(why);
      }
    }
  }

  private final class WatchEvents implements EventWatch.Listener {

    @Override
    public void happened() {
      counters.events++;
    }

    @Override
    public void namespacesChanged() {
      if (state == ControllerState.LIVE && !options.queues().isAdminOnly()) {
        scan(found -> {
          if (state == ControllerState.LIVE) {
            takeNamespaces(found);
            // No event comes for the state that a new namespace's group has already.
            if (info.ana()) {
              events.readAna();
            }
            listener.namespacesChanged(HostController.this);
          }
        });
      }
    }

    @Override
    public void anaChanged(Map<Long, Integer> states) {
      namespaces.takeAna(states);
    }

    @Override
    public void discoveryChanged() {
      listener.discoveryChanged(HostController.this);
    }
  }

  private final class QueueEvents implements QueueGroup.Listener {

    @Override
    public void connected() {
      if (state == ControllerState.CONNECTING) {
        bringUp.configureEvents(info);
      }
    }

    @Override
    public void lost(String why, boolean forGood) {
      if (forGood && state == ControllerState.CONNECTING) {
        reconnect.refusedForGood();
      }
      drain(why);
    }

    @Override
    public void detached() {
      whenDrained();
    }
  }
}
