package io.dnvme.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Zeroed memory that takes none until it is touched and gives it back when told to: an anonymous
 * mapping. An {@link Arena}'s own allocation touches everything.
 */
final class SparseMemory implements AutoCloseable {

  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_PRIVATE = 0x2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;
  private static final int SC_PAGESIZE = 30;
  private static final int MAX_ERRNO = 4095;

  private static final MethodHandle MMAP =
      CLibrary.function(
          "mmap",
          CLibrary.LONG,
          CLibrary.LONG,
          CLibrary.LONG,
          CLibrary.INT,
          CLibrary.INT,
          CLibrary.INT,
          CLibrary.LONG);
  private static final MethodHandle MUNMAP =
      CLibrary.function("munmap", CLibrary.INT, CLibrary.LONG, CLibrary.LONG);
  private static final MethodHandle MADVISE =
      CLibrary.function("madvise", CLibrary.INT, CLibrary.LONG, CLibrary.LONG, CLibrary.INT);
  private static final MethodHandle SYSCONF =
      CLibrary.function("sysconf", CLibrary.LONG, CLibrary.INT);

  /** What the machine gives and takes back as a whole. */
  static final long PAGE_BYTES = pageBytes();

  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;

  /**
   * Fails with {@link DeviceOpenException} where the address space does not suffice.
   *
   * @param hugePages on huge pages, as far as the kernel has them: then a first touch takes one
   */
  @SuppressWarnings("restricted")
  SparseMemory(long sizeBytes, boolean hugePages) throws DeviceOpenException {
    long address = map(sizeBytes);
    if (address < 0 && address >= -MAX_ERRNO) {
      throw new DeviceOpenException(
          "cannot map %d bytes of memory: %s; ask for a smaller disk or raise the limit on address"
                  .formatted(sizeBytes, Errno.words((int) -address))
              + " space (ulimit -v)");
    }
    segment = MemorySegment.ofAddress(address).reinterpret(sizeBytes, arena, SparseMemory::unmap);
    if (hugePages) {
      // Advice: where the kernel has none, small pages do.
      advise(0, sizeBytes, MADV_HUGEPAGE);
    }
  }

  MemorySegment segment() {
    return segment;
  }

  /** The bytes read as zeroes afterwards, and their whole pages take no memory. */
  void free(long offsetBytes, long lengthBytes) {
    long end = offsetBytes + lengthBytes;
    long firstPage = Math.ceilDiv(offsetBytes, PAGE_BYTES) * PAGE_BYTES;
    long lastPage = end / PAGE_BYTES * PAGE_BYTES;
    if (firstPage >= lastPage) {
      zero(offsetBytes, end);
      return;
    }
    zero(offsetBytes, firstPage);
    zero(lastPage, end);
    if (!advise(firstPage, lastPage - firstPage, MADV_DONTNEED)) {
      zero(firstPage, lastPage);
    }
  }

  /** Unmaps it; nobody may use a view of it any more. */
  @Override
  public void close() {
    arena.close();
  }

  private void zero(long from, long to) {
    if (from < to) {
      segment.asSlice(from, to - from).fill((byte) 0);
    }
  }

  private boolean advise(long offsetBytes, long lengthBytes, int advice) {
    try {
      int result =
          (int)
              MADVISE.invokeExact(
                  CLibrary.errnoSlot(), segment.address() + offsetBytes, lengthBytes, advice);
      return result == 0;
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("madvise", thrown);
    }
  }

  private static long map(long sizeBytes) {
    MemorySegment errno = CLibrary.errnoSlot();
    try {
      long address =
          (long)
              MMAP.invokeExact(
                  errno,
                  0L,
                  sizeBytes,
                  PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1,
                  0L);
      return CLibrary.outcome(address, errno);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("mmap", thrown);
    }
  }

  private static long pageBytes() {
    try {
      return (long) SYSCONF.invokeExact(CLibrary.errnoSlot(), SC_PAGESIZE);
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("sysconf", thrown);
    }
  }

  private static void unmap(MemorySegment mapping) {
    try {
      int result =
          (int) MUNMAP.invokeExact(CLibrary.errnoSlot(), mapping.address(), mapping.byteSize());
      assert result == 0 : "munmap of an existing mapping failed";
    } catch (Throwable thrown) {
      throw CLibrary.unlinked("munmap", thrown);
    }
  }
}
