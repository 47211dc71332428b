package io.dnvme.transport;

import org.apache.pekko.actor.setup.Setup;

/** Carries live reactors into an actor system, where {@link ReactorExecutorConfigurator} asks. */
final class ReactorsSetup extends Setup {

  private final Reactors reactors;

  ReactorsSetup(Reactors reactors) {
    this.reactors = reactors;
  }

  Reactors reactors() {
    return reactors;
  }
}
