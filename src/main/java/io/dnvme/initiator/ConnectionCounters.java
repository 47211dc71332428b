package io.dnvme.initiator;

/**
 * What one connection did. Written on its reactor with plain stores; other threads read it at any
 * time and may see it a moment late.
 */
public final class ConnectionCounters {

  long submitted;
  long completed;
  long failed;
  long lost;
  long timedOut;
  long readyToTransfers;
  long dataDigestErrors;
  long faultsFound;
  long terminatedByPeer;

  /** Commands handed to the connection. */
  public long submitted() {
    return submitted;
  }

  /** Commands answered by the controller, whatever their status. */
  public long completed() {
    return completed;
  }

  /** Commands answered with an error. */
  public long failed() {
    return failed;
  }

  /** Commands that ended with the connection. */
  public long lost() {
    return lost;
  }

  /** Commands whose silence ended the connection. */
  public long timedOut() {
    return timedOut;
  }

  public long readyToTransfers() {
    return readyToTransfers;
  }

  public long dataDigestErrors() {
    return dataDigestErrors;
  }

  /** Transport faults of the peer that this side found. */
  public long faultsFound() {
    return faultsFound;
  }

  /** Termination requests from the peer. */
  public long terminatedByPeer() {
    return terminatedByPeer;
  }
}
