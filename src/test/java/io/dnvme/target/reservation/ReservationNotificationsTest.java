package io.dnvme.target.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.LogPage;
import io.dnvme.target.event.AsyncEvents;
import io.dnvme.target.reservation.ReservationNotice.Kind;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReservationNotificationsTest {

  private static final String EMPTY = "00".repeat(64);

  private final List<Integer> reported = new ArrayList<>();
  private final AsyncEvents events = new AsyncEvents((cid, dword0) -> reported.add(cid));
  private final ReservationNotifications notifications = new ReservationNotifications(events);

  private String read(boolean retain) {
    if (!retain) {
      events.logRead(LogPage.RESERVATION_NOTIFICATION);
    }
    return HexFormat.of().formatHex(notifications.read(retain).toArray(ValueLayout.JAVA_BYTE));
  }

  private static String page(int number, int kind, int more, int nsid) {
    return "%02x00000000000000%02x%02x0000%02x000000".formatted(number, kind, more, nsid)
        + "00".repeat(48);
  }

  @Test
  void notifications_areReadOneByOne() {
    notifications.add(1, Kind.REGISTRATION_PREEMPTED);
    notifications.add(2, Kind.RESERVATION_RELEASED);
    notifications.add(3, Kind.RESERVATION_PREEMPTED);
    assertThat(read(false)).isEqualTo(page(1, 1, 2, 1));
    assertThat(read(false)).isEqualTo(page(2, 2, 1, 2));
    assertThat(read(false)).isEqualTo(page(3, 3, 0, 3));
    assertThat(read(false)).isEqualTo(EMPTY);
  }

  @Test
  void retainedNotification_staysTheNext() {
    notifications.add(1, Kind.RESERVATION_RELEASED);
    assertThat(read(true)).isEqualTo(page(1, 2, 0, 1));
    assertThat(read(false)).isEqualTo(page(1, 2, 0, 1));
    assertThat(read(true)).isEqualTo(EMPTY);
  }

  @Test
  void event_comesAgainWhileNotificationsWait() {
    events.request(1);
    events.request(2);
    events.request(3);
    notifications.add(1, Kind.RESERVATION_RELEASED);
    notifications.add(1, Kind.RESERVATION_RELEASED);
    assertThat(reported).containsExactly(1);
    read(false);
    assertThat(reported).containsExactly(1, 2);
    read(false);
    assertThat(reported).containsExactly(1, 2);
    notifications.add(1, Kind.RESERVATION_RELEASED);
    assertThat(reported).containsExactly(1, 2, 3);
  }

  @Test
  void maskedKind_isNotToldForItsNamespace() {
    events.request(1);
    notifications.mask(1, 1 << 2);
    notifications.add(1, Kind.RESERVATION_RELEASED);
    assertThat(reported).isEmpty();
    assertThat(read(true)).isEqualTo(EMPTY);

    notifications.add(2, Kind.RESERVATION_RELEASED);
    notifications.add(1, Kind.REGISTRATION_PREEMPTED);
    assertThat(reported).containsExactly(1);
    assertThat(read(false)).isEqualTo(page(1, 2, 1, 2));
    assertThat(read(false)).isEqualTo(page(2, 1, 0, 1));
  }

  @Test
  void mask_keepsItsThreeBits() {
    notifications.mask(1, -1);
    assertThat(notifications.mask(1)).isEqualTo(0b1110);
    assertThat(notifications.mask(2)).isZero();
  }

  @Test
  void fullLog_dropsTheNewestAndLeavesAGapInTheCount() {
    for (int i = 0; i < ReservationNotifications.MAX_PAGES + 3; i++) {
      notifications.add(1, Kind.RESERVATION_RELEASED);
    }
    assertThat(read(false)).isEqualTo(page(1, 2, 254, 1));
    notifications.add(1, Kind.RESERVATION_PREEMPTED);
    for (int i = 2; i <= ReservationNotifications.MAX_PAGES; i++) {
      assertThat(read(false)).startsWith("%02x00".formatted(i));
    }
    assertThat(read(false)).startsWith("0301000000000000" + "03");
    assertThat(read(false)).isEqualTo(EMPTY);
  }

  @Test
  void reset_forgetsEverything() {
    notifications.add(1, Kind.RESERVATION_RELEASED);
    notifications.mask(1, -1);
    notifications.reset();
    assertThat(read(true)).isEqualTo(EMPTY);
    assertThat(notifications.mask(1)).isZero();
    notifications.add(1, Kind.RESERVATION_RELEASED);
    assertThat(read(true)).isEqualTo(page(1, 2, 0, 1));
  }
}
