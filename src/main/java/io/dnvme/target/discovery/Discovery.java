package io.dnvme.target.discovery;

import io.dnvme.block.Reactor;
import io.dnvme.target.event.EventSource;
import io.dnvme.target.event.Subscription;
import io.dnvme.target.subsystem.ControllerIds;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemEvent;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The discovery subsystem's content: which subsystem may be reached by whom and where. It follows
 * the registries of subsystems and portals and tells its views of every change.
 *
 * <p>Read from any thread; brought up to date on the home reactor when a registry says so, and
 * whenever a view is opened: so a host that connects after a change has returned sees it.
 */
public final class Discovery {

  /** Controllers of the discovery subsystem that may exist at once. */
  public static final int MAX_CONTROLLERS = 4096;

  /** A subsystem and who may see it. */
  record Listed(String nqn, HostAccess access) {}

  /**
   * Content at one moment.
   *
   * @param generation counts the changes
   */
  record Content(long generation, List<Portal> portals, List<Listed> subsystems) {}

  private final Reactor home;
  private final Subsystems subsystems;
  private final Portals portals;
  private final int adminQueueEntries;
  private final ControllerIds controllerIds =
      new ControllerIds(SubsystemLimits.MIN_CNTLID, SubsystemLimits.MAX_CNTLID, MAX_CONTROLLERS);
  private final EventSource<Content> changes = new EventSource<>();
  // Of those subsystems that are in the registry; on the home reactor.
  private final Map<Subsystem, Subscription> watched = new HashMap<>();
  private volatile Content content = new Content(0, List.of(), List.of());

  /**
   * @param adminQueueEntries ASQSZ: entries that an admin queue of ours may have, at least 32
   */
  public Discovery(Reactor home, Subsystems subsystems, Portals portals, int adminQueueEntries) {
    this.home = home;
    this.subsystems = subsystems;
    this.portals = portals;
    this.adminQueueEntries = adminQueueEntries;
    portals.subscribe(home, all -> refresh());
    subsystems.subscribe(home, this::registryChanged);
    home.execute(() -> subsystems.all().forEach(this::watch));
  }

  /** Identifiers of the discovery subsystem's controllers. */
  public ControllerIds controllerIds() {
    return controllerIds;
  }

  /**
   * What one host sees through one connection; for a discovery controller's life.
   *
   * @param reactor the controller's
   * @param hostNqn the host's name
   * @param portId the portal that the host is connected to
   * @param localEnd this node's address on the connection
   * @param changed run on {@code reactor} after the log's content has changed
   */
  public DiscoveryView open(
      Reactor reactor, String hostNqn, int portId, InetAddress localEnd, Runnable changed) {
    refresh();
    return new DiscoveryView(this, reactor, hostNqn, portId, localEnd, changed);
  }

  Content content() {
    return content;
  }

  EventSource<Content> changes() {
    return changes;
  }

  int adminQueueEntries() {
    return adminQueueEntries;
  }

  private void registryChanged(Subsystems.Event event) {
    switch (event) {
      case Subsystems.Event.Added added -> watch(added.subsystem());
      case Subsystems.Event.Removed removed -> {
        Subscription subscription = watched.remove(removed.subsystem());
        if (subscription != null) {
          subscription.cancel();
        }
      }
    }
    refresh();
  }

  private void watch(Subsystem subsystem) {
    // The subsystem may be gone already, and the word of it be on its way or over.
    if (!subsystem.isRemoved()) {
      watched.computeIfAbsent(subsystem, one -> one.subscribe(home, this::subsystemChanged));
      refresh();
    }
  }

  private void subsystemChanged(SubsystemEvent event) {
    if (event instanceof SubsystemEvent.HostAccessChanged) {
      refresh();
    }
  }

  /** Takes over what the registries say now. */
  private synchronized void refresh() {
    List<Portal> nowPortals = portals.all();
    List<Listed> nowSubsystems =
        subsystems.all().stream().map(one -> new Listed(one.nqn(), one.hostAccess())).toList();
    if (!nowPortals.equals(content.portals()) || !nowSubsystems.equals(content.subsystems())) {
      content = new Content(content.generation() + 1, nowPortals, nowSubsystems);
      changes.publish(content);
    }
  }
}
