package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.Reactor;
import io.dnvme.volume.RangeLock;
import io.dnvme.volume.intent.IntentLog;
import io.dnvme.volume.intent.MirrorGroup;
import java.util.stream.IntStream;

/**
 * One to three members with the same data, as one device. Every change goes to the whole write set;
 * a read goes to one in-sync member. What is answered, and when, keeps ACK, MEMBER, OVERLAP, INTENT
 * and LEASE; see {@link MirrorCommand} and {@link Membership}.
 *
 * <p>All that changes lives on one home reactor. Commands of others come there, and their answers
 * go back, in batches. Data is not copied: members read and fill the submitter's own memory, save
 * members that lend theirs.
 *
 * <p>Bounded: {@link MirrorOptions#maxCommands} commands are under way, others wait in the order in
 * which they came (each is one that its submitter has in flight); copies have limits of their own
 * ({@link CopyQueue}).
 */
public final class MirrorDevice implements BlockDevice, MirrorGroup {

  private final MirrorSetup setup;
  private final Reactor home;
  private final BlockGeometry geometry;
  private final MirrorMember[] members;
  private final Membership membership;
  private final MemberWatch watch;
  private final ReadBalance balance;
  private final CopyQueue copies;
  private final RangeLock lock = new RangeLock();
  private final int bugs;

  private final HostCommands commands;

  // Written on the home reactor.
  private volatile DeviceTraits traits;
  private volatile boolean closed;

  private long repairs;
  private long repairsDropped;

  /**
   * @throws IllegalArgumentException where the members make no group; nothing was changed
   */
  public MirrorDevice(MirrorSetup setup) {
    GroupCheck.check(setup.geometry(), setup.members());
    this.setup = setup;
    home = setup.home();
    geometry = setup.geometry();
    bugs = setup.bugs().stream().mapToInt(bug -> 1 << bug.ordinal()).reduce(0, (a, b) -> a | b);
    members =
        IntStream.range(0, setup.members().size())
            .mapToObj(i -> new MirrorMember(i, setup.members().get(i), this, home))
            .toArray(MirrorMember[]::new);
    membership = new Membership(this, setup, members);
    watch = new MemberWatch(this, setup.options(), members);
    balance = new ReadBalance(members);
    copies = new CopyQueue(this, members);
    commands = new HostCommands(this, setup, members);
    traits = traitsOf(members);
    setup.log().serve(this);
  }

