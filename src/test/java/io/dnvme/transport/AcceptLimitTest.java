package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A process that has no descriptor left for a connection. */
class AcceptLimitTest {

  private static final int RLIMIT_NOFILE = 7;

  @Test
  void noDescriptorsLeft_acceptingRestsWithoutSpinningAndGoesOnLater() throws Throwable {
    try (TransportFixture fixture = new TransportFixture(1)) {
      Listener listener = fixture.listen(AnswerRules::new);
      try (TestPeer first = new TestPeer(listener.address())) {
        exchange(first);
        TestPeer[] second = new TestPeer[1];
        ReactorCounters counters = fixture.reactors.get(0).counters();
        long waits = counters.epollWaits();
        int soft = softLimit(-1);
        try {
          // One descriptor is left: the peer's own. The accepted end finds none.
          softLimit(lowestFreeDescriptor() + 1);
          second[0] = new TestPeer(listener.address());
          long start = System.nanoTime();
          TransportFixture.await(
              "some rests", () -> System.nanoTime() - start > 3 * AcceptLoop.REST_NANOS);
          exchange(first);
        } finally {
          softLimit(soft);
        }
        assertThat(counters.epollWaits() - waits).isLessThan(50);
        exchange(second[0]);
        second[0].close();
      }
    }
  }

  private static void exchange(TestPeer peer) throws IOException {
    peer.send(TestPeer.capsule(1, 16, 0));
    peer.expect(1, 16, 0);
  }

  private static int lowestFreeDescriptor() {
    int descriptor = 3;
    while (Files.exists(Path.of("/proc/self/fd/" + descriptor), LinkOption.NOFOLLOW_LINKS)) {
      descriptor++;
    }
    return descriptor;
  }

  /** Sets how many descriptors this process may have, unless negative; gives the limit before. */
  @SuppressWarnings("restricted")
  private static int softLimit(int limit) throws Throwable {
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor type =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    MethodHandle get = linker.downcallHandle(linker.defaultLookup().findOrThrow("getrlimit"), type);
    MethodHandle set = linker.downcallHandle(linker.defaultLookup().findOrThrow("setrlimit"), type);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limits = arena.allocate(2 * Long.BYTES, Long.BYTES);
      assertThat((int) get.invokeExact(RLIMIT_NOFILE, limits)).isZero();
      long before = limits.get(ValueLayout.JAVA_LONG, 0);
      if (limit >= 0) {
        limits.set(ValueLayout.JAVA_LONG, 0, (long) limit);
        assertThat((int) set.invokeExact(RLIMIT_NOFILE, limits)).isZero();
      }
      return Math.toIntExact(before);
    }
  }
}
