package io.dnvme.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import org.junit.jupiter.api.Test;

class SimReactorTest {

  /** Thousands of processes are killed in one run of many seeds. */
  @Test
  void buffersOfAKilledProcess_needNobodyToFreeThem() {
    var world = new SimWorld(1, 1, Trace.none());
    var process = new SimProcess(new SimNetwork(world), "killed", 1, starting -> {});
    process.start();
    BufferPool buffers = process.reactor(0).buffers();
    Buffer taken = buffers.tryAcquire(4096);
    assertThat(taken).isNotNull();
    taken.giveBack();
    process.kill();
    // Memory that the garbage collector frees is the only one that cannot be freed by hand.
    assertThatThrownBy(buffers::close).isInstanceOf(UnsupportedOperationException.class);
  }
}
