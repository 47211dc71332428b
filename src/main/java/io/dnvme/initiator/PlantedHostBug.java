package io.dnvme.initiator;

/** Mistakes that tests turn on, to see that they are found. None is ever on in production. */
public enum PlantedHostBug {
  /** A lost controller is connected again, and sent the same commands, before it has quiesced. */
  RETRY_WITHOUT_QUIESCE
}
