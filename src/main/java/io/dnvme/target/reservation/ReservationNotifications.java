package io.dnvme.target.reservation;

import io.dnvme.nvme.Feature.ReservationNotificationMask;
import io.dnvme.nvme.ReservationNotificationLog;
import io.dnvme.target.event.AsyncEventKind;
import io.dnvme.target.event.AsyncEvents;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The reservation notifications of one controller that its host has not read: log page 80h (NVMe
 * Base 2.0 §5.16.1.24) and the mask of feature 82h (§5.27.1.26). On the controller's reactor.
 */
public final class ReservationNotifications {

  /** Notifications that are kept; what comes when there are so many leaves a gap in the count. */
  public static final int MAX_PAGES = 255;

  /** The bits of feature 82h that mean something. */
  public static final int MASK_BITS =
      (int)
          (ReservationNotificationMask.REGPRE.of(1)
              | ReservationNotificationMask.RESREL.of(1)
              | ReservationNotificationMask.RESPRE.of(1));

  private record Page(long number, int nsid, ReservationNotice.Kind kind) {}

  private final AsyncEvents events;
  private final ArrayDeque<Page> pages = new ArrayDeque<>();
  private final Map<Integer, Integer> masks = new HashMap<>();
  private long lastNumber;

  public ReservationNotifications(AsyncEvents events) {
    this.events = events;
  }

  /** Value of feature 82h for the namespace: which kinds are not told. */
  public int mask(int nsid) {
    return masks.getOrDefault(nsid, 0);
  }

  /** Sets feature 82h for the namespace; for all of them, the caller sets each. */
  public void mask(int nsid, int value) {
    masks.put(nsid, value & MASK_BITS);
  }

  /** Keeps a notification for the host and raises the event, unless masked. */
  public void add(int nsid, ReservationNotice.Kind kind) {
    if ((mask(nsid) & 1 << kind.code()) != 0) {
      return;
    }
    lastNumber++;
    if (pages.size() < MAX_PAGES) {
      pages.add(new Page(lastNumber, nsid, kind));
    }
    events.raise(AsyncEventKind.RESERVATION_LOG_AVAILABLE);
  }

  /**
   * The log page: the oldest notification, or an empty page. Called after {@link
   * AsyncEvents#logRead} where the host does not retain the event.
   *
   * @param retain RAE: the notification stays; else it is gone, and the event raised again where
   *     others wait
   */
  public MemorySegment read(boolean retain) {
    MemorySegment content = MemorySegment.ofArray(new byte[ReservationNotificationLog.SIZE]);
    Page page = pages.peek();
    if (page != null) {
      new ReservationNotificationLog()
          .wrap(content, 0)
          .set(ReservationNotificationLog.LOG_PAGE_COUNT, page.number())
          .set(ReservationNotificationLog.TYPE, page.kind().code())
          .set(ReservationNotificationLog.AVAILABLE, pages.size() - 1)
          .set(ReservationNotificationLog.NSID, page.nsid());
      if (!retain) {
        pages.remove();
        if (!pages.isEmpty()) {
          events.raise(AsyncEventKind.RESERVATION_LOG_AVAILABLE);
        }
      }
    }
    return content;
  }

  /** Controller level reset: nothing is kept and nothing masked. */
  public void reset() {
    pages.clear();
    masks.clear();
    lastNumber = 0;
  }
}
