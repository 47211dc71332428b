package io.dnvme.transport;

import org.apache.pekko.stream.impl.fusing.GraphInterpreter;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.GraphStageLogic$;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * The way from a reactor's turn into a stage of a stream that runs on the same reactor.
 *
 * <p>{@link AsyncCallback} is the way for other threads: a message to the stream's actor, which
 * allocates and waits for a turn of the dispatcher. Here the caller is on the thread that alone
 * runs the interpreter, and no stream is running on it ({@link #enter} is called by the event loop,
 * never within a stage), so the interpreter is run at once by the same two calls that the message
 * would make. What only the actor may do is left to it by the message after all: to stop when the
 * stream is over, and to go on when the limit of events was reached.
 *
 * <p>This is the one place that knows Pekko's interpreter from inside; without it everything works
 * the same through {@code callback} alone, a little slower.
 */
final class StreamEntry extends AbstractFunction1<Object, BoxedUnit> {

  private static final int EVENT_LIMIT = 1000;

  private final GraphStageLogic stage;
  private final Runnable body;
  private final AsyncCallback<StreamEntry> callback;

  /**
   * @param body what is done in the stage; must not throw
   * @param callback a callback of the stage that does nothing
   */
  StreamEntry(GraphStageLogic stage, Runnable body, AsyncCallback<StreamEntry> callback) {
    this.stage = stage;
    this.body = body;
    this.callback = callback;
  }

  /** Runs the body in its stage and then what it has set off; nothing once the stage is over. */
  void enter() {
    GraphInterpreter interpreter = stage.interpreter();
    interpreter.runAsyncInput(stage, this, GraphStageLogic$.MODULE$.NoPromise(), this);
    interpreter.execute(EVENT_LIMIT);
    if (interpreter.isCompleted() || interpreter.isSuspended()) {
      callback.invoke(this);
    }
  }

  @Override
  public BoxedUnit apply(Object event) {
    body.run();
    return BoxedUnit.UNIT;
  }
}
