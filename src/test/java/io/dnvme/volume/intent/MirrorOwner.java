package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.volume.mirror.MemberSpec;
import io.dnvme.volume.mirror.MemberState;
import io.dnvme.volume.mirror.MirrorDevice;
import io.dnvme.volume.mirror.MirrorListener;
import io.dnvme.volume.mirror.MirrorOptions;
import io.dnvme.volume.mirror.MirrorSetup;
import io.dnvme.volume.mirror.PlantedBug;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * One owner's incarnation with the {@link MirrorDevice} and the {@link WriteIntentLog} that
 * production has. Its hosts try again what got a path status, as hosts do. It may be deposed
 * without knowing: then no command may succeed any more (LEASE), while its members are taken from
 * it one by one.
 */
final class MirrorOwner implements CrashOwner, MirrorListener {

  private static final int RETRY_NANOS = 300_000;
  private static final int CACHED_PAGES = 2;

  private final LongConsumer rotFound;
  private final WriteIntentLog log;
  private final MemberLayout layout;
  private final ManualReactor reactor;
  private final CrashWire[] wires;
  private final MirrorRecord port;
  private final MirrorDevice mirror;
  private boolean leaseHolds = true;
  private boolean dead;

  /**
   * @param wires of the members; null for those that are absent
   * @param rotFound told of blocks that differ from their checksums
   */
  MirrorOwner(
      WriteIntentLog log,
      CrashRecord record,
      MemberLayout layout,
      ManualReactor reactor,
      Random random,
      CrashWire[] wires,
      LongConsumer rotFound,
      Set<PlantedBug> bugs) {
    this.rotFound = rotFound;
    this.log = log;
    this.layout = layout;
    this.reactor = reactor;
    this.wires = wires;
    port = new MirrorRecord(record, reactor, random, new CrashChecks(log, layout, wires), wires);
    List<MemberSpec> specs = new ArrayList<>();
    for (int member = 0; member < wires.length; member++) {
      boolean inSync = (record.inSync & 1 << member) != 0;
      MemberState state = inSync ? MemberState.IN_SYNC : MemberState.REBUILDING;
      specs.add(
          new MemberSpec(
              new UUID(2, member),
              wires[member] == null ? null : stack(member),
              layout.dataStartBlock(),
              wires[member] == null ? MemberState.ABSENT : state,
              0));
    }
    mirror =
        new MirrorDevice(
            new MirrorSetup(
                reactor,
                new BlockGeometry(layout.blockSizeBytes(), layout.dataBlocks()),
                specs,
                log,
                port,
                () -> leaseHolds,
                this,
                MirrorOptions.DEFAULTS,
                bugs));
  }

  private BlockDevice stack(int member) {
    wires[member].watch(io -> submitted(member, io));
    return layout.checksums()
        ? new ChecksumDevice(
            wires[member], layout, reactor, CACHED_PAGES, ChecksumMemory.OF_PROCESS, rotFound)
        : wires[member];
  }

  private void submitted(int member, BlockIo io) {
    boolean readsData = io.op() == BlockOp.READ && io.startBlock() >= layout.dataStartBlock();
    if (readsData && mirror != null && (mirror.inSync() & 1 << member) == 0) {
      throw new BrokenPromise("MEMBER: %s was read from member %d".formatted(io, member));
    }
  }

  @Override
  public WriteIntentLog log() {
    return log;
  }

  @Override
  public MirrorDevice mirror() {
    return mirror;
  }

  @Override
  public boolean isDead() {
    return dead;
  }

  @Override
  public void die() {
    if (!dead) {
      dead = true;
      port.end();
      mirror.stop("the owner dies");
      for (CrashWire wire : wires) {
        if (wire != null) {
          wire.cut(true, false);
        }
      }
    }
  }

  /** Another one takes over; this one goes on with what is not taken from it. */
  void depose() {
    dead = true;
    leaseHolds = false;
    port.end();
  }

  void lease(boolean holds) {
    leaseHolds = holds && !dead;
  }

  @Override
  public void lose(int member, boolean power) {
    if (wires[member] != null) {
      wires[member].cut(true, power);
      mirror.memberFailed(member, BlockStatus.PATH_LOST);
    }
  }

  // Hosts.

  @Override
  public void write(long start, int count, byte[] data, Runnable acknowledged) {
    submit(BlockOp.WRITE, start, count, data, acknowledged);
  }

  @Override
  public void read(long start, int count, Consumer<byte[]> answered) {
    byte[] data = new byte[count * layout.blockSizeBytes()];
    submit(BlockOp.READ, start, count, data, () -> answered.accept(data));
  }

  @Override
  public void flush(Runnable flushed) {
    submit(BlockOp.FLUSH, 0, 0, new byte[0], flushed);
  }

  private void submit(BlockOp op, long start, int count, byte[] data, Runnable succeeded) {
    BlockIo io = new BlockIo(reactor).prepare(op, start, count);
    if (op != BlockOp.FLUSH) {
      io.data().add(MemorySegment.ofArray(data), 0, data.length);
    }
    io.onCompletion(done -> completed(done, data, succeeded), null);
    mirror.submit(io);
  }

  private void completed(BlockIo io, byte[] data, Runnable succeeded) {
    if (io.status().isSuccess() && !leaseHolds) {
      throw new BrokenPromise("LEASE: answered without it: " + io);
    }
    if (dead) {
      return;
    }
    switch (io.status()) {
      case SUCCESS -> succeeded.run();
      case PATH_LOST ->
          reactor
              .timers()
              .schedule(
                  RETRY_NANOS,
                  () -> {
                    if (!dead) {
                      submit(io.op(), io.startBlock(), (int) io.blockCount(), data, succeeded);
                    }
                  });
      default -> throw new BrokenPromise("a host got an error: " + io);
    }
  }

  // Members.

  /** Null for a member that is not connected. */
  CrashWire wireOf(int member) {
    return wires[member];
  }

  @Override
  public void bringBack(int member, CrashWire wire, IntentLog.Answer done) {
    wires[member] = wire;
    mirror.beginRebuild(
        member,
        stack(member),
        yes -> {
          if (!yes && wires[member] == wire) {
            wire.cut(true, false);
            wires[member] = null;
          }
          done.answered(yes);
        });
  }

  @Override
  public void memberRemoved(int member, BlockDevice device) {
    if (wires[member] != null) {
      wires[member].cut(true, false);
      wires[member] = null;
    }
  }

  @Override
  public void stopped(String reason) {
    if (!dead) {
      dead = true;
      leaseHolds = false;
      port.end();
    }
  }

  @Override
  public String toString() {
    return "owner dead %s, in-sync %x rebuilding %x failed %x, %s, %s"
        .formatted(dead, mirror.inSync(), mirror.rebuilding(), mirror.failed(), port, log);
  }
}
