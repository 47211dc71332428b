package io.dnvme.transport;

import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.connection.ReceivedPdus;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Finds the whole PDUs of the receive buffer and emits them as one batch. The batch is over, and
 * its bytes are given up, when the next one is asked for; only when no whole PDU is left are more
 * bytes asked for. A fault is the last thing ever emitted.
 */
final class Framing extends GraphStage<FlowShape<ReceiveBuffer, ReceivedBatch>> {

  private final Inlet<ReceiveBuffer> in = Inlet.create("Framing.in");
  private final Outlet<ReceivedBatch> out = Outlet.create("Framing.out");
  private final FlowShape<ReceiveBuffer, ReceivedBatch> shape = FlowShape.of(in, out);
  private final QueuePair queuePair;

  Framing(QueuePair queuePair) {
    this.queuePair = queuePair;
  }

  @Override
  public FlowShape<ReceiveBuffer, ReceivedBatch> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends QueuePairLogic {
    private final ReceiveBuffer buffer = queuePair.receiveBuffer();
    private final ReactorCounters counters = queuePair.reactor().counters();
    private final Runnable frame = this::frame;
    private int batchEnd;
    private boolean moreMayBeWhole;
    private boolean faulty;

    Logic() {
      super(shape, Framing.this.queuePair);
      AbstractInOutHandler handler =
          new AbstractInOutHandler() {
            @Override
            public void onPush() {
              grab(in);
              guarded(frame);
            }

            @Override
            public void onPull() {
              batchTaken();
            }
          };
      setHandler(in, handler);
      setHandler(out, handler);
    }

    private void batchTaken() {
      if (queuePair.incoming() != null) {
        buffer.takenUpTo(batchEnd);
        queuePair.incomingDone();
      }
      if (faulty) {
        return;
      }
      if (moreMayBeWhole) {
        guarded(frame);
      } else {
        pull(in);
      }
    }

    private void frame() {
      ReceivedBatch batch = queuePair.startIncoming();
      collect(batch);
      int size = batch.pdus().size();
      if (size == 0 && !faulty) {
        queuePair.incomingDone();
        pull(in);
        return;
      }
      counters.batchesIn++;
      counters.pdusIn += size;
      push(out, batch);
    }

    /** Adds whole PDUs until one is not, or is the last that may be framed by today's rules. */
    private void collect(ReceivedBatch batch) {
      ReceivedPdus pdus = batch.pdus();
      PduFramer framer = queuePair.rules().framer();
      int at = buffer.start();
      int end = buffer.end();
      boolean goesOn = true;
      while (goesOn) {
        switch (framer.frame(buffer.memory(), at, end)) {
          case WHOLE -> {
            int length = (int) framer.plen();
            pdus.add(at, length);
            at += length;
            goesOn = at < end && !pdus.isFull() && !negotiates(framer.type());
            moreMayBeWhole = at < end;
          }
          case INCOMPLETE, HEADER -> {
            goesOn = false;
            moreMayBeWhole = false;
            if (framer.neededBytes() > RegionPool.REGION_BYTES) {
              fault(batch, FatalErrorStatus.DATA_TRANSFER_LIMIT_EXCEEDED, 0, at, end);
            }
          }
          case FAULT -> {
            goesOn = false;
            fault(batch, framer.fes(), framer.fei(), at, end);
          }
        }
      }
      batchEnd = at;
    }

    private void fault(ReceivedBatch batch, int fes, int fei, int at, int end) {
      faulty = true;
      batch.fault(fes, fei, at, end - at);
    }

    private boolean negotiates(int pduType) {
      return pduType == PduType.IC_REQ || pduType == PduType.IC_RESP;
    }
  }
}
