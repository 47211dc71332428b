package io.dnvme.transport;

/** The memory that one reactor gives to what slow peers have not taken yet; on the reactor only. */
final class SpillLimit {

  private final long limitBytes;
  private long takenBytes;

  SpillLimit(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  boolean tryTake(long bytes) {
    if (takenBytes + bytes > limitBytes) {
      return false;
    }
    takenBytes += bytes;
    return true;
  }

  void giveBack(long bytes) {
    takenBytes -= bytes;
  }

  long takenBytes() {
    return takenBytes;
  }
}
