package io.dnvme.volume;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.RequestCheck;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/**
 * Devices one behind the other, as one: a leg over its groups. What lies in the first of them, and
 * needs no other address there, is passed on as it is.
 *
 * <p>A command that crosses into the next device becomes one on each ({@link ConcatCommand}); a
 * compare-and-write that does is INVALID, as two places cannot be compared and written in one step
 * (OVERLAP). Where the devices have a home reactor, those that cross and overlap run one after
 * another ({@link BorderCrossings}, OVERLAP). A flush goes to all. A command is over when all its
 * parts are; the first that failed says how.
 *
 * <p>It never grows: for a larger one, another is made over these devices and the new ones; then
 * only that one is closed.
 *
 * <p>Any reactor; what is in flight belongs to its own. Each may have {@link #COMMANDS_PER_REACTOR}
 * commands in flight that are not passed on as they are; further ones are BUSY. Those of all
 * reactors that cross a border have places of the home reactor, also while they wait for each
 * other: each waits for earlier ones only, so that places come free again.
 */
public final class ConcatDevice implements BlockDevice {

  /** The most devices: each flush goes to all of them. */
  public static final int MAX_DEVICES = 1024;

  /** More than the queues that a reactor serves bring at a time. */
  public static final int COMMANDS_PER_REACTOR = 16 << 10;

  /** What one reactor has of this device. */
  final class Lane {
    private final Reactor reactor;
    private final IoCounters counters;
    private final ArrayDeque<ConcatCommand> free = new ArrayDeque<>();
    private int created;

    Lane(Reactor reactor) {
      this.reactor = reactor;
      counters = ConcatDevice.this.counters.on(reactor);
    }

    private ConcatCommand tryAcquire() {
      ConcatCommand command = free.pollLast();
      if (command == null && created < COMMANDS_PER_REACTOR) {
        created++;
        command = new ConcatCommand(ConcatDevice.this, this, reactor);
      }
      return command;
    }

    /** Times are the devices' own to tell: this layer adds none. */
    void over(ConcatCommand command, BlockIo io, BlockStatus status) {
      free.addLast(command);
      boolean moves =
          switch (io.op()) {
            case READ, WRITE, COMPARE, COMPARE_AND_WRITE -> true;
            case WRITE_ZEROES, DEALLOCATE, FLUSH -> false;
          };
      long bytes = moves ? io.blockCount() << geometry.blockShift() : 0;
      counters.finished(io.op(), status, bytes, 0);
      if (io.reactor() == reactor) {
        io.complete(status);
      } else {
        crossings.answer(io, status);
      }
    }
  }

  private final BlockDevice[] devices;

  /** The first block of each device here. */
  private final long[] starts;

  private final BlockGeometry geometry;
  private final boolean firstAsItIs;

  /** Null where each command's own reactor sends its parts, in whatever order. */
  private final BorderCrossings crossings;

  private final LayerCounters counters = new LayerCounters();
  private final PerReactor<Lane> lanes = new PerReactor<>(Lane::new);
  private volatile DeviceTraits traits;
  private volatile boolean closed;

  /** Devices that order commands by themselves, across their borders too, or need no order. */
  public ConcatDevice(List<? extends BlockDevice> devices) {
    this(devices, null);
  }

  /**
   * @param devices in the order of their blocks; closed with this one
   * @param home where all of them live, so that what crosses a border has to come there; or null
   * @throws IllegalArgumentException where they cannot be joined: none, too many, or blocks of
   *     different sizes; they are left as they are
   */
  public ConcatDevice(List<? extends BlockDevice> devices, Reactor home) {
    if (devices.isEmpty() || devices.size() > MAX_DEVICES) {
      throw new IllegalArgumentException(
          "1 to %d devices can be joined, not %d".formatted(MAX_DEVICES, devices.size()));
    }
    this.devices = devices.toArray(BlockDevice[]::new);
    starts = new long[devices.size()];
    int blockSizeBytes = this.devices[0].geometry().blockSizeBytes();
    long blocks = 0;
    for (int i = 0; i < starts.length; i++) {
      BlockGeometry of = this.devices[i].geometry();
      if (of.blockSizeBytes() != blockSizeBytes) {
        throw new IllegalArgumentException(
            "joined devices have blocks of one size: device %d has %d bytes, the first %d"
                .formatted(i, of.blockSizeBytes(), blockSizeBytes));
      }
      starts[i] = blocks;
      blocks = Math.addExact(blocks, of.blockCount());
    }
    geometry = new BlockGeometry(blockSizeBytes, blocks);
    crossings = home == null ? null : new BorderCrossings(home, this::crosses);
    traits = traitsOf(this.devices);
    firstAsItIs = !this.devices[0].traits().lendsReads();
  }

