package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.Clock;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How long confirmations last, and which are needed (LEASE). */
class LeaseTest {

  private static final long LEASE = LegRecord.DEFAULT_LEASE_MS * 1_000_000L;

  private long nowNanos = 1000 * LEASE;
  private final Clock clock =
      new Clock() {
        @Override
        public long nanos() {
          return nowNanos;
        }

        @Override
        public long wallMillis() {
          return 0;
        }
      };

  private Lease lease(List<Holder> holders, List<Holder> next) {
    return new Lease(
        Samples.LEG, Samples.EPOCH, LegRecord.DEFAULT_LEASE_MS, Quorum.of(holders, next), clock);
  }

  @Test
  void lease_isHeldForLFromWhenTheMajorityWasAsked() {
    Lease lease = lease(Samples.holders(1, 2, 3), List.of());
    assertThat(lease.mayAnswer()).isFalse();
    lease.confirmed(Samples.id(5, 1), nowNanos - 10);
    assertThat(lease.mayAnswer()).isFalse();
    lease.confirmed(Samples.id(5, 2), nowNanos - 30);
    assertThat(lease.leftNanos()).isEqualTo(LEASE - 30);
    nowNanos += LEASE - 31;
    assertThat(lease.mayAnswer()).isTrue();
    nowNanos += 1;
    assertThat(lease.mayAnswer()).isFalse();
    lease.confirmed(Samples.id(5, 3), nowNanos);
    assertThat(lease.mayAnswer()).isTrue();
  }

  @Test
  void lateConfirmation_takesNothingBack() {
    Lease lease = lease(Samples.holders(1), List.of());
    lease.confirmed(Samples.id(5, 1), nowNanos);
    lease.confirmed(Samples.id(5, 1), nowNanos - LEASE);
    assertThat(lease.leftNanos()).isEqualTo(LEASE);
  }

  @Test
  void strangersConfirmation_countsForNothing() {
    Lease lease = lease(Samples.holders(1, 2, 3), List.of());
    lease.confirmed(Samples.id(5, 7), nowNanos);
    lease.confirmed(Samples.id(5, 8), nowNanos);
    assertThat(lease.mayAnswer()).isFalse();
  }

  @Test
  void changeOfHolders_needsBothMajorities() {
    Lease lease = lease(Samples.holders(1, 2, 3), List.of());
    lease.confirmed(Samples.id(5, 1), nowNanos);
    lease.confirmed(Samples.id(5, 2), nowNanos);
    Quorum both = Quorum.of(Samples.holders(1, 2, 3), Samples.holders(3, 4, 5));
    assertThat(lease.leftNanos(both)).isZero();
    lease.renewAlso(Set.of(Samples.id(5, 4), Samples.id(5, 5)));
    assertThat(lease.holders()).hasSize(5);
    lease.confirmed(Samples.id(5, 4), nowNanos - 5);
    lease.count(both);
    assertThat(lease.mayAnswer()).isFalse();
    assertThat(lease.leftNanos(Quorum.of(Samples.holders(1, 2, 3), List.of()))).isEqualTo(LEASE);
    lease.confirmed(Samples.id(5, 5), nowNanos - 7);
    assertThat(lease.leftNanos()).isEqualTo(LEASE - 7);
  }

  @Test
  void holders_areAskedInTheRecordsOrder_soThatASeedReplaysInAnotherProcess() {
    Quorum both = Quorum.of(Samples.holders(3, 1, 2), Samples.holders(5, 3, 4));
    assertThat(both.all())
        .containsExactly(
            Samples.id(5, 3),
            Samples.id(5, 1),
            Samples.id(5, 2),
            Samples.id(5, 5),
            Samples.id(5, 4));
  }

  @Test
  void endedLease_neverComesBack() {
    Lease lease = lease(Samples.holders(1), List.of());
    lease.confirmed(Samples.id(5, 1), nowNanos);
    lease.end();
    lease.confirmed(Samples.id(5, 1), nowNanos);
    lease.count(Quorum.of(Samples.holders(1), List.of()));
    assertThat(lease.mayAnswer()).isFalse();
    assertThat(lease.leftNanos()).isZero();
  }
}
