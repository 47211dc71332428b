package io.dnvme.target.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.StatusCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AsyncEventsTest {

  private static final int ALL = -1;
  private static final int SUCCESS = StatusCode.SUCCESS.status();

  private record Report(int cid, int dword0) {}

  private final List<Report> reports = new ArrayList<>();
  private final AsyncEvents events =
      new AsyncEvents((cid, dw0) -> reports.add(new Report(cid, dw0)));

  @Test
  void eventWithWaitingRequest_isReportedAtOnce() {
    events.configuration(ALL);
    assertThat(events.request(7)).isEqualTo(SUCCESS);
    assertThat(reports).isEmpty();

    events.raise(AsyncEventKind.ANA_CHANGE);

    assertThat(reports).containsExactly(new Report(7, AsyncEvent.ANA_CHANGE));
    assertThat(events.waiting()).isZero();
  }

  @Test
  void eventWithoutRequest_waitsForTheNext() {
    events.configuration(ALL);
    events.raise(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED);
    assertThat(reports).isEmpty();

    assertThat(events.request(3)).isEqualTo(SUCCESS);

    assertThat(reports).containsExactly(new Report(3, AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED));
  }

  @Test
  void eventNotEnabled_isDropped() {
    events.configuration(ALL & ~AsyncEventKind.ANA_CHANGE.configurationMask());
    events.request(1);

    events.raise(AsyncEventKind.ANA_CHANGE);
    events.configuration(ALL);

    assertThat(reports).isEmpty();
    assertThat(events.waiting()).isEqualTo(1);
  }

  @Test
  void pendingEvent_disabledBeforeARequest_isDropped() {
    events.configuration(ALL);
    events.raise(AsyncEventKind.ANA_CHANGE);
    events.configuration(0);
    events.configuration(ALL);

    events.request(1);

    assertThat(reports).isEmpty();
  }

  @Test
  void reservationEvent_needsNoConfiguration() {
    events.request(1);
    events.raise(AsyncEventKind.RESERVATION_LOG_AVAILABLE);
    assertThat(reports).containsExactly(new Report(1, AsyncEvent.RESERVATION_LOG_AVAILABLE));
  }

  @Test
  void reportedEvent_isMaskedUntilItsLogIsRead() {
    events.configuration(ALL);
    events.request(1);
    events.request(2);
    events.raise(AsyncEventKind.ANA_CHANGE);
    events.raise(AsyncEventKind.ANA_CHANGE);
    assertThat(reports).hasSize(1);

    events.logRead(LogPage.CHANGED_NAMESPACE_LIST);
    events.raise(AsyncEventKind.ANA_CHANGE);
    assertThat(reports).as("another page was read").hasSize(1);

    events.logRead(LogPage.ASYMMETRIC_NAMESPACE_ACCESS);
    assertThat(reports).as("the read told what came meanwhile").hasSize(1);
    events.raise(AsyncEventKind.ANA_CHANGE);
    assertThat(reports)
        .containsExactly(
            new Report(1, AsyncEvent.ANA_CHANGE), new Report(2, AsyncEvent.ANA_CHANGE));
  }

  @Test
  void maskedEvent_doesNotHideAnother() {
    events.configuration(ALL);
    events.request(1);
    events.request(2);
    events.raise(AsyncEventKind.ANA_CHANGE);
    events.raise(AsyncEventKind.DISCOVERY_LOG_CHANGE);
    assertThat(reports)
        .extracting(Report::dword0)
        .containsExactly(AsyncEvent.ANA_CHANGE, AsyncEvent.DISCOVERY_LOG_CHANGE);
  }

  @Test
  void pendingEvent_whoseLogIsRead_isNotReportedAnyMore() {
    events.configuration(ALL);
    events.raise(AsyncEventKind.ANA_CHANGE);
    events.logRead(LogPage.ASYMMETRIC_NAMESPACE_ACCESS);
    events.request(1);
    assertThat(reports).isEmpty();
  }

  @Test
  void requestsAtTheLimit_oneMoreIsRefused() {
    for (int cid = 0; cid < AsyncEvents.MAX_REQUESTS; cid++) {
      assertThat(events.request(cid)).isEqualTo(SUCCESS);
    }
    assertThat(events.request(99)).isEqualTo(StatusCode.ASYNC_EVENT_REQUEST_LIMIT_EXCEEDED.dnr());

    assertThat(events.abort(0)).isTrue();
    assertThat(events.request(99)).isEqualTo(SUCCESS);
  }

  @Test
  void requests_areAnsweredInTheirOrder() {
    events.configuration(ALL);
    events.request(10);
    events.request(11);
    events.request(12);
    assertThat(events.abort(11)).isTrue();
    assertThat(events.abort(11)).isFalse();

    events.raise(AsyncEventKind.ANA_CHANGE);
    events.raise(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED);

    assertThat(reports).extracting(Report::cid).containsExactly(10, 12);
  }

  @Test
  void reset_forgetsEverything() {
    events.configuration(ALL);
    events.request(1);
    events.raise(AsyncEventKind.ANA_CHANGE);
    events.raise(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED);
    events.request(2);
    reports.clear();

    events.reset();

    assertThat(events.waiting()).isZero();
    assertThat(events.configuration()).isZero();
    events.configuration(ALL);
    events.request(3);
    assertThat(reports).isEmpty();
    events.raise(AsyncEventKind.ANA_CHANGE);
    assertThat(reports).containsExactly(new Report(3, AsyncEvent.ANA_CHANGE));
  }

  @Test
  void kinds_haveTheBitsOfTheSpecification() {
    assertThat(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED.configurationMask()).isEqualTo(1 << 8);
    assertThat(AsyncEventKind.ANA_CHANGE.configurationMask()).isEqualTo(1 << 11);
    assertThat(AsyncEventKind.DISCOVERY_LOG_CHANGE.configurationMask()).isEqualTo(1 << 31);
    assertThat(AsyncEventKind.RESERVATION_LOG_AVAILABLE.configurationMask()).isZero();
    assertThat(AsyncEventKind.ANA_CHANGE.dword0()).isEqualTo(0x0c_03_02);
    assertThat(AsyncEventKind.DISCOVERY_LOG_CHANGE.dword0()).isEqualTo(0x70_f0_02);
    assertThat(AsyncEventKind.NAMESPACE_ATTRIBUTE_CHANGED.dword0()).isEqualTo(0x04_00_02);
    assertThat(AsyncEventKind.RESERVATION_LOG_AVAILABLE.dword0()).isEqualTo(0x80_00_06);
  }
}
