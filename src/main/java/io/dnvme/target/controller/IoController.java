package io.dnvme.target.controller;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.ana.AnaChanged;
import io.dnvme.target.ana.AnaPort;
import io.dnvme.target.event.AsyncEventKind;
import io.dnvme.target.event.ChangedNamespaces;
import io.dnvme.target.event.Subscription;
import io.dnvme.target.io.IoOwner;
import io.dnvme.target.io.IoQueue;
import io.dnvme.target.io.IoView;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.PlantedTargetBug;
import io.dnvme.target.reservation.ReservationNotifications;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemEvent;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A controller of an NVM subsystem. Its I/O queues may live on other reactors: they read {@link
 * #view}, once per command, and all else goes by tasks between the reactors.
 */
final class IoController extends Controller implements IoOwner {

  private static final AdminCommands<IoController> COMMANDS =
      new AdminCommands<IoController>()
          .with(AdminOpcode.IDENTIFY, Identify::executeIo)
          .with(AdminOpcode.GET_LOG_PAGE, GetLogPage::executeIo)
          .with(AdminOpcode.GET_FEATURES, FeatureCommands::get)
          .with(AdminOpcode.SET_FEATURES, FeatureCommands::set)
          .with(AdminOpcode.ASYNC_EVENT_REQUEST, Controller::awaitEvent)
          .with(AdminOpcode.ABORT, Abort::execute)
          .with(AdminOpcode.KEEP_ALIVE, (controller, command) -> command.complete(Status.SUCCESS));

  private final Subsystem subsystem;
  private final AnaPort ana;
  private final IoFeatures features = new IoFeatures(this);
  private final ChangedNamespaces changedNamespaces = new ChangedNamespaces();
  private final ReservationNotifications notifications;
  private final AttachedNamespaces attached;
  private final VendorExecution vendorCommands;
  private final HealthCounters health = new HealthCounters();
  private final Map<Integer, IoQueue> queues = new TreeMap<>();
  // Those whose connections are gone, too, as long as devices have commands of theirs.
  private final Set<IoQueue> undrained = new LinkedHashSet<>();
  private final Set<CacheFlush> flushes = new LinkedHashSet<>();
  private final List<Subscription> subscriptions;

  private int abortsUnderWay;
  private boolean resetting;
  private long anaCountAtReset;
  private final AtomicInteger lossesTold;
  private volatile IoView view;

  private IoController(Target target, Connecting request, Subsystem subsystem, int cntlid) {
    super(target, request, subsystem.controllerIds(), cntlid);
    this.subsystem = subsystem;
    lossesTold = new AtomicInteger(subsystem.losses());
    ana = subsystem.ana().port(request.portId());
    notifications = new ReservationNotifications(events());
    attached = new AttachedNamespaces(this);
    vendorCommands = new VendorExecution(this, subsystem.vendorCommands());
    anaCountAtReset = ana.snapshot().changeCount();
    // First subscribe, then look: so that no change is missed.
    subscriptions =
        List.of(
            subsystem.subscribe(home(), this::subsystemChanged),
            ana.subscribe(home(), this::anaChanged));
    attached.replaceAll(subsystem.namespaces());
    publishView();
  }

  /** Answers the Connect of an admin queue. */
  static void connect(Target target, Connecting request) {
    CommandSlot command = request.command();
    Subsystem subsystem = target.subsystems().find(request.subsystemNqn());
    if (subsystem == null) {
      // It may be served here soon: after a restart, or when it has failed over.
      ConnectRefusal.ofData(command, ConnectData.SUBNQN, false);
      return;
    }
    if (!subsystem.allows(request.hostNqn())) {
      command.complete(StatusCode.CONNECT_INVALID_HOST.dnr());
      return;
    }
    subsystem.gate().decide(new GatedConnect(target, request, subsystem));
  }

  /** Lets the host in, as it is admitted; on its connection's reactor. */
  static void admitted(Target target, Connecting request, Subsystem subsystem) {
    IoController controller =
        open(
            target,
            request,
            subsystem.controllerIds(),
            cntlid -> new IoController(target, request, subsystem, cntlid),
            COMMANDS);
    if (controller == null) {
      return;
    }
    if (subsystem.isRemoved()) {
      controller.end(EndReason.SUBSYSTEM_REMOVED);
    } else if (!subsystem.allows(request.hostNqn())) {
      controller.end(EndReason.HOST_NO_LONGER_ALLOWED);
    }
  }

  @Override
  public String subsystemNqn() {
    return subsystem.nqn();
  }

  // I/O queues.

  /** Answers the Connect of an I/O queue; on that queue's reactor. */
  void connectIoQueue(Connecting request) {
    home().execute(() -> decideIoQueue(request));
  }

  private void decideIoQueue(Connecting request) {
    CommandSlot command = request.command();
    Reactor reactor = command.reactor();
    int qid = request.qid();
    if (!isLive() || isFinishing()) {
      reactor.execute(() -> ConnectRefusal.ofData(command, ConnectData.CNTLID, false));
    } else if (!request.hostNqn().equals(hostNqn())) {
      reactor.execute(() -> ConnectRefusal.ofData(command, ConnectData.HOSTNQN, true));
    } else if (!request.hostId().equals(hostId())) {
      reactor.execute(() -> ConnectRefusal.ofData(command, ConnectData.HOSTID, true));
    } else if (qid > features.grantedQueues()) {
      reactor.execute(() -> ConnectRefusal.ofCommand(command, ConnectCommand.QID, true));
    } else if (queues.containsKey(qid) || resetting || !properties().takesIoQueues()) {
      reactor.execute(() -> ConnectRefusal.ofCommand(command, ConnectCommand.QID, false));
    } else {
      var queue = new IoQueue(this, request.connection(), qid);
      queues.put(qid, queue);
      undrained.add(queue);
      retain();
      reactor.execute(() -> acceptIoQueue(request, queue));
    }
  }

  /** On the queue's reactor. */
  private void acceptIoQueue(Connecting request, IoQueue queue) {
    if (request.connection().isEnding()) {
      request.command().complete(Status.SUCCESS);
      queueEnded(queue, false);
      queueDrained(queue);
      return;
    }
    request
        .connection()
        .connected(
            queue,
            request.entries(),
            target().transportLimits().inCapsuleDataBytes(),
            request.flowControl());
    request.command().complete(Status.SUCCESS, ConnectCommand.RESULT_CNTLID.of(cntlid()));
  }

  @Override
  public IoView view() {
    return view;
  }

  @Override
  public boolean has(PlantedTargetBug bug) {
    return target().has(bug);
  }

  @Override
  public boolean takeLoss() {
    int losses = subsystem.losses();
    return lossesTold.get() != losses && lossesTold.getAndSet(losses) != losses;
  }

  @Override
  public int failed(int qid, CommandSlot command, int status) {
    return Status.sct(status) == Status.SCT_PATH ? status : errors().add(qid, command, status);
  }

  @Override
  public void queueEnded(IoQueue queue, boolean onPurpose) {
    home()
        .execute(() -> {
          queues.remove(queue.qid(), queue);
          health.add(queue.counters());
          if (!onPurpose && !resetting && !isFinishing()) {
            windDown(EndReason.IO_QUEUE_LOST);
          }
        });
  }

  @Override
  public void queueDrained(IoQueue queue) {
    home()
        .execute(() -> {
          undrained.remove(queue);
          if (resetting && undrained.isEmpty()) {
            finishReset();
          }
          if (isFinishing() && undrained.isEmpty()) {
            connection().finish();
          }
          release();
        });
  }

  /** Those that live, by their identifiers. */
  Collection<IoQueue> queues() {
    return queues.values();
  }

  IoQueue queue(int qid) {
    return queues.get(qid);
  }

  // What admin commands use.

  Subsystem subsystem() {
    return subsystem;
  }

  AnaPort ana() {
    return ana;
  }

  long anaCountAtReset() {
    return anaCountAtReset;
  }

  ChangedNamespaces changedNamespaces() {
    return changedNamespaces;
  }

  ReservationNotifications notifications() {
    return notifications;
  }

  HealthCounters health() {
    HealthCounters now = health.copy();
    queues.values().forEach(queue -> now.add(queue.counters()));
    return now;
  }

  static AdminCommands<IoController> commands() {
    return COMMANDS;
  }

  @Override
  boolean executeVendorSpecific(CommandSlot command) {
    return vendorCommands.execute(command);
  }

  @Override
  IoFeatures features() {
    return features;
  }

  /** Counts an Abort command in, which goes to another reactor; false where ACL is reached. */
  boolean beginAbort() {
    if (abortsUnderWay == target().limits().abortCommands()) {
      return false;
    }
    abortsUnderWay++;
    return true;
  }

  void endAbort() {
    abortsUnderWay--;
  }

  /** I/O queues see from now on what is attached and how writes are to be done. */
  void publishView() {
    view =
        new IoView(
            attached.byNsid(),
            ana,
            !features.isWriteCacheEnabled(),
            target().limits().maxTransferBytes());
  }

  // What happens.

  private void subsystemChanged(SubsystemEvent event) {
    switch (event) {
      case SubsystemEvent.NamespaceAdded added -> {
        attached.add(added.namespace());
        namespaceChanged(added.namespace().nsid());
      }
      case SubsystemEvent.NamespaceRemoved removed -> {
        attached.remove(removed.namespace());
        namespaceChanged(removed.namespace().nsid());
      }
      case SubsystemEvent.NamespaceResized resized -> {
        attached.resize(resized.namespace());
        namespaceChanged(resized.namespace().nsid());
      }
      case SubsystemEvent.HostAccessChanged changed -> {
        if (!changed.access().allows(hostNqn())) {
          end(EndReason.HOST_NO_LONGER_ALLOWED);
        }
      }
      case SubsystemEvent.SubsystemRemoved removed -> end(EndReason.SUBSYSTEM_REMOVED);
    }
  }

  private void namespaceChanged(int nsid) {
    publishView();
    changedNamespaces.add(nsid);
    events().raise(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED);
  }

  private void anaChanged(AnaChanged changed) {
    events().raise(AsyncEventKind.ANA_CHANGE);
  }

  /** Tells on this reactor when nothing that the namespace's device has of this host is left. */
  void awaitInFlight(Namespace namespace, Runnable gone) {
    Set<Object> left = new HashSet<>(undrained);
    left.addAll(flushes);
    if (left.isEmpty()) {
      gone.run();
      return;
    }
    Consumer<Object> over =
        one -> {
          left.remove(one);
          if (left.isEmpty()) {
            gone.run();
          }
        };
    for (IoQueue queue : undrained) {
      Runnable none = () -> home().execute(() -> over.accept(queue));
      queue.reactor().execute(() -> queue.awaitInFlight(namespace, none));
    }
    for (CacheFlush flush : List.copyOf(flushes)) {
      flush.await(namespace, () -> over.accept(flush));
    }
  }

  // Its life.

  @Override
  long lastCommandNanos() {
    long last = lastAdminCommandNanos();
    for (IoQueue queue : queues.values()) {
      last = Math.max(last, queue.lastCommandNanos());
    }
    return last;
  }

  @Override
  void ending() {
    subscriptions.forEach(Subscription::cancel);
    closeIoQueues();
  }

  @Override
  void ended() {
    attached.detachAll();
  }

  private void closeIoQueues() {
    for (IoQueue queue : queues.values()) {
      queue.reactor().execute(() -> queue.connection().close());
    }
  }

  @Override
  void finishIoQueues() {
    for (IoQueue queue : queues.values()) {
      queue.reactor().execute(() -> queue.connection().finish());
    }
    if (undrained.isEmpty()) {
      connection().finish();
    }
  }

  @Override
  void reset() {
    resetting = true;
    closeIoQueues();
    if (undrained.isEmpty()) {
      finishReset();
    }
  }

  private void finishReset() {
    resetting = false;
    features.reset();
    changedNamespaces.clear();
    notifications.reset();
    anaCountAtReset = ana.snapshot().changeCount();
    publishView();
    resetDone();
  }

  /** A failed flush is no reason to keep the host waiting. */
  @Override
  void shutDown(Runnable done) {
    flushCaches(outcome -> done.run());
  }

  /**
   * Makes durable what the namespaces' caches hold.
   *
   * @param done told of the first failure, or of success
   */
  void flushCaches(Consumer<BlockStatus> done) {
    var flush = new CacheFlush(this);
    flushes.add(flush);
    retain();
    flush.run(outcome -> {
      flushes.remove(flush);
      done.accept(outcome);
      release();
    });
  }

  @Override
  int supportedEvents() {
    return IdentifyController.OAES_NAMESPACE_ATTRIBUTE | IdentifyController.OAES_ANA_CHANGE;
  }

  @Override
  void describe(IdentifyController data) {
    IdentifyContent.describeIoController(this, data);
  }
}
