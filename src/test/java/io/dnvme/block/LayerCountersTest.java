package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LayerCountersTest {

  @Test
  void commands_areCountedByOperation_bytesOnlyOfThoseThatWorked() {
    try (var reactor = new ManualReactor()) {
      var layer = new LayerCounters();
      IoCounters counters = layer.on(reactor);
      for (int i = 0; i < 3; i++) {
        counters.started();
      }
      counters.finished(BlockOp.READ, BlockStatus.SUCCESS, 4096, 10);
      counters.finished(BlockOp.READ, BlockStatus.READ_FAULT, 4096, 20);
      assertThat(counters.operations(BlockOp.READ)).isEqualTo(2);
      assertThat(counters.bytes(BlockOp.READ)).isEqualTo(4096);
      assertThat(counters.errors(BlockOp.READ)).isEqualTo(1);
      assertThat(counters.busyNanos(BlockOp.READ)).isEqualTo(30);
      assertThat(counters.inFlight()).isEqualTo(1);
      assertThat(counters.operations(BlockOp.WRITE)).isZero();
    }
  }

  @Test
  void reactors_countForThemselves_andAreSummedUp() {
    var time = new VirtualTime();
    try (var first = new ManualReactor(time, 0);
        var last = new ManualReactor(time, PerReactor.MAX_REACTORS - 1)) {
      var layer = new LayerCounters();
      assertThat(layer.sum(IoCounters::inFlight)).isZero();
      layer.on(first).started();
      layer.on(last).started();
      assertThat(layer.on(first)).isSameAs(layer.on(first)).isNotSameAs(layer.on(last));
      assertThat(layer.sum(IoCounters::inFlight)).isEqualTo(2);
    }
  }
}
