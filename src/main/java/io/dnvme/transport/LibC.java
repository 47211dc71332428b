package io.dnvme.transport;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The calls of the C library that the JDK does not offer; Linux on 64 bits. */
@SuppressWarnings("restricted")
final class LibC {

  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_DONTNEED = 4;
  private static final int CPU_SET_BYTES = 128;

  private static final MethodHandle MMAP =
      call("mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = call("munmap", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle MADVISE =
      call("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SCHED_SETAFFINITY =
      call("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);

  private LibC() {}

  /** Zeroed memory of whole pages that costs nothing until it is touched. */
  static MemorySegment map(long lengthBytes) {
    try {
      MemorySegment address =
          (MemorySegment)
              MMAP.invokeExact(
                  MemorySegment.NULL,
                  lengthBytes,
                  PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1,
                  0L);
      if (address.address() == -1) {
        throw new OutOfMemoryError("mmap of " + lengthBytes + " bytes failed");
      }
      return address.reinterpret(lengthBytes);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Gives a whole mapping back; nobody may touch it again. */
  static void unmap(MemorySegment mapping) {
    try {
      int result = (int) MUNMAP.invokeExact(mapping, mapping.byteSize());
      check(result, "munmap");
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Gives the memory behind whole pages back; they read as zeroes afterwards. */
  static void dropPages(MemorySegment pages) {
    try {
      int result = (int) MADVISE.invokeExact(pages, pages.byteSize(), MADV_DONTNEED);
      check(result, "madvise");
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Holds the calling thread to one CPU; false where this process may not use it. */
  static boolean pinToCpu(int cpu) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = arena.allocate(CPU_SET_BYTES, Long.BYTES);
      set.set(JAVA_LONG, (long) cpu / Long.SIZE * Long.BYTES, 1L << cpu % Long.SIZE);
      return (int) SCHED_SETAFFINITY.invokeExact(0, (long) CPU_SET_BYTES, set) == 0;
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  private static void check(int result, String function) {
    if (result != 0) {
      throw new IllegalStateException(function + " failed");
    }
  }

  private static RuntimeException rethrow(Throwable e) {
    if (e instanceof RuntimeException unchecked) {
      return unchecked;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }

  private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }
}
