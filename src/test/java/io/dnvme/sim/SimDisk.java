package io.dnvme.sim;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoVector;
import io.dnvme.block.RequestCheck;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * A disk with a volatile cache. Outlives the processes that use it; each opens it anew.
 *
 * <p>Commands that overlap take effect in the order of submission; others in any order. A write
 * takes its data when it takes effect, not when it is submitted. What was not flushed is, after a
 * loss of power, there or not, block by block, whatever the order of writing; a write that the
 * power failed in may be there in part, down to sectors.
 */
final class SimDisk {

  static final int MAX_TRANSFER_BYTES = 1 << 20;

  private static final long MIN_DELAY_NANOS = 20 * SimWorld.MICROS;
  private static final long MAX_DELAY_NANOS = 300 * SimWorld.MICROS;

  /** A command that was submitted. */
  final class Command {
    private final Opened by;
    private final BlockIo io;
    private boolean started;
    private boolean applied;
    private boolean over;
    private BlockStatus status = BlockStatus.SUCCESS;
    private TreeMap<Long, byte[]> flushing;

    private Command(Opened by, BlockIo io) {
      this.by = by;
      this.io = io;
    }

    BlockOp op() {
      return io.op();
    }

    BlockIo io() {
      return io;
    }

    boolean writesIn(long fromBlock, long toBlock) {
      return op() == BlockOp.WRITE && io.startBlock() >= fromBlock && io.startBlock() < toBlock;
    }

    private boolean overlaps(Command other) {
      return op() != BlockOp.FLUSH
          && other.op() != BlockOp.FLUSH
          && (op().changes() || other.op().changes())
          && io.startBlock() < other.io.startBlock() + other.io.blockCount()
          && other.io.startBlock() < io.startBlock() + io.blockCount();
    }
  }

  private final SimWorld world;
  private final String name;
  private final BlockGeometry geometry;
  private final int sectorBytes;
  private final DeviceTraits traits;
  private final SplittableRandom random;
  private final byte[] zeroes;

  /** On the medium; what is not there is zeroes. */
  private final TreeMap<Long, byte[]> medium = new TreeMap<>();

  /** Written and not flushed: all contents since the last one on the medium, oldest first. */
  private TreeMap<Long, List<byte[]>> cache = new TreeMap<>();

  private final List<Command> commands = new ArrayList<>();
  private final TreeSet<Long> unreadable = new TreeSet<>();

  /** Blocks that were changed behind everybody's back: before and after. */
  private final Map<Long, byte[][]> rotten = new TreeMap<>();

  private final Set<Long> rottenRead = new TreeSet<>();

  private Consumer<Command> watcher = command -> {};

  /** Blocks that are torn apart into sectors. */
  private LongPredicate torn = block -> true;

  /** What a flush takes at most; 0: as long as any command. */
  private long flushNanos;

  private long slowUntilNanos;
  private long slowNanos;
  private long failingUntilNanos;
  private long fullUntilNanos;
  private boolean holes;

  SimDisk(SimWorld world, String name, BlockGeometry geometry) {
    this(world, name, geometry, geometry.blockSizeBytes());
  }

  /**
   * @param sectorBytes what a loss of power leaves whole: the old content or the new
   */
  SimDisk(SimWorld world, String name, BlockGeometry geometry, int sectorBytes) {
    this.world = world;
    this.name = name;
    this.geometry = geometry;
    this.sectorBytes = sectorBytes;
    zeroes = new byte[geometry.blockSizeBytes()];
    traits = new DeviceTraits(false, false, true, true, MAX_TRANSFER_BYTES);
    random = world.random("disk " + name);
  }

  /** The disk as one process sees it until its end. */
  BlockDevice open(SimProcess process) {
    process.uses(this);
    return new Opened(process, process.incarnation());
  }

  /** Blocks from this one on are written as a whole, or not, as hosts may expect (NVMe's AWUPF). */
  void tornBelow(long block) {
    torn = at -> at < block;
  }

  /** As {@link #tornBelow}, for blocks here and there. */
  void tornWhere(LongPredicate isTorn) {
    torn = isTorn;
  }

  /** Is shown every command when it is submitted. */
  void watch(Consumer<Command> eachSubmitted) {
    watcher = eachSubmitted;
  }

  /** Commands that were submitted by living processes and are not completed. */
  List<Command> commands() {
    return commands;
  }

