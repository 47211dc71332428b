package io.dnvme.volume.mirror;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.IoVector;

/**
 * What in-sync members refused to write they may have written in part, or had before: makes them
 * equal before anybody reads it, so that what is read once stays (INTENT). Whoever asks holds the
 * range lock alone. Until it is over the range's intent bits are set, so that a new owner makes the
 * members equal otherwise. Reused. Home reactor only.
 *
 * <pre>
 *   a piece: READING from one ─► COMPARING with the others ─┬─ equal ─► the next piece
 *                                                           ├─ several blocks ─► each is a piece
 *                                                           └─ one block ─► WRITING it where it
 *                                                                           differs ─► the next
 * </pre>
 *
 * <p>Mostly nothing was written, so that nothing is written now: a full disk must not have to take
 * anything. A member that differs and cannot be made equal has to leave. A block that no member can
 * read is equal in that. It takes memory only where some is free, since others may wait for the
 * range; without any nothing can be compared, and all but one have to leave.
 */
final class RefusedWrite implements MemberCommand.Owner {

  /** Told once, maybe within {@link #start}. */
  interface Owner {
    /**
     * @param unequal those that are not, or may not be, equal to the others, as a mask; never all
     */
    void madeEqual(int unequal);
  }

  private enum Step {
    IDLE,
    READING,
    COMPARING,
    WRITING
  }

  private final MirrorDevice group;
  private final MemberCommand[] parts;
  private final IoVector data = new IoVector();
  private final Runnable nextPiece = this::nextPiece;

  private Step step = Step.IDLE;
  private Owner owner;
  private Buffer buffer;
  private int bufferBlocks;
  private int members;
  private int sources;
  private long next;
  private long end;
  private int count;

  /** Up to here blocks are looked at one by one. */
  private long singlyUntil;

  private int tried;
  private int differs;
  private int unequal;
  private int pending;

  RefusedWrite(MirrorDevice group, MirrorMember[] members) {
    this.group = group;
    parts = new MemberCommand[members.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = new MemberCommand(this, members[i]);
    }
  }

  /**
   * Makes {@code members}, two at least, equal on the blocks.
   *
   * @param members in-sync ones, as a mask
   * @param sources of these, whom the others may follow
   */
  void start(long startBlock, long blockCount, int members, int sources, Owner owner) {
    this.owner = owner;
    this.members = members;
    this.sources = sources;
    next = startBlock;
    end = startBlock + blockCount;
    singlyUntil = startBlock;
    unequal = 0;
    bufferBlocks = (int) Math.min(group.maxCopyBlocks(), blockCount);
    buffer = group.reactor().buffers().tryAcquire(bufferBlocks << group.geometry().blockShift());
    if (buffer == null) {
      bufferBlocks = 1;
      buffer = group.reactor().buffers().tryAcquireReserve();
    }
    if (buffer == null) {
      finish(members & ~Integer.lowestOneBit(sources));
    } else {
      nextPiece();
    }
  }

  /** Of those asked for, who is still to be equal. */
  private int left() {
    return members & ~unequal & group.membership().readable();
  }

  private void nextPiece() {
    if (next == end || Integer.bitCount(left()) < 2) {
      finish(unequal);
      return;
    }
    count = next < singlyUntil ? 1 : (int) Math.min(bufferBlocks, end - next);
    data.clear().add(buffer.segment(), 0, (long) count << group.geometry().blockShift());
    tried = 0;
    read();
  }

  private void read() {
    step = Step.READING;
    MirrorMember source = group.chooseReader(~(left() & sources) | tried);
    if (source != null) {
      parts[source.index()].send(BlockOp.READ, next, count, false, false, data);
    } else if (count > 1) {
      singly();
    } else {
      // What nobody can read is equal in that; what their source cannot, others do not follow.
      unequal |= members & ~sources;
      pieceDone();
    }
  }

  @Override
  public void memberDone(MemberCommand part) {
    MirrorMember member = part.member();
    BlockStatus status = part.status();
    switch (status) {
      case PATH_LOST, FAILED, ABORTED, BUSY -> {
        group.memberFailed(member.index(), status, "what it refused cannot be compared");
        tried |= member.bit();
      }
      case SUCCESS -> {}
      case COMPARE_FAILED, READ_FAULT, WRITE_FAULT, INVALID, OUT_OF_RANGE, CAPACITY_EXCEEDED -> {
        tried |= member.bit();
        differs |= member.bit();
      }
    }
    switch (step) {
      case READING -> {
        if (status.isSuccess() && group.mayHaveRead(member)) {
          compare(member);
        } else {
          tried |= member.bit();
          read();
        }
      }
      case COMPARING -> compared();
      case WRITING -> written();
      case IDLE -> throw new IllegalStateException("OVERLAP: answered after the end: " + part);
    }
  }

  private void compare(MirrorMember source) {
    step = Step.COMPARING;
    differs = 0;
    send(BlockOp.COMPARE, left() & ~source.bit());
    compared();
  }

  private void send(BlockOp op, int to) {
    // One for the caller: what completes at once must not end the step under it.
    pending = Integer.bitCount(to) + 1;
    for (MemberCommand part : parts) {
      if ((to & part.member().bit()) != 0) {
        part.send(op, next, count, false, false, data);
      }
    }
  }

  private void compared() {
    if (--pending > 0) {
      return;
    }
    int targets = differs & left();
    if (targets == 0) {
      pieceDone();
    } else if (count > 1) {
      singly();
    } else {
      step = Step.WRITING;
      differs = 0;
      send(BlockOp.WRITE, targets);
      written();
    }
  }

  private void written() {
    if (--pending == 0) {
      unequal |= differs;
      pieceDone();
    }
  }

  private void singly() {
    singlyUntil = next + count;
    nextSoon();
  }

  private void pieceDone() {
    next += count;
    nextSoon();
  }

  /** On a turn of its own: devices that complete at once must not pile up calls. */
  private void nextSoon() {
    if (next == end) {
      finish(unequal);
    } else {
      group.reactor().execute(nextPiece);
    }
  }

  private void finish(int unequalMembers) {
    step = Step.IDLE;
    data.clear();
    if (buffer != null) {
      Buffer memory = buffer;
      buffer = null;
      memory.giveBack();
    }
    Owner told = owner;
    owner = null;
    told.madeEqual(unequalMembers);
  }
}
