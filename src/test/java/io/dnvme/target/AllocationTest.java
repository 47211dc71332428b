package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a command costs in garbage once everything is warm: nothing. */
class AllocationTest {

  private static final int BATCH = 32;
  private static final int WARM_UP_BATCHES = 20_000;
  private static final int MEASURED_BATCHES = 10_000;

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
    try (var target = new TestTarget();
        Arena arena = Arena.ofConfined()) {
      TestHost host = new TestHost(target).bringUp();
      ConnectionRules rules = host.io.rules();
      boolean write = opcode == IoOpcode.WRITE;
      MemorySegment input = arena.allocate((long) BATCH * (CapsuleCmd.SIZE + 4096), 8);
      var received = new ReceivedPdus();
      received.reset(input);
      int at = 0;
      for (int i = 0; i < BATCH; i++) {
        var capsule = new CapsuleCmd().wrap(input, at);
        var command = new ReadWriteCommand();
        command.wrap(input, at + CapsuleCmd.CCSQE).start(opcode, i, 1, i * 7L, 1);
        if (write) {
          command.sglInCapsule(4096);
          capsule.startWithData(4096, false, false);
        } else {
          command.sglTransport(4096);
          capsule.start(false);
        }
        received.add(at, (int) capsule.plen());
        at += (int) capsule.plen();
      }
      var outgoing = new OutgoingPdus(arena);
      run(rules, received, outgoing, WARM_UP_BATCHES);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < 5 && least > NOISE_BYTES; attempt++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        run(rules, received, outgoing, MEASURED_BATCHES);
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      long commands = (long) MEASURED_BATCHES * BATCH;
      System.out.printf("opcode %d: %d bytes for %d commands%n", opcode, least, commands);
      assertThat(least).as("bytes for %d commands", commands).isLessThan(NOISE_BYTES);
    }
  }

  private static void run(
      ConnectionRules rules, ReceivedPdus received, OutgoingPdus outgoing, int batches) {
    for (int i = 0; i < batches; i++) {
      int taken = rules.received(received, 0);
      if (taken != received.size()) {
        throw new AssertionError("taken " + taken);
      }
      do {
        rules.fill(outgoing);
        outgoing.ranges();
        outgoing.releaseAll();
        outgoing.reset();
      } while (!host(rules));
    }
  }

  /** All answers of a batch of this size fit one gathered write. */
  private static boolean host(ConnectionRules rules) {
    return rules.wantsInput();
  }
}
