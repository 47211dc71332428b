package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.RequestCheck;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk with a volatile cache, in sectors of 512 bytes: what was not flushed when the power goes
 * is each kept, lost or torn, in any order. Commands take effect some random time after they were
 * submitted, in any order. One reactor, one test.
 */
final class PowerLossDevice implements BlockDevice {

  static final int SECTOR_BYTES = 512;

  private static final int MAX_TRANSFER_BYTES = 1 << 20;
  private static final long LONGEST_DELAY_NANOS = 100_000;

  /** A change of sectors: their content, or zeroes where {@code content} is null. */
  private record Change(long firstSector, long sectors, byte[] content) {

    void apply(TreeMap<Long, byte[]> medium, long from, long count) {
      if (content == null) {
        medium.subMap(firstSector + from, firstSector + from + count).clear();
        return;
      }
      for (long i = from; i < from + count; i++) {
        byte[] sector = new byte[SECTOR_BYTES];
        System.arraycopy(content, (int) i * SECTOR_BYTES, sector, 0, SECTOR_BYTES);
        medium.put(firstSector + i, sector);
      }
    }
  }

  private final BlockGeometry geometry;
  private final boolean deallocateZeroes;
  private final Random random;
  private final TreeMap<Long, byte[]> medium;
  private final TreeMap<Long, byte[]> visible;

  /** Executed and not flushed, in their order. */
  private final List<Change> cached = new ArrayList<>();

  /** Submitted and not executed. */
  private final List<BlockIo> inFlight = new ArrayList<>();

  private int commandsUntilDeath = Integer.MAX_VALUE;
  private int flushesUntilFailure = Integer.MAX_VALUE;
  private boolean dead;
  private long flushes;

  PowerLossDevice(BlockGeometry geometry, boolean deallocateZeroes, Random random) {
    this(geometry, deallocateZeroes, random, new TreeMap<>());
  }

  private PowerLossDevice(
      BlockGeometry geometry,
      boolean deallocateZeroes,
      Random random,
      TreeMap<Long, byte[]> medium) {
    this.geometry = geometry;
    this.deallocateZeroes = deallocateZeroes;
    this.random = random;
    this.medium = medium;
    visible = new TreeMap<>(medium);
  }

  /** Nothing is executed or completed any more after so many commands. */
  void dieAfter(int commands) {
    commandsUntilDeath = commands;
  }

  /**
   * So many flushes later one fails, as Linux has it: some of what it was for is lost, is told of
   * once, and is seen by reads as if it were there.
   */
  void failFlushAfter(int count) {
    flushesUntilFailure = count;
  }

  boolean isDead() {
    return dead;
  }

  long flushes() {
    return flushes;
  }

  /** The disk as it is found when the power is back. */
  PowerLossDevice afterPowerLoss() {
    var changes = new ArrayList<>(cached);
    inFlight.stream().filter(io -> io.op().changes()).map(this::change).forEach(changes::add);
    Collections.shuffle(changes, random);
    var left = new TreeMap<>(medium);
    for (Change change : changes) {
      switch (random.nextInt(3)) {
        case 0 -> change.apply(left, 0, change.sectors);
        case 1 -> tear(change, left);
        default -> {
          // Lost.
        }
      }
    }
    return new PowerLossDevice(geometry, deallocateZeroes, random, left);
  }

  /** The disk as the next process finds it when only the process was killed: the cache lives on. */
  PowerLossDevice afterKill() {
    var next = new PowerLossDevice(geometry, deallocateZeroes, random, new TreeMap<>(medium));
    next.visible.clear();
    next.visible.putAll(visible);
    next.cached.addAll(cached);
    for (BlockIo io : inFlight) {
      if (io.op().changes() && random.nextBoolean()) {
        next.execute(change(io));
      }
    }
    return next;
  }

  /** Flips a bit of what the medium holds, behind everybody's back. */
  void corrupt(long offsetBytes) {
    long number = offsetBytes / SECTOR_BYTES;
    for (TreeMap<Long, byte[]> state : List.of(medium, visible)) {
      byte[] sector = state.getOrDefault(number, new byte[SECTOR_BYTES]).clone();
      sector[(int) (offsetBytes % SECTOR_BYTES)] ^= 0x10;
      state.put(number, sector);
    }
  }

