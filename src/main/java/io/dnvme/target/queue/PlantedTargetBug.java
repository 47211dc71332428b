package io.dnvme.target.queue;

/** Mistakes that tests turn on, to see that they are found. None is ever on in production. */
public enum PlantedTargetBug {
  /** The end of an association is told before its commands are over. */
  FORGET_DRAIN,
  /** An association goes on however long its host has been silent. */
  EXECUTE_AFTER_KATO,
  /** What was received before the reactor stood still for too long is executed. */
  EXECUTE_AFTER_GAP,
  /** A flush is acknowledged without the device's. */
  ACKNOWLEDGE_FLUSH_EARLY
}
