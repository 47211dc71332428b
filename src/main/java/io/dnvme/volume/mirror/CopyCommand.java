package io.dnvme.volume.mirror;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.IoVector;
import io.dnvme.volume.RangeLock;
import io.dnvme.volume.intent.IntentTicket;
import io.dnvme.volume.intent.MirrorGroup.Copied;

/**
 * Makes members equal to another on some blocks; reused. Home reactor only.
 *
 * <pre>
 *   IDLE ─► MEMORY ─► LOCKING ─┬─ in-sync targets ─► RECORDING ─┐
 *                              └────────────────────────────────┴─► READING ─► WRITING
 *      ◄─────────── CLEARING ◄─────────────── COMPARING, where in-sync ones refused ◄─┤
 *                      ▲                                                              │
 *                      └──────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>It holds the range lock alone from before it reads until all targets have answered (OVERLAP),
 * so no write of a host comes in between and is overwritten.
 *
 * <p>A target that refuses what is copied to it fails, where it is not the last in-sync one
 * (NO-SILENT-LOSS). An in-sync one may have the content already, and be full: then it stays.
 */
final class CopyCommand implements MemberCommand.Owner {

  static final int ANY_SOURCE = -1;

  private enum Step {
    IDLE,
    MEMORY,
    LOCKING,
    RECORDING,
    READING,
    WRITING,
    COMPARING,
    CLEARING
  }

  private final class Place extends RangeLock.Hold {
    @Override
    protected void granted() {
      locked();
    }
  }

  private final class Ticket extends IntentTicket {
    void of(long startBlock, long blockCount) {
      range(startBlock, blockCount);
    }

    @Override
    protected void ready() {
      switch (step) {
        case RECORDING -> readNext();
        case CLEARING -> finish(result);
        case IDLE, MEMORY, LOCKING, READING, WRITING, COMPARING ->
            throw new IllegalStateException("INTENT: a ticket was ready in step " + step);
      }
    }
  }

  private final MirrorDevice group;
  private final MemberCommand[] parts;
  private final Place place = new Place();
  private final Ticket ticket = new Ticket();
  private final IoVector data = new IoVector();
  private final Runnable takeMemory = this::takeMemory;

  private Step step = Step.IDLE;
  private long startBlock;
  private int blockCount;
  private int source;
  private int targets;
  private Copied done;
  private Buffer buffer;
  private boolean locked;
  private boolean recorded;
  private int tried;
  private int pending;
  private int refused;
  private BlockStatus result;
  private RefusedWrite refusedWrite;

  CopyCommand(MirrorDevice group, MirrorMember[] members) {
    this.group = group;
    parts = new MemberCommand[members.length];
    for (int i = 0; i < members.length; i++) {
      parts[i] = new MemberCommand(this, members[i]);
    }
  }

  void start(long startBlock, int blockCount, int source, int targets, Copied done) {
    this.startBlock = startBlock;
    this.blockCount = blockCount;
    this.source = source;
    this.targets = targets;
    this.done = done;
    locked = false;
    recorded = false;
    tried = 0;
    result = BlockStatus.SUCCESS;
    step = Step.MEMORY;
    takeMemory();
  }

  /** Before the lock: nobody must wait for a range whose holder waits for memory. */
  private void takeMemory() {
    int bytes = blockCount << group.geometry().blockShift();
    buffer = group.reactor().buffers().tryAcquire(bytes);
    if (buffer == null) {
      // Hosts' commands that wait for this copy may have all of it.
      buffer = group.reactor().buffers().tryAcquireReserve();
    }
    if (buffer == null) {
      group.reactor().buffers().whenAvailable(takeMemory);
      return;
    }
    data.clear().add(buffer.segment(), 0, bytes);
    step = Step.LOCKING;
    locked = true;
    if (group.lock().enter(place, startBlock, blockCount, true)) {
      locked();
    }
  }

  private void locked() {
    if (!areTargetsThere()) {
      return;
    }
    if ((targets & group.membership().inSync()) == 0) {
      readNext();
      return;
    }
    step = Step.RECORDING;
    recorded = true;
    ticket.of(startBlock, blockCount);
    if (group.log().before(ticket)) {
      readNext();
    }
  }

