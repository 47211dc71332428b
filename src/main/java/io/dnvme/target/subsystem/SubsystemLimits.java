package io.dnvme.target.subsystem;

/**
 * How much of a subsystem one node serves.
 *
 * @param firstCntlid first controller identifier that this node gives out; the nodes that serve one
 *     subsystem have ranges that do not meet
 * @param lastCntlid last one
 * @param maxControllers controllers that may exist at once on this node
 * @param maxIoQueues I/O queue pairs that a controller may have
 */
public record SubsystemLimits(
    int firstCntlid, int lastCntlid, int maxControllers, int maxIoQueues) {

  public static final int MIN_CNTLID = 1;

  /** FFF0h to FFFFh are reserved. */
  public static final int MAX_CNTLID = 0xffef;

  public static final int MAX_CONTROLLERS = 4096;
  public static final int MAX_IO_QUEUES = 256;

  public SubsystemLimits {
    if (firstCntlid < MIN_CNTLID || lastCntlid > MAX_CNTLID || firstCntlid > lastCntlid) {
      throw new IllegalArgumentException(
          "controller identifiers are a range within 1 to FFEFh, not %Xh to %Xh"
              .formatted(firstCntlid, lastCntlid));
    }
    if (maxControllers < 1
        || maxControllers > MAX_CONTROLLERS
        || maxControllers > lastCntlid - firstCntlid + 1) {
      throw new IllegalArgumentException(
          "controllers must be 1 to %d and no more than identifiers (%d), not %d"
              .formatted(MAX_CONTROLLERS, lastCntlid - firstCntlid + 1, maxControllers));
    }
    if (maxIoQueues < 1 || maxIoQueues > MAX_IO_QUEUES) {
      throw new IllegalArgumentException(
          "I/O queues must be 1 to " + MAX_IO_QUEUES + ", not " + maxIoQueues);
    }
  }
}
