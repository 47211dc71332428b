package io.dnvme.sim;

import io.dnvme.agent.leg.DiskNodeLink;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.ControllerState;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskOp;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A controller that wants everything that a disk node has: several {@link Tenure}s take logical
 * disks from other claimants, and a {@link Registrar} for each leg takes its record. Asks through
 * the production {@link DiskNodeLink} and its {@code NodeClient}; is another incarnation after each
 * start.
 */
final class SimClaimant {

  private static final int TENURES = 2;
  private static final long ASK_LIMIT_NANOS = 3 * SimWorld.SECONDS;

  private final SimWorld world;
  private final SimProcess process;
  private final NodeFacts facts;
  private final List<RecordFacts> records;
  private final SplittableRandom random;
  private final List<Tenure> tenures = new ArrayList<>();
  private final List<Registrar> registrars = new ArrayList<>();
  private final List<HostController> controllers = new ArrayList<>();
  private final Map<String, Integer> asked = new TreeMap<>();
  private UUID incarnation;
  private DiskNodeLink link;
  private boolean stopping;
  private boolean linkClosed;

  SimClaimant(SimNetwork network, String name, NodeFacts facts, List<RecordFacts> records) {
    this.world = network.world();
    this.facts = facts;
    this.records = records;
    random = world.random("claimant " + name);
    process = new SimProcess(network, name, 1, this::main);
  }

  private void main(SimProcess starting) {
    tenures.clear();
    registrars.clear();
    controllers.clear();
    asked.clear();
    linkClosed = false;
    incarnation = new UUID(random.nextLong(), random.nextLong());
    link =
        new DiskNodeLink(
            LoneDiskNode.NODE,
            SimNetwork.address(LoneDiskNode.PORT),
            LoneDiskNode.CLUSTER,
            incarnation,
            this::connect,
            what -> world.trace(name(), what));
    for (int i = 0; i < TENURES; i++) {
      tenures.add(new Tenure(this));
    }
    records.forEach(leg -> registrars.add(new Registrar(this, leg)));
    tenures.forEach(Tenure::start);
    registrars.forEach(Registrar::start);
  }

  SimProcess process() {
    return process;
  }

  String name() {
    return process.name();
  }

  SimWorld world() {
    return world;
  }

  NodeFacts facts() {
    return facts;
  }

  SplittableRandom random() {
    return random;
  }

  SimReactor reactor() {
    return process.reactor(0);
  }

  UUID incarnation() {
    return incarnation;
  }

  /** The store that answers; only while {@link #isLive}. */
  UUID store() {
    return link.identity().store();
  }

  boolean isLive() {
    return link.isLive();
  }

  boolean isStopping() {
    return stopping;
  }

  void after(long nanos, Runnable task) {
    reactor().schedule(nanos, task);
  }

  /** Begins to connect, on its one reactor. */
  HostController connect(ControllerOptions options, ControllerListener listener) {
    SimReactor reactor = reactor();
    var controller =
        new HostController(
            options, reactor, List.of(reactor), process.network(), random, listener, Set.of());
    controllers.add(controller);
    controllers.removeIf(one -> one.state() == ControllerState.CLOSED);
    reactor.execute(controller::start);
    return controller;
  }

  void ask(DiskRequest request, Consumer<NodeOutcome<DiskReply>> done) {
    begun(request.op().name());
    link.client()
        .ask(
            request,
            ASK_LIMIT_NANOS,
            outcome -> {
              ended(request.op().name());
              if (outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)) {
                world.trace(name(), request.op() + " of " + request.disk() + ": " + reply.result());
              }
              done.accept(outcome);
            });
  }

  void ask(RecordRequest request, Consumer<NodeOutcome<RecordReply>> done) {
    begun(request.op().name());
    link.client()
        .ask(
            request,
            ASK_LIMIT_NANOS,
            outcome -> {
              ended(request.op().name());
              done.accept(outcome);
            });
  }

  private void begun(String what) {
    asked.merge(what, 1, Integer::sum);
  }

  private void ended(String what) {
    asked.merge(what, -1, Integer::sum);
  }

  /** Whether it waits for an answer to that. */
  boolean isAsking(DiskOp op) {
    return process.isUp() && asked.getOrDefault(op.name(), 0) > 0;
  }

  boolean isAsking(RecordOp op) {
    return process.isUp() && asked.getOrDefault(op.name(), 0) > 0;
  }

  boolean isConnecting() {
    return process.isUp() && tenures.stream().anyMatch(Tenure::isConnecting);
  }

  /** Does something at once that the nemeses wait for. */
  void hurry(String step) {
    if (process.isUp() && !tenures.isEmpty()) {
      reactor().execute(() -> tenures.forEach(tenure -> tenure.hurry(step)));
    }
  }

  /** Its process is gone. */
  void died() {
    tenures.forEach(Tenure::died);
    tenures.clear();
    registrars.clear();
    controllers.clear();
    asked.clear();
  }

  // The end.

  void stop() {
    stopping = true;
  }

  boolean isConnected() {
    return process.isUp() && link != null && link.isLive();
  }

  boolean isIdle() {
    return !process.isUp()
        || link != null
            && tenures.stream().allMatch(Tenure::isIdle)
            && registrars.stream().allMatch(Registrar::isIdle);
  }

  void shutDown() {
    if (process.isUp()) {
      reactor()
          .execute(() -> {
            tenures.forEach(Tenure::leave);
            link.close(() -> linkClosed = true);
          });
    }
  }

  boolean isShutDown() {
    return !process.isUp()
        || linkClosed
            && controllers.stream().allMatch(one -> one.state() == ControllerState.CLOSED);
  }
}
