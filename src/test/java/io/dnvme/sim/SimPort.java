package io.dnvme.sim;

import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/**
 * One end of a simulated connection: carries production rules as transport's queue pair does. What
 * has been read is framed by the rules' own {@link PduFramer} in pieces of any size; a batch that
 * was taken is overwritten afterwards, so that who keeps a view of it is found out; a gathered
 * write goes out as the pipe has room, and memory that it names is read then, not before.
 */
final class SimPort implements ConnectionPort {

  private static final int INPUT_BYTES = 64 << 10;
  private static final int MAX_INPUT_BYTES = 4 << 20;
  private static final byte POISON = (byte) 0xdb;

  private final SimNetwork network;
  private final SimWorld world;
  private final SimReactor reactor;
  private final ConnectionRules rules;
  private final String name;
  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private long openedNanos;
  private long lastReadNanos;
  private long longestSilenceNanos;

  private SimPort peer;
  private Pipe out;
  private Pipe in;

  // The kernel's state.
  private boolean kernelOpen = true;
  private boolean socketEventComes;

  // The queue pair's.
  private boolean opened;
  private boolean closeComes;
  private boolean closed;
  private boolean advanceComes;
  private boolean outputReady;
  private final OutgoingPdus outgoing = new OutgoingPdus(Arena.ofAuto());
  private boolean sending;
  private long sentBytes;
  private byte[] spill;
  private MemorySegment input = Arena.ofAuto().allocate(INPUT_BYTES, 8);
  private int inputEnd;
  private int framedEnd;
  private final ReceivedPdus batch = new ReceivedPdus();
  private boolean batchIn;
  private int taken;
  private int faultFes = -1;
  private int faultFei;
  private boolean faultTold;

  SimPort(
      SimNetwork network,
      SimReactor reactor,
      ConnectionRules rules,
      String name,
      InetSocketAddress local,
      InetSocketAddress remote) {
    this.network = network;
    this.world = network.world();
    this.reactor = reactor;
    this.rules = rules;
    this.name = name;
    this.local = local;
    this.remote = remote;
  }

  void join(SimPort other, Pipe toOther) {
    peer = other;
    out = toOther;
    other.in = toOther;
  }

  String name() {
    return name;
  }

  SimProcess process() {
    return reactor.process();
  }

  SimPort peer() {
    return peer;
  }

  ConnectionRules rules() {
    return rules;
  }

  /** When its process began to carry it, in world time. */
  long openedNanos() {
    return openedNanos;
  }

  /** How long at most nothing came from the peer by this way, over any connection, then this. */
  long longestSilenceNanos() {
    return longestSilenceNanos;
  }

  long lastReadNanos() {
    return lastReadNanos;
  }

  /** Whether something of this end is on its way to the other. */
  boolean isSending() {
    return out.isTravelling();
  }

  // What the rules ask for.

  @Override
  public Reactor reactor() {
    return reactor;
  }

