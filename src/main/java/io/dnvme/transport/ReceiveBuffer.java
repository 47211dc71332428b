package io.dnvme.transport;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * What one connection received and its rules have not taken yet: a view of a region that it has
 * borrowed from its reactor while there is anything to hold.
 *
 * <pre>
 *   0          start            end                REGION_BYTES
 *   |  taken     |  to be taken  |  room              |
 * </pre>
 *
 * <p>Moves its content only in {@link #receive}, when nobody looks at it.
 */
final class ReceiveBuffer {

  /** The most that one call asks the socket for. */
  static final int MAX_RECEIVE_BYTES = 1 << 20;

  /** Moving less than that to the front costs less than leaving memory that is in the cache. */
  private static final int CHEAP_MOVE_BYTES = 8 << 10;

  private static final int PAGE_BYTES = 4096;

  private final RegionPool regions;
  private MemorySegment memory;
  private int start;
  private int end;
  private boolean calledInFull;
  private int quietSweeps;

  ReceiveBuffer(RegionPool regions) {
    this.regions = regions;
  }

  /** Valid while the buffer is not empty. */
  MemorySegment memory() {
    return memory;
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  boolean isEmpty() {
    return start == end;
  }

  /** What lies before {@code offset} has been taken. */
  void takenUpTo(int offset) {
    start = offset;
    if (start == end) {
      start = 0;
      end = 0;
    }
  }

  /**
   * Receives what is there, once.
   *
   * @return bytes received; 0: nothing there; -1: the peer has ended its side
   */
  int receive(Socket socket) throws IOException {
    if (memory == null) {
      memory = regions.take();
    }
    makeRoom();
    int room = Math.min(RegionPool.REGION_BYTES - end, MAX_RECEIVE_BYTES);
    int received = socket.recvAddress(memory.address(), end, end + room);
    calledInFull = received == room;
    if (received > 0) {
      end += received;
      quietSweeps = 0;
    }
    return received;
  }

  /** Whether the last call got all it asked for, so that more may be there. */
  boolean receivedInFull() {
    return calledInFull;
  }

  /** Gives the region back where it holds nothing. */
  void release() {
    if (memory != null && isEmpty()) {
      regions.giveBack(memory);
      memory = null;
    }
  }

  /** Gives everything back; what was not taken is lost. */
  void close() {
    start = 0;
    end = 0;
    release();
  }

  /**
   * Called now and then: where a peer has sent nothing since the last time, only the memory that
   * its unfinished PDU lies in is kept.
   */
  void sweep() {
    if (memory == null) {
      return;
    }
    if (quietSweeps == 1) {
      drop(0, start / PAGE_BYTES * PAGE_BYTES);
      drop((end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES, RegionPool.REGION_BYTES);
    }
    quietSweeps++;
  }

  private void makeRoom() {
    int held = end - start;
    boolean cheap = held <= CHEAP_MOVE_BYTES;
    boolean needed = RegionPool.REGION_BYTES - end < MAX_RECEIVE_BYTES;
    if (start > 0 && (cheap || needed)) {
      MemorySegment.copy(memory, start, memory, 0, held);
      start = 0;
      end = held;
    }
  }

  private void drop(long from, long to) {
    if (from < to) {
      LibC.dropPages(memory.asSlice(from, to - from));
    }
  }
}
