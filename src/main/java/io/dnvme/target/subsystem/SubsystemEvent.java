package io.dnvme.target.subsystem;

/** What happens to a {@link Subsystem} and concerns its controllers. */
public sealed interface SubsystemEvent {

  /** Controllers of hosts that are no longer allowed end. */
  record HostAccessChanged(HostAccess access) implements SubsystemEvent {}

  record NamespaceAdded(Namespace namespace) implements SubsystemEvent {}

  /** Its commands in flight still complete; new ones find no namespace. */
  record NamespaceRemoved(Namespace namespace) implements SubsystemEvent {}

  record NamespaceResized(Namespace namespace) implements SubsystemEvent {}

  /** It is gone from the registry; its controllers end. The last event. */
  record SubsystemRemoved() implements SubsystemEvent {}
}
