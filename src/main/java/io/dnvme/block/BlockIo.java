package io.dnvme.block;

import java.lang.foreign.MemorySegment;

/**
 * One command on its way through the layers: pooled, mutable, reused. Belongs to its submitter,
 * from {@link BlockDevice#submit} to completion to the device, then to the submitter again.
 *
 * <p>A layer that passes the command on as it is hands down the same object; one that splits,
 * copies or watches it takes commands of its own from its {@link BlockIoPool} and keeps the
 * original in their {@link #context}.
 *
 * <p>Touched on its reactor only, save that a device may read the request and fill the data on a
 * thread of its own while it owns the command.
 */
public final class BlockIo {

  /** Told on the command's reactor that it is complete. */
  @FunctionalInterface
  public interface Completion {
    void completed(BlockIo io);
  }

  /** Gets its memory back when the submitter is done with the views of a read. */
  @FunctionalInterface
  public interface Lender {
    void reclaim(BlockIo io);
  }

  private final Reactor reactor;
  private final IoVector data = new IoVector();
  private final IoVector compareData = new IoVector();

  // The request, set by the submitter.
  private BlockOp op = BlockOp.FLUSH;
  private long startBlock;
  private long blockCount;
  private boolean forceUnitAccess;
  private boolean mayDeallocate;
  private Completion completion;
  private Object context;

  // The outcome, set by the device.
  private BlockStatus status = BlockStatus.SUCCESS;
  private Lender lender;

  // For whoever owns the command at the moment.
  private BlockIo link;
  private long stampNanos;
  private long progress;
  private Object deviceContext;

  public BlockIo(Reactor reactor) {
    this.reactor = reactor;
  }

  /** The thread that submits the command and is told of its completion. */
  public Reactor reactor() {
    return reactor;
  }

  /** Starts a new request: everything but the reactor is forgotten. */
  public BlockIo prepare(BlockOp op, long startBlock, long blockCount) {
    assert lender == null : "the views of the last read were not released";
    this.op = op;
    this.startBlock = startBlock;
    this.blockCount = blockCount;
    forceUnitAccess = false;
    mayDeallocate = false;
    data.clear();
    compareData.clear();
    status = BlockStatus.SUCCESS;
    link = null;
    progress = 0;
    deviceContext = null;
    return this;
  }

  public BlockIo forceUnitAccess(boolean value) {
    forceUnitAccess = value;
    return this;
  }

  /** For {@link BlockOp#WRITE_ZEROES}: the blocks' space may be returned. */
  public BlockIo mayDeallocate(boolean value) {
    mayDeallocate = value;
    return this;
  }

  /** Who is told, and what it keeps with the command. */
  public BlockIo onCompletion(Completion completion, Object context) {
    this.completion = completion;
    this.context = context;
    return this;
  }

  public BlockOp op() {
    return op;
  }

  public long startBlock() {
    return startBlock;
  }

  public long blockCount() {
    return blockCount;
  }

  public boolean forceUnitAccess() {
    return forceUnitAccess;
  }

  public boolean mayDeallocate() {
    return mayDeallocate;
  }

  /** Where the content comes from or goes to; exactly blockCount blocks long where op has data. */
  public IoVector data() {
    return data;
  }

  /** What {@link BlockOp#COMPARE_AND_WRITE} compares with. */
  public IoVector compareData() {
    return compareData;
  }

  public Object context() {
    return context;
  }

  /** Completes the command; on its reactor. */
  public void complete(BlockStatus outcome) {
    assert reactor.inReactor() : "completed off its reactor";
    status = outcome;
    completion.completed(this);
  }

  public BlockStatus status() {
    return status;
  }

  /** An outcome that the device found on another thread, for when it completes the command. */
  public void status(BlockStatus outcome) {
    status = outcome;
  }

  /**
   * Adds a view of the device's memory to the data of a read that is about to complete
   * successfully; the lender gets it back through {@link #release}.
   */
  public void lend(Lender lender, MemorySegment memory, long offsetBytes, long lengthBytes) {
    this.lender = lender;
    data.add(memory, offsetBytes, lengthBytes);
  }

  /**
   * The submitter is done with the data; gives lent views back. Harmless where nothing was lent.
   */
  public void release() {
    Lender owner = lender;
    if (owner != null) {
      lender = null;
      owner.reclaim(this);
    }
  }

  /** Intrusive list link of the present owner. */
  public BlockIo link() {
    return link;
  }

  public void link(BlockIo next) {
    link = next;
  }

  /** A time that the present owner keeps with the command. */
  public long stampNanos() {
    return stampNanos;
  }

  public void stampNanos(long nanos) {
    stampNanos = nanos;
  }

  /** How far the present owner is with the command; 0 at first. */
  public long progress() {
    return progress;
  }

  public void progress(long value) {
    progress = value;
  }

  /** What the device that owns the command keeps with it; forgotten by {@link #prepare}. */
  public Object deviceContext() {
    return deviceContext;
  }

  public void deviceContext(Object value) {
    deviceContext = value;
  }

  @Override
  public String toString() {
    return op + " [" + startBlock + ", +" + blockCount + ") " + status;
  }
}
