package io.dnvme.block;

/**
 * What one layer did on one reactor. Written on that reactor with plain stores; other threads read
 * it at any time and may see it a moment late.
 */
public final class IoCounters {

  private final long[] operations = new long[BlockOp.COUNT];
  private final long[] bytes = new long[BlockOp.COUNT];
  private final long[] errors = new long[BlockOp.COUNT];
  private final long[] busyNanos = new long[BlockOp.COUNT];
  private int inFlight;

  /** A command was taken on. */
  public void started() {
    inFlight++;
  }

  /** A command that was taken on is over, after {@code nanos}, having moved {@code moved} bytes. */
  public void finished(BlockOp op, BlockStatus status, long moved, long nanos) {
    int index = op.ordinal();
    inFlight--;
    operations[index]++;
    busyNanos[index] += nanos;
    if (status.isSuccess()) {
      bytes[index] += moved;
    } else {
      errors[index]++;
    }
  }

  public long operations(BlockOp op) {
    return operations[op.ordinal()];
  }

  public long bytes(BlockOp op) {
    return bytes[op.ordinal()];
  }

  public long errors(BlockOp op) {
    return errors[op.ordinal()];
  }

  /** Time from start to finish, summed over all commands. */
  public long busyNanos(BlockOp op) {
    return busyNanos[op.ordinal()];
  }

  public int inFlight() {
    return inFlight;
  }
}