  private DeviceTraits traitsOf(BlockDevice[] devices) {
    // A write that waits for its turn still needs its data.
    boolean consumes = crossings == null;
    boolean volatileCache = false;
    boolean deallocates = true;
    int maxTransferBytes = BufferPool.MAX_BUFFER_BYTES;
    for (BlockDevice device : devices) {
      DeviceTraits of = device.traits();
      consumes &= of.consumesWritesOnSubmit();
      volatileCache |= of.volatileCache();
      deallocates &= of.deallocates();
      maxTransferBytes = Math.min(maxTransferBytes, of.maxTransferBytes());
    }
    // What two devices lend has two owners, and a command knows one.
    return new DeviceTraits(false, consumes, volatileCache, deallocates, maxTransferBytes);
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  /** Only {@link DeviceTraits#volatileCache} ever changes: to true, where a device's does. */
  @Override
  public DeviceTraits traits() {
    DeviceTraits known = traits;
    if (!known.volatileCache() && anyCaches()) {
      known = traitsOf(devices);
      traits = known;
    }
    return known;
  }

  private boolean anyCaches() {
    for (BlockDevice device : devices) {
      if (device.traits().volatileCache()) {
        return true;
      }
    }
    return false;
  }

  /** What was not passed on as it is, which the first device counts. */
  public LayerCounters counters() {
    return counters;
  }

  @Override
  public void submit(BlockIo io) {
    BlockStatus refusal = closed ? BlockStatus.FAILED : RequestCheck.check(io, geometry, traits);
    boolean flush = io.op() == BlockOp.FLUSH;
    if (!refusal.isSuccess() || io.blockCount() == 0 && !flush) {
      io.complete(refusal);
      return;
    }
    int first = flush ? 0 : indexOf(io.startBlock());
    boolean crosses = flush ? devices.length > 1 : io.blockCount() > left(first, io.startBlock());
    if (crosses && io.op() == BlockOp.COMPARE_AND_WRITE) {
      io.complete(BlockStatus.INVALID);
      return;
    }
    if (first == 0 && !crosses && firstAsItIs) {
      devices[0].submit(io);
      return;
    }
    if (crosses && !flush && crossings != null) {
      crossings.submit(io);
      return;
    }
    Lane lane = lanes.of(io.reactor());
    ConcatCommand command = lane.tryAcquire();
    if (command == null) {
      io.complete(BlockStatus.BUSY);
    } else {
      lane.counters.started();
      command.start(io, first);
    }
  }

  /** A command that crosses a border has come to the home reactor. */
  private void crosses(BlockIo io) {
    Lane lane = lanes.of(crossings.home());
    ConcatCommand command = lane.tryAcquire();
    if (command == null) {
      crossings.answer(io, BlockStatus.BUSY);
    } else {
      lane.counters.started();
      command.startInOrder(io, indexOf(io.startBlock()), crossings);
    }
  }

  BlockDevice device(int index) {
    return devices[index];
  }

  int deviceCount() {
    return devices.length;
  }

  /** The first block of a device here. */
  long startOf(int index) {
    return starts[index];
  }

  int blockShift() {
    return geometry.blockShift();
  }

  /** Blocks of the device from {@code block}, counted here, on. */
  long left(int index, long block) {
    long end = index + 1 < starts.length ? starts[index + 1] : geometry.blockCount();
    return end - block;
  }

  private int indexOf(long block) {
    int found = Arrays.binarySearch(starts, block);
    return found >= 0 ? found : -found - 2;
  }

  @Override
  public void close() {
    closed = true;
    for (BlockDevice device : devices) {
      device.close();
    }
  }
}
