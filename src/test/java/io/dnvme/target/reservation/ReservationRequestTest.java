package io.dnvme.target.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.StatusCode;
import io.dnvme.target.reservation.ReservationRequest.PersistenceChange;
import org.junit.jupiter.api.Test;

class ReservationRequestTest {

  private static final ReservationRequest INVALID =
      new ReservationRequest.Refused(TestHosts.A, StatusCode.INVALID_FIELD.dnr());

  private static ReservationRequest register(int cdw10) {
    return ReservationRequest.parseRegister(TestHosts.A, cdw10, 1, 2);
  }

  private static ReservationRequest acquire(int cdw10) {
    return ReservationRequest.parseAcquire(TestHosts.A, cdw10, 1, 2);
  }

  private static ReservationRequest release(int cdw10) {
    return ReservationRequest.parseRelease(TestHosts.A, cdw10, 1);
  }

  @Test
  void register_hasItsActionsAndFlags() {
    assertThat(register(0))
        .isEqualTo(new ReservationRequest.Register(TestHosts.A, 2, PersistenceChange.KEEP));
    assertThat(register(0x8000_0001))
        .isEqualTo(new ReservationRequest.Unregister(TestHosts.A, 1, false, PersistenceChange.OFF));
    assertThat(register(0xc000_000a))
        .isEqualTo(
            new ReservationRequest.ReplaceKey(TestHosts.A, 1, 2, true, PersistenceChange.ON));
  }

  @Test
  void registerWithReservedValues_isRefused() {
    for (int cdw10 : new int[] {3, 4, 5, 6, 7, 0x4000_0000}) {
      assertThat(register(cdw10)).as("%x", cdw10).isEqualTo(INVALID);
    }
  }

  @Test
  void acquire_hasItsActionsAndTypes() {
    assertThat(acquire(0x0100))
        .isEqualTo(new ReservationRequest.Acquire(TestHosts.A, 1, ReservationType.WRITE_EXCLUSIVE));
    assertThat(acquire(0x0201))
        .isEqualTo(
            new ReservationRequest.Preempt(
                TestHosts.A, 1, 2, ReservationType.EXCLUSIVE_ACCESS, false));
    assertThat(acquire(0x0602))
        .isEqualTo(
            new ReservationRequest.Preempt(
                TestHosts.A, 1, 2, ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS, true));
  }

  @Test
  void acquireWithReservedValues_isRefused() {
    // Actions, types, and a key that may not be ignored.
    for (int cdw10 : new int[] {0x0103, 0x0107, 0x0000, 0x0700, 0xff00, 0x0108, 0x0109}) {
      assertThat(acquire(cdw10)).as("%x", cdw10).isEqualTo(INVALID);
    }
  }

  @Test
  void release_hasItsActions() {
    assertThat(release(0x0400))
        .isEqualTo(
            new ReservationRequest.Release(
                TestHosts.A, 1, ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS_ONLY));
    assertThat(release(0x0001)).isEqualTo(new ReservationRequest.Clear(TestHosts.A, 1));
    assertThat(release(0xff01)).isEqualTo(new ReservationRequest.Clear(TestHosts.A, 1));
  }

  @Test
  void releaseWithReservedValues_isRefused() {
    for (int cdw10 : new int[] {0x0102, 0x0107, 0x0000, 0x0700, 0x0108, 0x0009}) {
      assertThat(release(cdw10)).as("%x", cdw10).isEqualTo(INVALID);
    }
  }

  @Test
  void types_haveTheValuesOfTheSpecification() {
    for (ReservationType type : ReservationType.values()) {
      assertThat(ReservationType.of(type.code())).isEqualTo(type);
    }
    assertThat(ReservationType.WRITE_EXCLUSIVE.code()).isEqualTo(1);
    assertThat(ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS.code()).isEqualTo(6);
    for (int code : new int[] {-1, 0, 7, 255}) {
      assertThat(ReservationType.of(code)).isNull();
    }
  }
}
