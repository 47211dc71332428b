package io.dnvme.target.queue;

import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What one connection has of its reactor's buffers. A host that neither reads answers nor sends the
 * data that it announced must not take the memory that others need:
 *
 * <ul>
 *   <li>A connection that holds more than a part of what is left for all takes no more; so however
 *       much it asks for, most is left.
 *   <li>Where many such hosts have left little nevertheless, those are sent away whose connection
 *       has stood still for a while. One that waits for its device is not.
 * </ul>
 *
 * <p>On the connection's reactor.
 */
final class MemoryShare {

  /** A connection may hold up to this part of what is left. */
  static final int PART_OF_FREE = 8;

  /** Memory is scarce where less than this part of all is left. */
  static final int SCARCE_PART = 4;

  /** How long a connection may stand still while memory is scarce; twice that at most. */
  static final long STANDSTILL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final BooleanSupplier waitsForHost;
  private final Runnable sendAway;
  private final Runnable look = this::look;
  private Reactor reactor;
  private Timers.Timer timer;
  private long heldBytes;
  private boolean moved;

  /**
   * @param waitsForHost whether there is something that the host has to take or to send
   * @param sendAway ends the connection
   */
  MemoryShare(BooleanSupplier waitsForHost, Runnable sendAway) {
    this.waitsForHost = waitsForHost;
    this.sendAway = sendAway;
  }

  void opened(Reactor reactor) {
    this.reactor = reactor;
  }

  /** A buffer, or null where none is left or the connection has its share. */
  Buffer tryAcquire(int lengthBytes) {
    BufferPool pool = reactor.buffers();
    if (heldBytes > 0 && heldBytes >= pool.freeBytes() / PART_OF_FREE) {
      return null;
    }
    Buffer buffer = pool.tryAcquire(lengthBytes);
    if (buffer != null) {
      heldBytes += buffer.capacityBytes();
      if (timer == null) {
        schedule();
      }
    }
    return buffer;
  }

  void giveBack(Buffer buffer) {
    heldBytes -= buffer.capacityBytes();
    moved = true;
    buffer.giveBack();
  }

  /** The host has sent some of what it was asked for. */
  void dataCame() {
    moved = true;
  }

  void close() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void schedule() {
    moved = false;
    timer = reactor.timers().schedule(STANDSTILL_NANOS, look);
  }

  private void look() {
    timer = null;
    if (heldBytes == 0) {
      return;
    }
    BufferPool pool = reactor.buffers();
    boolean scarce = pool.freeBytes() < pool.limitBytes() / SCARCE_PART;
    if (scarce && !moved && waitsForHost.getAsBoolean()) {
      sendAway.run();
    } else {
      schedule();
    }
  }
}
