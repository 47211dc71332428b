package io.dnvme.volume.mirror;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoVector;
import io.dnvme.volume.RangeLock;
import io.dnvme.volume.intent.ChecksumDevice;
import io.dnvme.volume.intent.IntentTicket;

/**
 * One command of a host on its way through the group; reused. Home reactor only.
 *
 * <pre>
 *   read, compare,        write, zero,                 flush
 *   compare-and-write     deallocate                     │
 *        ▼                     │                         │
 *    EQUALISING ──► LOCKING ◄──┘                         │
 *                      ├──► RECORDING ──► SENDING ◄──────┤
 *                      ▼        ▲            │           │
 *                   READING ────┘ equal      ├──► MAKING_EQUAL, where all refused
 *                      │                     ▼           │
 *                      │               WITHOUT_MEMBER    │   until the removal of those that
 *                      │                     │           │   missed it is known (ACK, MEMBER)
 *                      │                     ▼           │
 *                      │                 REMARKING       │
 *                      ├── unit access ──────┼──► SENDING a flush
 *                      ▼                     ▼
 *                    IDLE: answered, where the lease still holds (LEASE)
 * </pre>
 *
 * <p>What no member can read as a whole is read block by block, each from a member that can. What
 * all in-sync members refuse, bad blocks or full disks, is answered as it is, and nobody leaves for
 * it: the group does not lose members for what none of them can do (NO-SILENT-LOSS). One that
 * refuses what another one did leaves; that is known when the last has answered.
 */
final class MirrorCommand implements MemberCommand.Owner {

  enum Step {
    IDLE,
    EQUALISING,
    LOCKING,
    READING,
    RECORDING,
    SENDING,
    MAKING_EQUAL,
    WITHOUT_MEMBER,
    REMARKING
  }

  private final class Place extends RangeLock.Hold {
    @Override
    protected void granted() {
      locked();
    }
  }

  private final class Ticket extends IntentTicket {
    void of(BlockIo command) {
      range(command.startBlock(), command.blockCount());
    }

    @Override
    protected void ready() {
      intentReady();
    }
  }

  private final MirrorDevice group;
  private final MemberCommand[] parts;
  private final Place place = new Place();
  private final Ticket ticket = new Ticket();

  private Step step = Step.IDLE;
  private BlockIo io;
  private BlockStatus result;
  private boolean locked;

  /** What is being sent to all: the host's operation, or a flush after it. */
  private BlockOp sent;

  private int sentTo;
  private int pending;

  /** Members of the write set that do not have it, and whose removal is not known. */
  private int missing;

  /** Members that were rebuilding when all in-sync ones refused it. */
  private int followers;

  /** Members that were in-sync when it was sent. */
  private int deciders;

  /** Members that are there, and did not do it. */
  private int refused;

  private RefusedWrite refusedWrite;

  private boolean anyFailed;
  private long flushStart;

  /** Members that could not be read. */
  private int tried;

  private int faulty;

  /** Those of the faulty ones whose medium may be a bad one. */
  private int blamed;

  private BlockStatus readFailure;

  /** The part that is being read: all, or, where no member can read all, block by block. */
  private long readBlock;

  private long readCount;
  private final IoVector readPart = new IoVector();
  private final Runnable readNext = this::readNext;
  private MirrorCommand nextFree;

  MirrorCommand(MirrorDevice group, MirrorMember[] members) {
    this.group = group;
    parts = new MemberCommand[members.length];
    for (int i = 0; i < members.length; i++) {
      parts[i] = MemberCommand.ofHost(this, members[i]);
    }
  }

  /** Takes a command on that has blocks or is a flush. */
  void start(BlockIo command) {
    io = command;
    result = BlockStatus.SUCCESS;
    locked = false;
    missing = 0;
    followers = 0;
    anyFailed = false;
    forgetFaults();
    readFailure = BlockStatus.PATH_LOST;
    switch (command.op()) {
      case FLUSH -> send(BlockOp.FLUSH);
      case READ, COMPARE, COMPARE_AND_WRITE -> {
        ticket.of(command);
        step = Step.EQUALISING;
        if (group.log().equal(ticket)) {
          lock();
        }
      }
      case WRITE, WRITE_ZEROES, DEALLOCATE -> lock();
    }
  }

