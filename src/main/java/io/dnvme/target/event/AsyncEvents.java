package io.dnvme.target.event;

import io.dnvme.nvme.StatusCode;
import java.util.Arrays;

/**
 * The asynchronous events of one controller: requests of the host that wait for something to
 * happen, and events that wait for a request. On its controller's reactor.
 *
 * <pre>
 *            raise, enabled                    a request is there
 *   ARMED ────────────────────► PENDING ──────────────────────────► REPORTED
 *     ▲                            │                                   │
 *     └────────────────────────────┴───── logRead, RAE 0 ──────────────┘
 * </pre>
 *
 * <p>An event is reported once and then masked until the host has read its log page with RAE
 * cleared (NVMe Base 2.0 §5.2: clearing an event). What is raised meanwhile is not reported again:
 * the read tells it. So the log page's content must be taken <em>after</em> {@link #logRead}. A
 * host that reads a page in pieces notices a change in between by the page's own count (CHGCNT,
 * GENCTR).
 *
 * <p>Masking is per event, not per type: an unread ANA change does not hide a changed namespace.
 */
public final class AsyncEvents {

  /** Requests that a host may have waiting; AERL is one less. */
  public static final int MAX_REQUESTS = 4;

  /** Answers a request that waited. */
  @FunctionalInterface
  public interface Port {
    /**
     * Completes the Asynchronous Event Request {@code cid} successfully.
     *
     * @param dword0 dword 0 of the completion: type, information, log page
     */
    void report(int cid, int dword0);
  }

  private enum State {
    ARMED,
    PENDING,
    REPORTED
  }

  private final Port port;
  private final State[] states = new State[AsyncEventKind.all().length];
  private final int[] waitingCids = new int[MAX_REQUESTS];
  private int waiting;
  private int configuration;

  public AsyncEvents(Port port) {
    this.port = port;
    reset();
  }

  /**
   * Takes the Asynchronous Event Request {@code cid}; answers it, maybe at once, through the port.
   *
   * @return the status to complete it with now where it cannot wait, else success: it completes
   *     when there is an event
   */
  public int request(int cid) {
    if (waiting == MAX_REQUESTS) {
      return StatusCode.ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED.dnr();
    }
    waitingCids[waiting++] = cid;
    report();
    return StatusCode.SUCCESS.status();
  }

  /**
   * Forgets the waiting request {@code cid}, which its controller aborts; whether there was one.
   */
  public boolean abort(int cid) {
    for (int i = 0; i < waiting; i++) {
      if (waitingCids[i] == cid) {
        remove(i);
        return true;
      }
    }
    return false;
  }

  /** {@code event} happened. Nothing comes of it unless the host has enabled it. */
  public void raise(AsyncEventKind event) {
    if (event.isEnabled(configuration) && states[event.ordinal()] == State.ARMED) {
      states[event.ordinal()] = State.PENDING;
      report();
    }
  }

  /**
   * The host reads the log page with Retain Asynchronous Event cleared: its events are re-armed.
   * Called before the page's content is taken.
   */
  public void logRead(int logPage) {
    for (AsyncEventKind event : AsyncEventKind.all()) {
      if (event.logPage() == logPage) {
        states[event.ordinal()] = State.ARMED;
      }
    }
  }

  /** Value of feature 0Bh, Asynchronous Event Configuration. */
  public int configuration() {
    return configuration;
  }

  /** Sets feature 0Bh. Events that it disables and that were not reported yet are dropped. */
  public void configuration(int value) {
    configuration = value;
    for (AsyncEventKind event : AsyncEventKind.all()) {
      if (!event.isEnabled(value) && states[event.ordinal()] == State.PENDING) {
        states[event.ordinal()] = State.ARMED;
      }
    }
  }

  /**
   * Controller level reset: all is forgotten, the waiting requests too, which are not completed
   * (NVMe Base 2.0 §5.2).
   */
  public void reset() {
    waiting = 0;
    configuration = 0;
    Arrays.fill(states, State.ARMED);
  }

  /** Requests that wait. */
  public int waiting() {
    return waiting;
  }

  private void report() {
    for (AsyncEventKind event : AsyncEventKind.all()) {
      if (waiting == 0) {
        return;
      }
      if (states[event.ordinal()] == State.PENDING) {
        states[event.ordinal()] = State.REPORTED;
        int cid = waitingCids[0];
        remove(0);
        port.report(cid, event.dword0());
      }
    }
  }

  private void remove(int index) {
    waiting--;
    System.arraycopy(waitingCids, index + 1, waitingCids, index, waiting - index);
  }
}
