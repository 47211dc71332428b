package io.dnvme.initiator.shell;

import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.Dialer;
import io.dnvme.initiator.HostController;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.transport.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The host side of a process: controllers over the sockets of a {@link Transport}. From any thread
 * that is no reactor.
 */
public final class Initiator {

  /** For a connection to be made. */
  private static final long DIAL_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Transport transport;
  private final RandomGenerator random;

  public Initiator(Transport transport, RandomGenerator random) {
    this.transport = transport;
    this.random = random;
  }

  /**
   * Connects to a controller; it stays connected until {@link #disconnect}, or until it gives up.
   *
   * @param reactors what carries its queues, the first one the admin queue as well
   * @return the controller once it carries commands; fails with an {@link IOException} that says
   *     why it cannot be reached
   */
  public CompletableFuture<HostController> connect(
      ControllerOptions options, List<Reactor> reactors) {
    return connect(options, reactors, new ControllerListener() {});
  }

  /** The same, with someone who hears of the controller's later life, too. */
  public CompletableFuture<HostController> connect(
      ControllerOptions options, List<Reactor> reactors, ControllerListener listener) {
    var connected = new CompletableFuture<HostController>();
    var watch = new FirstNews(connected, listener);
    Dialer dialer = this::dial;
    Reactor home = reactors.getFirst();
    var controller = new HostController(options, home, reactors, dialer, random, watch);
    home.execute(controller::start);
    return connected;
  }

  /**
   * Begins to connect to a controller, of which the listener hears; its {@link
   * HostController#shutdown} ends it at any time, on its home reactor.
   *
   * @param reactors what carries its queues, the first one the admin queue as well
   */
  public HostController open(
      ControllerOptions options, List<Reactor> reactors, ControllerListener listener) {
    Reactor home = reactors.getFirst();
    var controller = new HostController(options, home, reactors, this::dial, random, listener);
    home.execute(controller::start);
    return controller;
  }

  /** Leaves a controller in good order; done when all its connections are gone. */
  public CompletableFuture<Void> disconnect(HostController controller) {
    var closed = new CompletableFuture<Void>();
    controller
        .home()
        .execute(() -> {
          controller.whenClosed(() -> closed.complete(null));
          controller.shutdown();
        });
    return closed;
  }

  private void dial(
      Reactor reactor, InetSocketAddress address, ConnectionRules rules, Consumer<String> failed) {
    transport.connect(
        reactor, address, DIAL_TIMEOUT_NANOS, rules, cause -> failed.accept(cause.getMessage()));
  }

  /** Completes the future with what comes first, and passes everything on. */
  private record FirstNews(CompletableFuture<HostController> connected, ControllerListener listener)
      implements ControllerListener {

    @Override
    public void live(HostController controller) {
      listener.live(controller);
      connected.complete(controller);
    }

    @Override
    public void lost(HostController controller, String reason) {
      listener.lost(controller, reason);
    }

    @Override
    public void closed(HostController controller, String reason) {
      listener.closed(controller, reason);
      connected.completeExceptionally(new IOException(reason));
    }

    @Override
    public void namespacesChanged(HostController controller) {
      listener.namespacesChanged(controller);
    }

    @Override
    public void discoveryChanged(HostController controller) {
      listener.discoveryChanged(controller);
    }
  }
}
