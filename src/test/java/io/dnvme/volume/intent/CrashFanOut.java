package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.Reactor;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/** One command to several members; tells which of them did it. */
final class CrashFanOut {
  private final CrashGroup group;
  private final int targets;
  private final IntConsumer done;
  private int pending;
  private int succeeded;

  CrashFanOut(CrashGroup group, int targets, IntConsumer done) {
    this.group = group;
    this.targets = targets;
    this.done = done;
  }

  void start(BlockOp op, long start, int count, byte[] data) {
    Reactor reactor = group.reactor();
    pending = 1;
    for (int rest = targets; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      BlockDevice device = group.device(member);
      pending++;
      var io = new BlockIo(reactor).prepare(op, start, count);
      io.data().add(MemorySegment.ofArray(data), 0, data.length);
      io.onCompletion(
          sent -> {
            if (sent.status().isSuccess()) {
              succeeded |= 1 << member;
            } else {
              group.memberFailed(member, sent.status());
            }
            ended();
          },
          null);
      device.submit(io);
    }
    ended();
  }

  private void ended() {
    if (--pending == 0 && !group.isDead()) {
      done.accept(succeeded);
    }
  }
}