  boolean isIdle() {
    return step == Step.IDLE;
  }

  /** These members are known to be out: what they missed is held against nobody. */
  void removalKnown(int members) {
    if (step != Step.SENDING && step != Step.MAKING_EQUAL && step != Step.WITHOUT_MEMBER) {
      return;
    }
    missing &= ~members;
    if (step == Step.WITHOUT_MEMBER && missing == 0) {
      onAllMembers();
    }
  }

  /** The group has stopped: nothing that this waits for, save its members' answers, will come. */
  void stopped() {
    if (step == Step.WITHOUT_MEMBER) {
      finish(BlockStatus.PATH_LOST);
    }
  }

  private void intentReady() {
    switch (step) {
      case EQUALISING -> lock();
      case RECORDING -> send(io.op() == BlockOp.COMPARE_AND_WRITE ? BlockOp.WRITE : io.op());
      case REMARKING -> finish(result);
      case IDLE, LOCKING, READING, SENDING, MAKING_EQUAL, WITHOUT_MEMBER ->
          throw new IllegalStateException("INTENT: a ticket was ready in step " + step);
    }
  }

  private void lock() {
    step = Step.LOCKING;
    locked = !group.has(PlantedBug.NO_RANGE_LOCK);
    if (!locked || group.lock().enter(place, io.startBlock(), io.blockCount(), io.op().changes())) {
      locked();
    }
  }

  private void locked() {
    if (group.membership().isStopped()) {
      finish(BlockStatus.PATH_LOST);
      return;
    }
    switch (io.op()) {
      case READ, COMPARE, COMPARE_AND_WRITE -> {
        readBlock = io.startBlock();
        readCount = io.blockCount();
        readNext();
      }
      case WRITE, WRITE_ZEROES, DEALLOCATE -> record();
      case FLUSH -> throw new IllegalStateException("OVERLAP: a flush has no range");
    }
  }

  private void readNext() {
    step = Step.READING;
    MirrorMember member = group.chooseReader(tried);
    if (member == null) {
      nobodyReads();
      return;
    }
    boolean compares = io.op() != BlockOp.READ;
    IoVector data = io.op() == BlockOp.COMPARE_AND_WRITE ? io.compareData() : io.data();
    if (readCount < io.blockCount()) {
      int shift = group.geometry().blockShift();
      readPart.clear();
      readPart.addPart(data, readBlock - io.startBlock() << shift, readCount << shift);
      data = readPart;
    }
    BlockOp op = compares ? BlockOp.COMPARE : BlockOp.READ;
    parts[member.index()].send(op, readBlock, readCount, false, false, data);
  }

  private void nobodyReads() {
    if (group.membership().isStopped()) {
      finish(BlockStatus.PATH_LOST);
    } else if (readCount > 1 && Integer.bitCount(faulty) > 1) {
      // Each has bad blocks: they need not be the same ones.
      readCount = 1;
      forgetFaults();
      readNext();
    } else {
      if (readFailure == BlockStatus.READ_FAULT) {
        group.unreadable(readBlock, readCount);
      }
      finish(ofARead(readFailure));
    }
  }

  /**
   * What becomes of a read is told in a read's words: a member may have to write checksums before
   * it can read others, and may not be able to.
   */
  static BlockStatus ofARead(BlockStatus status) {
    return switch (status) {
      case WRITE_FAULT, CAPACITY_EXCEEDED -> BlockStatus.READ_FAULT;
      case SUCCESS,
          READ_FAULT,
          COMPARE_FAILED,
          INVALID,
          OUT_OF_RANGE,
          PATH_LOST,
          FAILED,
          ABORTED,
          BUSY ->
          status;
    };
  }

  private void forgetFaults() {
    tried = 0;
    faulty = 0;
    blamed = 0;
  }

  /** Not for checksums that may be older than the data; asked within the completion. */
  private static boolean isBlamed(MirrorMember member) {
    return !(member.device() instanceof ChecksumDevice device && device.wasFaultUnsure());
  }

