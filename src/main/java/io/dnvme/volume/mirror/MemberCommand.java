package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoVector;
import java.lang.foreign.MemorySegment;

/**
 * What one command of the group asks of one member; belongs to that command and is reused. Reads
 * end in the owner's memory, whether the member lends its own or not. A member that is BUSY is
 * asked again until it fails by its timeout.
 */
final class MemberCommand {

  /** Told when the member has answered, on the home reactor. */
  interface Owner {
    void memberDone(MemberCommand command);
  }

  private static final long BUSY_RETRY_NANOS = 1_000_000;

  private final Owner owner;
  private final MirrorMember member;
  private final boolean ofHost;
  private final BlockIo io;
  private final Runnable retry = this::retry;

  private BlockDevice device;
  private BlockOp op;
  private long startBlock;
  private long blockCount;
  private boolean forceUnitAccess;
  private boolean mayDeallocate;
  private IoVector data;

  // For the member's list of what it has.
  private MemberCommand older;
  private MemberCommand newer;
  private long startTick;
  private long stampNanos;
  private boolean countsForMany;
  private boolean waitsInTurn;

  /** A part of a command of the group's own. */
  MemberCommand(Owner owner, MirrorMember member) {
    this(owner, member, false);
  }

  private MemberCommand(Owner owner, MirrorMember member, boolean ofHost) {
    this.owner = owner;
    this.member = member;
    this.ofHost = ofHost;
    io = new BlockIo(member.reactor()).onCompletion(this::completed, null);
  }

  /** A part of a host's command: its members' times can be compared. */
  static MemberCommand ofHost(Owner owner, MirrorMember member) {
    return new MemberCommand(owner, member, true);
  }

  boolean isOfHost() {
    return ofHost;
  }

  /**
   * Sends a command on the group's blocks {@code [startBlock, startBlock + blockCount)}.
   *
   * @param data source or target, as the operation has it; stays readable until the end
   */
  void send(
      BlockOp op,
      long startBlock,
      long blockCount,
      boolean forceUnitAccess,
      boolean mayDeallocate,
      IoVector data) {
    this.op = op;
    this.startBlock = startBlock;
    this.blockCount = blockCount;
    this.forceUnitAccess = forceUnitAccess;
    this.mayDeallocate = mayDeallocate;
    this.data = data;
    device = member.device();
    member.started(this);
    submit();
  }

  MirrorMember member() {
    return member;
  }

  BlockOp op() {
    return op;
  }

  BlockStatus status() {
    return io.status();
  }

  long blockCount() {
    return blockCount;
  }

  private void submit() {
    long at = op == BlockOp.FLUSH ? 0 : startBlock + member.dataStartBlock();
    io.prepare(op, at, blockCount).forceUnitAccess(forceUnitAccess).mayDeallocate(mayDeallocate);
    boolean hasData =
        switch (op) {
          case READ -> !device.traits().lendsReads();
          case WRITE, COMPARE -> true;
          case WRITE_ZEROES, DEALLOCATE, FLUSH -> false;
          case COMPARE_AND_WRITE -> throw new IllegalStateException("OVERLAP: the group compares");
        };
    if (hasData) {
      io.data().addPart(data, 0, data.lengthBytes());
    }
    device.submit(io);
  }

  private void completed(BlockIo done) {
    if (done.status() == BlockStatus.BUSY && !member.isFailed()) {
      done.release();
      member.reactor().timers().schedule(BUSY_RETRY_NANOS, retry);
      return;
    }
    if (op == BlockOp.READ && done.status().isSuccess() && device.traits().lendsReads()) {
      copy(done.data(), data);
    }
    done.release();
    data = null;
    device = null;
    member.finished(this);
    owner.memberDone(this);
  }

  private void retry() {
    if (member.isFailed()) {
      io.complete(BlockStatus.PATH_LOST);
    } else {
      submit();
    }
  }

  /** Both are equally long. */
  static void copy(IoVector from, IoVector to) {
    int target = 0;
    long targetAt = 0;
    for (int source = 0; source < from.count(); source++) {
      MemorySegment segment = from.segment(source);
      long sourceAt = 0;
      while (sourceAt < from.lengthBytes(source)) {
        long length =
            Math.min(from.lengthBytes(source) - sourceAt, to.lengthBytes(target) - targetAt);
        MemorySegment.copy(
            segment,
            from.offsetBytes(source) + sourceAt,
            to.segment(target),
            to.offsetBytes(target) + targetAt,
            length);
        sourceAt += length;
        targetAt += length;
        if (targetAt == to.lengthBytes(target)) {
          target++;
          targetAt = 0;
        }
      }
    }
  }

  MemberCommand older() {
    return older;
  }

  void older(MemberCommand command) {
    older = command;
  }

  MemberCommand newer() {
    return newer;
  }

  void newer(MemberCommand command) {
    newer = command;
  }

  long startTick() {
    return startTick;
  }

  void startTick(long tick) {
    startTick = tick;
  }

  long stampNanos() {
    return stampNanos;
  }

  void stampNanos(long nanos) {
    stampNanos = nanos;
  }

  /** Whether its time stands for those that were not timed. */
  boolean countsForMany() {
    return countsForMany;
  }

  void countsForMany(boolean value) {
    countsForMany = value;
  }

  /** Whether the member carries it out after others that came before. */
  boolean waitsInTurn() {
    return waitsInTurn;
  }

  void waitsInTurn(boolean value) {
    waitsInTurn = value;
  }
}
