package io.dnvme.transport;

/** How a reactor waits for its next work. */
public enum PollMode {
  /** Polls for a short time where that has been worth it, then sleeps. */
  ADAPTIVE,
  /** Polls always: a whole core for each reactor, the least latency. */
  BUSY,
  /** Sleeps at once: for processes that share their cores. */
  SLEEP
}
