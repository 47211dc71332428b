package io.dnvme.disk;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.OverlapGate;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.ReactorInbox;
import io.dnvme.block.RequestCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A disk in a regular file or on a raw block device, through the page cache or past it.
 *
 * <p>The way of a command:
 *
 * <pre>
 *   submit ─► overlap gate ─► gathered for the turn ─► I/O threads' queue ─► thread: system call
 *                                                                               │
 *   complete ◄── reactor, all that came meanwhile in one task ◄── gate left ◄───┘
 * </pre>
 *
 * Flush is fdatasync, one for all that wait; force unit access writes through in one call, and
 * flushes what is read. Deallocating punches holes, so the space goes back to the file system;
 * where that cannot be done zeroes are written. When making data durable fails, the device fails
 * for good: see {@link #failure}.
 *
 * <p>Of data that it lost the kernel tells each open file description once: the next call on it
 * that makes data durable. So each I/O thread has a description of its own for its commands, and
 * the flushes have one: none hears what another needed to hear.
 */
public final class FileDevice implements BlockDevice {

  /** The most data of one command. */
  public static final int MAX_TRANSFER_BYTES = BufferPool.MAX_BUFFER_BYTES;

  /** What one reactor has of this device. */
  private final class Lane {
    private final Reactor reactor;
    private final IoCounters counters;
    private final ReactorInbox gathered;
    private final ReactorInbox executed;

    Lane(Reactor reactor) {
      this.reactor = reactor;
      counters = FileDevice.this.counters.on(reactor);
      gathered = new ReactorInbox(reactor, this::handOver, engine::start);
      executed = new ReactorInbox(reactor, this::complete);
    }

    private void handOver(BlockIo io) {
      if (!engine.offer(io)) {
        leave(io);
        io.status(BlockStatus.BUSY);
        complete(io);
      }
    }

    private void complete(BlockIo io) {
      long nanos = reactor.clock().nanos() - io.stampNanos();
      counters.finished(io.op(), io.status(), io.blockCount() << geometry.blockShift(), nanos);
      io.complete(io.status());
    }
  }

  private final Path path;
  private final OpenedFile opened;
  private final BlockGeometry geometry;
  private final DeviceTraits traits;
  private final FileFailure failure;
  private final SharedFlush flushes = new SharedFlush(this::flush, this::executed);
  private final OverlapGate gate;
  private final FileEngine engine;
  private final LayerCounters counters = new LayerCounters();
  private final PerReactor<Lane> lanes = new PerReactor<>(Lane::new);
  private volatile boolean closed;

  FileDevice(Path path, OpenedFile opened, FileDeviceOptions options) {
    this.path = path;
    this.opened = opened;
    failure = new FileFailure(() -> options.whenLost().accept(path));
    var threadFiles = opened.threadFiles().iterator();
    geometry = opened.geometry();
    traits = new DeviceTraits(false, false, true, opened.punches(), MAX_TRANSFER_BYTES);
    gate = new OverlapGate(geometry, this::gather);
    engine =
        new IoThreads(
            path.getFileName().toString(),
            opened.threadFiles().size(),
            options.queueLimit(),
            () -> newThreadsWork(threadFiles.next()));
  }

  /** Opens what exists: its size is the file's or the block device's. */
  public static FileDevice open(Path path, FileDeviceOptions options) throws DeviceOpenException {
    return new FileDevice(path, OpenedFile.open(path, options), options);
  }

  /** Makes a sparse file of {@code sizeBytes} that reads as zeroes, and opens it. */
  public static FileDevice create(Path path, long sizeBytes, FileDeviceOptions options)
      throws DeviceOpenException {
    OpenedFile.create(path, sizeBytes, options.blockSizeBytes());
    return open(path, options);
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public DeviceTraits traits() {
    return traits;
  }

  public LayerCounters counters() {
    return counters;
  }

  /** Why the device fails every command, if it does. */
  public Optional<String> failure() {
    return failure.failure();
  }

  @Override
  public void submit(BlockIo io) {
    Lane lane = lanes.of(io.reactor());
    lane.counters.started();
    io.stampNanos(lane.reactor.clock().nanos());
    BlockStatus refusal =
        closed || failure.isFailed()
            ? BlockStatus.FAILED
            : RequestCheck.check(io, geometry, traits);
    if (!refusal.isSuccess() || io.blockCount() == 0 && io.op() != BlockOp.FLUSH) {
      io.status(refusal);
      lane.complete(io);
    } else if (io.op() == BlockOp.FLUSH || gate.enter(io)) {
      lane.gathered.push(io);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    engine.close();
    try {
      if (!flush().isSuccess()) {
        throw new UncheckedIOException(new IOException(failure.failure().orElseThrow()));
      }
    } finally {
      opened.close();
    }
  }

  /** The gate let a command in that had to wait. */
  private void gather(BlockIo io) {
    lanes.of(io.reactor()).gathered.push(io);
  }

  private Consumer<BlockIo> newThreadsWork(NativeFile threadFile) {
    var commands = new FileCommands(opened, threadFile, failure);
    return io -> execute(commands, io);
  }

  /** On an I/O thread, which must survive whatever happens, and complete the command once. */
  private void execute(FileCommands commands, BlockIo io) {
    BlockStatus status = outcome(commands, io);
    if (status.isSuccess() && commands.needsFlush(io)) {
      flushes.join(io);
    } else {
      executed(io, status);
    }
  }

  private BlockStatus outcome(FileCommands commands, BlockIo io) {
    if (failure.isFailed()) {
      return BlockStatus.FAILED;
    }
    if (io.op() == BlockOp.FLUSH) {
      return BlockStatus.SUCCESS;
    }
    try {
      return commands.execute(io);
    } catch (RuntimeException | Error thrown) {
      failure.failed(io + ": " + thrown);
      return BlockStatus.FAILED;
    }
  }

  /** By one thread at a time: of the file's descriptions the first belongs to the flushes. */
  private BlockStatus flush() {
    try {
      return sync() == 0 ? BlockStatus.SUCCESS : BlockStatus.WRITE_FAULT;
    } catch (RuntimeException | Error thrown) {
      failure.failed("a flush of " + path + ": " + thrown);
      return BlockStatus.FAILED;
    }
  }

  /** Once it failed the kernel would say that the next one worked: it is not asked again. */
  private long sync() {
    if (failure.isFailed()) {
      return -Errno.EIO;
    }
    long result;
    do {
      result = opened.file().fdatasync();
    } while (result == -Errno.EINTR);
    if (result < 0) {
      failure.failed("a flush of " + path, (int) -result);
    }
    // Another thread may know of a failure of the medium that this call was not told of.
    return failure.isFailed() ? -Errno.EIO : result;
  }

  private void executed(BlockIo io, BlockStatus status) {
    leave(io);
    io.status(status);
    lanes.of(io.reactor()).executed.push(io);
  }

  private void leave(BlockIo io) {
    if (io.op() != BlockOp.FLUSH) {
      gate.leave(io);
    }
  }
}
