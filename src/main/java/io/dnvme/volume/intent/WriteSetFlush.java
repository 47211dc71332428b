package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;

/**
 * A flush of members by the log itself: of all in-sync and rebuilding ones, or of one that is being
 * rebuilt. One at a time. On the group's home reactor.
 */
final class WriteSetFlush {

  private final MirrorGroup group;
  private final BlockIo[] ios;
  private final BlockIo.Completion flushed = this::flushed;
  private IntentLog.Answer done;
  private int pending;
  private boolean failed;

  WriteSetFlush(MirrorGroup group) {
    this.group = group;
    ios = new BlockIo[group.memberCount()];
    for (int member = 0; member < ios.length; member++) {
      ios[member] = new BlockIo(group.reactor());
    }
  }

  boolean isRunning() {
    return done != null;
  }

  /**
   * @param whenFlushed yes: all of them flushed. No: one failed, and the group was told, or was
   *     failed before
   */
  void start(int members, IntentLog.Answer whenFlushed) {
    done = whenFlushed;
    failed = (members & group.failed()) != 0;
    pending = 1;
    for (int rest = failed ? 0 : members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      BlockDevice device = group.device(member);
      if (device == null) {
        failed = true;
        continue;
      }
      pending++;
      device.submit(ios[member].prepare(BlockOp.FLUSH, 0, 0).onCompletion(flushed, device));
    }
    ended();
  }

  private void flushed(BlockIo io) {
    if (!io.status().isSuccess()) {
      failed = true;
      for (int member = 0; member < ios.length; member++) {
        if (ios[member] == io && group.device(member) == io.context()) {
          group.memberFailed(member, io.status());
        }
      }
    }
    ended();
  }

  private void ended() {
    if (--pending == 0) {
      IntentLog.Answer told = done;
      done = null;
      told.answered(!failed);
    }
  }
}
