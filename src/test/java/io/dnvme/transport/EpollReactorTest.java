package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BoottimeClock;
import io.dnvme.block.Timers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EpollReactorTest {

  private TransportFixture fixture;

  @AfterEach
  void close() {
    if (fixture != null) {
      fixture.close();
    }
  }

  @ParameterizedTest
  @EnumSource(PollMode.class)
  void tasksFromOtherThreads_runInOrder(PollMode mode) throws InterruptedException {
    start(2, mode);
    EpollReactor reactor = fixture.reactors.get(1);
    List<Integer> order = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    for (int i = 0; i < 1000; i++) {
      int number = i;
      reactor.execute(() -> order.add(number));
    }
    reactor.execute(done::countDown);
    assertThat(done.await(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(order).hasSize(1000).isSorted();
  }

  @Test
  void inReactor_onlyOnItsOwnThread() {
    start(2, PollMode.SLEEP);
    EpollReactor first = fixture.reactors.get(0);
    assertThat(first.inReactor()).isFalse();
    assertThat(fixture.on(0, first::inReactor)).isTrue();
    assertThat(fixture.on(1, first::inReactor)).isFalse();
    assertThat(fixture.on(1, () -> Thread.currentThread().getName())).isEqualTo("dnvme-reactor-1");
    assertThat(first.clock()).isSameAs(BoottimeClock.INSTANCE);
  }

  @ParameterizedTest
  @EnumSource(PollMode.class)
  void alarm_runsOnTheReactorAfterItsDelay(PollMode mode) throws InterruptedException {
    start(1, mode);
    EpollReactor reactor = fixture.reactors.get(0);
    long delay = TimeUnit.MILLISECONDS.toNanos(30);
    List<Boolean> onReactor = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    long start = System.nanoTime();
    reactor.execute(() ->
        reactor
            .timers()
            .schedule(
                delay,
                () -> {
                  onReactor.add(reactor.inReactor());
                  done.countDown();
                }));
    assertThat(done.await(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(delay);
    assertThat(onReactor).containsExactly(true);
  }

  @Test
  void alarmCancelled_doesNotRun() throws InterruptedException {
    start(1, PollMode.SLEEP);
    EpollReactor reactor = fixture.reactors.get(0);
    List<String> ran = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    reactor.execute(() -> {
      Timers.Timer first = reactor.timers().schedule(1_000_000, () -> ran.add("cancelled"));
      reactor.timers().schedule(20_000_000, done::countDown);
      first.cancel();
      first.cancel();
    });
    assertThat(done.await(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(ran).isEmpty();
  }

  @Test
  void manyAlarmsCancelled_areForgotten() {
    start(1, PollMode.SLEEP);
    EpollReactor reactor = fixture.reactors.get(0);
    long nanos =
        fixture.on(
            0,
            () -> {
              long start = System.nanoTime();
              for (int i = 0; i < 100_000; i++) {
                reactor.timers().schedule(1_000_000_000L + i, () -> {}).cancel();
              }
              return System.nanoTime() - start;
            });
    assertThat(nanos).isLessThan(TimeUnit.SECONDS.toNanos(TransportFixture.LIMIT_SECONDS));
  }

  @Test
  void taskThatThrows_doesNotEndTheReactor() {
    start(1, PollMode.SLEEP);
    fixture
        .reactors
        .get(0)
        .execute(() -> {
          throw new IllegalStateException("on purpose");
        });
    assertThat(fixture.on(0, () -> 5)).isEqualTo(5);
  }

  @Test
  void taskAtTheEndOfATurn_runsOnceHoweverOftenItWasAskedFor() {
    start(1, PollMode.SLEEP);
    EpollReactor reactor = fixture.reactors.get(0);
    List<Long> turns = new ArrayList<>();
    TurnTask task =
        new TurnTask() {
          @Override
          void endOfTurn() {
            turns.add(reactor.turn());
            if (turns.size() == 1) {
              reactor.atEndOfTurn(this);
            }
          }
        };
    long asked =
        fixture.on(
            0,
            () -> {
              reactor.atEndOfTurn(task);
              reactor.atEndOfTurn(task);
              return reactor.turn();
            });
    TransportFixture.await("both turns", () -> fixture.on(0, turns::size) == 2);
    assertThat(turns).containsExactly(asked, asked + 1);
  }

  @Test
  void taskAtTheEndOfATurnThrows_othersRun() {
    start(1, PollMode.SLEEP);
    EpollReactor reactor = fixture.reactors.get(0);
    List<String> ran = new ArrayList<>();
    fixture.on(
        0,
        () -> {
          reactor.atEndOfTurn(
              new TurnTask() {
                @Override
                void endOfTurn() {
                  throw new IllegalStateException("on purpose");
                }
              });
          reactor.atEndOfTurn(
              new TurnTask() {
                @Override
                void endOfTurn() {
                  ran.add("second");
                }
              });
          return null;
        });
    TransportFixture.await("second ran", () -> fixture.on(0, ran::size) == 1);
  }

  @Test
  void stream_runsOnTheReactorWhoseDispatcherItIsGiven() {
    start(2, PollMode.SLEEP);
    for (EpollReactor reactor : fixture.reactors.all()) {
      boolean there =
          Source.single(1)
              .map(element -> reactor.inReactor())
              .withAttributes(ActorAttributes.dispatcher(reactor.dispatcher()))
              .runWith(Sink.head(), SystemMaterializer.get(fixture.system).materializer())
              .toCompletableFuture()
              .orTimeout(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS)
              .join();
      assertThat(there).isTrue();
    }
  }

  @Test
  void cpuGiven_threadIsHeldToIt() throws IOException {
    int cpu = firstAllowedCpu();
    ReactorSettings settings =
        new ReactorSettings(1, PollMode.SLEEP, 0, 1 << 20, 1 << 20, List.of(cpu));
    fixture = new TransportFixture(settings, new TransportSettings(1, 1, 0));
    fixture.on(0, () -> null);
    assertThat(allowedCpus(taskNamed("dnvme-reactor-0"))).isEqualTo(String.valueOf(cpu));
  }

  @Test
  void cpuThatDoesNotExist_runsUnpinned() {
    ReactorSettings settings =
        new ReactorSettings(1, PollMode.SLEEP, 0, 1 << 20, 1 << 20, List.of(1000));
    fixture = new TransportFixture(settings, new TransportSettings(1, 1, 0));
    assertThat(fixture.on(0, () -> 1)).isOne();
  }

  private void start(int count, PollMode mode) {
    fixture =
        new TransportFixture(
            TransportFixture.settings(count, mode), new TransportSettings(10, 10, 0));
  }

  private static int firstAllowedCpu() throws IOException {
    return Integer.parseInt(allowedCpus(Path.of("/proc/self")).split("[-,]")[0]);
  }

  private static String allowedCpus(Path task) throws IOException {
    return Files.readAllLines(task.resolve("status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .map(line -> line.split(":")[1].trim())
        .findFirst()
        .orElseThrow();
  }

  private static Path taskNamed(String name) throws IOException {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.filter(task -> isNamed(task, name)).findFirst().orElseThrow();
    }
  }

  private static boolean isNamed(Path task, String name) {
    try {
      return Files.readString(task.resolve("comm")).trim().equals(name);
    } catch (IOException e) {
      return false;
    }
  }
}
