package io.dnvme.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;

/**
 * Functions of the C library that report failure by −1 and {@code errno}. A handle made here takes
 * {@link #errnoSlot()} as its first argument; pointers are passed as {@code long} addresses. Any
 * thread.
 */
final class CLibrary {

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET_BYTES =
      CAPTURED.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  private static final ThreadLocal<MemorySegment> ERRNO_SLOT =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURED));

  private CLibrary() {}

  /**
   * @param result INT or LONG
   * @param variadicFrom index of the first variadic argument, or the number of arguments
   */
  @SuppressWarnings("restricted")
  static MethodHandle variadicFunction(
      String name, int variadicFrom, MemoryLayout result, MemoryLayout... arguments) {
    var options = Stream.<Linker.Option>builder().add(Linker.Option.captureCallState("errno"));
    if (variadicFrom < arguments.length) {
      options.add(Linker.Option.firstVariadicArg(variadicFrom));
    }
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        options.build().toArray(Linker.Option[]::new));
  }

  static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
    return variadicFunction(name, arguments.length, result, arguments);
  }

  /** Where this thread's calls leave their errno. */
  static MemorySegment errnoSlot() {
    return ERRNO_SLOT.get();
  }

  /** The kernel's own convention: the result, or −errno where it is −1. */
  static long outcome(long result, MemorySegment errnoSlot) {
    return result == -1 ? -errnoSlot.get(INT, ERRNO_OFFSET_BYTES) : result;
  }

  /** A handle of this class cannot fail but by a mistake in its description. */
  static LinkageError unlinked(String name, Throwable thrown) {
    return new LinkageError(name + " cannot be called", thrown);
  }
}
