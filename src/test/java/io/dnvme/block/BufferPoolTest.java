package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

  @Test
  void arenaOfItsOwner_endsWithItsBuffers() {
    MemorySegment taken;
    try (Arena arena = Arena.ofConfined()) {
      taken = new BufferPool(BufferPool.SLAB_BYTES, arena).tryAcquire(4096).segment();
      assertThat(taken.scope().isAlive()).isTrue();
    }
    assertThat(taken.scope().isAlive()).isFalse();
  }

  @Test
  void acquire_isAlignedAndLargeEnough() {
    var pool = new BufferPool(BufferPool.SLAB_BYTES * 20L);
    for (int length : new int[] {1, 4096, 4097, 70_000, BufferPool.MAX_BUFFER_BYTES}) {
      Buffer buffer = pool.tryAcquire(length);
      assertThat(buffer.capacityBytes()).isGreaterThanOrEqualTo(length);
      assertThat(buffer.segment().address() % 4096).isZero();
      buffer.giveBack();
    }
    pool.close();
  }

  @Test
  void limitReached_acquireGivesNothing_untilOneComesBack() {
    var pool = new BufferPool(BufferPool.SLAB_BYTES);
    var held = new ArrayList<Buffer>();
    for (Buffer b = pool.tryAcquire(4096); b != null; b = pool.tryAcquire(4096)) {
      held.add(b);
    }
    assertThat(held).hasSize(BufferPool.SLAB_BYTES / 4096);
    assertThat(pool.takenBytes()).isEqualTo(pool.limitBytes());
    var woken = new ArrayList<Buffer>();
    pool.whenAvailable(() -> woken.add(pool.tryAcquire(4096)));
    held.removeLast().giveBack();
    assertThat(woken).hasSize(1).doesNotContainNull();
    woken.forEach(Buffer::giveBack);
    held.forEach(Buffer::giveBack);
    assertThat(pool.inUse()).isZero();
    pool.close();
  }

  @Test
  void limitReached_thereIsOneReserve_whoseReturnWakesToo() {
    var pool = new BufferPool(BufferPool.SLAB_BYTES);
    Buffer all = pool.tryAcquire(BufferPool.MAX_BUFFER_BYTES);
    Buffer reserve = pool.tryAcquireReserve();
    assertThat(reserve.capacityBytes()).isEqualTo(BufferPool.MAX_BUFFER_BYTES);
    assertThat(pool.tryAcquireReserve()).isNull();
    assertThat(pool.freeBytes()).isZero();
    var woken = new ArrayList<Buffer>();
    pool.whenAvailable(() -> woken.add(pool.tryAcquireReserve()));
    reserve.giveBack();
    assertThat(woken).containsExactly(reserve);
    reserve.giveBack();
    all.giveBack();
    assertThat(pool.inUse()).isZero();
    assertThat(pool.freeBytes()).isEqualTo(pool.limitBytes());
    pool.close();
  }

  @Test
  void wholeSlabsOfOneSize_serveAnotherSize() {
    var pool = new BufferPool(BufferPool.SLAB_BYTES * 2L);
    var held = new ArrayList<Buffer>();
    for (Buffer b = pool.tryAcquire(4096); b != null; b = pool.tryAcquire(4096)) {
      held.add(b);
    }
    held.forEach(Buffer::giveBack);
    Buffer first = pool.tryAcquire(BufferPool.MAX_BUFFER_BYTES);
    Buffer second = pool.tryAcquire(BufferPool.MAX_BUFFER_BYTES);
    assertThat(first).isNotNull();
    assertThat(second).isNotNull();
    assertThat(pool.tryAcquire(1)).isNull();
    first.giveBack();
    second.giveBack();
    pool.close();
  }

  @Test
  void giveBackTwice_isRefused() {
    var pool = new BufferPool(BufferPool.SLAB_BYTES);
    Buffer buffer = pool.tryAcquire(4096);
    buffer.giveBack();
    assertThatThrownBy(buffer::giveBack).isInstanceOf(IllegalStateException.class);
    pool.close();
  }

  @Test
  void close_withBufferInUse_isRefused() {
    var pool = new BufferPool(BufferPool.SLAB_BYTES);
    Buffer buffer = pool.tryAcquire(4096);
    assertThatThrownBy(pool::close).hasMessageContaining("1 buffers");
    buffer.giveBack();
    pool.close();
  }

  @Test
  void randomUse_neverSharesMemory_andEndsEmpty() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    var pool = new BufferPool(BufferPool.SLAB_BYTES * 8L);
    var held = new ArrayList<Buffer>();
    var stamps = new ArrayList<Long>();
    for (int step = 0; step < 20_000; step++) {
      if (held.isEmpty() || random.nextInt(100) < 52) {
        Buffer buffer = pool.tryAcquire(1 << random.nextInt(22));
        if (buffer != null) {
          long stamp = random.nextLong();
          buffer.segment().set(ValueLayout.JAVA_LONG, 0, stamp);
          buffer.segment().set(ValueLayout.JAVA_LONG, buffer.capacityBytes() - Long.BYTES, stamp);
          held.add(buffer);
          stamps.add(stamp);
        }
      } else {
        int victim = random.nextInt(held.size());
        Buffer buffer = held.remove(victim);
        long stamp = stamps.remove(victim);
        assertThat(buffer.segment().get(ValueLayout.JAVA_LONG, 0))
            .as("seed %d", seed)
            .isEqualTo(stamp);
        assertThat(buffer.segment().get(ValueLayout.JAVA_LONG, buffer.capacityBytes() - Long.BYTES))
            .as("seed %d", seed)
            .isEqualTo(stamp);
        buffer.giveBack();
      }
    }
    held.forEach(Buffer::giveBack);
    assertThat(pool.inUse()).as("seed %d", seed).isZero();
    assertThat(pool.takenBytes()).isLessThanOrEqualTo(pool.limitBytes());
    pool.close();
  }
}
