package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.Reactor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The least that can be called a mirror, for tests of the log: one owner's incarnation, from its
 * takeover to its death. Keeps ACK, MEMBER and OVERLAP in the plainest way; record changes take a
 * random time, and at the owner's death the one under way is made or not.
 */
final class CrashGroup implements MirrorGroup, CrashOwner {

  private record Change(Runnable durable, Runnable known) {}

  private static final int MAX_CHANGE_NANOS = 2_000_000;
  private static final int RETRY_NANOS = 100_000;
  private static final int MAX_COPY_BLOCKS = 32;

  final WriteIntentLog log;
  final CrashRecord record;
  private final MemberLayout layout;
  private final ManualReactor reactor;
  private final Random random;
  private final CrashWire[] wires;
  private final BlockDevice[] devices;
  private final CrashLock locks;
  private final CrashChecks checks;
  private final List<Runnable> whenRemoved = new ArrayList<>();
  private int inSync;
  private int rebuilding;
  private int failed;
  private int promoting;
  private int hostCommands;
  private long hostCommandsStarted;
  private boolean removing;
  private Change change;
  private boolean dead;

  CrashGroup(
      WriteIntentLog log,
      CrashRecord record,
      MemberLayout layout,
      ManualReactor reactor,
      Random random,
      CrashWire[] wires) {
    this.log = log;
    this.record = record;
    this.layout = layout;
    this.reactor = reactor;
    this.random = random;
    this.wires = wires;
    locks = new CrashLock(reactor);
    checks = new CrashChecks(log, layout, wires);
    devices = new BlockDevice[wires.length];
    for (int member = 0; member < wires.length; member++) {
      devices[member] = wires[member] == null ? null : stack(wires[member]);
    }
    inSync = record.inSync;
    for (int member = 0; member < wires.length; member++) {
      if (wires[member] != null && (inSync & 1 << member) == 0) {
        rebuilding |= 1 << member;
      }
    }
    record.rebuilding = rebuilding;
    log.serve(this);
  }

  private BlockDevice stack(BlockDevice wire) {
    return layout.checksums()
        ? new ChecksumDevice(
            wire, layout, reactor, 2, ChecksumMemory.OF_PROCESS, CrashGroup::foundRot)
        : wire;
  }

  private static void foundRot(long block) {
    throw new BrokenPromise("block %d differs from its checksum".formatted(block));
  }

  @Override
  public WriteIntentLog log() {
    return log;
  }

  @Override
  public MirrorGroup mirror() {
    return this;
  }

  @Override
  public boolean isDead() {
    return dead;
  }

  @Override
  public void die() {
    dead = true;
    if (change != null && random.nextBoolean()) {
      change.durable.run();
    }
    for (CrashWire wire : wires) {
      if (wire != null) {
        wire.cut(false, false);
      }
    }
    locks.stop();
    log.stop();
  }

  @Override
  public void lose(int member, boolean power) {
    if (wires[member] != null) {
      wires[member].cut(true, power);
      memberFailed(member, BlockStatus.PATH_LOST);
    }
  }

  /** Ends without a word: another one goes on with its connections. Nothing is under way. */
  CrashWire[] retire() {
    dead = true;
    locks.stop();
    log.stop();
    return wires;
  }

  // What hosts do.

  @Override
  public void write(long start, int count, byte[] data, Runnable acknowledged) {
    hostCommands++;
    hostCommandsStarted++;
    locks.lock(
        start,
        count,
        () ->
            change(
                start,
                count,
                data,
                inSync | rebuilding,
                -1,
                ok -> {
                  hostCommands--;
                  locks.unlock(start, count);
                  acknowledged.run();
                }));
  }

  /** Reads from a random in-sync member. */
  @Override
  public void read(long start, int count, Consumer<byte[]> answered) {
    hostCommands++;
    hostCommandsStarted++;
    var ticket = new Ticket();
    Runnable locked =
        () ->
            locks.lock(
                start,
                count,
                () ->
                    readFrom(
                        start,
                        count,
                        data -> {
                          hostCommands--;
                          locks.unlock(start, count);
                          answered.accept(data);
                        }));
    ticket.begin(start, count, locked);
    if (log.equal(ticket)) {
      locked.run();
    }
  }

  private void readFrom(long start, int count, Consumer<byte[]> answered) {
    int usable = inSync & ~failed;
    if (dead) {
      return;
    }
    if (usable == 0) {
      // One may be about to become in-sync.
      reactor.timers().schedule(RETRY_NANOS, () -> readFrom(start, count, answered));
      return;
    }
    int member = pick(usable);
    var io = new BlockIo(reactor).prepare(BlockOp.READ, layout.dataStartBlock() + start, count);
    var memory = MemorySegment.ofArray(new byte[count * layout.blockSizeBytes()]);
    io.data().add(memory, 0, memory.byteSize());
    io.onCompletion(
        done -> {
          if (done.status().isSuccess()) {
            answered.accept((byte[]) memory.heapBase().orElseThrow());
          } else {
            memberFailed(member, done.status());
            readFrom(start, count, answered);
          }
        },
        null);
    devices[member].submit(io);
  }

