package io.dnvme.target.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BoottimeClock;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.PduType;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.transport.PollMode;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TargetServerTest {

  private static final int SOCKET_LIMIT_MS = 30_000;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Reactors reactors =
      Reactors.start(
          new ReactorSettings(1, PollMode.SLEEP, 100_000, 64 << 20, 64 << 20, List.of()),
          BoottimeClock.INSTANCE);
  private final ActorSystem system =
      ActorSystem.create("target-server-test", reactors.setUp(ConfigFactory.load()));
  private final Transport transport =
      new Transport(
          reactors,
          SystemMaterializer.get(system).materializer(),
          new TransportSettings(100, 128, TimeUnit.SECONDS.toNanos(1)));
  private final Portals portals = new Portals();
  private final Subsystems subsystems = new Subsystems();
  private final TargetServer server =
      new TargetServer(
          transport,
          new Target(
              subsystems,
              new Discovery(reactors.get(0), subsystems, portals, 128),
              TransportLimits.DEFAULT,
              ControllerLimits.DEFAULT,
              TargetObserver.NONE),
          portals);

  @AfterEach
  void close() {
    server.stop(LIMIT_NANOS).toCompletableFuture().join();
    transport.close().toCompletableFuture().join();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    reactors.close();
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  @Test
  void host_isAnswered_untilTheServerStops() throws IOException {
    Portal portal = server.listen(1, anyPort(), null, true, false);
    assertThat(portals.all()).containsExactly(portal);
    try (var socket = new Socket(portal.listenAddress(), portal.port())) {
      socket.setSoTimeout(SOCKET_LIMIT_MS);
      var request = new byte[IcReq.SIZE];
      new IcReq().wrap(MemorySegment.ofArray(request), 0).start();
      socket.getOutputStream().write(request);
      byte[] response = socket.getInputStream().readNBytes(128);
      assertThat(response[0]).isEqualTo((byte) PduType.IC_RESP);
      server.stop(LIMIT_NANOS).toCompletableFuture().join();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(portals.all()).isEmpty();
  }

  @Test
  void addressInUse_isRefusedAndNotAnnounced() throws IOException {
    Portal portal = server.listen(1, anyPort(), null, true, false);
    var same = new InetSocketAddress(portal.listenAddress(), portal.port());
    assertThatThrownBy(() -> server.listen(2, same, null, true, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(String.valueOf(portal.port()));
    assertThat(portals.all()).containsExactly(portal);
  }

  @Test
  void listeningAfterTheStop_isRefused() {
    server.stop(LIMIT_NANOS).toCompletableFuture().join();
    assertThatThrownBy(() -> server.listen(1, anyPort(), null, true, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("stopping");
  }
}