  private void read(MirrorMember member, BlockStatus status) {
    if (!group.mayHaveRead(member)) {
      // It failed meanwhile: what it says may be of another life.
      tried |= member.bit();
      readNext();
      return;
    }
    switch (status) {
      case SUCCESS, COMPARE_FAILED -> {
        if (faulty != 0) {
          group.repair(readBlock, readCount, faulty);
          group.watch().readFaults(blamed);
        }
        readBlock += readCount;
        if (status.isSuccess() && readBlock < io.startBlock() + io.blockCount()) {
          forgetFaults();
          // On a turn of its own: devices that complete at once must not pile up calls.
          group.reactor().execute(readNext);
        } else {
          seen(status);
        }
      }
      case READ_FAULT, INVALID, OUT_OF_RANGE, WRITE_FAULT, CAPACITY_EXCEEDED -> {
        tried |= member.bit();
        readFailure = status;
        if (status == BlockStatus.READ_FAULT) {
          faulty |= member.bit();
          blamed |= isBlamed(member) ? member.bit() : 0;
        }
        readNext();
      }
      case PATH_LOST, FAILED, ABORTED, BUSY -> {
        tried |= member.bit();
        group.memberFailed(member.index(), status, "a read failed");
        readNext();
      }
    }
  }

  private void seen(BlockStatus status) {
    if (io.op() == BlockOp.COMPARE_AND_WRITE && status.isSuccess()) {
      record();
      return;
    }
    result = status;
    if (io.forceUnitAccess() && group.traits().volatileCache()) {
      // On every member: whichever is left after a loss of power still has what was seen.
      send(BlockOp.FLUSH);
    } else {
      finish(status);
    }
  }

  private void record() {
    ticket.of(io);
    step = Step.RECORDING;
    if (group.has(PlantedBug.NO_INTENT) || group.log().before(ticket)) {
      send(io.op() == BlockOp.COMPARE_AND_WRITE ? BlockOp.WRITE : io.op());
    }
  }

  private void send(BlockOp op) {
    step = Step.SENDING;
    sent = op;
    if (group.membership().isStopped()) {
      finish(BlockStatus.PATH_LOST);
      return;
    }
    if (op == BlockOp.FLUSH) {
      flushStart = group.log().flushStarts();
    }
    refused = 0;
    deciders = group.membership().inSync();
    sentTo = group.writeTargets();
    missing = group.membership().writeSet() & group.membership().failed();
    // One for this method: what completes at once must not end the command under it.
    pending = Integer.bitCount(sentTo) + 1;
    boolean flush = op == BlockOp.FLUSH;
    for (MemberCommand part : parts) {
      if ((sentTo & part.member().bit()) != 0) {
        part.send(
            op,
            flush ? 0 : io.startBlock(),
            flush ? 0 : io.blockCount(),
            !flush && io.forceUnitAccess(),
            io.mayDeallocate(),
            io.data());
      }
    }
    partDone();
  }

  @Override
  public void memberDone(MemberCommand part) {
    MirrorMember member = part.member();
    BlockStatus status = part.status();
    if (step == Step.READING) {
      read(member, status);
      return;
    }
    if (!status.isSuccess()) {
      partFailed(member, status);
    }
    partDone();
  }

  private void partFailed(MirrorMember member, BlockStatus status) {
    Membership membership = group.membership();
    if ((membership.writeSet() & member.bit()) == 0) {
      // Its removal was known before it answered.
      return;
    }
    anyFailed = true;
    if (sent == BlockOp.FLUSH && membership.isLast(member.index()) && hasFlushedData(member)) {
      // All that a host asked for; what the checksums lack keeps the regions dirty (INTENT).
      return;
    }
    boolean itself =
        switch (status) {
          case PATH_LOST, FAILED, ABORTED, BUSY -> true;
          default -> false;
        };
    // What a failed flush lost nobody else finds out: its member must not be flushed again.
    boolean decidesAlone = sent == BlockOp.FLUSH && !membership.isLast(member.index());
    if (itself || decidesAlone) {
      missing |= member.bit();
      group.memberFailed(member.index(), status, sent + " failed");
    } else {
      refused |= member.bit();
    }
  }