  @Override
  public void flush(Runnable flushed) {
    long start = log.flushStarts();
    int targets = (inSync | rebuilding) & ~failed;
    if (failed != 0) {
      whenRemoved.add(() -> flush(flushed));
      return;
    }
    new CrashFanOut(
            this,
            targets,
            ok -> {
              if (ok == targets) {
                log.flushed(start);
                flushed.run();
              } else {
                afterRemoval(() -> flush(flushed));
              }
            })
        .start(BlockOp.FLUSH, 0, 0, new byte[0]);
  }

  // How a write goes; {@code copyTargets} -1 for a host's.

  private void change(
      long start, int count, byte[] data, int targets, int copyTargets, Consumer<Boolean> done) {
    var ticket = new Ticket();
    Runnable send =
        () -> {
          // Members may have come or gone while it waited.
          int now = copyTargets < 0 ? inSync | rebuilding : copyTargets & (inSync | rebuilding);
          new CrashFanOut(
                  this,
                  now & ~failed,
                  ok -> {
                    int missed = now & ~ok;
                    Runnable finish = () -> afterRemovalOf(missed, () -> done.accept(missed == 0));
                    ticket.begin(start, count, finish);
                    if (log.after(ticket, missed)) {
                      finish.run();
                    }
                  })
              .start(BlockOp.WRITE, layout.dataStartBlock() + start, count, data);
        };
    ticket.begin(start, count, send);
    if (log.before(ticket)) {
      send.run();
    }
  }

  /** Once none of the members is in the write set any more. */
  private void afterRemovalOf(int members, Runnable task) {
    if ((members & failed & (inSync | rebuilding)) == 0) {
      task.run();
    } else {
      whenRemoved.add(() -> afterRemovalOf(members, task));
    }
  }

  private void afterRemoval(Runnable task) {
    if (failed == 0) {
      task.run();
    } else {
      whenRemoved.add(task);
    }
  }

  private final class Ticket extends IntentTicket {
    private Runnable then;

    void begin(long start, long count, Runnable whenReady) {
      range(start, count);
      then = whenReady;
    }

    @Override
    protected void ready() {
      if (!dead) {
        then.run();
      }
    }
  }

  // MEMBER.

  @Override
  public void memberFailed(int member, BlockStatus why) {
    if (!dead && ((inSync | rebuilding) & ~failed & 1 << member) != 0) {
      failed |= 1 << member;
      reactor.execute(this::remove);
    }
  }

  private void remove() {
    int leaving = failed & (inSync | rebuilding);
    if (removing || change != null || leaving == 0 || dead) {
      return;
    }
    if ((inSync & ~leaving) == 0) {
      die();
      return;
    }
    removing = true;
    log.prepareRemoval(
        leaving,
        yes -> {
          removing = false;
          if (!yes || leaving != (failed & (inSync | rebuilding))) {
            reactor.timers().schedule(RETRY_NANOS, this::remove);
            return;
          }
          checks.removal(leaving, inSync);
          change(
              () -> {
                record.inSync &= ~leaving;
                record.rebuilding &= ~leaving;
              },
              () -> removed(leaving));
        });
  }

