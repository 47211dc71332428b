package io.dnvme.target;

import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An I/O queue pair of a memory disk that is given the same batch of capsules again and again, as a
 * host with that queue depth would: what the rules cost without sockets. On one thread.
 */
final class CapsuleLoop implements AutoCloseable {

  /** Commands of a batch. */
  static final int BATCH = 32;

  private static final int BLOCK_BYTES = 4096;
  private static final int STRIDE_BLOCKS = 7;

  private final TestTarget target = new TestTarget();
  private final Arena arena = Arena.ofConfined();
  private final ConnectionRules rules;
  private final ReceivedPdus received = new ReceivedPdus();
  private final OutgoingPdus outgoing = new OutgoingPdus(arena);

  /**
   * @param opcode READ or WRITE, of one block; writes carry it in the capsule
   */
  CapsuleLoop(int opcode) {
    rules = new TestHost(target).bringUp().io.rules();
    MemorySegment input = arena.allocate((long) BATCH * (CapsuleCmd.SIZE + BLOCK_BYTES), 8);
    received.reset(input);
    int at = 0;
    for (int i = 0; i < BATCH; i++) {
      var capsule = new CapsuleCmd().wrap(input, at);
      var command = new ReadWriteCommand();
      command.wrap(input, at + CapsuleCmd.CCSQE).start(opcode, i, 1, i * (long) STRIDE_BLOCKS, 1);
      if (opcode == IoOpcode.WRITE) {
        command.sglInCapsule(BLOCK_BYTES);
        capsule.startWithData(BLOCK_BYTES, false, false);
      } else {
        command.sglTransport(BLOCK_BYTES);
        capsule.start(false);
      }
      received.add(at, (int) capsule.plen());
      at += (int) capsule.plen();
    }
  }

  /** Has batches executed and their answers taken, as if written at once. */
  void run(int batches) {
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
      } while (!rules.wantsInput());
    }
  }

  @Override
  public void close() {
    target.close();
    arena.close();
  }
}