  boolean has(BlockOp op) {
    return commands.stream().anyMatch(command -> command.op() == op);
  }

  // Faults.

  /** Every command takes up to so much longer. */
  void slow(long nanos, long extraNanos) {
    slowUntilNanos = world.nowNanos() + nanos;
    slowNanos = extraNanos;
  }

  /**
   * From now on, and for good, a flush takes from half to all of that time: the disk is slow, and
   * healthy.
   */
  void flushesTake(long nanos) {
    flushNanos = nanos;
  }

  /** Commands fail, some of them after they took effect. */
  void fail(long nanos) {
    failingUntilNanos = world.nowNanos() + nanos;
  }

  /** Whether commands failed, or found no space, now or not long ago. */
  boolean failedLately() {
    return world.nowNanos() < Math.max(failingUntilNanos, fullUntilNanos) + SimWorld.SECONDS;
  }

  /** It is a file with holes: what is zeroes takes no space. */
  void sparse() {
    holes = true;
  }

  /**
   * Blocks that were never written find no space, nor do others that are zeroes in a sparse one.
   */
  void full(long nanos) {
    fullUntilNanos = world.nowNanos() + nanos;
  }

  /** The block cannot be read until it is written again. */
  void unreadable(long block) {
    unreadable.add(block);
  }

  /** What the medium holds of the block is changed, and nobody is told. */
  void rot(long block) {
    byte[] before = content(block);
    byte[] after = before.clone();
    after[random.nextInt(after.length)] ^= (byte) (1 << random.nextInt(8));
    cache.remove(block);
    medium.put(block, after);
    rotten.put(block, new byte[][] {before, after});
    rottenRead.remove(block);
  }

  /** Whether it is rotten still, and was read since it is. */
  boolean wasRottenRead(long block) {
    return isRotten(block) && rottenRead.contains(block);
  }

  /** As it was before it rotted, unless it was written since. */
  void restore(long block) {
    if (isRotten(block)) {
      medium.put(block, rotten.get(block)[0]);
    }
    rotten.remove(block);
  }

  boolean isReadable(long block) {
    return !unreadable.contains(block);
  }

  /** Whether both hold the same, on the medium and as it was written, and can be read. */
  boolean areSound(long block, long other) {
    return Stream.of(block, other)
            .noneMatch(one -> cache.containsKey(one) || unreadable.contains(one) || isRotten(one))
        && Arrays.equals(content(block), content(other));
  }

  /** Whether something is damaged that was not written since. */
  boolean isDamaged() {
    return !unreadable.isEmpty() || rotten.keySet().stream().anyMatch(this::isRotten);
  }

  private boolean isRotten(long block) {
    byte[][] change = rotten.get(block);
    return change != null && !cache.containsKey(block) && medium.get(block) == change[1];
  }

  private void restoreRotten() {
    rotten.forEach((block, change) -> {
      if (isRotten(block)) {
        medium.put(block, change[0]);
      }
    });
    rotten.clear();
  }

  /** It was memory, and its process has ended: nothing is left of it. */
  void forget() {
    commands.clear();
    cache = new TreeMap<>();
    medium.clear();
    unreadable.clear();
    rotten.clear();
  }

  void heal() {
    slowUntilNanos = 0;
    failingUntilNanos = 0;
    fullUntilNanos = 0;
    unreadable.clear();
    restoreRotten();
  }

  /** Commands in flight take effect in part or not at all; unflushed blocks may be gone. */
  void losePower() {
    world.trace(name, "loses its power with " + cache.size() + " blocks not flushed");
    for (Command command : commands) {
      if (!command.applied && command.op().changes() && random.nextBoolean()) {
        applyInPart(command);
      }
    }
    commands.clear();
    cache.forEach((block, contents) -> {
      int kept = random.nextInt(contents.size() + 1);
      if (kept > 0) {
        medium.put(block, contents.get(kept - 1));
      }
    });
    cache = new TreeMap<>();
  }

  private final class Opened implements BlockDevice {
    private final SimProcess process;
    private final int incarnation;

    Opened(SimProcess process, int incarnation) {
      this.process = process;
      this.incarnation = incarnation;
    }

    @Override
    public BlockGeometry geometry() {
      return geometry;
    }

    @Override
    public DeviceTraits traits() {
      return traits;
    }

