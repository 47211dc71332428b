package io.dnvme.disk;

import static io.dnvme.disk.CLibrary.INT;
import static io.dnvme.disk.CLibrary.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * An open file or block device of Linux on x86_64 or aarch64: its system calls as they are. Each
 * returns what the kernel returns: the result, or −errno; interrupted and short transfers are the
 * caller's matter. Unlike a {@link java.nio.channels.FileChannel} it tells ENOSPC from EIO, writes
 * through with one call, and no interrupt of a thread closes it.
 *
 * <p>Any thread; closed once nobody uses it.
 */
class NativeFile implements AutoCloseable {

  static final int O_RDWR = 2;
  static final int O_CREAT = 0x40;

  /** Where the kernel itself uses a block device (mounted, part of a set), refuse to open it. */
  static final int O_EXCL = 0x80;

  static final int O_CLOEXEC = 0x80000;
  static final int O_DIRECT = isAarch64() ? 0x10000 : 0x4000;

  static final int FALLOC_KEEP_SIZE = 0x1;
  static final int FALLOC_PUNCH_HOLE = 0x2;
  static final int FALLOC_ZERO_RANGE = 0x10;

  private static final int OWNER_ONLY = 0600;
  private static final int LOCK_EXCLUSIVE_NOW = 2 | 4;
  private static final int RWF_DSYNC = 0x2;
  private static final long BLKGETSIZE64 = 0x80081272L;
  private static final long BLKSSZGET = 0x1268L;

  private static final MethodHandle OPEN =
      CLibrary.variadicFunction("open", 2, INT, LONG, INT, INT);
  private static final MethodHandle CLOSE = CLibrary.function("close", INT, INT);
  private static final MethodHandle FLOCK = CLibrary.function("flock", INT, INT, INT);
  private static final MethodHandle STATX =
      CLibrary.function("statx", INT, INT, LONG, INT, INT, LONG);
  private static final MethodHandle IOCTL =
      CLibrary.variadicFunction("ioctl", 2, INT, INT, LONG, LONG);
  private static final MethodHandle FTRUNCATE = CLibrary.function("ftruncate", INT, INT, LONG);
  private static final MethodHandle FALLOCATE =
      CLibrary.function("fallocate", INT, INT, INT, LONG, LONG);
  private static final MethodHandle FDATASYNC = CLibrary.function("fdatasync", INT, INT);
  private static final MethodHandle PREADV =
      CLibrary.function("preadv", LONG, INT, LONG, INT, LONG);
  private static final MethodHandle PWRITEV2 =
      CLibrary.function("pwritev2", LONG, INT, LONG, INT, LONG, INT);

  final int descriptor;

  NativeFile(int descriptor) {
    this.descriptor = descriptor;
  }

  /** The descriptor of the opened file, or −errno. A file that is created is its owner's only. */
  static long open(Path path, int flags) {
    MemorySegment errno = CLibrary.errnoSlot();
    try (var arena = Arena.ofConfined()) {
      long name = arena.allocateFrom(path.toString(), StandardCharsets.UTF_8).address();
      int result = (int) OPEN.invokeExact(errno, name, flags | O_CLOEXEC, OWNER_ONLY);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("open", thrown);
    }
  }

  /** A descriptor of the same file with an open file description of its own, or −errno. */
  long openAgain(int flags) {
    // Whatever its name has become.
    return open(Path.of("/proc/self/fd/" + descriptor), flags);
  }

  /** Fills the memory that {@code count} iovec structures name, from {@code offsetBytes} on. */
  long preadv(long iovecs, int count, long offsetBytes) {
    MemorySegment errno = CLibrary.errnoSlot();
    try {
      long result = (long) PREADV.invokeExact(errno, descriptor, iovecs, count, offsetBytes);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("preadv", thrown);
    }
  }

  /** Writes; with {@code durable} it returns when the data is on the medium. */
  long pwritev(long iovecs, int count, long offsetBytes, boolean durable) {
    MemorySegment errno = CLibrary.errnoSlot();
    int flags = durable ? RWF_DSYNC : 0;
    try {
      long result =
          (long) PWRITEV2.invokeExact(errno, descriptor, iovecs, count, offsetBytes, flags);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("pwritev2", thrown);
    }
  }

  /** What was written, and what is needed to find it again, is on the medium. */
  long fdatasync() {
    MemorySegment errno = CLibrary.errnoSlot();
    try {
      int result = (int) FDATASYNC.invokeExact(errno, descriptor);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("fdatasync", thrown);
    }
  }

  long fallocate(int mode, long offsetBytes, long lengthBytes) {
    MemorySegment errno = CLibrary.errnoSlot();
    try {
      int result = (int) FALLOCATE.invokeExact(errno, descriptor, mode, offsetBytes, lengthBytes);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("fallocate", thrown);
    }
  }

  long ftruncate(long lengthBytes) {
    MemorySegment errno = CLibrary.errnoSlot();
    try {
      int result = (int) FTRUNCATE.invokeExact(errno, descriptor, lengthBytes);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("ftruncate", thrown);
    }
  }

  /** Locks the file against everybody else who locks it, without waiting. */
  long lock() {
    MemorySegment errno = CLibrary.errnoSlot();
    try {
      int result = (int) FLOCK.invokeExact(errno, descriptor, LOCK_EXCLUSIVE_NOW);
      return CLibrary.outcome(result, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("flock", thrown);
    }
  }

  FileStatus status() {
    MemorySegment errno = CLibrary.errnoSlot();
    try (var arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(FileStatus.STATX_BYTES, Long.BYTES);
      long empty = arena.allocateFrom("").address();
      int result =
          (int)
              STATX.invokeExact(
                  errno,
                  descriptor,
                  empty,
                  FileStatus.AT_EMPTY_PATH,
                  FileStatus.MASK,
                  buffer.address());
      if (result != 0) {
        throw new IllegalStateException(
            "statx: " + Errno.words((int) -CLibrary.outcome(result, errno)));
      }
      return FileStatus.parse(buffer);
    } catch (IllegalStateException e) {
      throw e;
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("statx", thrown);
    }
  }

  /** Size of a block device in bytes, or −errno. */
  long blockDeviceBytes() {
    return ask(BLKGETSIZE64, Long.BYTES);
  }

  /** The smallest unit that a block device reads and writes, in bytes, or −errno. */
  long blockDeviceSectorBytes() {
    return ask(BLKSSZGET, Integer.BYTES);
  }

  @Override
  public void close() {
    try {
      // Never repeated: whatever it returns, Linux has freed the descriptor.
      int ignored = (int) CLOSE.invokeExact(CLibrary.errnoSlot(), descriptor);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("close", thrown);
    }
  }

  private long ask(long request, int answerBytes) {
    MemorySegment errno = CLibrary.errnoSlot();
    try (var arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(answerBytes, answerBytes);
      int result = (int) IOCTL.invokeExact(errno, descriptor, request, answer.address());
      if (result == -1) {
        return CLibrary.outcome(result, errno);
      }
      return answerBytes == Long.BYTES
          ? answer.get(ValueLayout.JAVA_LONG, 0)
          : answer.get(ValueLayout.JAVA_INT, 0);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("ioctl", thrown);
    }
  }

  private static boolean isAarch64() {
    return System.getProperty("os.arch").equals("aarch64");
  }
}
