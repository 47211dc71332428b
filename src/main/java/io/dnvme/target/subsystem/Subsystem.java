package io.dnvme.target.subsystem;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.event.EventSource;
import io.dnvme.target.event.Subscription;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * An NVM subsystem as this node serves it (a virtual disk is one, with namespace 1).
 *
 * <p>Reads are single volatile reads, from any thread. Changes are possible from any thread, are
 * serialised, and are told to listeners on their reactors. A controller first subscribes, then
 * checks {@link #allows} and {@link #isRemoved}: so it cannot miss a change in between.
 */
public final class Subsystem {

  /** The highest namespace identifier. */
  public static final int MAX_NAMESPACES = 1024;

  /**
   * What can change.
   *
   * @param byNsid namespace n at index n - 1, null where there is none; no longer than needed
   */
  private record State(HostAccess access, Namespace[] byNsid, boolean removed) {}

  private final SubsystemIdentity identity;
  private final SubsystemLimits limits;
  private final AnaGroups ana;
  private final VendorCommands vendorCommands;
  private final ConnectGate gate;
  private final ControllerIds controllerIds;
  private final EventSource<SubsystemEvent> events = new EventSource<>();
  private volatile State state;
  private volatile int losses;

  /** A subsystem without vendor-specific commands that every host on its list may connect to. */
  public Subsystem(
      SubsystemIdentity identity, SubsystemLimits limits, AnaGroups ana, HostAccess access) {
    this(identity, limits, ana, access, VendorCommands.NONE, ConnectGate.OPEN);
  }

  /**
   * @param vendorCommands those that its controllers have beside NVMe's own
   * @param gate decides over hosts on its list
   */
  public Subsystem(
      SubsystemIdentity identity,
      SubsystemLimits limits,
      AnaGroups ana,
      HostAccess access,
      VendorCommands vendorCommands,
      ConnectGate gate) {
    this.identity = identity;
    this.limits = limits;
    this.ana = ana;
    this.vendorCommands = vendorCommands;
    this.gate = gate;
    this.controllerIds =
        new ControllerIds(limits.firstCntlid(), limits.lastCntlid(), limits.maxControllers());
    this.state = new State(access, new Namespace[0], false);
  }

  public SubsystemIdentity identity() {
    return identity;
  }

  public String nqn() {
    return identity.nqn();
  }

  public SubsystemLimits limits() {
    return limits;
  }

  public AnaGroups ana() {
    return ana;
  }

  public VendorCommands vendorCommands() {
    return vendorCommands;
  }

  public ConnectGate gate() {
    return gate;
  }

  public ControllerIds controllerIds() {
    return controllerIds;
  }

  /**
   * Acknowledged writes that were not flushed may be gone (INTENT): the next Flush, or write with
   * FUA, of each association that is there now fails, so that its host learns it. From any thread;
   * before the namespaces are served again.
   */
  public synchronized void noteLoss() {
    losses++;
  }

  /** How often {@link #noteLoss} was called. */
  public int losses() {
    return losses;
  }

  /** Whether the host may use the subsystem; see {@link HostAccess#allows}. */
  public boolean allows(String hostNqn) {
    return state.access().allows(hostNqn);
  }

  public HostAccess hostAccess() {
    return state.access();
  }

  /** The namespace, or null where there is none; any value of a command's NSID is fair input. */
  public Namespace namespace(int nsid) {
    Namespace[] byNsid = state.byNsid();
    // NSID 0 and those above 2^31 wrap to values that no array has.
    int index = nsid - 1;
    return index >= 0 && index < byNsid.length ? byNsid[index] : null;
  }

  /** All namespaces, in ascending order of their identifiers. */
  public List<Namespace> namespaces() {
    return Arrays.stream(state.byNsid()).filter(Objects::nonNull).toList();
  }

  /** Identifiers of the ANA group's namespaces, ascending; for the ANA log. */
  public int[] nsidsOfGroup(int anaGroupId) {
    return Arrays.stream(state.byNsid())
        .filter(namespace -> namespace != null && namespace.anaGroupId() == anaGroupId)
        .mapToInt(Namespace::nsid)
        .toArray();
  }

  public boolean isRemoved() {
    return state.removed();
  }

  public Subscription subscribe(
      Reactor reactor, EventSource.Listener<? super SubsystemEvent> listener) {
    return events.subscribe(reactor, listener);
  }

  /** Lets other hosts use the subsystem from now on; those no longer allowed are cut off. */
  public synchronized void changeHostAccess(HostAccess access) {
    if (!access.equals(state.access())) {
      state = new State(access, state.byNsid(), state.removed());
      events.publish(new SubsystemEvent.HostAccessChanged(access));
    }
  }

  /**
   * Adds a namespace.
   *
   * @throws IllegalArgumentException if its identifiers or group cannot be or are taken
   */
  public synchronized void addNamespace(Namespace namespace) {
    int nsid = namespace.nsid();
    if (nsid < 1 || nsid > MAX_NAMESPACES) {
      throw new IllegalArgumentException("NSID must be 1 to " + MAX_NAMESPACES + ", not " + nsid);
    }
    if (namespace.anaGroupId() < 1 || namespace.anaGroupId() > ana.count()) {
      throw new IllegalArgumentException(
          "ANA group must be 1 to " + ana.count() + ", not " + namespace.anaGroupId());
    }
    for (Namespace other : namespaces()) {
      if (other.nsid() == nsid || other.ids().collidesWith(namespace.ids())) {
        throw new IllegalArgumentException(
            "NAMES: namespace %d of %s has the identifiers of namespace %d"
                .formatted(nsid, nqn(), other.nsid()));
      }
    }
    Namespace[] byNsid = state.byNsid();
    replace(Arrays.copyOf(byNsid, Math.max(byNsid.length, nsid)), nsid, namespace);
    ana.membershipChanged(namespace.anaGroupId());
    events.publish(new SubsystemEvent.NamespaceAdded(namespace));
  }

  /**
   * Takes a namespace away. Its device may be closed when its controllers have completed what they
   * had begun.
   *
   * @throws IllegalArgumentException if there is no such namespace
   */
  public synchronized Namespace removeNamespace(int nsid) {
    Namespace gone = existing(nsid);
    replace(state.byNsid().clone(), nsid, null);
    ana.membershipChanged(gone.anaGroupId());
    events.publish(new SubsystemEvent.NamespaceRemoved(gone));
    return gone;
  }

  /**
   * Tells hosts that the namespace has grown; called when its device can serve the new size.
   *
   * @throws IllegalArgumentException if there is no such namespace, its blocks would change their
   *     size, or it would shrink
   */
  public synchronized void resizeNamespace(int nsid, BlockGeometry geometry) {
    Namespace old = existing(nsid);
    if (geometry.blockSizeBytes() != old.geometry().blockSizeBytes()
        || geometry.blockCount() < old.geometry().blockCount()) {
      throw new IllegalArgumentException(
          "namespace %d of %s can only grow: from %s to %s"
              .formatted(nsid, nqn(), old.geometry(), geometry));
    }
    if (!geometry.equals(old.geometry())) {
      Namespace resized = old.withGeometry(geometry);
      replace(state.byNsid().clone(), nsid, resized);
      events.publish(new SubsystemEvent.NamespaceResized(resized));
    }
  }

  /** The registry has let it go. */
  synchronized void remove() {
    state = new State(state.access(), state.byNsid(), true);
    events.publish(new SubsystemEvent.SubsystemRemoved());
  }

  private Namespace existing(int nsid) {
    Namespace namespace = namespace(nsid);
    if (namespace == null) {
      throw new IllegalArgumentException(nqn() + " has no namespace " + nsid);
    }
    return namespace;
  }

  private void replace(Namespace[] byNsid, int nsid, Namespace namespace) {
    byNsid[nsid - 1] = namespace;
    state = new State(state.access(), byNsid, state.removed());
  }

  @Override
  public String toString() {
    return "subsystem " + nqn();
  }
}
