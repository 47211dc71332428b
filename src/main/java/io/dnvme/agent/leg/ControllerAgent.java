package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What a controller node with one virtual disk of one leg does: keeps associations with its disk
 * nodes, and claims and serves the leg. Lives on the controller's home reactor.
 */
public final class ControllerAgent {

  /** How long a release of the leg has to be on its way before the associations end. */
  private static final long RELEASE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /**
   * Where a disk node is.
   *
   * @param name what people call it
   * @param distance how far it is from this controller, for reads: 0 is the nearest, and each
   *     controller has distances of its own
   */
  public record DiskNodeAddress(UUID node, String name, InetSocketAddress address, int distance) {

    /** Such as other continents are; more would be a mistake. */
    public static final int MAX_DISTANCE = 1000;

    public DiskNodeAddress {
      if (distance < 0 || distance > MAX_DISTANCE) {
        throw new IllegalArgumentException(
            "the distance of node %s is 0 to %d, not %d".formatted(name, MAX_DISTANCE, distance));
      }
    }

    /** Called by its address, and as near as can be. */
    public DiskNodeAddress(UUID node, InetSocketAddress address) {
      this(node, address.toString(), address, 0);
    }
  }

  /**
   * What it serves, and as who.
   *
   * @param cluster whose nodes it talks to
   * @param controller this node
   * @param incarnation of its process: never used before
   * @param nodes all disk nodes
   * @param disk the virtual disk
   * @param holders ids of the nodes that are to keep the record
   * @param plan what to make if there is no record
   */
  public record Setup(
      UUID cluster,
      UUID controller,
      UUID incarnation,
      List<DiskNodeAddress> nodes,
      UUID disk,
      List<UUID> holders,
      Optional<LegPlan> plan,
      LegOptions options) {}

  private final Reactor home;
  private final List<DiskNodeLink> links = new ArrayList<>();
  private final LegController leg;

  /**
   * Begins to connect and to look for the virtual disk's leg.
   *
   * @param listener told what becomes of the leg
   * @param log told, in words for people, of what is found wrong with nodes
   */
  public ControllerAgent(
      Reactor home,
      Setup setup,
      Connector connector,
      RandomGenerator random,
      LegController.Listener listener,
      Consumer<String> log) {
    this.home = home;
    for (DiskNodeAddress node : setup.nodes()) {
      links.add(
          new DiskNodeLink(
              node.node(),
              node.name(),
              node.address(),
              node.distance(),
              setup.cluster(),
              setup.incarnation(),
              connector,
              log));
    }
    leg =
        new LegController(
            home,
            LegPlan.leg(setup.disk()),
            setup.controller(),
            setup.incarnation(),
            links,
            setup.holders(),
            setup.plan(),
            setup.options(),
            connector,
            new HolderTraffic(home, links, random, setup.options().bugs().ownership()),
            listener);
    leg.start();
  }

  public LegController leg() {
    return leg;
  }

  /** Disk nodes that are not connected, or not who they are taken for. */
  public List<UUID> missing() {
    return links.stream().filter(link -> !link.isLive()).map(DiskNodeLink::node).toList();
  }

  /**
   * Gives the leg back and leaves the disk nodes.
   *
   * @param closed told on the home reactor when all associations have ended
   */
  public void close(Runnable closed) {
    leg.close();
    home.timers().schedule(RELEASE_NANOS, () -> leave(closed));
  }

  private void leave(Runnable closed) {
    if (links.isEmpty()) {
      closed.run();
      return;
    }
    var left = new int[] {links.size()};
    for (DiskNodeLink link : links) {
      link.close(() -> {
        if (--left[0] == 0) {
          closed.run();
        }
      });
    }
  }
}
