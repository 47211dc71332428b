package io.dnvme.sim;

import io.dnvme.block.Reactor;
import io.dnvme.initiator.Dialer;
import io.dnvme.nvme.connection.ConnectionRules;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Connects simulated processes: production rules at both ends, bytes in between. What was sent over
 * one connection arrives in order; connections overtake each other.
 */
final class SimNetwork implements Dialer {

  /** How long a dialer tries a machine that does not answer. */
  private static final long DIAL_TIMEOUT_NANOS = 3 * SimWorld.SECONDS;

  private static final int MIN_PIPE_BYTES = 4 << 10;
  private static final int MAX_PIPE_BYTES = 256 << 10;

  private record Listener(SimProcess process, int incarnation, Supplier<ConnectionRules> rules) {}

  private final SimWorld world;
  private final SplittableRandom random;
  private final Map<String, Link> links = new HashMap<>();
  private final Map<Integer, Listener> listeners = new TreeMap<>();
  private final Map<Integer, SimProcess> owners = new HashMap<>();
  private final List<SimPort> ports = new ArrayList<>();
  private int portsMade;

  SimNetwork(SimWorld world) {
    this.world = world;
    random = world.random("network");
  }

  SimWorld world() {
    return world;
  }

  /** The way from one machine to the other. */
  Link link(SimProcess from, SimProcess to) {
    String name = from.name() + ">" + to.name();
    return links.computeIfAbsent(name, key -> new Link(world, key));
  }

  /** Ends all partitions and slowness. */
  void heal() {
    links.values().forEach(Link::heal);
  }

  /** The address by which {@code port} is reached; ports are unique in the whole network. */
  static InetSocketAddress address(int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, 1}), port);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** The port is the process's, be it up or not. */
  void reserve(int port, SimProcess process) {
    owners.put(port, process);
  }

  /** Takes connections from now on, as long as the process lives. */
  void listen(int port, SimProcess process, Supplier<ConnectionRules> rules) {
    reserve(port, process);
    listeners.put(port, new Listener(process, process.incarnation(), rules));
  }

  @Override
  public void dial(
      Reactor reactor, InetSocketAddress address, ConnectionRules rules, Consumer<String> failed) {
    var from = (SimReactor) reactor;
    SimProcess to = owners.get(address.getPort());
    long deadline = world.nowNanos() + DIAL_TIMEOUT_NANOS;
    dial(from, to, address.getPort(), rules, failed, deadline);
  }

  private void dial(
      SimReactor from,
      SimProcess to,
      int port,
      ConnectionRules rules,
      Consumer<String> failed,
      long deadline) {
    Link there = link(from.process(), to);
    world.after(there.delayNanos(), () -> dialed(from, to, port, rules, failed, deadline));
  }

  private void dialed(
      SimReactor from,
      SimProcess to,
      int port,
      ConnectionRules rules,
      Consumer<String> failed,
      long deadline) {
    Link there = link(from.process(), to);
    Link back = link(to, from.process());
    if (from.isDead()) {
      return;
    }
    if (there.isBlocked() || back.isBlocked() || !to.isPowered()) {
      if (world.nowNanos() >= deadline) {
        from.execute(() -> failed.accept("nobody answers"));
      } else {
        world.after(200 * SimWorld.MILLIS, () -> dialed(from, to, port, rules, failed, deadline));
      }
      return;
    }
    Listener listener = listeners.get(port);
    boolean listens = listener != null && to.isUp() && listener.incarnation() == to.incarnation();
    long backNanos = back.delayNanos();
    if (!listens) {
      world.after(backNanos, () -> from.execute(() -> failed.accept("refused")));
      return;
    }
    connect(from, to, port, rules, listener, backNanos);
  }

  private void connect(
      SimReactor from,
      SimProcess to,
      int port,
      ConnectionRules rules,
      Listener listener,
      long backNanos) {
    SimReactor at = to.reactor(random.nextInt(to.reactors().size()));
    int number = portsMade++;
    int limit = random.nextInt(MIN_PIPE_BYTES, MAX_PIPE_BYTES);
    var host =
        new SimPort(this, from, rules, "c" + number + "h", address(40_000 + number), address(port));
    var target =
        new SimPort(
            this,
            at,
            listener.rules().get(),
            "c" + number + "t",
            address(port),
            address(40_000 + number));
    host.join(target, new Pipe(world, link(from.process(), to), target, limit));
    target.join(host, new Pipe(world, link(to, from.process()), host, limit));
    ports.add(host);
    ports.add(target);
    world.trace(host.name(), "connects " + from + " with " + at);
    at.execute(target::open);
    world.after(backNanos, () -> from.execute(host::open));
  }

  /** Connections whose two ends are in these processes, and that are open. */
  List<SimPort> connections(SimProcess one, SimProcess other) {
    return ports.stream()
        .filter(port -> port.process() == one && port.peer().process() == other)
        .filter(SimPort::isKernelOpen)
        .toList();
  }

  /** Whether something of this process is on its way to another. */
  boolean isSending(SimProcess process) {
    for (SimPort port : ports) {
      if (port.process() == process && port.isSending()) {
        return true;
      }
    }
    return false;
  }

  /** When anything was last read of the same peer at the same address. */
  long lastReadNanos(SimPort of) {
    long last = 0;
    for (SimPort port : ports) {
      if (port.process() == of.process()
          && port.peer().process() == of.peer().process()
          && port.localAddress().getPort() == of.localAddress().getPort()) {
        last = Math.max(last, port.lastReadNanos());
      }
    }
    return last;
  }

  /** Open ends in this process. */
  List<SimPort> ports(SimProcess process) {
    return ports.stream().filter(port -> port.process() == process && port.isKernelOpen()).toList();
  }

  /** A process is gone; its kernel ends its connections. */
  void processDied(SimProcess process) {
    for (SimPort port : ports(process)) {
      port.kernelCloses(random.nextBoolean());
    }
    forgetClosed();
  }

  /** A machine is gone; nobody is told. */
  void machineWentDark(SimProcess process) {
    for (SimPort port : ports(process)) {
      port.goesDark();
    }
    forgetClosed();
  }

  /** Whether a close goes on sending what is in the kernel, or throws it away. */
  boolean closesInGoodOrder() {
    return random.nextBoolean();
  }

  SplittableRandom random() {
    return random;
  }

  void forgetClosed() {
    ports.removeIf(port -> !port.isKernelOpen() && !port.peer().isKernelOpen());
  }
}
