package io.dnvme.agent.disknode;

/** Mistakes that tests turn on, to show that they would be found. Never on otherwise. */
public enum PlantedBug {
  /** An admission is answered while commands of an older epoch are in flight. */
  FORGET_THE_DRAIN,
  /** A new association is let in while others of its epoch go on. */
  SKIP_THE_FENCE
}
