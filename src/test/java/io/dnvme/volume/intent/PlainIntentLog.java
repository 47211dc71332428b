package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * An intent log without media: each block is a region, all is known at once and durable. Answers
 * wait where the test holds them. Says what is dirty, and what each absent or rebuilding member
 * lacks.
 */
public final class PlainIntentLog implements IntentLog {

  private final int blocks;
  private final int[] writes;
  private final List<BitSet> lacks = new ArrayList<>();
  private final BitSet unequal = new BitSet();
  private final List<IntentTicket> waiting = new ArrayList<>();
  private final List<IntentTicket> unequalReads = new ArrayList<>();
  private final List<Runnable> held = new ArrayList<>();
  private MirrorGroup group;
  private boolean holdWrites;
  private boolean holdAnswers;
  private boolean stopped;
  private int promoting = -1;
  private int present;

  /** Rebuilding members that nobody prepared to remove. */
  private int written;

  private long flushes;
  private long flushed;
  private int prepared;

  public PlainIntentLog(int blocks, int members) {
    this.blocks = blocks;
    writes = new int[blocks];
    for (int i = 0; i < members; i++) {
      lacks.add(new BitSet());
    }
  }

  @Override
  public void serve(MirrorGroup served) {
    group = served;
    present = served.inSync();
    written = served.rebuilding();
  }

  /** From now on writes wait until {@link #releaseWrites}. */
  public void holdWrites() {
    holdWrites = true;
  }

  public void releaseWrites() {
    holdWrites = false;
    List<IntentTicket> released = List.copyOf(waiting);
    waiting.clear();
    for (IntentTicket ticket : released) {
      mark(ticket);
      ticket.ready();
    }
  }

  /** From now on preparations wait until {@link #releaseAnswers}. */
  public void holdAnswers() {
    holdAnswers = true;
  }

  public void releaseAnswers() {
    holdAnswers = false;
    List<Runnable> released = List.copyOf(held);
    held.clear();
    released.forEach(Runnable::run);
  }

  public int answersHeld() {
    return held.size();
  }

  /** As after a takeover: reads of this block wait until {@link #makeEqual}. */
  public void makeUnequal(int block) {
    unequal.set(block);
  }

  public void makeEqual() {
    unequal.clear();
    List<IntentTicket> released = List.copyOf(unequalReads);
    unequalReads.clear();
    released.forEach(IntentTicket::ready);
  }

  /** Whether some write of the block is under way. */
  public boolean isDirty(long block) {
    return writes[(int) block] > 0;
  }

  /** What the member missed since it left. */
  public BitSet lacks(int member) {
    return lacks.get(member);
  }

  /** The block was copied to the rebuilding member, and flushed. */
  public void caughtUp(int member, int block) {
    if (writes[block] == 0) {
      lacks.get(member).clear(block);
    }
  }

  /** Members whose bitmaps were asked to be on the media, ever. */
  public int preparedRemovals() {
    return prepared;
  }

  public long lastFlushed() {
    return flushed;
  }

  public MirrorGroup group() {
    return group;
  }

  @Override
  public boolean before(IntentTicket write) {
    if (holdWrites) {
      waiting.add(write);
      return false;
    }
    mark(write);
    return true;
  }

  private void mark(IntentTicket write) {
    for (long at = write.startBlock(); at < write.startBlock() + write.blockCount(); at++) {
      writes[(int) at]++;
      for (int member = 0; member < lacks.size(); member++) {
        if ((present & 1 << member) == 0 && (written & 1 << member) == 0) {
          lacks.get(member).set((int) at);
        }
      }
    }
  }

  @Override
  public boolean after(IntentTicket write, int missed) {
    for (long at = write.startBlock(); at < write.startBlock() + write.blockCount(); at++) {
      if (writes[(int) at]-- == 0) {
        throw new AssertionError("after without before at block " + at);
      }
      for (int member = 0; member < lacks.size(); member++) {
        if ((missed & 1 << member) != 0) {
          lacks.get(member).set((int) at);
        }
      }
    }
    return true;
  }

  @Override
  public long flushStarts() {
    return ++flushes;
  }

  @Override
  public void flushed(long start) {
    flushed = Math.max(flushed, start);
  }

  @Override
  public boolean equal(IntentTicket read) {
    int next = unequal.nextSetBit((int) read.startBlock());
    if (next < 0 || next >= read.startBlock() + read.blockCount()) {
      return true;
    }
    unequalReads.add(read);
    return false;
  }

  @Override
  public void prepareRemoval(int members, Answer done) {
    prepared |= members;
    later(() -> {
      for (int member = 0; member < lacks.size(); member++) {
        if ((members & 1 << member) != 0) {
          present &= ~(1 << member);
          written &= ~(1 << member);
          for (int block = 0; block < blocks; block++) {
            if (writes[block] > 0) {
              lacks.get(member).set(block);
            }
          }
        }
      }
      done.answered(true);
    });
  }

  @Override
  public void removed(int members) {
    if ((members & ~prepared) != 0) {
      throw new AssertionError("INTENT: removed without a bitmap: " + members);
    }
  }

  @Override
  public void prepareRebuild(int member, BlockDevice device, Answer done) {
    later(() -> done.answered(true));
  }

  @Override
  public void rebuilding(int member) {
    written |= 1 << member;
    for (int block = 0; block < blocks; block++) {
      if (writes[block] > 0) {
        lacks.get(member).set(block);
      }
    }
  }

  @Override
  public void preparePromotion(int member, Answer done) {
    promoting = member;
    later(() -> done.answered(promoting == member && lacks.get(member).isEmpty()));
  }

  @Override
  public void promoted(int member) {
    present |= 1 << member;
    written &= ~(1 << member);
    promoting = -1;
  }

  @Override
  public void promotionRefused(int member) {
    promoting = -1;
  }

  @Override
  public void stop() {
    stopped = true;
    List<IntentTicket> all = new ArrayList<>(waiting);
    all.addAll(unequalReads);
    waiting.clear();
    unequalReads.clear();
    all.forEach(IntentTicket::ready);
  }

  public boolean isStopped() {
    return stopped;
  }

  private void later(Runnable task) {
    if (holdAnswers) {
      held.add(task);
    } else {
      task.run();
    }
  }
}
