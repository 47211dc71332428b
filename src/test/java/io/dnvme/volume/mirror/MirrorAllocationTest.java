package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a command costs in garbage once everything is warm: nothing. */
class MirrorAllocationTest {

  private static final int COMMANDS = 20_000;
  private static final int ATTEMPTS = 8;

  /** What a measurement itself, or a late compilation, may leave: far below a byte a command. */
  private static final long NOISE_BYTES = 16 << 10;

  private interface Opening {
    MirrorDevice open(ManualReactor home, int members) throws Exception;
  }

  @Test
  void readsAndWrites_steadyState_allocateNothing() throws Exception {
    check((home, members) -> MirrorContract.group(home, members, 1 << 20));
  }

  @Test
  void readsAndWrites_withTheLogOnTheMedia_allocateNothing() throws Exception {
    check((home, members) -> LoggedMirror.open(home, members, 1 << 20));
  }

  @Test
  void readsAndWrites_withChecksums_allocateNothing() throws Exception {
    check((home, members) -> LoggedMirror.open(home, members, 1 << 20, true));
  }

  private static void check(Opening opening) throws Exception {
    for (int members = 1; members <= 3; members++) {
      var home = new ManualReactor();
      try (Arena arena = Arena.ofConfined();
          MirrorDevice mirror = opening.open(home, members)) {
        MemorySegment data = arena.allocate(4096);
        var io = new BlockIo(home).onCompletion(BlockIo::release, null);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < ATTEMPTS && least > NOISE_BYTES; attempt++) {
          long before = threads.getCurrentThreadAllocatedBytes();
          run(mirror, io, data);
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least)
            .as("bytes for %d commands, %d members", 2 * COMMANDS, members)
            .isLessThan(NOISE_BYTES);
      }
      home.settle();
      home.close();
    }
  }

  private static void run(MirrorDevice mirror, BlockIo io, MemorySegment data) {
    for (int i = 0; i < COMMANDS; i++) {
      io.prepare(BlockOp.WRITE, i % 64, 1).data().add(data, 0, 4096);
      mirror.submit(io);
      io.prepare(BlockOp.READ, i % 64, 1).data().add(data, 0, 4096);
      mirror.submit(io);
      assert io.status().isSuccess();
    }
  }
}
