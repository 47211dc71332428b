package io.dnvme.transport;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What connections have borrowed from reactors at one moment.
 *
 * @param regions of received bytes and of copies for slow peers
 * @param outgoing batches on their way out
 * @param received batches that rules look at
 * @param spillBytes copied aside for slow peers
 * @param buffers of data on its way
 */
public record ReactorHoldings(
    int regions, int outgoing, int received, long spillBytes, int buffers) {

  public static final ReactorHoldings NONE = new ReactorHoldings(0, 0, 0, 0, 0);

  private static final long LIMIT_SECONDS = 60;

  /** Asks every reactor in turn; from a thread that is none. */
  public static ReactorHoldings of(Reactors reactors) {
    ReactorHoldings sum = NONE;
    for (EpollReactor reactor : reactors.all()) {
      var one = new CompletableFuture<ReactorHoldings>();
      reactor.execute(() -> one.complete(of(reactor)));
      sum = sum.plus(one.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join());
    }
    return sum;
  }

  private static ReactorHoldings of(EpollReactor reactor) {
    return new ReactorHoldings(
        reactor.regions().lent(),
        reactor.outgoing().lent(),
        reactor.received().lent(),
        reactor.spillLimit().takenBytes(),
        reactor.buffers().inUse());
  }

  private ReactorHoldings plus(ReactorHoldings other) {
    return new ReactorHoldings(
        regions + other.regions,
        outgoing + other.outgoing,
        received + other.received,
        spillBytes + other.spillBytes,
        buffers + other.buffers);
  }
}
