package io.dnvme.target.controller;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.target.subsystem.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes durable what the volatile caches of a controller's namespaces hold, one namespace after the
 * other. What a device has of the host is awaited before it is flushed: so whatever of it is
 * acknowledged until the end is on the medium then. On the controller's reactor.
 */
final class CacheFlush {

  private final IoController controller;
  private final BlockIo io;
  private final List<Runnable> awaiting = new ArrayList<>();
  private Consumer<BlockStatus> done;
  private BlockStatus outcome = BlockStatus.SUCCESS;
  private Namespace flushing;
  private int lastNsid;

  CacheFlush(IoController controller) {
    this.controller = controller;
    io = new BlockIo(controller.home());
  }

  /**
   * Begins; once.
   *
   * @param done told of the first failure, or of success; maybe before this returns
   */
  void run(Consumer<BlockStatus> done) {
    this.done = done;
    next();
  }

  /** Tells when the namespace's device has no flush of this one; at once where it has none now. */
  void await(Namespace namespace, Runnable gone) {
    if (flushing != null && flushing.nsid() == namespace.nsid()) {
      awaiting.add(gone);
    } else {
      gone.run();
    }
  }

  private void next() {
    Namespace namespace = following();
    if (namespace == null || !controller.isServing()) {
      done.accept(outcome);
      return;
    }
    lastNsid = namespace.nsid();
    controller.awaitInFlight(namespace, () -> flush(namespace));
  }

  private Namespace following() {
    return controller.view().namespaces().stream()
        .filter(one -> one.nsid() > lastNsid && one.device().traits().volatileCache())
        .findFirst()
        .orElse(null);
  }

  private void flush(Namespace namespace) {
    Namespace now = controller.view().namespace(namespace.nsid());
    if (now == null || now.device() != namespace.device()) {
      // Removed meanwhile: its device makes all durable when it is closed.
      next();
      return;
    }
    flushing = namespace;
    io.prepare(BlockOp.FLUSH, 0, 0).onCompletion(this::flushed, null);
    namespace.device().submit(io);
  }

  private void flushed(BlockIo io) {
    flushing = null;
    if (outcome.isSuccess()) {
      outcome = io.status();
    }
    List<Runnable> gone = List.copyOf(awaiting);
    awaiting.clear();
    gone.forEach(Runnable::run);
    // However many namespaces are flushed at once, the stack stays flat.
    controller.home().execute(this::next);
  }
}