    @Override
    public void submit(BlockIo io) {
      BlockStatus refusal = RequestCheck.check(io, geometry, traits);
      if (!refusal.isSuccess() || io.op() != BlockOp.FLUSH && io.blockCount() == 0) {
        io.complete(refusal);
        return;
      }
      var command = new Command(this, io);
      commands.add(command);
      process.gaveOut();
      world.trace(name, "takes " + io);
      watcher.accept(command);
      startReady();
    }

    @Override
    public void close() {}

    boolean isGone() {
      return !process.isUp() || process.incarnation() != incarnation;
    }
  }

  /** A process is gone: its commands in flight take effect or not, and are forgotten. */
  void processDied(SimProcess process) {
    for (Command command : List.copyOf(commands)) {
      if (command.by.process == process) {
        if (!command.applied && command.started && random.nextBoolean()) {
          apply(command);
        }
        commands.remove(command);
      }
    }
    startReady();
  }

  private void startReady() {
    for (int i = 0; i < commands.size(); i++) {
      Command command = commands.get(i);
      if (!command.started && !waits(command, i)) {
        start(command);
      }
    }
  }

  private boolean waits(Command command, int position) {
    for (int i = 0; i < position; i++) {
      Command earlier = commands.get(i);
      if (!earlier.over && earlier.overlaps(command)) {
        return true;
      }
    }
    return false;
  }

  private void start(Command command) {
    command.started = true;
    if (command.op() == BlockOp.FLUSH) {
      command.flushing = new TreeMap<>();
      cache.forEach((block, contents) -> command.flushing.put(block, contents.getLast()));
    }
    long before = delayNanos() + (command.op() == BlockOp.FLUSH ? flushDelayNanos() : 0);
    long after = random.nextLong(MIN_DELAY_NANOS);
    world.after(
        before,
        () -> {
          if (isThere(command)) {
            execute(command);
            world.after(after, () -> finish(command));
          }
        });
  }

  private long delayNanos() {
    long delay = random.nextLong(MIN_DELAY_NANOS, MAX_DELAY_NANOS);
    return world.nowNanos() < slowUntilNanos ? delay + random.nextLong(slowNanos) : delay;
  }

  private long flushDelayNanos() {
    return flushNanos == 0 ? 0 : random.nextLong(flushNanos / 2, flushNanos);
  }

  private boolean isThere(Command command) {
    return commands.contains(command) && !command.by.isGone();
  }

  private void execute(Command command) {
    boolean fails = world.nowNanos() < failingUntilNanos && random.nextInt(3) == 0;
    if (fails) {
      command.status =
          command.op() == BlockOp.READ ? BlockStatus.READ_FAULT : BlockStatus.WRITE_FAULT;
      command.applied = true;
      if (command.op().changes() && random.nextBoolean()) {
        apply(command);
      }
      return;
    }
    apply(command);
  }

  private void apply(Command command) {
    command.applied = true;
    BlockIo io = command.io;
    switch (io.op()) {
      case READ -> command.status = read(io);
      case WRITE -> command.status = write(command, io.blockCount());
      case COMPARE -> command.status = compare(io, io.data());
      case COMPARE_AND_WRITE -> {
        command.status = compare(io, io.compareData());
        if (command.status.isSuccess()) {
          command.status = write(command, io.blockCount());
        }
      }
      case WRITE_ZEROES, DEALLOCATE ->
          written(io).forEach(block -> put(block, zeroes.clone(), io.forceUnitAccess()));
      case FLUSH -> flushed(command);
    }
  }

  private void applyInPart(Command command) {
    BlockIo io = command.io;
    if (io.op() == BlockOp.WRITE_ZEROES || io.op() == BlockOp.DEALLOCATE) {
      for (long block : written(io)) {
        if (random.nextBoolean()) {
          put(block, new byte[geometry.blockSizeBytes()], false);
        }
      }
    }
    if (io.op() != BlockOp.WRITE) {
      return;
    }
    byte[] data = bytes(io.data());
    int blockBytes = geometry.blockSizeBytes();
    for (int i = 0; i < io.blockCount(); i++) {
      long block = io.startBlock() + i;
      byte[] content = content(block).clone();
      int step = torn.test(block) ? sectorBytes : blockBytes;
      for (int at = 0; at < blockBytes; at += step) {
        if (random.nextBoolean()) {
          System.arraycopy(data, i * blockBytes + at, content, at, step);
        }
      }
      put(block, content, false);
    }
  }

