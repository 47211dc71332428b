package io.dnvme.transport;

import java.io.IOException;

/** Told that a connection could not be made; its rules were not and will not be called. */
@FunctionalInterface
public interface ConnectFailure {

  /** On the reactor that was to carry the connection. */
  void connectFailed(IOException cause);
}