  /** Asked within the completion. */
  private static boolean hasFlushedData(MirrorMember member) {
    return member.device() instanceof ChecksumDevice device && device.wasDataFlushed();
  }

  private void partDone() {
    if (--pending > 0) {
      return;
    }
    Membership membership = group.membership();
    // Those that failed for something else meanwhile do not have it either.
    missing |= refused & membership.writeSet() & membership.failed();
    refused &= membership.usable();
    int asked = deciders & sentTo & membership.readable();
    if (membership.isStopped()) {
      finish(BlockStatus.PATH_LOST);
    } else if (refused == 0) {
      allDone();
    } else if ((asked & ~refused) != 0) {
      refusedByOthers();
      allDone();
    } else {
      refusedByAll(asked);
    }
  }

  /** Somebody did it: who did not has to leave. */
  private void refusedByOthers() {
    missing |= refused;
    for (int rest = refused; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      group.memberFailed(member, parts[member].status(), sent + " failed");
    }
  }

  /**
   * @param asked the in-sync members that it was sent to and that are there
   */
  private void refusedByAll(int asked) {
    Membership membership = group.membership();
    result = parts[Integer.numberOfTrailingZeros(asked == 0 ? refused : asked)].status();
    followers = sentTo & ~deciders;
    // The one being promoted may be in-sync by the record already, and holds what these may not: it
    // cannot stay.
    int promoted = membership.beingPromoted() & sentTo;
    missing |= promoted;
    group.membersFailed(promoted, result, "the members that it follows failed");
    if (Integer.bitCount(asked) > 1 && sent != BlockOp.FLUSH) {
      step = Step.MAKING_EQUAL;
      if (refusedWrite == null) {
        refusedWrite = group.refusedWrite();
      }
      refusedWrite.start(io.startBlock(), io.blockCount(), asked, asked, this::madeEqual);
    } else {
      allDone();
    }
  }

  private void madeEqual(int unequal) {
    int leaving = unequal & group.membership().usable();
    missing |= leaving;
    group.membersFailed(leaving, result, "it differs after " + sent + " failed");
    allDone();
  }

  private void allDone() {
    leaveBehindPromoted();
    if (!result.isSuccess()) {
      // Those that failed meanwhile may have what the others refused, or were made equal without.
      missing |= group.membership().writeSet() & group.membership().failed();
    }
    if (group.membership().isStopped()) {
      finish(BlockStatus.PATH_LOST);
    } else if (missing == 0 || group.has(PlantedBug.ACKNOWLEDGE_BEFORE_REMOVAL)) {
      onAllMembers();
    } else {
      step = Step.WITHOUT_MEMBER;
    }
  }

  /**
   * Who was promoted, or is about to be, since the write failed on the last in-sync member may hold
   * what that one lacks: of the two only one can stay (INTENT: a value once read stays).
   */
  private void leaveBehindPromoted() {
    Membership membership = group.membership();
    int promoted =
        followers & ~membership.failed() & (membership.inSync() | membership.beingPromoted());
    boolean remains = (membership.inSync() & ~membership.failed() & ~promoted) != 0;
    if (promoted != 0 && remains && sent != BlockOp.FLUSH) {
      missing |= promoted;
      group.membersFailed(promoted, result, "the member that it follows failed");
    }
  }

  private void onAllMembers() {
    if (sent == BlockOp.FLUSH) {
      if (!anyFailed) {
        group.log().flushed(flushStart);
      }
      finish(result);
      return;
    }
    int differs = result.isSuccess() ? 0 : sentTo & group.membership().rebuilding();
    step = Step.REMARKING;
    if (group.has(PlantedBug.NO_INTENT) || group.log().after(ticket, differs)) {
      finish(result);
    }
  }

  private void finish(BlockStatus status) {
    BlockIo done = io;
    io = null;
    readPart.clear();
    step = Step.IDLE;
    if (locked) {
      locked = false;
      group.lock().leave(place);
    }
    group.finished(this, done, status);
  }

  MirrorCommand nextFree() {
    return nextFree;
  }

  void nextFree(MirrorCommand next) {
    nextFree = next;
  }
}
