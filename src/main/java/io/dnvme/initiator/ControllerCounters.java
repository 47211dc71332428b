package io.dnvme.initiator;

/** What a controller's connections went through; written on its home reactor, read by anyone. */
public final class ControllerCounters {

  private final ConnectionCounters admin = new ConnectionCounters();
  long attempts;
  long connects;
  long losses;
  long events;
  long keepAlives;

  /** What the admin connections did, all of them together. */
  public ConnectionCounters admin() {
    return admin;
  }

  /** Attempts to connect. */
  public long attempts() {
    return attempts;
  }

  /** Attempts that succeeded. */
  public long connects() {
    return connects;
  }

  /** Connections lost after they were there. */
  public long losses() {
    return losses;
  }

  /** Asynchronous events received. */
  public long events() {
    return events;
  }

  public long keepAlives() {
    return keepAlives;
  }
}
