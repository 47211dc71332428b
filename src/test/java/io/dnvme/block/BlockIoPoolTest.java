package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlockIoPoolTest {

  private final ManualReactor reactor = new ManualReactor();

  @AfterEach
  void close() {
    reactor.close();
  }

  @Test
  void limitReached_acquireGivesNothing_untilOneComesBack() {
    var pool = new BlockIoPool(reactor, 2);
    BlockIo one = pool.tryAcquire();
    BlockIo two = pool.tryAcquire();
    assertThat(one).isNotSameAs(two);
    assertThat(pool.tryAcquire()).isNull();
    assertThat(pool.inUse()).isEqualTo(2);
    pool.giveBack(one);
    assertThat(pool.inUse()).isEqualTo(1);
    assertThat(pool.tryAcquire()).isSameAs(one);
  }

  @Test
  void limitOfNothing_isRefused() {
    assertThatThrownBy(() -> new BlockIoPool(reactor, 0)).hasMessageContaining("positive");
  }

  @Test
  void giveBack_releasesLentViews() {
    var pool = new BlockIoPool(reactor, 1);
    List<BlockIo> reclaimed = new ArrayList<>();
    BlockIo io = pool.tryAcquire().prepare(BlockOp.READ, 0, 1);
    io.lend(reclaimed::add, MemorySegment.ofArray(new byte[512]), 0, 512);
    assertThat(io.data().lengthBytes()).isEqualTo(512);
    pool.giveBack(io);
    assertThat(reclaimed).containsExactly(io);
    io.release();
    assertThat(reclaimed).as("given back once").hasSize(1);
  }

  @Test
  void prepare_forgetsTheLastRequest() {
    BlockIo io = new BlockIoPool(reactor, 1).tryAcquire();
    io.prepare(BlockOp.WRITE, 1, 2).forceUnitAccess(true).mayDeallocate(true);
    io.data().add(MemorySegment.ofArray(new byte[8]), 0, 8);
    io.compareData().add(MemorySegment.ofArray(new byte[8]), 0, 8);
    io.link(io);
    io.deviceContext("mine");
    io.onCompletion(done -> {}, "context").complete(BlockStatus.WRITE_FAULT);
    assertThat(io.status()).isEqualTo(BlockStatus.WRITE_FAULT);

    io.prepare(BlockOp.READ, 3, 4);
    assertThat(io.op()).isEqualTo(BlockOp.READ);
    assertThat(io.startBlock()).isEqualTo(3);
    assertThat(io.blockCount()).isEqualTo(4);
    assertThat(io.forceUnitAccess()).isFalse();
    assertThat(io.mayDeallocate()).isFalse();
    assertThat(io.data().lengthBytes()).isZero();
    assertThat(io.compareData().lengthBytes()).isZero();
    assertThat(io.status()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(io.link()).isNull();
    assertThat(io.deviceContext()).isNull();
  }
}
