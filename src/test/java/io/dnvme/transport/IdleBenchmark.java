package io.dnvme.transport;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * What connected queue pairs cost while they do nothing: a load run, not a test. Each has done some
 * work before; then the whole process's CPU time over some seconds is shown as a share of one core,
 * with what its reactors did meanwhile, and the memory that connections hold.
 *
 * <pre>
 *   java -cp … io.dnvme.transport.IdleBenchmark [adaptive|busy|sleep] [queue pairs] [seconds]
 * </pre>
 */
final class IdleBenchmark {

  private static final int COMMANDS_BEFORE = 100;

  private IdleBenchmark() {}

  public static void main(String[] args) throws Exception {
    PollMode mode =
        PollMode.valueOf((args.length > 0 ? args[0] : "adaptive").toUpperCase(Locale.ROOT));
    int queuePairs = args.length > 1 ? Integer.parseInt(args[1]) : 100;
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 10;
    int cores = Runtime.getRuntime().availableProcessors();
    try (TransportFixture fixture =
        new TransportFixture(
            TransportFixture.settings(cores, mode),
            new TransportSettings(queuePairs, 128, TransportFixture.seconds(1)))) {
      Listener listener = fixture.listen(AnswerRules::new);
      List<TestPeer> peers = new ArrayList<>();
      for (int i = 0; i < queuePairs; i++) {
        TestPeer peer = new TestPeer(listener.address());
        peers.add(peer);
        for (int j = 0; j < COMMANDS_BEFORE; j++) {
          peer.send(TestPeer.capsule(j, 4096, 0));
          peer.expect(j, 4096, 0);
        }
      }
      LockSupport.parkNanos(TransportFixture.seconds(2));
      OperatingSystemMXBean process =
          (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      long cpu = process.getProcessCpuTime();
      long waits = fixture.reactors.sum(ReactorCounters::epollWaits);
      LockSupport.parkNanos(TransportFixture.seconds(seconds));
      System.out.printf(
          "%d queue pairs on %d reactors, %s: %.2f %% of a core, %d epoll waits in %d s,"
              + " %d receive regions held%n",
          fixture.connections(),
          cores,
          mode,
          (process.getProcessCpuTime() - cpu) / 1e7 / seconds,
          fixture.reactors.sum(ReactorCounters::epollWaits) - waits,
          seconds,
          heldRegions(fixture));
      for (TestPeer peer : peers) {
        peer.close();
      }
    }
  }

  private static int heldRegions(TransportFixture fixture) {
    int held = 0;
    for (EpollReactor reactor : fixture.reactors.all()) {
      held += fixture.on(reactor.index(), () -> reactor.regions().lent());
    }
    return held;
  }
}
