package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StatusTest {

  @Test
  void flags_leaveTypeAndCodeAlone() {
    int status = Status.withMore(Status.withDnr(StatusCode.WRITE_FAULT.status()));
    assertThat(status).isEqualTo(0b110_0010_1000_0000);
    assertThat(Status.sct(status)).isEqualTo(Status.SCT_MEDIA);
    assertThat(Status.sc(status)).isEqualTo(0x80);
    assertThat(Status.code(status)).isEqualTo(StatusCode.WRITE_FAULT.status());
    assertThat(Status.isDnr(status)).isTrue();
    assertThat(StatusCode.WRITE_FAULT.is(status)).isTrue();
    assertThat(StatusCode.UNRECOVERED_READ_ERROR.is(status)).isFalse();
    assertThat(StatusCode.INVALID_FIELD.dnr()).isEqualTo(0x4002);
  }

  @Test
  void success_whateverTheFlags() {
    assertThat(Status.isSuccess(Status.SUCCESS)).isTrue();
    assertThat(Status.isSuccess(Status.withMore(Status.SUCCESS))).isTrue();
    assertThat(Status.isSuccess(StatusCode.INVALID_OPCODE.status())).isFalse();
    assertThat(StatusCode.SUCCESS.status()).isZero();
  }

  @Test
  void pathStatus_isTold() {
    assertThat(Status.isPathRelated(StatusCode.ANA_TRANSITION.status())).isTrue();
    assertThat(Status.isPathRelated(StatusCode.INTERNAL_ERROR.status())).isFalse();
  }

  @Test
  void description_namesKnownAndUnknown() {
    assertThat(Status.describe(StatusCode.LBA_OUT_OF_RANGE.status()))
        .isEqualTo("LBA_OUT_OF_RANGE (SCT 0h SC 80h)");
    assertThat(Status.describe(Status.of(7, 0x12))).isEqualTo("unknown status (SCT 7h SC 12h)");
  }
}
