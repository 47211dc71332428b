package io.dnvme.target.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.StatusCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The table of command behavior in the presence of a reservation (NVMe Base 2.0 §8.19), written out
 * by hand: every type, every command, every relation of a host to the reservation.
 */
class AccessRuleTest {

  private static final long KEY = 1;

  /** A and B are registrants, A has acquired the reservation, C is not registered. */
  private static AccessRule held(ReservationType type) {
    return AccessRule.of(
        new ReservationState(
                1,
                List.of(new Registrant(TestHosts.A, KEY), new Registrant(TestHosts.B, KEY)),
                null,
                null,
                false)
            .heldBy(TestHosts.A, type));
  }

  private static int opcode(String command) {
    return switch (command) {
      case "read" -> IoOpcode.READ;
      case "compare" -> IoOpcode.COMPARE;
      case "verify" -> IoOpcode.VERIFY;
      case "write" -> IoOpcode.WRITE;
      case "write-uncorrectable" -> IoOpcode.WRITE_UNCORRECTABLE;
      case "write-zeroes" -> IoOpcode.WRITE_ZEROES;
      case "dataset-management" -> IoOpcode.DATASET_MANAGEMENT;
      case "flush" -> IoOpcode.FLUSH;
      case "copy" -> IoOpcode.COPY;
      case "register" -> IoOpcode.RESERVATION_REGISTER;
      case "report" -> IoOpcode.RESERVATION_REPORT;
      case "acquire" -> IoOpcode.RESERVATION_ACQUIRE;
      case "release" -> IoOpcode.RESERVATION_RELEASE;
      default -> throw new IllegalArgumentException(command);
    };
  }

  @ParameterizedTest(name = "{0}, {1}: holder {2}, registrant {3}, other {4}")
  @CsvSource({
    // type, command, holder, registrant, other host: + executed, - conflict
    "WRITE_EXCLUSIVE, read, +, +, +",
    "WRITE_EXCLUSIVE, compare, +, +, +",
    "WRITE_EXCLUSIVE, verify, +, +, +",
    "WRITE_EXCLUSIVE, write, +, -, -",
    "WRITE_EXCLUSIVE, write-uncorrectable, +, -, -",
    "WRITE_EXCLUSIVE, write-zeroes, +, -, -",
    "WRITE_EXCLUSIVE, dataset-management, +, -, -",
    "WRITE_EXCLUSIVE, flush, +, -, -",
    "WRITE_EXCLUSIVE, copy, +, -, -",
    "EXCLUSIVE_ACCESS, read, +, -, -",
    "EXCLUSIVE_ACCESS, compare, +, -, -",
    "EXCLUSIVE_ACCESS, verify, +, -, -",
    "EXCLUSIVE_ACCESS, write, +, -, -",
    "EXCLUSIVE_ACCESS, write-uncorrectable, +, -, -",
    "EXCLUSIVE_ACCESS, write-zeroes, +, -, -",
    "EXCLUSIVE_ACCESS, dataset-management, +, -, -",
    "EXCLUSIVE_ACCESS, flush, +, -, -",
    "EXCLUSIVE_ACCESS, copy, +, -, -",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, read, +, +, +",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, compare, +, +, +",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, verify, +, +, +",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, write, +, +, -",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, write-uncorrectable, +, +, -",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, write-zeroes, +, +, -",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, dataset-management, +, +, -",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, flush, +, +, -",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, copy, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, read, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, compare, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, verify, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, write, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, write-uncorrectable, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, write-zeroes, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, dataset-management, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, flush, +, +, -",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, copy, +, +, -",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, read, +, +, +",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, compare, +, +, +",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, verify, +, +, +",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, write, +, +, -",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, write-uncorrectable, +, +, -",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, write-zeroes, +, +, -",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, dataset-management, +, +, -",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, flush, +, +, -",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, copy, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, read, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, compare, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, verify, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, write, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, write-uncorrectable, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, write-zeroes, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, dataset-management, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, flush, +, +, -",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, copy, +, +, -",
  })
  void reservation_letsThrough(
      ReservationType type, String command, String holder, String registrant, String other) {
    AccessRule rule = held(type);
    CommandGroup group = CommandGroup.of(opcode(command));
    assertThat(rule.status(TestHosts.A, group)).isEqualTo(expected(holder));
    assertThat(rule.status(TestHosts.B, group)).isEqualTo(expected(registrant));
    assertThat(rule.status(TestHosts.C, group)).isEqualTo(expected(other));
  }

  private static int expected(String sign) {
    return sign.equals("+") ? StatusCode.SUCCESS.status() : StatusCode.RESERVATION_CONFLICT.dnr();
  }

  @ParameterizedTest
  @CsvSource({"register", "report", "acquire", "release"})
  void reservationCommands_areNotStoppedHere(String command) {
    for (ReservationType type : ReservationType.values()) {
      assertThat(held(type).status(TestHosts.C, CommandGroup.of(opcode(command))))
          .isEqualTo(StatusCode.SUCCESS.status());
    }
  }

  @Test
  void registrationsAlone_restrictNobody() {
    var registered =
        new ReservationState(1, List.of(new Registrant(TestHosts.A, KEY)), null, null, false);
    AccessRule rule = AccessRule.of(registered);
    assertThat(rule).isSameAs(AccessRule.OPEN);
    for (CommandGroup group : CommandGroup.values()) {
      assertThat(rule.status(TestHosts.C, group)).isEqualTo(StatusCode.SUCCESS.status());
    }
  }
}
