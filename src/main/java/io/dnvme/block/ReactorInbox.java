package io.dnvme.block;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Commands on their way to one reactor, from any thread, its own included: taken in batches, one
 * {@link Reactor#execute} for all that came before it ran. Uses {@link BlockIo#link}; never
 * allocates.
 *
 * <pre>
 *   push ──► top ─► newest ─► … ─► oldest        the push that found it empty calls execute
 *   drain:   takes all at once, turns the order round, hands over oldest first
 * </pre>
 */
public final class ReactorInbox {

  private static final VarHandle TOP;

  static {
    try {
      TOP = MethodHandles.lookup().findVarHandle(ReactorInbox.class, "top", BlockIo.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Reactor reactor;
  private final Consumer<BlockIo> each;
  private final Runnable afterBatch;
  private final Runnable drain = this::drain;
  private volatile BlockIo top;

  /**
   * @param each gets every command, on the reactor, in the order of pushing
   * @param afterBatch runs after the last command of each batch
   */
  public ReactorInbox(Reactor reactor, Consumer<BlockIo> each, Runnable afterBatch) {
    this.reactor = reactor;
    this.each = each;
    this.afterBatch = afterBatch;
  }

  public ReactorInbox(Reactor reactor, Consumer<BlockIo> each) {
    this(reactor, each, () -> {});
  }

  /**
   * Sends {@code io} there; what this thread wrote to it before is seen on the reactor. Where the
   * reactor has ended the command ends here: nobody is left who waits for it.
   */
  public void push(BlockIo io) {
    BlockIo before;
    do {
      before = top;
      io.link(before);
    } while (!TOP.weakCompareAndSetRelease(this, before, io));
    if (before == null) {
      try {
        reactor.execute(drain);
      } catch (RejectedExecutionException e) {
        // For the pusher, a disk's thread in the middle of other reactors' commands, all is well.
        return;
      }
    }
  }

  private void drain() {
    BlockIo io = oldestFirst((BlockIo) TOP.getAndSetAcquire(this, null));
    while (io != null) {
      BlockIo next = io.link();
      io.link(null);
      each.accept(io);
      io = next;
    }
    afterBatch.run();
  }

  private static BlockIo oldestFirst(BlockIo newest) {
    BlockIo turned = null;
    for (BlockIo io = newest; io != null; ) {
      BlockIo older = io.link();
      io.link(turned);
      turned = io;
      io = older;
    }
    return turned;
  }
}
