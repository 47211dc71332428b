package io.dnvme.volume.mirror;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.IoVector;
import io.dnvme.block.Timers.Timer;
import io.dnvme.volume.RangeLock;
import io.dnvme.volume.intent.IntentTicket;
import io.dnvme.volume.mirror.ChecksumPort.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * Reads a group's in-sync members side by side, chunk for chunk, and compares. What differs is
 * reported; it is repaired only where a checksum says which member is right, since nothing else
 * knows (NO-SILENT-LOSS). What one member cannot read it gets back from another. Home reactor only.
 *
 * <pre>
 *   IDLE ─ start ─► MEMORY ─► EQUALISING ─► LOCKING ─► READING ─► REPAIRING ─► PAUSING ─┐
 *                     ▲                                                                 │ next chunk
 *                     └─────────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>A chunk is read under a shared hold of the range lock, so that no write is half done on some
 * member (OVERLAP), and after a takeover made it equal. One chunk is under way at a time, and what
 * was wrong in it is repaired before the next; the pause after it is such that the rate stays below
 * the lower limit while hosts use the group.
 */
public final class Scrub {

  private enum Step {
    IDLE,
    MEMORY,
    EQUALISING,
    LOCKING,
    READING,
    REPAIRING,
    PAUSING
  }

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final class Place extends RangeLock.Hold {
    @Override
    protected void granted() {
      read();
    }
  }

  private final class Ticket extends IntentTicket {
    void of(long startBlock, long blockCount) {
      range(startBlock, blockCount);
    }

    @Override
    protected void ready() {
      lock();
    }
  }

  private final MirrorDevice group;
  private final ScrubOptions options;
  private final ChecksumPort checksums;
  private final ScrubListener listener;
  private final int blockSize;
  private final int chunkBlocks;
  private final MemberCommand[] parts;
  private final Buffer[] buffers;
  private final IoVector[] vectors;
  private final Place place = new Place();
  private final Ticket ticket = new Ticket();
  private final Runnable takeMemory = this::takeMemory;

  private Step step = Step.IDLE;
  private boolean stopping;
  private Timer pause;
  private long next;
  private int count;

  /** Up to here blocks are read one by one, because one in the chunk could not be. */
  private long singlyUntil;

  private int readFrom;
  private int unreadable;
  private int pending;
  private int repairing;
  private final Runnable repaired = this::repaired;
  private long chunkStartNanos;
  private long hostCommandsSeen;

  // Figures for people.
  private long comparedBlocks;
  private long differences;
  private long unreadableBlocks;

  public Scrub(
      MirrorDevice group, ScrubOptions options, ChecksumPort checksums, ScrubListener listener) {
    this.group = group;
    this.options = options;
    this.checksums = checksums;
    this.listener = listener;
    blockSize = group.geometry().blockSizeBytes();
    chunkBlocks = Math.clamp(options.chunkBytes() / blockSize, 1, group.maxCopyBlocks());
    parts = new MemberCommand[group.memberCount()];
    buffers = new Buffer[parts.length];
    vectors = new IoVector[parts.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = new MemberCommand(this::memberDone, group.member(i));
      vectors[i] = new IoVector();
    }
  }

  /** Begins at a block; a scrub that was stopped goes on from {@link #nextBlock}. */
  public void start(long fromBlock) {
    if (step != Step.IDLE) {
      throw new IllegalStateException("a scrub is under way");
    }
    next = fromBlock;
    singlyUntil = 0;
    stopping = false;
    hostCommandsSeen = group.hostCommandsStarted();
    startChunk();
  }

  /** Ends it after the chunk that is under way. */
  public void stop() {
    stopping = true;
    if (step == Step.PAUSING) {
      pause.cancel();
      startChunk();
    }
  }

  /** Everything before was looked at. */
  public long nextBlock() {
    return next;
  }

  public boolean isRunning() {
    return step != Step.IDLE;
  }

  /** Any thread. */
  public long comparedBlocks() {
    return comparedBlocks;
  }

  /** Blocks that were reported as different. Any thread. */
  public long differences() {
    return differences;
  }

  /** Blocks that were reported as unreadable. Any thread. */
  public long unreadableBlocks() {
    return unreadableBlocks;
  }

  private void startChunk() {
    boolean complete = next == group.geometry().blockCount();
    if (complete || stopping || group.isStopped()) {
      step = Step.IDLE;
      listener.ended(complete);
      return;
    }
    chunkStartNanos = group.reactor().clock().nanos();
    long left = group.geometry().blockCount() - next;
    count = (int) Math.min(next < singlyUntil ? 1 : chunkBlocks, left);
    step = Step.MEMORY;
    takeMemory();
  }

