package io.dnvme.transport;

import org.apache.pekko.stream.Shape;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;

/** What the stages of a queue pair's stream have in common: ways in from outside, and their end. */
abstract class QueuePairLogic extends GraphStageLogic {

  final QueuePair queuePair;
  private final AsyncCallback<StreamEntry> wakeUp = createAsyncCallback(entry -> {});
  private final StreamEntry end = entry(this::completeStage);

  QueuePairLogic(Shape shape, QueuePair queuePair) {
    super(shape);
    this.queuePair = queuePair;
  }

  /** A way into this stage; what {@code body} throws ends the connection. */
  final StreamEntry entry(Runnable body) {
    return new StreamEntry(this, () -> guarded(body), wakeUp);
  }

  /** Completes the stage from outside. */
  final void endFromOutside() {
    end.enter();
  }

  /** Runs {@code body}; what it throws ends the connection. */
  final void guarded(Runnable body) {
    try {
      body.run();
    } catch (RuntimeException | Error e) {
      queuePair.stageFailed(e);
      completeStage();
    }
  }

  @Override
  public void preStart() {
    queuePair.stageStarted(this);
  }

  @Override
  public void postStop() {
    queuePair.stageStopped(this);
  }
}