  /** Those blocks of a range that are not zeroes just because nobody wrote them. */
  private Set<Long> written(BlockIo io) {
    long from = io.startBlock();
    long to = from + io.blockCount();
    var written = new TreeSet<>(medium.subMap(from, to).keySet());
    written.addAll(cache.subMap(from, to).keySet());
    written.addAll(unreadable.subSet(from, to));
    return written;
  }

  private BlockStatus read(BlockIo io) {
    int blockBytes = geometry.blockSizeBytes();
    var content = new byte[(int) io.blockCount() * blockBytes];
    for (int i = 0; i < io.blockCount(); i++) {
      long block = io.startBlock() + i;
      if (unreadable.contains(block)) {
        return BlockStatus.READ_FAULT;
      }
      if (!rotten.isEmpty() && isRotten(block)) {
        rottenRead.add(block);
      }
      System.arraycopy(content(block), 0, content, i * blockBytes, blockBytes);
      if (io.forceUnitAccess()) {
        makeDurable(block);
      }
    }
    io.data().copyFrom(MemorySegment.ofArray(content), 0);
    return BlockStatus.SUCCESS;
  }

  private BlockStatus write(Command command, long blocks) {
    BlockIo io = command.io;
    if (world.nowNanos() < fullUntilNanos) {
      for (long i = 0; i < blocks; i++) {
        if (!isAllocated(io.startBlock() + i)) {
          return BlockStatus.CAPACITY_EXCEEDED;
        }
      }
    }
    byte[] data = bytes(io.data());
    int blockBytes = geometry.blockSizeBytes();
    for (int i = 0; i < blocks; i++) {
      var content = new byte[blockBytes];
      System.arraycopy(data, i * blockBytes, content, 0, blockBytes);
      put(io.startBlock() + i, content, io.forceUnitAccess());
    }
    return BlockStatus.SUCCESS;
  }

  private BlockStatus compare(BlockIo io, IoVector with) {
    byte[] expected = bytes(with);
    int blockBytes = geometry.blockSizeBytes();
    for (int i = 0; i < io.blockCount(); i++) {
      byte[] content = content(io.startBlock() + i);
      for (int at = 0; at < blockBytes; at++) {
        if (content[at] != expected[i * blockBytes + at]) {
          return BlockStatus.COMPARE_FAILED;
        }
      }
    }
    return BlockStatus.SUCCESS;
  }

  private static byte[] bytes(IoVector vector) {
    var bytes = new byte[(int) vector.lengthBytes()];
    vector.copyTo(MemorySegment.ofArray(bytes), 0);
    return bytes;
  }

  private boolean isAllocated(long block) {
    if (holes) {
      return !Arrays.equals(content(block), zeroes);
    }
    return medium.containsKey(block) || cache.containsKey(block);
  }

  /** What a read of the block would give; not to be changed. */
  byte[] content(long block) {
    List<byte[]> cached = cache.get(block);
    if (cached != null) {
      return cached.getLast();
    }
    byte[] kept = medium.get(block);
    return kept != null ? kept : zeroes;
  }

  private void put(long block, byte[] content, boolean durable) {
    unreadable.remove(block);
    cache.computeIfAbsent(block, key -> new ArrayList<>()).add(content);
    if (durable) {
      makeDurable(block);
    }
  }

  private void makeDurable(long block) {
    List<byte[]> contents = cache.remove(block);
    if (contents != null) {
      medium.put(block, contents.getLast());
    }
  }

  /** What was there when the flush began is on the medium; what came later need not be. */
  private void flushed(Command command) {
    command.flushing.forEach((block, content) -> {
      List<byte[]> contents = cache.get(block);
      int last = contents == null ? -1 : contents.indexOf(content);
      if (last >= 0) {
        medium.put(block, content);
        contents.subList(0, last + 1).clear();
        if (contents.isEmpty()) {
          cache.remove(block);
        }
      }
    });
  }

  private void finish(Command command) {
    if (!isThere(command)) {
      return;
    }
    command.over = true;
    startReady();
    command
        .io
        .reactor()
        .execute(() -> {
          commands.remove(command);
          command.io.complete(command.status);
        });
  }

  @Override
  public String toString() {
    return name;
  }
}
