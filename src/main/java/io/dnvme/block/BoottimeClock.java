package io.dnvme.block;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The machine's CLOCK_BOOTTIME: unlike {@link System#nanoTime} it counts on while the machine is
 * suspended. Any thread; reading it is a call of the C library's own, without a system call.
 *
 * <p>No offset to a cheaper clock is kept, because a suspend changes it and nobody tells.
 */
public final class BoottimeClock implements Clock {

  public static final BoottimeClock INSTANCE = new BoottimeClock();

  private static final int CLOCK_BOOTTIME = 7;
  private static final long TIMESPEC_BYTES = 16;
  private static final long NANOS_OFFSET_BYTES = 8;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private static final MethodHandle CLOCK_GETTIME = clockGettime();

  /** Where each thread has its time told: too small to be worth freeing. */
  private static final ThreadLocal<MemorySegment> TIMESPEC =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(TIMESPEC_BYTES, Long.BYTES));

  private BoottimeClock() {}

  @Override
  public long nanos() {
    MemorySegment timespec = TIMESPEC.get();
    int result;
    try {
      result = (int) CLOCK_GETTIME.invokeExact(CLOCK_BOOTTIME, timespec);
    } catch (Throwable thrown) {
      throw new LinkageError("clock_gettime cannot be called", thrown);
    }
    if (result != 0) {
      throw new IllegalStateException("this machine has no CLOCK_BOOTTIME");
    }
    return timespec.get(ValueLayout.JAVA_LONG, 0) * NANOS_PER_SECOND
        + timespec.get(ValueLayout.JAVA_LONG, NANOS_OFFSET_BYTES);
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }

  @SuppressWarnings("restricted")
  private static MethodHandle clockGettime() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("clock_gettime"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS),
        // It returns at once and never calls back: the thread need not be parked for the collector.
        Linker.Option.critical(false));
  }
}
