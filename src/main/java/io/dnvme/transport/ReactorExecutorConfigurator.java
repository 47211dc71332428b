package io.dnvme.transport;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/**
 * Makes a reactor the executor of a dispatcher. Pekko creates it by its class name; the key {@value
 * #REACTOR} of the dispatcher's section is the reactor's index among those that the actor system
 * was set up with ({@link Reactors#setUp}).
 */
public final class ReactorExecutorConfigurator extends ExecutorServiceConfigurator {

  static final String REACTOR = "reactor";

  private final EpollReactor reactor;

  public ReactorExecutorConfigurator(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
    Reactors reactors =
        prerequisites
            .settings()
            .setup()
            .get(ReactorsSetup.class)
            .map(ReactorsSetup::reactors)
            .orElseThrow(() ->
                new ConfigException.Generic(
                    "the actor system has a reactor's dispatcher but was set up without reactors"));
    reactor = reactors.get(config.getInt(REACTOR));
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    return () -> new ReactorExecutor(reactor);
  }
}
