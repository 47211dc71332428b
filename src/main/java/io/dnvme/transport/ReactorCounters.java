package io.dnvme.transport;

/**
 * What one reactor's connections did. Written by the reactor with plain stores; other threads may
 * read at any time and see it a moment late.
 */
public final class ReactorCounters {

  long connections;
  long connectionsOpened;
  long bytesIn;
  long bytesOut;
  long pdusIn;
  long batchesIn;
  long batchesOut;
  long receiveCalls;
  long writeCalls;
  long epollWaits;
  long sleeps;
  long spins;
  long spinsInVain;
  long spilledBytes;

  ReactorCounters() {}

  /** Connections that are open now. */
  public long connections() {
    return connections;
  }

  /** Connections ever opened. */
  public long connectionsOpened() {
    return connectionsOpened;
  }

  public long bytesIn() {
    return bytesIn;
  }

  public long bytesOut() {
    return bytesOut;
  }

  /** PDUs given to rules. */
  public long pdusIn() {
    return pdusIn;
  }

  /** Batches of PDUs given to rules. */
  public long batchesIn() {
    return batchesIn;
  }

  /** Batches wholly written. */
  public long batchesOut() {
    return batchesOut;
  }

  /** System calls that received, also those that found nothing. */
  public long receiveCalls() {
    return receiveCalls;
  }

  /** System calls that sent. */
  public long writeCalls() {
    return writeCalls;
  }

  /** System calls that asked for events, polling or sleeping. */
  public long epollWaits() {
    return epollWaits;
  }

  /** Those of them that were allowed to sleep. */
  public long sleeps() {
    return sleeps;
  }

  /** Gaps in which the reactor polled. */
  public long spins() {
    return spins;
  }

  /** Those of them that ended without work. */
  public long spinsInVain() {
    return spinsInVain;
  }

  /** Bytes copied aside because a peer was slow and their owner wanted its memory back. */
  public long spilledBytes() {
    return spilledBytes;
  }
}
