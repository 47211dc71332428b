package io.dnvme.agent.leg;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.Dialer;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Connects hosts and targets of one reactor of virtual time: all that is sent arrives, in order, at
 * once. By ports, each of which listens or does not.
 */
final class RigNetwork {

  private final ManualReactor reactor;
  private final Map<Integer, Supplier<ConnectionRules>> listeners = new HashMap<>();
  private final List<End> ends = new ArrayList<>();

  RigNetwork(ManualReactor reactor) {
    this.reactor = reactor;
  }

  static InetSocketAddress address(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  void listen(int port, Supplier<ConnectionRules> rules) {
    listeners.put(port, rules);
  }

  /** Nobody is there any more, for nobody. */
  void close(int port) {
    listeners.remove(port);
    cut(end -> end.port == port);
  }

  /** What one process dials with. */
  final class Host implements Dialer {
    private boolean cut;

    @Override
    public void dial(
        Reactor from, InetSocketAddress to, ConnectionRules rules, Consumer<String> failed) {
      Supplier<ConnectionRules> listener = listeners.get(to.getPort());
      if (cut || listener == null) {
        reactor.execute(() -> failed.accept("nobody is there"));
        return;
      }
      var host = new End(this, to.getPort(), rules);
      var target = new End(this, to.getPort(), listener.get());
      host.peer = target;
      target.peer = host;
      ends.add(host);
      ends.add(target);
      reactor.execute(target::open);
      reactor.execute(host::open);
    }

    /** It reaches nobody any more. */
    void cut() {
      cut = true;
      RigNetwork.this.cut(end -> end.host == this);
    }
  }

  private void cut(java.util.function.Predicate<End> which) {
    List.copyOf(ends).stream().filter(which).forEach(end -> end.end(CloseReason.SOCKET_ERROR));
  }

  private final class End implements ConnectionPort {
    private final Host host;
    private final int port;
    private final ConnectionRules rules;
    private final OutgoingPdus out = new OutgoingPdus(Arena.ofAuto());
    private final ReceivedPdus batch = new ReceivedPdus();
    private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
    private MemorySegment input = MemorySegment.ofArray(new byte[0]);
    private End peer;
    private boolean opened;
    private boolean closing;
    private boolean advanceComes;
    private boolean batchIn;
    private int taken;
    private int framed;

    End(Host host, int port, ConnectionRules rules) {
      this.host = host;
      this.port = port;
      this.rules = rules;
    }

    void open() {
      if (!closing) {
        opened = true;
        rules.opened(this);
        advanceSoon();
      }
    }

    @Override
    public Reactor reactor() {
      return reactor;
    }

    @Override
    public InetSocketAddress localAddress() {
      return address(port);
    }

    @Override
    public InetSocketAddress remoteAddress() {
      return address(port);
    }

    @Override
    public void outputReady() {
      advanceSoon();
    }

    @Override
    public void inputWanted() {
      advanceSoon();
    }

    @Override
    public void close() {
      end(CloseReason.BY_RULES);
    }

    @Override
    public void abort() {
      close();
    }

    void end(CloseReason reason) {
      if (!closing) {
        closing = true;
        ends.remove(this);
        reactor.execute(() -> {
          if (opened) {
            rules.closed(reason);
          }
          peer.end(CloseReason.BY_PEER);
        });
      }
    }

    private void advanceSoon() {
      if (!advanceComes) {
        advanceComes = true;
        reactor.execute(this::advance);
      }
    }

    private void advance() {
      advanceComes = false;
      while (opened && !closing && receive()) {
        // As long as there is something that the rules want.
      }
      while (opened && !closing && send()) {
        // As long as there is something to send.
      }
    }

    private boolean send() {
      rules.fill(out);
      if (out.isEmpty()) {
        return false;
      }
      boolean last = out.isLast();
      var bytes = new byte[(int) out.ranges().lengthBytes()];
      out.ranges().copyTo(MemorySegment.ofArray(bytes), 0);
      out.releaseAll();
      out.reset();
      peer.arrived.add(bytes);
      peer.advanceSoon();
      if (last) {
        close();
      }
      return !last;
    }

    /** Whether something was taken. */
    private boolean receive() {
      if (!rules.wantsInput()) {
        return false;
      }
      if (!batchIn) {
        takeArrived();
        if (!frame()) {
          return false;
        }
      }
      taken = rules.received(batch, taken);
      if (taken < batch.size()) {
        return false;
      }
      batchIn = false;
      input = input.asSlice(framed);
      return true;
    }

    private void takeArrived() {
      while (!arrived.isEmpty()) {
        byte[] next = arrived.remove();
        var joined = Arena.ofAuto().allocate(input.byteSize() + next.length, 8);
        MemorySegment.copy(input, 0, joined, 0, input.byteSize());
        MemorySegment.copy(next, 0, joined, ValueLayout.JAVA_BYTE, input.byteSize(), next.length);
        input = joined;
      }
    }

    private boolean frame() {
      batch.reset(input);
      taken = 0;
      framed = 0;
      int end = (int) input.byteSize();
      PduFramer framer = rules.framer();
      while (framed < end
          && !batch.isFull()
          && framer.frame(input, framed, end) == PduFramer.Outcome.WHOLE) {
        batch.add(framed, (int) framer.plen());
        framed += (int) framer.plen();
        if (framer.type() == PduType.IC_REQ || framer.type() == PduType.IC_RESP) {
          break;
        }
      }
      batchIn = batch.size() > 0;
      return batchIn;
    }
  }
}
