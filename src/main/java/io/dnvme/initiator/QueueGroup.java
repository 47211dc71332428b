package io.dnvme.initiator;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.util.Arrays;
import java.util.List;

/**
 * All I/O queues of one controller as one: they connect together, are lost together, and are given
 * up together before the next attempt begins. Lives on the home reactor; the queues live on their
 * own, so orders go there and news come back by tasks, each with the number of its attempt: news of
 * an earlier one are dropped.
 */
final class QueueGroup {

  /** Told on the home reactor, of the present attempt only. */
  interface Listener {
    /** All queues are connected; commands wait for {@link #go}. */
    void connected();

    /**
     * A queue has no connection any more, and nobody asked for that.
     *
     * @param permanent trying again would be in vain
     */
    void lost(String reason, boolean permanent);

    /** What {@link #detach} asked for is done. */
    void detached();
  }

  private final Reactor home;
  private final Listener listener;
  private final IoQueue[] queues;

  private int attempt;
  private int inUse;
  private QueueSet set;
  private int connected;
  private int detaching;

  /**
   * @param reactors what the queues are dealt out to, in turn
   */
  QueueGroup(
      ControllerOptions options,
      Reactor home,
      List<Reactor> reactors,
      Dialer dialer,
      Listener listener) {
    this.home = home;
    this.listener = listener;
    queues = new IoQueue[options.queues().count()];
    for (int i = 0; i < queues.length; i++) {
      Reactor reactor = reactors.get(i % reactors.size());
      queues[i] = new IoQueue(i + 1, reactor, options, dialer, new QueueEvents());
    }
  }

  /** Counters of the queues, those not in use included. */
  List<QueueCounters> counters() {
    return Arrays.stream(queues).map(IoQueue::counters).toList();
  }

  /** Commands that were answered so far, on all queues. */
  long answered() {
    long sum = 0;
    for (IoQueue queue : queues) {
      sum += queue.counters().connection().completed();
    }
    return sum;
  }

  /** Queues that the controller granted. */
  int inUse() {
    return inUse;
  }

  /** Another attempt to connect begins. */
  void begin(int attemptNumber) {
    attempt = attemptNumber;
    connected = 0;
  }

  /**
   * The controller grants so many queues.
   *
   * @return false where commands were sent over more before: then the attempt has failed
   */
  boolean grant(int granted) {
    if (set != null) {
      return granted >= inUse;
    }
    inUse = granted;
    return true;
  }

  /** Connects the queues of the controller that the admin queue has. */
  void connect(ControllerInfo info, int depth) {
    int current = attempt;
    for (int i = 0; i < inUse; i++) {
      IoQueue queue = queues[i];
      queue.reactor().execute(() -> queue.connect(current, info, depth));
    }
  }

  /** What namespaces send their commands to: the same over all attempts; null without queues. */
  QueueSet set() {
    if (set == null && inUse > 0) {
      set = new QueueSet(Arrays.copyOf(queues, inUse));
    }
    return set;
  }

  /** Commands may go out. */
  void go() {
    int current = attempt;
    for (int i = 0; i < inUse; i++) {
      IoQueue queue = queues[i];
      queue.reactor().execute(() -> queue.go(current));
    }
  }

  /**
   * Gives all connections of the attempt up.
   *
   * @param inOrder with Disconnect, where the target takes it
   */
  void detach(String reason, boolean inOrder) {
    detaching = inUse;
    int current = attempt;
    for (int i = 0; i < inUse; i++) {
      IoQueue queue = queues[i];
      queue
          .reactor()
          .execute(() -> {
            if (inOrder) {
              queue.disconnect(current, reason);
            } else {
              queue.detach(current, reason);
            }
          });
    }
  }

  /** Waits no longer for what {@link #detach} asks for in order. */
  void cut(String reason) {
    int current = attempt;
    for (int i = 0; i < inUse; i++) {
      IoQueue queue = queues[i];
      queue.reactor().execute(() -> queue.cut(current, reason));
    }
  }

  /** Whether nothing is left of what {@link #detach} asked for. */
  boolean isDetached() {
    return detaching == 0;
  }

  /** The controller will not come back: whatever waits, and will come, gets {@code status}. */
  void end(BlockStatus status) {
    for (IoQueue queue : queues) {
      queue.reactor().execute(() -> queue.end(status));
    }
  }

  /** On the queues' reactors. */
  private final class QueueEvents implements IoQueue.Events {

    @Override
    public void connected(IoQueue queue, int of) {
      home.execute(() -> {
        if (of == attempt && ++connected == inUse) {
          listener.connected();
        }
      });
    }

    @Override
    public void lost(IoQueue queue, int of, String reason, boolean permanent) {
      home.execute(() -> {
        if (of == attempt) {
          listener.lost(reason, permanent);
        }
      });
    }

    @Override
    public void detached(IoQueue queue, int of) {
      home.execute(() -> {
        if (of == attempt && --detaching == 0) {
          listener.detached();
        }
      });
    }
  }
}
