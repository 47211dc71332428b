package io.dnvme.block;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A device that misbehaves as told, for tests of what is above it. Commands that meet no rule go
 * through as they are. The first rule that fits a command decides; rules may be added while the
 * device is used, from any thread.
 */
public final class FaultDevice implements BlockDevice {

  /** What may happen to a command. */
  public sealed interface Fault {

    /** It fails, and nothing was done. */
    record Fail(BlockStatus status) implements Fault {}

    /** It is carried out and then said to have failed: its outcome is not what it seems. */
    record FailAfterwards(BlockStatus status) implements Fault {}

    /** It is said to have succeeded, and nothing was done. */
    record Pretend() implements Fault {}

    /** It takes that much longer. */
    record Delay(long nanos) implements Fault {}

    /** It hangs until {@link FaultDevice#release}. */
    record Hold() implements Fault {}

    /** Of a write, only the first blocks are written, as when the power goes; then it fails. */
    record Tear(long blocks, BlockStatus status) implements Fault {}
  }

  /** Which commands a fault befalls; all, unless said otherwise. */
  public static final class Rule {
    private final Fault fault;
    private Set<BlockOp> ops = EnumSet.allOf(BlockOp.class);
    private long startBlock;
    private long endBlock = Long.MAX_VALUE;
    private long skip;
    private long times = Long.MAX_VALUE;
    private double probability = 1;
    private SplittableRandom random = new SplittableRandom(0);

    private Rule(Fault fault) {
      this.fault = fault;
    }

    public synchronized Rule on(BlockOp first, BlockOp... others) {
      ops = EnumSet.of(first, others);
      return this;
    }

    /** Only commands that touch these blocks. */
    public synchronized Rule at(long firstBlock, long blocks) {
      startBlock = firstBlock;
      endBlock = firstBlock + blocks;
      return this;
    }

    /** Not the first so many that fit. */
    public synchronized Rule after(long commands) {
      skip = commands;
      return this;
    }

    /** Only so many. */
    public synchronized Rule times(long commands) {
      times = commands;
      return this;
    }

    /** Each that fits with some probability; the caller prints the seed. */
    public synchronized Rule atRandom(long seed, double chance) {
      random = new SplittableRandom(seed);
      probability = chance;
      return this;
    }

    private synchronized boolean befalls(BlockIo io) {
      boolean touches =
          io.op() == BlockOp.FLUSH
              ? startBlock == 0 && endBlock == Long.MAX_VALUE
              : io.startBlock() < endBlock && io.startBlock() + io.blockCount() > startBlock;
      if (!ops.contains(io.op()) || !touches || random.nextDouble() >= probability) {
        return false;
      }
      if (skip > 0) {
        skip--;
        return false;
      }
      return times > 0 && times-- > 0;
    }
  }

  private final BlockDevice inner;
  private final DeviceTraits traits;
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final List<BlockIo> held = new ArrayList<>();

  /**
   * @param inner closed with this device
   */
  public FaultDevice(BlockDevice inner) {
    this.inner = inner;
    DeviceTraits below = inner.traits();
    traits =
        new DeviceTraits(
            below.lendsReads(),
            // A write that is delayed still needs its data.
            false,
            below.volatileCache(),
            below.deallocates(),
            below.maxTransferBytes());
  }

  /** From now on: {@code fault}, as the rule that is returned is told. */
  public Rule inject(Fault fault) {
    var rule = new Rule(fault);
    rules.add(rule);
    return rule;
  }

  /** No more faults; what is held stays so until released. */
  public void heal() {
    rules.clear();
  }

  /** Commands that hang. */
  public int held() {
    synchronized (held) {
      return held.size();
    }
  }

  /** Lets the held ones go on, each on its reactor. */
  public void release() {
    List<BlockIo> released;
    synchronized (held) {
      released = List.copyOf(held);
      held.clear();
    }
    for (BlockIo io : released) {
      io.reactor().execute(() -> inner.submit(io));
    }
  }

  @Override
  public BlockGeometry geometry() {
    return inner.geometry();
  }

  @Override
  public DeviceTraits traits() {
    return traits;
  }

  @Override
  public void submit(BlockIo io) {
    for (Rule rule : rules) {
      if (rule.befalls(io)) {
        befall(rule.fault, io);
        return;
      }
    }
    inner.submit(io);
  }

  @Override
  public void close() {
    inner.close();
  }

  private void befall(Fault fault, BlockIo io) {
    switch (fault) {
      case Fault.Fail(BlockStatus status) -> io.complete(status);
      case Fault.FailAfterwards(BlockStatus status) -> part(io, io.blockCount(), status);
      case Fault.Pretend() -> io.complete(BlockStatus.SUCCESS);
      case Fault.Delay(long nanos) -> io.reactor().timers().schedule(nanos, () -> inner.submit(io));
      case Fault.Hold() -> {
        synchronized (held) {
          held.add(io);
        }
      }
      case Fault.Tear(long blocks, BlockStatus status) ->
          part(io, Math.min(blocks, io.blockCount()), status);
    }
  }

  /** Carries out the first blocks of {@code io}, by a command of its own, and fails it. */
  private void part(BlockIo io, long blocks, BlockStatus status) {
    long bytes = blocks * inner.geometry().blockSizeBytes();
    BlockIo partial =
        new BlockIo(io.reactor())
            .prepare(io.op(), io.startBlock(), blocks)
            .forceUnitAccess(io.forceUnitAccess())
            .mayDeallocate(io.mayDeallocate());
    partial.data().addPart(io.data(), 0, Math.min(bytes, io.data().lengthBytes()));
    partial
        .compareData()
        .addPart(io.compareData(), 0, Math.min(bytes, io.compareData().lengthBytes()));
    partial.onCompletion(
        done -> {
          done.release();
          io.complete(status);
        },
        null);
    inner.submit(partial);
  }
}