  private static DeviceTraits traitsOf(MirrorMember[] members) {
    boolean volatileCache = false;
    boolean deallocates = true;
    int maxTransferBytes = BufferPool.MAX_BUFFER_BYTES;
    for (MirrorMember member : members) {
      if (member.device() != null) {
        DeviceTraits of = member.device().traits();
        volatileCache |= of.volatileCache();
        deallocates &= of.deallocates();
        maxTransferBytes = Math.min(maxTransferBytes, of.maxTransferBytes());
      }
    }
    // A write that waits for its turn, or for a member, still needs its data.
    return new DeviceTraits(false, false, volatileCache, deallocates, maxTransferBytes);
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  /** Only {@link DeviceTraits#volatileCache} ever changes: to true, with a new member. */
  @Override
  public DeviceTraits traits() {
    return traits;
  }

  @Override
  public void submit(BlockIo io) {
    commands.submit(io);
  }

  /**
   * Ends the group and its members' devices; removed ones are the listener's. No copy may be under
   * way.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (MirrorMember member : members) {
      if (member.device() != null) {
        member.device().close();
      }
    }
    home.execute(watch::stop);
  }

  /** Stops serving for good: every command gets a path status from now on. Home reactor. */
  public void stop(String reason) {
    membership.stop(reason);
  }

  /** Whether the group serves: its owner releases it otherwise. Home reactor. */
  public boolean isStopped() {
    return membership.isStopped();
  }

  /** What the group did for its submitters. */
  public LayerCounters counters() {
    return commands.counters();
  }

  /** What the group asked of a member. */
  public LayerCounters counters(int member) {
    return members[member].counters();
  }

  /** Results that were at hand and not answered, for want of the lease. Any thread. */
  public long refusedForLease() {
    return commands.refusedForLease();
  }

  /** Blocks that one member could not read and got back from another; tried. Any thread. */
  public long repairs() {
    return repairs;
  }

  /** Such blocks for which there was no place; their next read tries again. Any thread. */
  public long repairsDropped() {
    return repairsDropped;
  }

  /** Record changes that were asked for. Any thread. */
  public long changesAsked() {
    return membership.changesAsked();
  }

  /** Times that a record change was in doubt. Any thread. */
  public long changesInDoubt() {
    return membership.changesInDoubt();
  }

  /** Times that a command waited for another on the same blocks. Any thread. */
  public long lockWaits() {
    return lock.waits();
  }

  @Override
  public Reactor reactor() {
    return home;
  }

  @Override
  public int memberCount() {
    return members.length;
  }

  @Override
  public BlockDevice device(int member) {
    return members[member].device();
  }

  @Override
  public long dataStartBlock(int member) {
    return members[member].dataStartBlock();
  }

  @Override
  public int inSync() {
    return membership.inSync();
  }

  @Override
  public int rebuilding() {
    return membership.rebuilding();
  }

  @Override
  public int failed() {
    return membership.failed();
  }

  /** The member whose promotion is asked and not known, as a mask. Home reactor. */
  public int promotionInDoubt() {
    return membership.promotionInDoubt();
  }

  @Override
  public void memberFailed(int member, BlockStatus why) {
    memberFailed(member, why, "its intent log failed");
  }

  @Override
  public int hostCommands() {
    return commands.underWay();
  }

  @Override
  public int maxCopyBlocks() {
    return Math.min(CopyQueue.MAX_COPY_BYTES, traits.maxTransferBytes()) >> geometry.blockShift();
  }

  @Override
  public void copy(long startBlock, int blockCount, int source, int targets, Copied done) {
    boolean sensible =
        geometry.contains(startBlock, blockCount)
            && blockCount > 0
            && blockCount <= maxCopyBlocks()
            && targets != 0
            && (targets & ~membership.usable()) == 0
            && (source == CopyCommand.ANY_SOURCE || (targets & 1 << source) == 0);
    if (membership.isStopped() || closed) {
      done.copied(BlockStatus.PATH_LOST);
    } else if (!sensible) {
      done.copied(BlockStatus.INVALID);
    } else {
      copies.copy(startBlock, blockCount, source, targets, done);
    }
  }

  @Override
  public void beginRebuild(int member, BlockDevice device, IntentLog.Answer done) {
    membership.beginRebuild(
        member,
        device,
        yes -> {
          if (yes && device.traits().volatileCache()) {
            traits = withVolatileCache(traits);
          }
          done.answered(yes);
        });
  }

  /** Whether {@link #beginRebuild} can be asked for: it is out, and nothing of it is under way. */
  public boolean mayReturn(int member) {
    return membership.mayReturn(member);
  }

  @Override
  public void promote(int member, IntentLog.Answer done) {
    if (!membership.isUsable(member)) {
      done.answered(false);
      return;
    }
    // Its rebuild is on its medium before it counts (MEMBER).
    MemberCommand.Owner flushed =
        part -> {
          if (part.status().isSuccess()) {
            membership.promote(member, done);
          } else {
            memberFailed(member, part.status(), "its flush after the rebuild failed");
            done.answered(false);
          }
        };
    new MemberCommand(flushed, members[member]).send(BlockOp.FLUSH, 0, 0, false, false, null);
  }

  @Override
  public long hostCommandsStarted() {
    return commands.started();
  }

  boolean isClosed() {
    return closed;
  }

  RangeLock lock() {
    return lock;
  }

  IntentLog log() {
    return setup.log();
  }

  Membership membership() {
    return membership;
  }

  MemberWatch watch() {
    return watch;
  }

  MirrorMember member(int index) {
    return members[index];
  }

  boolean has(PlantedBug bug) {
    return (bugs & 1 << bug.ordinal()) != 0;
  }

  /** Whether {@code device} could be a member: null-safe, and within the group's traits. */
  boolean fits(BlockDevice device, long dataStartBlock) {
    return GroupCheck.wrong(geometry, device, dataStartBlock) == null
        && device.traits().maxTransferBytes() >= traits.maxTransferBytes()
        && (device.traits().deallocates() || !traits.deallocates());
  }

  /**
   * The member is to leave.
   *
   * @param detail for people
   */
  public void memberFailed(int member, BlockStatus why, String detail) {
    membership.memberFailed(member, why, detail);
  }

  void membersFailed(int mask, BlockStatus why, String detail) {
    for (MirrorMember member : members) {
      if ((mask & member.bit()) != 0) {
        memberFailed(member.index(), why, detail);
      }
    }
  }

  /** The member to read from, without those of a mask; null where none is left. */
  MirrorMember chooseReader(int without) {
    return balance.choose(readable() & ~without);
  }

  /** Whether what the member has just read may be answered. */
  boolean mayHaveRead(MirrorMember member) {
    return (readable() & member.bit()) != 0;
  }

  private int readable() {
    int readable = membership.readable();
    return has(PlantedBug.READ_WHILE_PROMOTION_IN_DOUBT)
        ? readable | membership.promotionInDoubt()
        : readable;
  }

  int writeTargets() {
    int usable = membership.usable();
    return has(PlantedBug.SKIP_WHILE_PROMOTION_IN_DOUBT)
        ? usable & ~membership.promotionInDoubt()
        : usable;
  }

  RefusedWrite refusedWrite() {
    return new RefusedWrite(this, members);
  }

  /** Writes blocks back that some members could not read. */
  void repair(long startBlock, long blockCount, int faulty) {
    int targets = faulty & membership.usable();
    if (targets == 0) {
      return;
    }
    long end = startBlock + blockCount;
    for (long at = startBlock; at < end; at += maxCopyBlocks()) {
      int count = (int) Math.min(maxCopyBlocks(), end - at);
      repair(at, count, CopyCommand.ANY_SOURCE, targets, () -> {});
    }
  }

  /** Likewise, from one source, and at most {@link #maxCopyBlocks}; tells when it was tried. */
  void repair(long startBlock, int blockCount, int source, int targets, Runnable tried) {
    copy(
        startBlock,
        blockCount,
        source,
        targets,
        status -> {
          if (status.isSuccess()) {
            repairs++;
          } else {
            repairsDropped++;
          }
          setup.listener().blocksRepaired(startBlock, blockCount, targets, status);
          tried.run();
        });
  }

  /** A host's command found blocks that no member can read. */
  void unreadable(long startBlock, long blockCount) {
    setup.listener().blocksUnreadable(startBlock, blockCount);
  }

  void removalKnown(int gone) {
    commands.removalKnown(gone);
  }

  void stopped() {
    watch.stop();
    commands.stopped();
    copies.stopped();
  }

  /** A command is over; answers it where the owner may. */
  void finished(MirrorCommand command, BlockIo io, BlockStatus found) {
    commands.finished(command, io, found);
  }

  void copied(CopyCommand command, Copied done, BlockStatus status) {
    copies.copied(command, done, status);
  }

  private static DeviceTraits withVolatileCache(DeviceTraits traits) {
    return new DeviceTraits(
        traits.lendsReads(),
        traits.consumesWritesOnSubmit(),
        true,
        traits.deallocates(),
        traits.maxTransferBytes());
  }
}
