package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/**
 * One owner's connection to a {@link CrashDevice}: commands take a random time and overtake each
 * other. When it is cut, each command under way takes effect or not, whole; none does later.
 */
final class CrashWire implements BlockDevice {

  private static final int MAX_DELAY_NANOS = 200_000;

  /** A command under way. */
  private record Flight(BlockIo io, BlockOp op, byte[] data) {}

  private final CrashDevice device;
  private final Random random;
  private final List<Flight> flights = new ArrayList<>();
  private Consumer<BlockIo> watcher = io -> {};
  private boolean cut;
  private boolean hangs;
  private BlockStatus flushes = BlockStatus.SUCCESS;
  private LongPredicate refusesWrites = block -> false;
  private LongPredicate busyReads = block -> false;
  private int readNanos;

  CrashWire(CrashDevice device, Random random) {
    this.device = device;
    this.random = random;
  }

  int powerIncarnation() {
    return device.powerIncarnation();
  }

  /** Told of each command before anything happens to it. */
  void watch(Consumer<BlockIo> told) {
    watcher = told;
  }

  @Override
  public BlockGeometry geometry() {
    return device.geometry;
  }

  @Override
  public DeviceTraits traits() {
    return new DeviceTraits(false, true, true, false, 1 << 20);
  }

  @Override
  public void submit(BlockIo io) {
    watcher.accept(io);
    byte[] data = new byte[(int) io.data().lengthBytes()];
    if (io.op() == BlockOp.WRITE) {
      io.data().copyTo(MemorySegment.ofArray(data), 0);
    }
    if (cut) {
      io.reactor().execute(() -> io.complete(BlockStatus.PATH_LOST));
      return;
    }
    var flight = new Flight(io, io.op(), data);
    flights.add(flight);
    io.reactor()
        .timers()
        .schedule(
            1 + random.nextInt(MAX_DELAY_NANOS) + (io.op() == BlockOp.READ ? readNanos : 0),
            () -> {
              if (!hangs && flights.remove(flight)) {
                io.complete(apply(io, data));
              }
            });
  }

  private BlockStatus apply(BlockIo io, byte[] data) {
    if (io.op() == BlockOp.FLUSH && !flushes.isSuccess()) {
      return flushes;
    }
    if (io.op() == BlockOp.READ && busyReads.test(io.startBlock())) {
      return BlockStatus.BUSY;
    }
    boolean refused = io.op() == BlockOp.WRITE && refusesWrites.test(io.startBlock());
    return refused ? BlockStatus.WRITE_FAULT : device.apply(io, data);
  }

  /** Writes that begin at such a block are refused from now on. */
  void refusesWrites(LongPredicate blocks) {
    refusesWrites = blocks;
  }

  /** Reads that begin at such a block are BUSY from now on. */
  void busyReads(LongPredicate blocks) {
    busyReads = blocks;
  }

  /** Reads take so much longer from now on. */
  void slowReads(int nanos) {
    readNanos = nanos;
  }

  /** What is under way, and what comes, does not end before the connection is cut. */
  void hang() {
    hangs = true;
  }

  /** How flushes end from now on. */
  void flushes(BlockStatus status) {
    flushes = status;
  }

  /**
   * What the member's medium itself says, without its cache; what rotted there since it was written
   * counts as it was, for nobody can know of it.
   */
  HeaderUnion onMedium(MemberLayout layout) {
    return new HeaderUnion(layout, List.of(image(layout, device.writtenBytes())));
  }

  /** What a medium says. */
  static HeaderImage image(MemberLayout layout, byte[] bytes) {
    MemorySegment medium = MemorySegment.ofArray(bytes);
    int blockSize = layout.blockSizeBytes();
    var image = new HeaderImage(layout);
    image.descriptor(medium);
    for (int bitmap = 0; bitmap < MemberLayout.BITMAPS; bitmap++) {
      for (int page = 0; page < layout.pagesPerBitmap(); page++) {
        image.page(bitmap, page, medium.asSlice(layout.bitmapBlock(bitmap, page, 0) * blockSize));
      }
    }
    return image;
  }

  /** Whether data is being read. */
  boolean isReading() {
    return flights.stream().anyMatch(flight -> flight.op == BlockOp.READ);
  }

  /** Whether a page of the header is on its way. */
  boolean isHeaderUnderWay(MemberLayout layout) {
    return flights.stream()
        .anyMatch(flight ->
            flight.op == BlockOp.WRITE && flight.io.startBlock() < layout.checksumBlock());
  }

  /**
   * @param owner whether somebody is left who is told
   * @param power whether the member's power goes too
   */
  void cut(boolean owner, boolean power) {
    if (cut) {
      return;
    }
    cut = true;
    for (Flight flight : List.copyOf(flights)) {
      if (power) {
        device.tear(flight.io, flight.data, random);
      } else if (flight.op != BlockOp.READ && random.nextBoolean()) {
        device.apply(flight.io, flight.data);
      }
      if (owner) {
        flight.io.reactor().execute(() -> flight.io.complete(BlockStatus.PATH_LOST));
      }
    }
    flights.clear();
  }

  @Override
  public void close() {
    cut(false, false);
  }
}
