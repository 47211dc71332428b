package io.dnvme.agent.leg;

import io.dnvme.agent.NodeNames;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.NodeIdentity;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A controller's association with a disk node's own subsystem, kept for as long as the controller
 * runs. Whoever answers is asked who it is, at every connection before anything else (RECORD,
 * INTENT): until then, and where it is not the node that was meant, it is not live. Lives on the
 * controller's home reactor.
 */
public final class DiskNodeLink {

  private static final int KEEP_ALIVE_MS = 1000;
  private static final long IDENTIFY_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long IDENTIFY_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final ReconnectOptions RECONNECT =
      new ReconnectOptions(
          TimeUnit.MILLISECONDS.toNanos(50),
          TimeUnit.MILLISECONDS.toNanos(500),
          ReconnectOptions.NEVER,
          true,
          LossPolicy.FAIL);

  private final UUID node;
  private final String name;
  private final InetSocketAddress address;
  private final int distance;
  private final UUID cluster;
  private final Consumer<String> log;
  private final HostController controller;
  private final NodeClient client;
  private final List<Runnable> whenLive = new ArrayList<>();
  private NodeIdentity identity;
  private final SeenStores stores = new SeenStores();

  /** Counts what the association went through: answers that are about an earlier state are late. */
  private int turn;

  /** As below, called by its address, and as near as can be. */
  public DiskNodeLink(
      UUID node,
      InetSocketAddress address,
      UUID cluster,
      UUID incarnation,
      Connector connector,
      Consumer<String> log) {
    this(node, address.toString(), address, 0, cluster, incarnation, connector, log);
  }

  /**
   * @param node whom to expect there
   * @param name what people call it
   * @param distance how far it is, for reads: 0 is the nearest
   * @param incarnation the controller's, which is its host id
   * @param log told, in words for people, of what is found wrong
   */
  public DiskNodeLink(
      UUID node,
      String name,
      InetSocketAddress address,
      int distance,
      UUID cluster,
      UUID incarnation,
      Connector connector,
      Consumer<String> log) {
    this.node = node;
    this.name = name;
    this.address = address;
    this.distance = distance;
    this.cluster = cluster;
    this.log = log;
    controller =
        connector.open(
            new ControllerOptions(
                address,
                NodeNames.node(node),
                HostIdentity.of(incarnation),
                KEEP_ALIVE_MS,
                QueueOptions.of(0),
                RECONNECT),
            new Watch());
    client = new NodeClient(controller, cluster, incarnation);
  }

  /** The node's configured id. */
  public UUID node() {
    return node;
  }

  /** What people call it. */
  String name() {
    return name;
  }

  public InetSocketAddress address() {
    return address;
  }

  /**
   * How far it is from this controller: reads go to the nearest of the members that do as little.
   */
  int distance() {
    return distance;
  }

  /** Who it is, or null while it is not live. */
  public NodeIdentity identity() {
    return identity;
  }

  /** Its stores since this process began. */
  SeenStores stores() {
    return stores;
  }

  public boolean isLive() {
    return identity != null;
  }

  /** Runs {@code task} whenever it is live anew. */
  void whenLive(Runnable task) {
    whenLive.add(task);
  }

  /** Whom to ask; only while it is live. */
  public NodeClient client() {
    return client;
  }

  /** Ends the association in good order; {@code closed} is told on the home reactor. */
  public void close(Runnable closed) {
    turn++;
    identity = null;
    controller.whenClosed(closed);
    controller.shutdown();
  }

  Reactor home() {
    return controller.home();
  }

  private void identified(NodeOutcome<NodeIdentity> outcome) {
    switch (outcome) {
      case NodeOutcome.Replied<NodeIdentity>(UUID store, NodeIdentity reply) -> {
        if (!reply.node().equals(node) || !reply.cluster().equals(cluster)) {
          log.accept(
              "%s is node %s of cluster %s, not %s of %s"
                  .formatted(address, reply.node(), reply.cluster(), node, cluster));
        } else {
          identity = reply;
          stores.see(reply.store(), reply.has(NodeIdentity.FORGETS), home().clock().nanos());
          whenLive.forEach(Runnable::run);
        }
      }
      case NodeOutcome.Refused<NodeIdentity>(String why) -> unidentified(why);
      case NodeOutcome.InDoubt<NodeIdentity>(String why) -> unidentified(why);
    }
  }

  private void unidentified(String why) {
    log.accept("node " + node + " does not say who it is: " + why);
    int asked = turn;
    home()
        .timers()
        .schedule(
            IDENTIFY_AGAIN_NANOS,
            () -> {
              if (turn == asked) {
                identify();
              }
            });
  }

  private void identify() {
    int asked = turn;
    client.identify(
        IDENTIFY_LIMIT_NANOS,
        outcome -> {
          if (turn == asked) {
            identified(outcome);
          }
        });
  }

  private final class Watch implements ControllerListener {

    @Override
    public void live(HostController now) {
      turn++;
      identify();
    }

    @Override
    public void lost(HostController now, String reason) {
      turn++;
      identity = null;
      log.accept("node " + node + " at " + address + " is lost: " + reason);
    }

    @Override
    public void closed(HostController now, String reason) {
      turn++;
      identity = null;
    }
  }
}
