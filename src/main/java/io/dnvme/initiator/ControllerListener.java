package io.dnvme.initiator;

/** Hears of a controller's life; called on its home reactor. */
public interface ControllerListener {

  /** Commands are carried, for the first time or again. */
  default void live(HostController controller) {}

  /** The connection is lost; the controller tries to get it back, or closes. */
  default void lost(HostController controller, String reason) {}

  /** It is over: given up, refused for good, or shut down. Called once, last. */
  default void closed(HostController controller, String reason) {}

  /** Namespaces came, went, or changed their size. */
  default void namespacesChanged(HostController controller) {}

  /** A discovery controller's log page changed. */
  default void discoveryChanged(HostController controller) {}
}
