package io.dnvme.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.dnvme.SeededRandom;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeLockTest {

  private static final boolean CHANGES = true;
  private static final boolean SHARES = false;

  /** Knows its own range, for the model. */
  private static final class TestHold extends RangeLock.Hold {
    private final List<TestHold> told;
    private long start;
    private long end;
    private boolean changes;
    private boolean in;

    TestHold(List<TestHold> told) {
      this.told = told;
    }

    boolean conflicts(TestHold other) {
      return start < other.end && other.start < end && (changes || other.changes);
    }

    @Override
    protected void granted() {
      in = true;
      told.add(this);
    }
  }

  private final RangeLock lock = new RangeLock();
  private final List<TestHold> told = new ArrayList<>();

  private TestHold enter(long start, long count, boolean changes) {
    var hold = new TestHold(told);
    hold.start = start;
    hold.end = start + count;
    hold.changes = changes;
    hold.in = lock.enter(hold, start, count, changes);
    return hold;
  }

  @Test
  void apart_allAreIn() {
    assertThat(enter(0, 8, CHANGES).in).isTrue();
    assertThat(enter(8, 8, CHANGES).in).isTrue();
    assertThat(enter(Long.MAX_VALUE - 1, 1, CHANGES).in).isTrue();
    assertThat(lock.waits()).isZero();
  }

  @Test
  void readers_share_writerWaitsForAll() {
    TestHold one = enter(0, 8, SHARES);
    TestHold two = enter(4, 8, SHARES);
    TestHold writer = enter(6, 1, CHANGES);
    assertThat(List.of(one.in, two.in, writer.in)).containsExactly(true, true, false);
    lock.leave(one);
    assertThat(told).isEmpty();
    lock.leave(two);
    assertThat(told).containsExactly(writer);
    lock.leave(writer);
    assertThat(lock.held()).isZero();
  }

  @Test
  void readerBehindWaitingWriter_waitsForIt() {
    TestHold reader = enter(0, 8, SHARES);
    TestHold writer = enter(0, 4, CHANGES);
    TestHold late = enter(3, 1, SHARES);
    TestHold beside = enter(4, 1, SHARES);
    assertThat(late.in).isFalse();
    assertThat(beside.in).as("does not touch the writer").isTrue();
    lock.leave(reader);
    assertThat(told).containsExactly(writer);
    lock.leave(writer);
    assertThat(told).containsExactly(writer, late);
  }

  @Test
  void overlappingWriters_keepTheirOrder() {
    TestHold first = enter(10, 10, CHANGES);
    TestHold second = enter(0, 100, CHANGES);
    TestHold third = enter(50, 1, CHANGES);
    assertThat(third.in).as("behind the second, although the first is elsewhere").isFalse();
    lock.leave(first);
    assertThat(told).containsExactly(second);
    lock.leave(second);
    assertThat(told).containsExactly(second, third);
  }

  @Test
  void grantedThatLeavesAtOnce_grantsTheNext_withoutRecursion() {
    int count = 100_000;
    int[] left = {0};
    TestHold first = enter(0, 1, CHANGES);
    for (int i = 0; i < count; i++) {
      var hold =
          new RangeLock.Hold() {
            @Override
            protected void granted() {
              left[0]++;
              lock.leave(this);
            }
          };
      // Not on one block: each would wait for all before it, and the count be quadratic.
      lock.enter(hold, i, 2, CHANGES);
    }
    lock.leave(first);
    assertThat(left[0]).isEqualTo(count);
    assertThat(lock.held()).isZero();
  }

  @Test
  void wrongUse_isRefused() {
    TestHold in = enter(0, 1, CHANGES);
    TestHold waits = enter(0, 1, CHANGES);
    assertThatThrownBy(() -> lock.enter(in, 5, 1, CHANGES))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> lock.leave(waits)).isInstanceOf(IllegalStateException.class);
    lock.leave(in);
    assertThatThrownBy(() -> lock.leave(in)).isInstanceOf(IllegalStateException.class);
  }

  /** Against the plainest model: a hold is in when nobody before it conflicts with it. */
  @Test
  void randomHolds_likeAList() {
    Random random = SeededRandom.of(RangeLockTest.class);
    List<TestHold> all = new ArrayList<>();
    for (int step = 0; step < 30_000; step++) {
      if (all.size() < 60 && random.nextInt(100) < 52 || all.isEmpty()) {
        long count = random.nextInt(20) == 0 ? 400 : 1 + random.nextInt(16);
        all.add(enter(random.nextInt(300), count, random.nextBoolean()));
      } else {
        List<TestHold> in = all.stream().filter(hold -> hold.in).toList();
        TestHold leaving = in.get(random.nextInt(in.size()));
        all.remove(leaving);
        lock.leave(leaving);
      }
      int waiting = 0;
      for (int i = 0; i < all.size(); i++) {
        TestHold hold = all.get(i);
        boolean blocked = all.subList(0, i).stream().anyMatch(hold::conflicts);
        assertThat(hold.in).as("step %d hold %d", step, i).isEqualTo(!blocked);
        waiting += blocked ? 1 : 0;
      }
      assertThat(lock.waiting()).isEqualTo(waiting);
      assertThat(lock.held()).isEqualTo(all.size());
    }
  }

  @Test
  void steadyState_allocatesNothing() {
    var holds = new TestHold[64];
    for (int i = 0; i < holds.length; i++) {
      holds[i] = new TestHold(new ArrayList<>());
    }
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 5; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int round = 0; round < 5_000; round++) {
        for (int i = 0; i < holds.length; i++) {
          lock.enter(holds[i], (i * 7_919L + round) % 100_000, 8, CHANGES);
        }
        for (TestHold hold : holds) {
          hold.told.clear();
          lock.leave(hold);
        }
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).isLessThan(16 << 10);
  }
}
