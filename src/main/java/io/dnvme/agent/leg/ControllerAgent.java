package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import io.dnvme.ownership.PlantedBug;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What a controller node does: keeps one association with each of its disk nodes, and claims and
 * serves the legs of its virtual disks, each for itself: none waits for another. Lives on the
 * controller's home reactor.
 */
public final class ControllerAgent {

  /** How long releases of the legs have to be on its way before the associations end. */
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
   * Who it is, and whom it knows.
   *
   * @param cluster whose nodes it talks to
   * @param controller this node
   * @param incarnation of its process: never used before
   * @param nodes all disk nodes
   * @param bugs for tests only
   */
  public record Setup(
      UUID cluster,
      UUID controller,
      UUID incarnation,
      List<DiskNodeAddress> nodes,
      Set<PlantedBug> bugs) {}

  /**
   * A virtual disk of one leg.
   *
   * @param id the virtual disk's
   * @param holders ids of the nodes that are to keep the record
   * @param plan what to make if there is no record
   */
  public record VirtualDisk(
      UUID id, List<UUID> holders, Optional<LegPlan> plan, LegOptions options) {}

  private final Reactor home;
  private final Setup setup;
  private final Connector connector;
  private final List<DiskNodeLink> links = new ArrayList<>();
  private final List<LegController> legs = new ArrayList<>();
  private final HolderTraffic traffic;

  /**
   * Begins to connect.
   *
   * @param log told, in words for people, of what is found wrong with nodes
   */
  public ControllerAgent(
      Reactor home,
      Setup setup,
      Connector connector,
      RandomGenerator random,
      Consumer<String> log) {
    this.home = home;
    this.setup = setup;
    this.connector = connector;
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
    traffic = new HolderTraffic(home, links, random, setup.bugs());
  }

  /**
   * Begins to look for a virtual disk's leg, and to claim it.
   *
   * @param listener told what becomes of it
   */
  public LegController serve(VirtualDisk disk, LegController.Listener listener) {
    var leg =
        new LegController(
            home,
            LegPlan.leg(disk.id()),
            setup.controller(),
            setup.incarnation(),
            links,
            disk.holders(),
            disk.plan(),
            disk.options(),
            connector,
            traffic,
            listener);
    legs.add(leg);
    leg.start();
    return leg;
  }

  /** Of all legs. */
  public HolderTraffic traffic() {
    return traffic;
  }

  /** Disk nodes that are not connected, or not who they are taken for. */
  public List<UUID> missing() {
    return links.stream().filter(link -> !link.isLive()).map(DiskNodeLink::node).toList();
  }

  /**
   * Gives all legs back and leaves the disk nodes.
   *
   * @param closed told on the home reactor when all associations have ended
   */
  public void close(Runnable closed) {
    legs.forEach(LegController::close);
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