  @Override
  public InetSocketAddress localAddress() {
    return local;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public void outputReady() {
    outputReady = true;
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

  private void advanceSoon() {
    if (!advanceComes && !closed) {
      advanceComes = true;
      reactor.execute(this::advance);
    }
  }

  private void end(CloseReason reason) {
    if (!closeComes) {
      closeComes = true;
      reactor.execute(() -> finishClose(reason));
    }
  }

  // The reactor's turns.

  void open() {
    if (!closeComes) {
      opened = true;
      openedNanos = world.nowNanos();
      lastReadNanos = openedNanos;
      rules.opened(this);
      advanceSoon();
      arrived();
    }
  }

  private void advance() {
    advanceComes = false;
    if (!opened || closeComes) {
      return;
    }
    deliver();
    send();
    if (!closeComes && !batchIn && mayTakeInput()) {
      receive();
    }
  }

  private boolean mayTakeInput() {
    return (!sending || rules.takesInputWhileOutputWaits()) && rules.wantsInput();
  }

  /** Reads some of what is there and frames it. */
  private void receive() {
    int there = in.arrivedBytes();
    if (there == 0) {
      Pipe.End how = in.end();
      if (how != null) {
        end(how == Pipe.End.FIN ? CloseReason.BY_PEER : CloseReason.SOCKET_ERROR);
      }
      return;
    }
    int length = network.random().nextInt(3) == 0 ? network.random().nextInt(1, there + 1) : there;
    noteSilence();
    makeRoom(length);
    in.read(input, inputEnd, length);
    inputEnd += length;
    peer.roomMade();
    frame();
  }

  private void noteSilence() {
    long now = world.nowNanos();
    if (now - lastReadNanos > longestSilenceNanos) {
      long lastOfAll = network.lastReadNanos(this);
      longestSilenceNanos = Math.max(longestSilenceNanos, now - lastOfAll);
    }
    lastReadNanos = now;
  }

  private void makeRoom(int length) {
    if (inputEnd + length <= input.byteSize()) {
      return;
    }
    long size = input.byteSize();
    while (inputEnd + length > size) {
      size *= 2;
    }
    MemorySegment larger = Arena.ofAuto().allocate(size, 8);
    MemorySegment.copy(input, 0, larger, 0, inputEnd);
    input = larger;
  }

  private void frame() {
    batch.reset(input);
    PduFramer framer = rules.framer();
    int at = 0;
    boolean goesOn = inputEnd > 0;
    while (goesOn) {
      switch (framer.frame(input, at, inputEnd)) {
        case WHOLE -> {
          int type = framer.type();
          int length = (int) framer.plen();
          batch.add(at, length);
          at += length;
          goesOn =
              at < inputEnd && !batch.isFull() && type != PduType.IC_REQ && type != PduType.IC_RESP;
        }
        case INCOMPLETE, HEADER -> {
          goesOn = false;
          if (framer.neededBytes() > MAX_INPUT_BYTES) {
            fault(FatalErrorStatus.DATA_TRANSFER_LIMIT_EXCEEDED, 0);
          }
        }
        case FAULT -> {
          goesOn = false;
          fault(framer.fes(), framer.fei());
        }
      }
    }
    framedEnd = at;
    taken = 0;
    batchIn = batch.size() > 0 || faultFes >= 0;
    if (batchIn) {
      deliver();
    }
    advanceSoon();
  }

  private void fault(int fes, int fei) {
    faultFes = fes;
    faultFei = fei;
  }

  private void deliver() {
    if (!batchIn || closeComes || !mayTakeInput()) {
      return;
    }
    if (taken < batch.size()) {
      int next = rules.received(batch, taken);
      if (next < taken || next > batch.size()) {
        throw new IllegalStateException("rules took PDUs up to " + next + " of " + batch.size());
      }
      taken = next;
    }
    if (taken < batch.size()) {
      return;
    }
    if (faultFes >= 0) {
      if (!faultTold && !closeComes) {
        faultTold = true;
        world.trace(name, "a bad PDU came");
        rules.malformed(faultFes, faultFei, batch, framedEnd, inputEnd - framedEnd);
      }
      return;
    }
    batchIn = false;
    int left = inputEnd - framedEnd;
    MemorySegment.copy(input, framedEnd, input, 0, left);
    input.asSlice(left, inputEnd - left).fill(POISON);
    inputEnd = left;
    if (left > 0) {
      frame();
    } else {
      advanceSoon();
    }
  }

  private void send() {
    while (!closeComes) {
      if (!sending) {
        if (!outputReady) {
          return;
        }
        outputReady = false;
        rules.fill(outgoing);
        if (outgoing.isEmpty()) {
          return;
        }
        outputReady = true;
        sending = true;
        sentBytes = 0;
      }
      if (!sendPending()) {
        return;
      }
    }
  }

  /** False where there is no room. */
  private boolean sendPending() {
    long total = spill != null ? spill.length : outgoing.ranges().lengthBytes();
    int room = (int) Math.min(out.roomBytes(), total - sentBytes);
    if (room > 0) {
      process().gaveOut();
      out.send(part(sentBytes, room));
      sentBytes += room;
    }
    boolean last = outgoing.isLast();
    if (sentBytes < total) {
      if (outgoing.isBorrowed() && spill == null) {
        spill = part(sentBytes, (int) (total - sentBytes));
        sentBytes = 0;
        outgoing.releaseAll();
      }
      return false;
    }
    if (spill == null) {
      outgoing.releaseAll();
    }
    spill = null;
    outgoing.reset();
    sending = false;
    if (last) {
      end(CloseReason.BY_RULES);
    }
    return true;
  }

  private byte[] part(long from, int length) {
    var bytes = new byte[length];
    if (spill != null) {
      System.arraycopy(spill, (int) from, bytes, 0, length);
    } else {
      new IoVector()
          .addPart(outgoing.ranges(), from, length)
          .copyTo(MemorySegment.ofArray(bytes), 0);
    }
    return bytes;
  }

  private void finishClose(CloseReason reason) {
    closed = true;
    if (sending && spill == null) {
      outgoing.releaseAll();
    }
    sending = false;
    world.trace(name, "closed " + reason);
    if (opened) {
      rules.closed(reason);
    }
    if (kernelOpen) {
      kernelCloses(network.closesInGoodOrder());
    }
    network.forgetClosed();
  }

  // The kernel.

  boolean isKernelOpen() {
    return kernelOpen;
  }

  /** Something is there to be read. */
  void arrived() {
    if (kernelOpen && !socketEventComes) {
      socketEventComes = true;
      reactor.socketReady(this::readable);
    }
  }

  private void readable() {
    socketEventComes = false;
    advance();
    if (!closeComes && opened && in.isReset()) {
      // Nothing can be sent any more, whether or not all was read.
      end(CloseReason.SOCKET_ERROR);
    }
  }

  private void roomMade() {
    if (kernelOpen && sending) {
      reactor.socketReady(this::writable);
    }
  }

  private void writable() {
    if (opened && !closeComes) {
      advance();
    }
  }

  /** This end's descriptor is closed: by its process, or because that is gone. */
  void kernelCloses(boolean inGoodOrder) {
    kernelOpen = false;
    // A kernel that was told of a reset has thrown away what it had to send; unread input turns the
    // end into one.
    if (in.isReset()) {
      out.silence();
    } else if (inGoodOrder && in.arrivedBytes() == 0) {
      out.finish();
    } else {
      out.reset();
    }
  }

  void goesDark() {
    kernelOpen = false;
    out.silence();
  }

  /** The connection is broken in the middle: both ends see a reset, or only this one. */
  void cut(boolean both) {
    world.trace(name, "is cut" + (both ? "" : ", one end is told"));
    in.breakOff();
    if (both) {
      out.breakOff();
    }
  }

  /** Something came for a connection that this machine does not have (any more). */
  void refuse() {
    if (process().isPowered() && !out.link().isBlocked()) {
      world.after(out.link().delayNanos(), peer::refused);
    }
  }

  private void refused() {
    if (kernelOpen) {
      in.breakOff();
    }
  }
}
