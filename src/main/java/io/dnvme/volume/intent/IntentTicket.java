package io.dnvme.volume.intent;

/**
 * A range of a group's blocks on its way through an {@link IntentLog}: pooled by its command,
 * reused. Touched on the group's home reactor only.
 */
public abstract class IntentTicket {

  private long startBlock;
  private long blockCount;
  private IntentTicket link;
  private int awaited;

  /** Starts a new use. */
  protected final void range(long startBlock, long blockCount) {
    this.startBlock = startBlock;
    this.blockCount = blockCount;
    link = null;
    awaited = 0;
  }

  /** First block of the group's data. */
  public final long startBlock() {
    return startBlock;
  }

  /** At least one. */
  public final long blockCount() {
    return blockCount;
  }

  /**
   * What the log was asked for, and answered false, is done. Never called within the call that
   * asked. After {@link IntentLog#stop} it only means that the log has let go of the ticket.
   */
  protected abstract void ready();

  /** Intrusive list link, for the log while it owns the ticket. */
  final IntentTicket link() {
    return link;
  }

  final void link(IntentTicket next) {
    link = next;
  }

  /** How much the ticket still waits for, for the log while it owns the ticket. */
  final int awaited() {
    return awaited;
  }

  final void awaited(int count) {
    awaited = count;
  }
}
