package io.dnvme.e2e;

import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BoottimeClock;
import io.dnvme.block.SyncAccess;
import io.dnvme.block.TestReactor;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.shell.Initiator;
import io.dnvme.transport.PollMode;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;

/**
 * Our own host in the test's process, for targets that others wrote. Used by the test's thread.
 * Closing it leaves all controllers in good order.
 */
final class OwnHost implements AutoCloseable {

  private static final int REACTORS = 2;
  private static final long MEMORY_BYTES = 64L << 20;
  private static final long LIMIT_SECONDS = 60;

  private static final ReconnectOptions SOON =
      new ReconnectOptions(
          TimeUnit.MILLISECONDS.toNanos(100),
          TimeUnit.SECONDS.toNanos(1),
          ReconnectOptions.NEVER,
          false,
          LossPolicy.WAIT);

  private final Reactors reactors;
  private final ActorSystem system;
  private final Transport transport;
  private final Initiator initiator;
  private final TestReactor submitter = new TestReactor(REACTORS);
  private final List<HostController> controllers = new ArrayList<>();

  OwnHost() throws IOException {
    var settings =
        new ReactorSettings(
            REACTORS, PollMode.SLEEP, 100_000, MEMORY_BYTES, MEMORY_BYTES, List.of());
    reactors = Reactors.start(settings, BoottimeClock.INSTANCE);
    system = ActorSystem.create("own-host", reactors.setUp(ConfigFactory.load()));
    transport =
        new Transport(
            reactors,
            SystemMaterializer.get(system).materializer(),
            TransportSettings.from(system.settings().config()));
    initiator = new Initiator(transport, new SplittableRandom(1));
  }

  /** Connects, and again whenever the connection is lost; commands wait meanwhile. */
  HostController connect(InetSocketAddress address, String nqn, QueueOptions queues) {
    var options =
        new ControllerOptions(
            address,
            nqn,
            HostIdentity.of(UUID.randomUUID()),
            ControllerOptions.DEFAULT_KEEP_ALIVE_TIMEOUT_MS,
            queues,
            SOON);
    HostController controller = await(initiator.connect(options, List.copyOf(reactors.all())));
    controllers.add(controller);
    return controller;
  }

  SyncAccess access(RemoteNamespace namespace) {
    return new SyncAccess(namespace, submitter);
  }

  @Override
  public void close() {
    controllers.forEach(controller -> await(initiator.disconnect(controller)));
    submitter.close();
    await(transport.close());
    system.terminate();
    await(system.getWhenTerminated());
    reactors.close();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }
}
