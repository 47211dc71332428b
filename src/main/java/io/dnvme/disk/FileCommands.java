package io.dnvme.disk;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Carries commands out on a file, one at a time, waiting for the kernel. Belongs to one I/O thread.
 *
 * <p>Memory that the kernel cannot use as it is (on the heap, or not aligned for direct I/O) goes
 * through memory of this thread.
 */
final class FileCommands {

  private static final int PUNCH = NativeFile.FALLOC_PUNCH_HOLE | NativeFile.FALLOC_KEEP_SIZE;
  private static final int ZERO = NativeFile.FALLOC_ZERO_RANGE | NativeFile.FALLOC_KEEP_SIZE;

  private final OpenedFile opened;
  private final NativeFile file;
  private final FileFailure failure;
  private final Iovecs iovecs = new Iovecs(Arena.ofAuto());
  private final IoVector scratchVector = new IoVector();
  private MemorySegment scratch;

  /**
   * @param file the thread's own of {@code opened}
   */
  FileCommands(OpenedFile opened, NativeFile file, FileFailure failure) {
    this.opened = opened;
    this.file = file;
    this.failure = failure;
  }

  /**
   * Does what {@code io}, which is no flush, asks for.
   *
   * @return its outcome; where {@link #needsFlush} it holds once that is done
   */
  BlockStatus execute(BlockIo io) {
    long at = io.startBlock() << opened.geometry().blockShift();
    long length = io.blockCount() << opened.geometry().blockShift();
    return switch (io.op()) {
      case READ -> read(io.data(), at);
      case WRITE -> write(io.data(), at, io.forceUnitAccess());
      case COMPARE -> compare(io.data(), at);
      case COMPARE_AND_WRITE -> {
        BlockStatus equal = compare(io.compareData(), at);
        yield equal.isSuccess() ? write(io.data(), at, io.forceUnitAccess()) : equal;
      }
      case DEALLOCATE -> zero(at, length, true);
      case WRITE_ZEROES -> zero(at, length, io.mayDeallocate());
      case FLUSH -> throw new IllegalArgumentException("a flush is not a file's command");
    };
  }

  /**
   * Whether a successful {@code io} must not complete before a flush that comes after it. With
   * force unit access a read or compare, too: what it saw is on the medium (NVM Command Set 1.0
   * §3.2.4).
   */
  boolean needsFlush(BlockIo io) {
    if (io.op() == BlockOp.FLUSH) {
      return true;
    }
    boolean writes = io.op() == BlockOp.WRITE || io.op() == BlockOp.COMPARE_AND_WRITE;
    return io.forceUnitAccess() && !(writes && failure.writesThrough());
  }

  private BlockStatus read(IoVector target, long at) {
    if (!needsScratch(target)) {
      return readAll(target, at);
    }
    BlockStatus status = readAll(scratch(target.lengthBytes()), at);
    if (status.isSuccess()) {
      target.copyFrom(scratch, 0);
    }
    return status;
  }

  private BlockStatus compare(IoVector expected, long at) {
    BlockStatus status = readAll(scratch(expected.lengthBytes()), at);
    if (!status.isSuccess()) {
      return status;
    }
    return expected.contentEquals(scratch, 0) ? BlockStatus.SUCCESS : BlockStatus.COMPARE_FAILED;
  }

  private BlockStatus write(IoVector source, long at, boolean durable) {
    IoVector usable = source;
    if (needsScratch(source)) {
      usable = scratch(source.lengthBytes());
      source.copyTo(scratch, 0);
    }
    if (!durable || !failure.writesThrough()) {
      return outcome(writeAll(usable, at, false));
    }
    return writeThrough(usable, at);
  }

