package io.dnvme.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * One direction of a connection: bytes in the order of sending, some on their way, some in the
 * receiver's kernel, no more than the two hold together. A blocked link delays them until it is
 * healed and they are sent again.
 */
final class Pipe {

  /** How a direction ends. */
  enum End {
    /** The sender closed in good order: everything before came. */
    FIN,
    /** The sender is gone: what comes is not read by it any more. */
    RESET
  }

  private record Chunk(byte[] bytes, End end, long dueNanos) {}

  private final SimWorld world;
  private final Link link;
  private final SimPort receiver;
  private final int limitBytes;
  private final ArrayDeque<Chunk> travelling = new ArrayDeque<>();
  private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
  private int consumedOfFirst;
  private int heldBytes;
  private int arrivedBytes;
  private long lastDueNanos;
  private End end;

  Pipe(SimWorld world, Link link, SimPort receiver, int limitBytes) {
    this.world = world;
    this.link = link;
    this.receiver = receiver;
    this.limitBytes = limitBytes;
  }

  Link link() {
    return link;
  }

  // The sender's side.

  int roomBytes() {
    return limitBytes - heldBytes;
  }

  void send(byte[] bytes) {
    heldBytes += bytes.length;
    add(bytes, null);
  }

  /** The sender ends in good order: what it sent still arrives, however late. */
  void finish() {
    add(null, End.FIN);
  }

  /**
   * The sender is gone at once: what has not left its machine never will. A reset that does not get
   * through is not sent again; the receiver learns when it next sends something itself.
   */
  void reset() {
    if (link.isBlocked()) {
      travelling.clear();
    } else {
      add(null, End.RESET);
    }
  }

  /** The sender's machine is dark. */
  void silence() {
    if (link.isBlocked()) {
      travelling.clear();
    }
  }

  /** The receiver finds the connection broken: what arrived can still be read, nothing comes. */
  void breakOff() {
    travelling.clear();
    end = End.RESET;
    receiver.arrived();
  }

  /** Whether something is on its way. */
  boolean isTravelling() {
    return !travelling.isEmpty();
  }

  private void add(byte[] bytes, End how) {
    lastDueNanos = Math.max(lastDueNanos, world.nowNanos() + link.delayNanos());
    travelling.add(new Chunk(bytes, how, lastDueNanos));
    if (travelling.size() == 1) {
      scheduleFirst();
    }
  }

  private void scheduleFirst() {
    Chunk first = travelling.peek();
    world.after(first.dueNanos - world.nowNanos(), () -> arrive(first));
  }

  private void arrive(Chunk chunk) {
    if (travelling.peek() != chunk) {
      return;
    }
    if (link.isBlocked()) {
      world.after(link.retransmitNanos(), () -> arrive(chunk));
      return;
    }
    travelling.remove();
    if (!travelling.isEmpty()) {
      scheduleFirst();
    }
    if (!receiver.isKernelOpen()) {
      receiver.refuse();
      return;
    }
    if (end == End.RESET) {
      return;
    }
    if (chunk.bytes != null) {
      arrived.add(chunk.bytes);
      arrivedBytes += chunk.bytes.length;
    } else {
      end = chunk.end;
    }
    receiver.arrived();
  }

  // The receiver's side.

  int arrivedBytes() {
    return arrivedBytes;
  }

  /** How the direction ended, once everything before was read; null as long as it has not. */
  End end() {
    return arrivedBytes == 0 ? end : null;
  }

  /** Whether a reset has arrived, be there unread bytes or not. */
  boolean isReset() {
    return end == End.RESET;
  }

  /** Reads exactly {@code length} of the bytes that arrived. */
  void read(MemorySegment target, long offset, int length) {
    int left = length;
    long at = offset;
    while (left > 0) {
      byte[] first = arrived.peek();
      int part = Math.min(left, first.length - consumedOfFirst);
      MemorySegment.copy(MemorySegment.ofArray(first), consumedOfFirst, target, at, part);
      at += part;
      left -= part;
      consumedOfFirst += part;
      if (consumedOfFirst == first.length) {
        arrived.remove();
        consumedOfFirst = 0;
      }
    }
    heldBytes -= length;
    arrivedBytes -= length;
  }
}
