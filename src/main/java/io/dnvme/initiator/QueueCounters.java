package io.dnvme.initiator;

/** What an I/O queue did over all its connections; written on its reactor, read by anyone. */
public final class QueueCounters {

  private final ConnectionCounters connection = new ConnectionCounters();
  long waited;
  long retried;
  long resent;

  /** What its connections did, all of them together. */
  public ConnectionCounters connection() {
    return connection;
  }

  /** Commands that had to wait for a place or a connection. */
  public long waited() {
    return waited;
  }

  /** Commands sent again because of their status. */
  public long retried() {
    return retried;
  }

  /** Commands sent again that a lost connection had carried. */
  public long resent() {
    return resent;
  }
}