  /** Otherwise the copy is over. */
  private boolean areTargetsThere() {
    if (group.membership().isStopped()) {
      clear(BlockStatus.PATH_LOST);
      return false;
    }
    if ((targets & ~group.membership().usable()) != 0) {
      clear(BlockStatus.INVALID);
      return false;
    }
    return true;
  }

  private void readNext() {
    step = Step.READING;
    if (!areTargetsThere()) {
      return;
    }
    int from = source == ANY_SOURCE ? ~targets : 1 << source;
    MirrorMember member = group.chooseReader(tried | ~from);
    if (member == null) {
      clear(BlockStatus.READ_FAULT);
      return;
    }
    parts[member.index()].send(BlockOp.READ, startBlock, blockCount, false, false, data);
  }

  @Override
  public void memberDone(MemberCommand part) {
    BlockStatus status = part.status();
    MirrorMember member = part.member();
    if (step == Step.READING) {
      if (status.isSuccess() && group.mayHaveRead(member)) {
        write();
        return;
      }
      tried |= member.bit();
      if (!status.isSuccess() && MirrorCommand.ofARead(status) != BlockStatus.READ_FAULT) {
        group.memberFailed(member.index(), status, "a read to copy failed");
      }
      readNext();
      return;
    }
    switch (status) {
      case SUCCESS -> {}
      case PATH_LOST, FAILED, ABORTED, BUSY -> {
        result = BlockStatus.INVALID;
        group.memberFailed(member.index(), status, "a copy to it failed");
      }
      case WRITE_FAULT, CAPACITY_EXCEEDED, INVALID, OUT_OF_RANGE, READ_FAULT, COMPARE_FAILED ->
          refused |= member.bit();
    }
    partDone();
  }

  private void write() {
    step = Step.WRITING;
    if (!areTargetsThere()) {
      return;
    }
    refused = 0;
    pending = Integer.bitCount(targets) + 1;
    for (MemberCommand part : parts) {
      if ((targets & part.member().bit()) != 0) {
        part.send(BlockOp.WRITE, startBlock, blockCount, false, false, data);
      }
    }
    partDone();
  }

  private void partDone() {
    if (--pending > 0) {
      return;
    }
    int usable = usableOf(refused);
    int inSync = usable & group.membership().inSync();
    fail(usable & ~inSync);
    if (inSync == 0) {
      clear(result);
    } else if (sources() != 0) {
      step = Step.COMPARING;
      if (refusedWrite == null) {
        refusedWrite = group.refusedWrite();
      }
      refusedWrite.start(startBlock, blockCount, sources() | inSync, sources(), this::compared);
    } else {
      clear(parts[Integer.numberOfTrailingZeros(inSync)].status());
    }
  }

  /** One that failed meanwhile, for another reason, does not have what it refused all the same. */
  private int usableOf(int withoutIt) {
    int usable = withoutIt & group.membership().usable();
    if (usable != withoutIt) {
      result = BlockStatus.INVALID;
    }
    return usable;
  }

  private int sources() {
    return group.membership().readable() & ~targets & (source == ANY_SOURCE ? -1 : 1 << source);
  }

  private void compared(int unequal) {
    fail(usableOf(unequal));
    if (sources() == 0 && result.isSuccess()) {
      // Lost before all was compared.
      result = BlockStatus.READ_FAULT;
    }
    clear(result);
  }

  private void fail(int members) {
    if (members != 0 && group.remainsWithout(members)) {
      result = BlockStatus.INVALID;
      BlockStatus why = parts[Integer.numberOfTrailingZeros(members)].status();
      group.membersFailed(members, why, "it refused a copy");
    }
  }

  private void clear(BlockStatus status) {
    result = status;
    step = Step.CLEARING;
    if (!recorded || group.membership().isStopped() || group.log().after(ticket, 0)) {
      finish(status);
    }
  }

  private void finish(BlockStatus status) {
    Copied told = done;
    done = null;
    step = Step.IDLE;
    if (locked) {
      locked = false;
      group.lock().leave(place);
    }
    data.clear();
    Buffer memory = buffer;
    buffer = null;
    memory.giveBack();
    group.copied(this, told, group.membership().isStopped() ? BlockStatus.PATH_LOST : status);
  }
}