  /** For all members or for none, so that a little memory cannot block two who want more. */
  private void takeMemory() {
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = group.reactor().buffers().tryAcquire(count * blockSize);
      if (buffers[i] == null) {
        giveMemoryBack();
        group.reactor().buffers().whenAvailable(takeMemory);
        return;
      }
      vectors[i].clear().add(buffers[i].segment(), 0, (long) count * blockSize);
    }
    step = Step.EQUALISING;
    ticket.of(next, count);
    if (group.log().equal(ticket)) {
      lock();
    }
  }

  private void giveMemoryBack() {
    for (int i = 0; i < buffers.length; i++) {
      Buffer buffer = buffers[i];
      buffers[i] = null;
      if (buffer != null) {
        buffer.giveBack();
      }
    }
  }

  private void lock() {
    step = Step.LOCKING;
    if (group.lock().enter(place, next, count, false)) {
      read();
    }
  }

  private void read() {
    if (group.isStopped()) {
      abandon();
      return;
    }
    step = Step.READING;
    readFrom = group.membership().readable();
    unreadable = 0;
    pending = Integer.bitCount(readFrom) + 1;
    for (int i = 0; i < parts.length; i++) {
      if ((readFrom & 1 << i) != 0) {
        parts[i].send(BlockOp.READ, next, count, false, false, vectors[i]);
      }
    }
    partDone();
  }

  /** The chunk was not looked at: nobody is left to read it from. */
  private void abandon() {
    group.lock().leave(place);
    giveMemoryBack();
    startChunk();
  }

  private void memberDone(MemberCommand part) {
    MirrorMember member = part.member();
    BlockStatus status = part.status();
    if (status == BlockStatus.READ_FAULT) {
      unreadable |= member.bit();
    } else if (!status.isSuccess()) {
      group.memberFailed(member.index(), status, "a read to compare failed");
    }
    partDone();
  }

  private void partDone() {
    if (--pending > 0) {
      return;
    }
    if (group.isStopped()) {
      abandon();
      return;
    }
    // What failed meanwhile may have been read from another life.
    readFrom &= group.membership().readable();
    unreadable &= readFrom;
    if (unreadable != 0 && count > 1) {
      singlyUntil = next + count;
      group.lock().leave(place);
      giveMemoryBack();
      startChunk();
      return;
    }
    step = Step.REPAIRING;
    // One for this method: what is repaired at once must not end the chunk under it.
    repairing = 1;
    // Before others may enter: a write changes the checksums when it begins.
    compare();
    group.lock().leave(place);
    giveMemoryBack();
    repaired();
  }

  /** Not before: the group takes only so many copies at a time, and refuses others. */
  private void repaired() {
    if (--repairing > 0) {
      return;
    }
    next += count;
    comparedBlocks += count;
    pauseAfter((long) count * blockSize);
  }

  private void repair(long block, int source, int targets) {
    int usable = targets & group.membership().usable();
    if (usable != 0) {
      repairing++;
      group.repair(block, 1, source, usable, repaired);
    }
  }

  private void compare() {
    int readable = readFrom & ~unreadable;
    if (unreadable != 0) {
      unreadableBlocks++;
      listener.unreadable(next, unreadable);
      if (readable == 0) {
        listener.lost(next);
        return;
      }
      repair(next, CopyCommand.ANY_SOURCE, unreadable);
    }
    for (int i = 0; i < count; i++) {
      compareBlock(next + i, (long) i * blockSize, readable);
    }
  }

  private void compareBlock(long block, long at, int readable) {
    int right = 0;
    int wrong = 0;
    for (int i = 0; i < parts.length; i++) {
      if ((readable & 1 << i) != 0) {
        Verdict verdict = checksums.judge(block, buffers[i].segment(), at);
        right |= verdict == Verdict.RIGHT ? 1 << i : 0;
        wrong |= verdict == Verdict.WRONG ? 1 << i : 0;
      }
    }
    if (wrong == 0 && areEqual(at, readable)) {
      return;
    }
    differences++;
    // A checksum that two different contents match, or that judges only some, decides nothing.
    boolean decided = right != 0 && (right | wrong) == readable && areEqual(at, right);
    listener.differ(block, decided ? right : 0, readable & ~(decided ? right : 0));
    if (decided && wrong != 0) {
      repair(block, Integer.numberOfTrailingZeros(right), wrong);
    }
  }

  private boolean areEqual(long at, int members) {
    int first = Integer.numberOfTrailingZeros(members);
    for (int i = first + 1; i < parts.length; i++) {
      if ((members & 1 << i) != 0) {
        MemorySegment one = buffers[first].segment();
        MemorySegment other = buffers[i].segment();
        if (MemorySegment.mismatch(one, at, at + blockSize, other, at, at + blockSize) >= 0) {
          return false;
        }
      }
    }
    return true;
  }

  private void pauseAfter(long bytes) {
    // Since the last chunk was read, the pause after it included.
    long hostCommands = group.hostCommandsStarted();
    boolean busy = group.hostCommands() > 0 || hostCommands != hostCommandsSeen;
    hostCommandsSeen = hostCommands;
    long rate = busy ? options.minBytesPerSecond() : options.maxBytesPerSecond();
    long taken = group.reactor().clock().nanos() - chunkStartNanos;
    long nanos = Math.max(Math.round(bytes * NANOS_PER_SECOND / rate) - taken, 0);
    step = Step.PAUSING;
    pause = group.reactor().timers().schedule(nanos, this::startChunk);
  }
}