  /**
   * Where writing through fails the kernel does not say whether the write failed or the sync after
   * it, and a failed sync means that nothing unflushed can be trusted any more. So only what fails
   * for want of space, and does so again without the sync, is the write's own failure; were there a
   * loss besides, the next flush is told of it, too. Of such a write some blocks may be written.
   */
  private BlockStatus writeThrough(IoVector source, long at) {
    long result = writeAll(source, at, true);
    if (result == 0) {
      return failure.isFailed() ? BlockStatus.WRITE_FAULT : BlockStatus.SUCCESS;
    }
    int errno = (int) -result;
    if (errno == Errno.EOPNOTSUPP) {
      failure.cannotWriteThrough();
      return outcome(writeAll(source, at, false));
    }
    if (Errno.isOutOfSpace(errno) && writeAll(source, at, false) == result) {
      return BlockStatus.CAPACITY_EXCEEDED;
    }
    failure.failed("a write that must be durable", errno);
    return BlockStatus.WRITE_FAULT;
  }

  /** By a hole, by marking the range, or by writing zeroes: whatever can be done here. */
  private BlockStatus zero(long at, long length, boolean mayDeallocate) {
    long result = -Errno.EOPNOTSUPP;
    if (mayDeallocate) {
      result = fallocate(PUNCH, at, length);
    }
    if (result < 0 && Errno.isUnsupported((int) -result)) {
      result = fallocate(ZERO, at, length);
    }
    if (result < 0 && Errno.isUnsupported((int) -result)) {
      result = writeZeroes(at, length);
    }
    return outcome(result);
  }

  private long fallocate(int mode, long at, long length) {
    long result;
    do {
      result = file.fallocate(mode, at, length);
    } while (result == -Errno.EINTR);
    return result;
  }

  private long writeZeroes(long at, long length) {
    long most = FileDevice.MAX_TRANSFER_BYTES;
    IoVector zeroes = scratch(Math.min(length, most));
    scratch.asSlice(0, zeroes.lengthBytes()).fill((byte) 0);
    long result = 0;
    for (long done = 0; done < length && result == 0; done += most) {
      if (length - done < most) {
        zeroes = scratch(length - done);
      }
      result = writeAll(zeroes, at + done, false);
    }
    return result;
  }

  private BlockStatus readAll(IoVector target, long at) {
    long length = target.lengthBytes();
    for (long done = 0; done < length; ) {
      int ranges = iovecs.fill(target, done);
      long result = file.preadv(iovecs.address(), ranges, at + done);
      // 0 is the end of a file that somebody has cut short.
      if (result == 0 || result < 0 && result != -Errno.EINTR) {
        return BlockStatus.READ_FAULT;
      }
      done += Math.max(result, 0);
    }
    return BlockStatus.SUCCESS;
  }

  /** 0, or −errno. */
  private long writeAll(IoVector source, long at, boolean durable) {
    long length = source.lengthBytes();
    for (long done = 0; done < length; ) {
      int ranges = iovecs.fill(source, done);
      long result = file.pwritev(iovecs.address(), ranges, at + done, durable);
      if (result == 0) {
        return -Errno.EIO;
      }
      if (result < 0 && result != -Errno.EINTR) {
        return result;
      }
      done += Math.max(result, 0);
    }
    return 0;
  }

  private static BlockStatus outcome(long result) {
    if (result >= 0) {
      return BlockStatus.SUCCESS;
    }
    return Errno.isOutOfSpace((int) -result)
        ? BlockStatus.CAPACITY_EXCEEDED
        : BlockStatus.WRITE_FAULT;
  }

  private boolean needsScratch(IoVector vector) {
    for (int i = 0; i < vector.count(); i++) {
      MemorySegment segment = vector.segment(i);
      if (!segment.isNative()
          || (segment.address() + vector.offsetBytes(i)) % opened.directMemoryBytes() != 0
          || vector.lengthBytes(i) % opened.directOffsetBytes() != 0) {
        return true;
      }
    }
    return false;
  }

  /** The first {@code lengthBytes} of this thread's own memory. */
  private IoVector scratch(long lengthBytes) {
    if (scratch == null) {
      scratch = Arena.ofAuto().allocate(FileDevice.MAX_TRANSFER_BYTES, SparseMemory.PAGE_BYTES);
    }
    return scratchVector.clear().add(scratch, 0, lengthBytes);
  }
}
