package io.dnvme.transport;

import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * The rules of a connection as a stage. Input and output are not one to one: a batch in may cause
 * none, and output comes of itself when a device has done its work. Input is asked for only while
 * the rules want it and, unless they read on regardless, no output waits for the socket.
 *
 * <p>What the rules throw ends this connection alone.
 */
final class RulesFlow extends GraphStage<FlowShape<ReceivedBatch, OutgoingPdus>> {

  private final Inlet<ReceivedBatch> in = Inlet.create("RulesFlow.in");
  private final Outlet<OutgoingPdus> out = Outlet.create("RulesFlow.out");
  private final FlowShape<ReceivedBatch, OutgoingPdus> shape = FlowShape.of(in, out);
  private final QueuePair queuePair;

  RulesFlow(QueuePair queuePair) {
    this.queuePair = queuePair;
  }

  @Override
  public FlowShape<ReceivedBatch, OutgoingPdus> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  final class Logic extends QueuePairLogic {
    private final ConnectionRules rules = queuePair.rules();
    private final Runnable advance = this::advance;
    private final StreamEntry advanceEntry = entry(advance);
    private ReceivedBatch input;
    private int taken;

    Logic() {
      super(shape, RulesFlow.this.queuePair);
      AbstractInOutHandler handler =
          new AbstractInOutHandler() {
            @Override
            public void onPush() {
              input = grab(in);
              taken = 0;
              guarded(advance);
            }

            @Override
            public void onPull() {
              guarded(advance);
            }
          };
      setHandler(in, handler);
      setHandler(out, handler);
    }

    @Override
    public void preStart() {
      super.preStart();
      guarded(() -> {
        rules.opened(queuePair);
        advance();
      });
    }

    /** Whether the socket can take a batch. */
    boolean canSend() {
      return isAvailable(out);
    }

    /** From the turn's end, outside of the stream. */
    void advanceFromOutside() {
      advanceEntry.enter();
    }

    private void advance() {
      if (!queuePair.isEnding()) {
        queuePair.inputIsLookedAt();
        deliver();
        send();
        askForInput();
      }
      if (queuePair.isEnding()) {
        completeStage();
      }
    }

    private void deliver() {
      if (input == null || !mayTakeInput()) {
        return;
      }
      ReceivedPdus pdus = input.pdus();
      if (taken < pdus.size()) {
        int next = rules.received(pdus, taken);
        if (next < taken || next > pdus.size()) {
          throw new IllegalStateException("rules took PDUs up to " + next + " of " + pdus.size());
        }
        taken = next;
      }
      if (taken == pdus.size() && !queuePair.isEnding()) {
        ReceivedBatch batch = input;
        input = null;
        if (batch.isFaulty()) {
          rules.malformed(
              batch.fes(), batch.fei(), pdus, batch.faultOffset(), batch.faultAvailable());
        }
      }
    }

    private void send() {
      if (!isAvailable(out) || !queuePair.takeOutputReady() || queuePair.isEnding()) {
        return;
      }
      OutgoingPdus batch = queuePair.startOutgoing();
      rules.fill(batch);
      if (batch.isEmpty()) {
        queuePair.outgoingDone();
        return;
      }
      queuePair.outputMayFollow();
      push(out, batch);
    }

    private void askForInput() {
      if (input == null && !hasBeenPulled(in) && !queuePair.isEnding() && mayTakeInput()) {
        pull(in);
      }
    }

    private boolean mayTakeInput() {
      return (isAvailable(out) || rules.takesInputWhileOutputWaits()) && rules.wantsInput();
    }
  }
}
