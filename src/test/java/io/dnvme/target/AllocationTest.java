package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.dnvme.nvme.IoOpcode;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a command costs in garbage once everything is warm: nothing. */
class AllocationTest {

  private static final int WARM_UP_BATCHES = 20_000;
  private static final int MEASURED_BATCHES = 10_000;
  private static final int ATTEMPTS = 5;

  /** What a measurement itself, or a late compilation, may leave: far below a byte a command. */
  private static final long NOISE_BYTES = 16 << 10;

  @Test
  void read4k_steadyState_allocatesNothing() {
    assertAllocatesNothing(IoOpcode.READ);
  }

  @Test
  void writeInCapsule4k_steadyState_allocatesNothing() {
    assertAllocatesNothing(IoOpcode.WRITE);
  }

  private static void assertAllocatesNothing(int opcode) {
    try (var loop = new CapsuleLoop(opcode)) {
      loop.run(WARM_UP_BATCHES);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < ATTEMPTS && least > NOISE_BYTES; attempt++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        loop.run(MEASURED_BATCHES);
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least)
          .as("bytes for %d commands", (long) MEASURED_BATCHES * CapsuleLoop.BATCH)
          .isLessThan(NOISE_BYTES);
    }
  }
}
