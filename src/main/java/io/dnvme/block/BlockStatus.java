package io.dnvme.block;

/** Outcome of a {@link BlockIo}. The target translates it into an NVMe status. */
public enum BlockStatus {
  SUCCESS,
  /** The range does not exist; nothing was done. */
  OUT_OF_RANGE,
  /** The command's sizes, data or operation make no sense to this device; nothing was done. */
  INVALID,
  /** The compared content differs; nothing was written. */
  COMPARE_FAILED,
  /** The content cannot be read. */
  READ_FAULT,
  /** The content could not be written or made durable. */
  WRITE_FAULT,
  /** There is no space left behind a thin device for blocks that have none yet. */
  CAPACITY_EXCEEDED,
  /** A limit of the device on commands in flight is reached; the same command may succeed later. */
  BUSY,
  /** The path to the data is gone; another path or a later try may succeed. */
  PATH_LOST,
  /** Given up on request before it took effect. */
  ABORTED,
  /** The device failed for good or is closed. */
  FAILED;

  public boolean isSuccess() {
    return this == SUCCESS;
  }
}
