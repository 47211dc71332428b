package io.dnvme.target.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.StatusCode;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReservationReportTest {

  private static final UUID ONE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final UUID TWO = UUID.fromString("10000000-0000-0000-0000-000000000002");

  private static String report(ReservationState state) {
    return HexFormat.of().formatHex(ReservationReport.of(state).toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void report_hasTheBytesOfTheSpecification() {
    var state =
        new ReservationState(
            0x01020304,
            List.of(new Registrant(ONE, 0xa1b2c3d4e5f60718L), new Registrant(TWO, 2)),
            ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS_ONLY,
            TWO,
            true);
    assertThat(report(state))
        .isEqualTo(
            "04030201"
                + "04"
                + "0200"
                + "0000"
                + "01"
                + "00".repeat(54)
                + "ffff"
                + "00"
                + "00".repeat(5)
                + "1807f6e5d4c3b2a1"
                + "00112233445566778899aabbccddeeff"
                + "00".repeat(32)
                + "ffff"
                + "01"
                + "00".repeat(5)
                + "0200000000000000"
                + "10000000000000000000000000000002"
                + "00".repeat(32));
  }

  @Test
  void reservationOfAllRegistrants_showsEachAsHolder() {
    var state =
        new ReservationState(
            1,
            List.of(new Registrant(ONE, 1), new Registrant(TWO, 2)),
            ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS,
            null,
            false);
    var report = ReservationReport.of(state);
    assertThat(report.get(ValueLayout.JAVA_BYTE, 64 + 2)).isEqualTo((byte) 1);
    assertThat(report.get(ValueLayout.JAVA_BYTE, 128 + 2)).isEqualTo((byte) 1);
  }

  @Test
  void nothingRegistered_isAHeaderOnly() {
    assertThat(report(ReservationState.NONE)).isEqualTo("00".repeat(64));
  }

  @Test
  void shortForm_isRefusedToHostsOfFabrics() {
    assertThat(ReservationReport.status(1)).isEqualTo(StatusCode.SUCCESS.status());
    assertThat(ReservationReport.status(0))
        .isEqualTo(StatusCode.HOST_IDENTIFIER_INCONSISTENT.dnr());
  }
}
