package io.dnvme.nvme;

/** Reservation Notification, log page 80h: the oldest unread one (NVMe Base 2.0 §5.16.1.24). */
public final class ReservationNotificationLog extends Structure<ReservationNotificationLog> {

  public static final int SIZE = 64;

  /** Number of the notification; 0 for an empty page. */
  public static final Field.Number<ReservationNotificationLog> LOG_PAGE_COUNT = Field.u64(0);

  public static final Field.Number<ReservationNotificationLog> TYPE = Field.u8(8);

  /** Unread notifications behind this one; 255 for that many or more. */
  public static final Field.Number<ReservationNotificationLog> AVAILABLE = Field.u8(9);

  public static final Field.Number<ReservationNotificationLog> NSID = Field.u32(12);

  public static final int TYPE_EMPTY = 0;
  public static final int TYPE_REGISTRATION_PREEMPTED = 1;
  public static final int TYPE_RESERVATION_RELEASED = 2;
  public static final int TYPE_RESERVATION_PREEMPTED = 3;

  public ReservationNotificationLog() {
    super(SIZE);
  }
}
