package io.dnvme.ownership;

/** What a holder did, since it started; plain numbers of its reactor. */
public final class HolderCounters {
  long batches;
  long promises;
  long accepts;
  long confirmations;
  long refusals;
  long flushes;
  long entriesWritten;

  /** Messages with requests. */
  public long batches() {
    return batches;
  }

  /** Promises given, repeated ones too. */
  public long promises() {
    return promises;
  }

  /** Records accepted, repeated ones too. */
  public long accepts() {
    return accepts;
  }

  /** Renewals confirmed. */
  public long confirmations() {
    return confirmations;
  }

  /** Requests refused, whatever the reason. */
  public long refusals() {
    return refusals;
  }

  /** Writes of the store; each ends in one flush. */
  public long flushes() {
    return flushes;
  }

  /** Entries in those writes. */
  public long entriesWritten() {
    return entriesWritten;
  }
}
