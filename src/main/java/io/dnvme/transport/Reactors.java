package io.dnvme.transport;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.dnvme.block.Clock;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;

/**
 * The reactors of a process. They outlive the actor system whose dispatchers they are: start them
 * before it, close them after it has ended.
 */
public final class Reactors implements AutoCloseable {

  private static final String DISPATCHER = "dnvme.reactor-";

  /** Messages that one stream may take before the next one's turn. */
  private static final int DISPATCHER_THROUGHPUT = 64;

  private final List<EpollReactor> reactors;

  private Reactors(List<EpollReactor> reactors) {
    this.reactors = reactors;
  }

  /** Starts reactors as {@code settings} say, on {@code clock}. */
  public static Reactors start(ReactorSettings settings, Clock clock) {
    List<EpollReactor> reactors = new ArrayList<>(settings.count());
    for (int i = 0; i < settings.count(); i++) {
      reactors.add(new EpollReactor(i, settings, clock));
    }
    return new Reactors(List.copyOf(reactors));
  }

  public int count() {
    return reactors.size();
  }

  public EpollReactor get(int index) {
    return reactors.get(index);
  }

  public List<EpollReactor> all() {
    return reactors;
  }

  /** A figure summed over all reactors; from any thread. */
  public long sum(ToLongFunction<ReactorCounters> figure) {
    long total = 0;
    for (EpollReactor reactor : reactors) {
      total += figure.applyAsLong(reactor.counters());
    }
    return total;
  }

  /**
   * What an actor system must be created with so that streams can be placed on these reactors:
   * {@code config} with a dispatcher for each reactor, and the reactors themselves.
   */
  public ActorSystemSetup setUp(Config config) {
    return ActorSystemSetup.create(
        BootstrapSetup.create(dispatchers().withFallback(config)), new ReactorsSetup(this));
  }

  /** Ends all threads and frees their memory; streams and connections must have ended. */
  @Override
  public void close() {
    List<Future<?>> ends = new ArrayList<>();
    for (EpollReactor reactor : reactors) {
      ends.add(reactor.stop());
    }
    ends.forEach(Future::syncUninterruptibly);
    reactors.forEach(EpollReactor::free);
  }

  static String dispatcher(int index) {
    return DISPATCHER + index;
  }

  private Config dispatchers() {
    Map<String, Object> keys = new LinkedHashMap<>();
    for (EpollReactor reactor : reactors) {
      String dispatcher = reactor.dispatcher();
      keys.put(dispatcher + ".type", "Dispatcher");
      keys.put(dispatcher + ".executor", ReactorExecutorConfigurator.class.getName());
      keys.put(dispatcher + ".throughput", DISPATCHER_THROUGHPUT);
      keys.put(dispatcher + ".throughput-deadline-time", "0ms");
      keys.put(dispatcher + "." + ReactorExecutorConfigurator.REACTOR, reactor.index());
    }
    return ConfigFactory.parseMap(keys, "dispatchers of reactors");
  }
}
