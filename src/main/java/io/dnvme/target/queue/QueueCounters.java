package io.dnvme.target.queue;

/**
 * What one queue pair did. Written on its reactor with plain stores; other threads read it at any
 * time and may see it a moment late.
 */
public final class QueueCounters {

  private long commands;
  private long errors;
  private long bytesIn;
  private long bytesOut;
  private long memoryWaits;
  private long spills;

  void completed(boolean success) {
    commands++;
    if (!success) {
      errors++;
    }
  }

  void received(long bytes) {
    bytesIn += bytes;
  }

  void sent(long bytes) {
    bytesOut += bytes;
  }

  void waitedForMemory() {
    memoryWaits++;
  }

  void spilled() {
    spills++;
  }

  /** Commands completed, whatever their status. */
  public long commands() {
    return commands;
  }

  /** Commands completed with a status other than success. */
  public long errors() {
    return errors;
  }

  /** Command data from the host. */
  public long bytesIn() {
    return bytesIn;
  }

  /** Command data to the host. */
  public long bytesOut() {
    return bytesOut;
  }

  /** How often a command found the buffer pool empty. */
  public long memoryWaits() {
    return memoryWaits;
  }

  /** In-capsule data that was kept outside the pool because the pool was empty. */
  public long spills() {
    return spills;
  }
}