  /** What a read would see. */
  byte[] peek(long offsetBytes, int lengthBytes) {
    byte[] content = new byte[lengthBytes];
    for (int at = 0; at < lengthBytes; at += SECTOR_BYTES) {
      byte[] sector = visible.get((offsetBytes + at) / SECTOR_BYTES);
      if (sector != null) {
        System.arraycopy(sector, 0, content, at, Math.min(SECTOR_BYTES, lengthBytes - at));
      }
    }
    return content;
  }

  /** Whether a read would see zeroes only. */
  boolean isZero(long offsetBytes, long lengthBytes) {
    long first = offsetBytes / SECTOR_BYTES;
    return visible.subMap(first, first + lengthBytes / SECTOR_BYTES).values().stream()
        .allMatch(sector -> {
          for (byte value : sector) {
            if (value != 0) {
              return false;
            }
          }
          return true;
        });
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public DeviceTraits traits() {
    return new DeviceTraits(false, false, true, deallocateZeroes, MAX_TRANSFER_BYTES);
  }

  @Override
  public void submit(BlockIo io) {
    if (dead) {
      return;
    }
    BlockStatus refusal = RequestCheck.check(io, geometry, traits());
    if (!refusal.isSuccess()) {
      io.complete(refusal);
      return;
    }
    inFlight.add(io);
    int flushed = cached.size();
    io.reactor()
        .timers()
        .schedule(
            random.nextLong(LONGEST_DELAY_NANOS),
            () -> {
              if (dead || --commandsUntilDeath < 0) {
                dead = true;
                return;
              }
              inFlight.remove(io);
              if (io.op() == BlockOp.FLUSH && --flushesUntilFailure == 0) {
                lose(Math.min(flushed, cached.size()));
                io.complete(BlockStatus.FAILED);
                return;
              }
              execute(io, flushed);
              io.complete(BlockStatus.SUCCESS);
            });
  }

  @Override
  public void close() {}

  private void execute(BlockIo io, int flushed) {
    switch (io.op()) {
      case READ -> {
        byte[] content = peek(io.startBlock() << geometry.blockShift(), lengthBytes(io));
        io.data().copyFrom(MemorySegment.ofArray(content), 0);
      }
      case WRITE, WRITE_ZEROES -> execute(change(io));
      case DEALLOCATE -> {
        if (deallocateZeroes) {
          execute(change(io));
        }
      }
      case FLUSH -> {
        flushes++;
        // Only what was executed before the flush was submitted; flushes since may have done it.
        flush(Math.min(flushed, cached.size()));
      }
      case COMPARE, COMPARE_AND_WRITE -> throw new IllegalStateException("not used here: " + io);
    }
    if (io.forceUnitAccess()) {
      flush(cached.size());
    }
  }

  private void lose(int changes) {
    List<Change> written = cached.subList(0, changes);
    written.stream()
        .filter(change -> random.nextBoolean())
        .forEach(change -> change.apply(medium, 0, change.sectors));
    written.clear();
  }

  private void flush(int changes) {
    List<Change> flushed = cached.subList(0, changes);
    flushed.forEach(change -> change.apply(medium, 0, change.sectors));
    flushed.clear();
  }

  private void execute(Change change) {
    change.apply(visible, 0, change.sectors);
    cached.add(change);
  }

  private Change change(BlockIo io) {
    long first = (io.startBlock() << geometry.blockShift()) / SECTOR_BYTES;
    long sectors = (io.blockCount() << geometry.blockShift()) / SECTOR_BYTES;
    if (io.op() != BlockOp.WRITE) {
      return new Change(first, sectors, null);
    }
    byte[] content = new byte[lengthBytes(io)];
    io.data().copyTo(MemorySegment.ofArray(content), 0);
    return new Change(first, sectors, content);
  }

  private int lengthBytes(BlockIo io) {
    return (int) (io.blockCount() << geometry.blockShift());
  }

  private void tear(Change change, TreeMap<Long, byte[]> left) {
    if (change.content == null) {
      long from = random.nextLong(change.sectors);
      change.apply(left, from, change.sectors - from);
      return;
    }
    for (long i = 0; i < change.sectors; i++) {
      if (random.nextBoolean()) {
        change.apply(left, i, 1);
      }
    }
  }
}
