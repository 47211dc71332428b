package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BoottimeClock;
import io.dnvme.nvme.connection.ConnectionRules;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;

/** Reactors, an actor system and a transport on loopback; checks at its end that nothing leaked. */
final class TransportFixture implements AutoCloseable {

  static final long LIMIT_SECONDS = 30;

  final Reactors reactors;
  final ActorSystem system;
  final Transport transport;

  TransportFixture(int reactorCount) {
    this(settings(reactorCount, PollMode.SLEEP), new TransportSettings(1000, 128, seconds(1)));
  }

  TransportFixture(ReactorSettings settings, TransportSettings limits) {
    reactors = Reactors.start(settings, BoottimeClock.INSTANCE);
    system = ActorSystem.create("transport-test", reactors.setUp(ConfigFactory.load()));
    transport = new Transport(reactors, SystemMaterializer.get(system).materializer(), limits);
  }

  static ReactorSettings settings(int count, PollMode poll) {
    return new ReactorSettings(count, poll, 100_000, 64 << 20, 64 << 20, List.of());
  }

  static long seconds(long seconds) {
    return TimeUnit.SECONDS.toNanos(seconds);
  }

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** A listener whose connections all have rules from {@code rules}. */
  Listener listen(Supplier<ConnectionRules> rules) throws IOException {
    return transport.listen(anyPort(), (remote, local) -> rules.get());
  }

  /** Runs {@code task} on a reactor and gives its result. */
  <T> T on(int reactor, Supplier<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    reactors
        .get(reactor)
        .execute(() -> {
          try {
            result.complete(task.get());
          } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
          }
        });
    return result.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  long connections() {
    return reactors.sum(ReactorCounters::connections);
  }

  /** Waits until {@code condition} holds; fails with {@code what} after a long time. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + seconds(LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + LIMIT_SECONDS + " s: " + what);
      }
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  /** Fails where a reactor holds anything that belongs to a connection. */
  void assertNothingHeld() {
    for (EpollReactor reactor : reactors.all()) {
      int index = reactor.index();
      assertThat(on(index, () -> reactor.regions().lent())).as("regions").isZero();
      assertThat(on(index, () -> reactor.outgoing().lent())).as("outgoing batches").isZero();
      assertThat(on(index, () -> reactor.received().lent())).as("received batches").isZero();
      assertThat(on(index, () -> reactor.spillLimit().takenBytes())).as("spill").isZero();
      assertThat(on(index, () -> reactor.buffers().inUse())).as("buffers").isZero();
    }
  }

  @Override
  public void close() {
    transport.close().toCompletableFuture().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    assertNothingHeld();
    assertThat(connections()).isZero();
    system.terminate();
    system
        .getWhenTerminated()
        .toCompletableFuture()
        .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
        .join();
    reactors.close();
  }
}
