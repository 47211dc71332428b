package io.dnvme.initiator;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import io.dnvme.nvme.Property;
import java.util.concurrent.TimeUnit;

/**
 * Tells a controller that the host leaves, and waits until it says that it is ready for that, for
 * the time that it stated at most (NVMe Base 2.0 §3.6). On the home reactor.
 */
final class ShutdownNotice {

  /** For a controller that states no time. */
  private static final long DEFAULT_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long MAX_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Reactor reactor;
  private final AdminQueue admin;
  private final long limitNanos;
  private final Runnable done;

  private boolean over;
  private Timers.Timer limit;
  private Timers.Timer poll;

  /**
   * @param done told once that nothing is to be waited for any more, whatever the outcome; not
   *     after {@link #cancel}
   */
  ShutdownNotice(Reactor reactor, AdminQueue admin, ControllerInfo controller, Runnable done) {
    this.reactor = reactor;
    this.admin = admin;
    this.done = done;
    long stated = TimeUnit.MILLISECONDS.toNanos(controller.shutdownMs());
    limitNanos = stated == 0 ? DEFAULT_LIMIT_NANOS : Math.min(stated, MAX_LIMIT_NANOS);
  }

  void send() {
    limit = reactor.timers().schedule(limitNanos, this::end);
    long shutdown =
        Property.Cc.EN.of(1)
            | Property.Cc.IOSQES.of(6)
            | Property.Cc.IOCQES.of(4)
            | Property.Cc.SHN.of(Property.Cc.SHN_NORMAL);
    admin.setProperty(
        Property.CC,
        shutdown,
        reply -> {
          if (reply.isSuccess()) {
            look();
          } else {
            end();
          }
        });
  }

  /** The association ends for another reason. */
  void cancel() {
    over = true;
    limit.cancel();
    if (poll != null) {
      poll.cancel();
    }
  }

  private void look() {
    if (over) {
      return;
    }
    admin.getProperty(
        Property.CSTS,
        reply -> {
          long shst = Property.Csts.SHST.get(reply.result());
          if (!reply.isSuccess() || shst == Property.Csts.SHST_COMPLETE) {
            end();
          } else if (!over) {
            poll = reactor.timers().schedule(POLL_NANOS, this::look);
          }
        });
  }

  private void end() {
    if (!over) {
      cancel();
      done.run();
    }
  }
}
