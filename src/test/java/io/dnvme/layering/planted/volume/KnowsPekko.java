package io.dnvme.layering.planted.volume;

import org.apache.pekko.actor.ActorSystem;

/** Breaks the purity of a layer. */
public class KnowsPekko {
  ActorSystem system;
}