  private void removed(int members) {
    inSync &= ~members;
    rebuilding &= ~members;
    promoting &= ~members;
    failed &= ~members;
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (wires[member] != null) {
        wires[member].cut(true, false);
        wires[member] = null;
        devices[member] = null;
      }
    }
    log.removed(members);
    List<Runnable> waiting = List.copyOf(whenRemoved);
    whenRemoved.clear();
    waiting.forEach(Runnable::run);
  }

  private void change(Runnable durable, Runnable known) {
    change = new Change(durable, known);
    reactor
        .timers()
        .schedule(
            1 + random.nextInt(MAX_CHANGE_NANOS),
            () -> {
              if (dead) {
                return;
              }
              change = null;
              durable.run();
              known.run();
              reactor.execute(this::remove);
            });
  }

  @Override
  public void bringBack(int member, CrashWire wire, IntentLog.Answer done) {
    beginRebuild(member, wire, done);
  }

  @Override
  public void beginRebuild(int member, BlockDevice device, IntentLog.Answer done) {
    if (change != null || removing || failed != 0 || dead) {
      done.answered(false);
      return;
    }
    wires[member] = (CrashWire) device;
    devices[member] = stack(device);
    log.prepareRebuild(
        member,
        devices[member],
        yes -> {
          if (!yes || change != null || removing) {
            wires[member] = null;
            devices[member] = null;
            done.answered(false);
            return;
          }
          change(
              () -> record.rebuilding |= 1 << member,
              () -> {
                rebuilding |= 1 << member;
                log.rebuilding(member);
                done.answered(true);
              });
        });
  }

  @Override
  public void promote(int member, IntentLog.Answer done) {
    int mask = 1 << member;
    if (change != null || removing || (failed & mask) != 0) {
      done.answered(false);
      return;
    }
    new CrashFanOut(
            this,
            mask,
            flushed -> {
              if (flushed != mask) {
                done.answered(false);
                return;
              }
              log.preparePromotion(
                  member,
                  yes -> {
                    if (!yes || change != null || removing || (failed & mask) != 0) {
                      if (yes) {
                        log.promotionRefused(member);
                      }
                      done.answered(false);
                      return;
                    }
                    checks.promotion(member);
                    promoting |= mask;
                    change(
                        () -> {
                          record.rebuilding &= ~mask;
                          record.inSync |= mask;
                        },
                        () -> {
                          promoting &= ~mask;
                          rebuilding &= ~mask;
                          inSync |= mask;
                          log.promoted(member);
                          done.answered(true);
                        });
                  });
            })
        .start(BlockOp.FLUSH, 0, 0, new byte[0]);
  }

  @Override
  public void copy(long start, int count, int source, int targets, Copied done) {
    locks.lock(
        start,
        count,
        () -> {
          int from = source >= 0 ? source : pick(inSync & ~failed & ~targets);
          if (from < 0 || (failed & 1 << from) != 0 || (targets & ~(inSync | rebuilding)) != 0) {
            locks.unlock(start, count);
            done.copied(BlockStatus.INVALID);
            return;
          }
          var io =
              new BlockIo(reactor).prepare(BlockOp.READ, layout.dataStartBlock() + start, count);
          byte[] data = new byte[count * layout.blockSizeBytes()];
          io.data().add(MemorySegment.ofArray(data), 0, data.length);
          io.onCompletion(
              read -> {
                if (read.status().isSuccess()) {
                  copied(start, count, data, targets, done);
                  return;
                }
                locks.unlock(start, count);
                if (read.status() == BlockStatus.READ_FAULT) {
                  done.copied(BlockStatus.READ_FAULT);
                } else {
                  memberFailed(from, read.status());
                  done.copied(BlockStatus.INVALID);
                }
              },
              null);
          devices[from].submit(io);
        });
  }

  private void copied(long start, int count, byte[] data, int targets, Copied done) {
    Consumer<Boolean> over =
        ok -> {
          locks.unlock(start, count);
          done.copied(ok ? BlockStatus.SUCCESS : BlockStatus.INVALID);
        };
    if ((targets & inSync) != 0) {
      change(start, count, data, targets, targets, over);
    } else {
      new CrashFanOut(
              this, targets & ~failed & (inSync | rebuilding), ok -> over.accept(ok == targets))
          .start(BlockOp.WRITE, layout.dataStartBlock() + start, count, data);
    }
  }

  private int pick(int mask) {
    if (mask == 0) {
      return -1;
    }
    int skip = random.nextInt(Integer.bitCount(mask));
    int rest = mask;
    for (; skip > 0; skip--) {
      rest &= rest - 1;
    }
    return Integer.numberOfTrailingZeros(rest);
  }

  @Override
  public String toString() {
    return "in-sync %x rebuilding %x failed %x promoting %x removing %s changing %s %s %s"
        .formatted(inSync, rebuilding, failed, promoting, removing, change != null, locks, log);
  }

  // What the log asks.

  @Override
  public Reactor reactor() {
    return reactor;
  }

  @Override
  public BlockGeometry geometry() {
    return new BlockGeometry(layout.blockSizeBytes(), layout.dataBlocks());
  }

  @Override
  public int memberCount() {
    return wires.length;
  }

  @Override
  public BlockDevice device(int member) {
    return devices[member];
  }

  @Override
  public long dataStartBlock(int member) {
    return layout.dataStartBlock();
  }

  @Override
  public int inSync() {
    return inSync;
  }

  @Override
  public int rebuilding() {
    return rebuilding;
  }

  @Override
  public int failed() {
    return failed;
  }

  @Override
  public int maxCopyBlocks() {
    return MAX_COPY_BLOCKS;
  }

  @Override
  public int hostCommands() {
    return hostCommands;
  }

  @Override
  public long hostCommandsStarted() {
    return hostCommandsStarted;
  }
}
