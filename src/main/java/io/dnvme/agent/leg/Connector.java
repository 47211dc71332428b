package io.dnvme.agent.leg;

import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;

/** Makes associations with other nodes' subsystems. */
@FunctionalInterface
public interface Connector {

  /** Begins to connect, with all queues on the caller's reactor; the listener hears the rest. */
  HostController open(ControllerOptions options, ControllerListener listener);
}
