package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.GetLogPageCommand;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every command that transfers data, with every SGL type, subtype, length and offset. */
class SglTest {

  private static final Set<Integer> ERRORS =
      Set.of(
          StatusCode.INVALID_SGL_SEGMENT.dnr(),
          StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr(),
          StatusCode.DATA_SGL_LENGTH_INVALID.dnr(),
          StatusCode.SGL_OFFSET_INVALID.dnr());

  private record Case(
      String name, boolean admin, int length, int longest, Consumer<SubmissionQueueEntry> command) {

    Case(String name, boolean admin, int length, Consumer<SubmissionQueueEntry> command) {
      this(name, admin, length, length, command);
    }
  }

  private static final List<Case> CASES =
      List.of(
          new Case("Read", false, 4096, sqe -> TestHost.rw(sqe, IoOpcode.READ, 0, 1)),
          new Case("Write", false, 4096, sqe -> TestHost.rw(sqe, IoOpcode.WRITE, 0, 1)),
          new Case("Compare", false, 4096, sqe -> TestHost.rw(sqe, IoOpcode.COMPARE, 0, 1)),
          // Its list may be longer than its ranges.
          new Case(
              "Dataset Management",
              false,
              32,
              4096,
              sqe -> TestHost.as(new DatasetManagementCommand(), sqe).start(0, 1, 2, 4)),
          new Case(
              "Reservation Register",
              false,
              16,
              sqe -> sqe.start(IoOpcode.RESERVATION_REGISTER, 0).nsid(1)),
          new Case(
              "Reservation Acquire, preempt and abort",
              false,
              16,
              sqe -> sqe.start(IoOpcode.RESERVATION_ACQUIRE, 0).nsid(1).cdw10(2 | 1 << 8)),
          new Case(
              "Reservation Release",
              false,
              8,
              sqe -> sqe.start(IoOpcode.RESERVATION_RELEASE, 0).nsid(1)),
          new Case(
              "Reservation Report",
              false,
              64,
              sqe -> sqe.start(IoOpcode.RESERVATION_REPORT, 0).nsid(1).cdw10(15).cdw11(1)),
          new Case(
              "Identify",
              true,
              4096,
              sqe -> TestHost.as(new IdentifyCommand(), sqe).start(0, 1, 0)),
          new Case(
              "Get Log Page",
              true,
              512,
              sqe -> TestHost.as(new GetLogPageCommand(), sqe).start(0, 2, 0, 512)),
          new Case(
              "Get Features, host identifier",
              true,
              16,
              sqe ->
                  sqe.start(AdminOpcode.GET_FEATURES, 0).cdw10(Feature.HOST_IDENTIFIER).cdw11(1)),
          new Case(
              "Set Features, host behavior",
              true,
              512,
              sqe ->
                  TestHost.as(new FeaturesCommand(), sqe)
                      .startSet(0, Feature.HOST_BEHAVIOR_SUPPORT, 0)));

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private int outcome(Case one, int identifier, long address, long length, byte[] capsule) {
    TestQueue queue = one.admin() ? host.admin : host.io;
    Consumer<SubmissionQueueEntry> filler =
        sqe -> {
          one.command().accept(sqe);
          sqe.sgl(identifier, address, length);
        };
    int cid =
        capsule == null
            ? queue.submit(new byte[1 << 20], filler)
            : queue.submitInCapsule(capsule, filler);
    return queue.reply(cid).outcome();
  }

  @Test
  void everyTypeAndSubtypeThatIsNotLegal_isAnSglError() {
    for (Case one : CASES) {
      for (int identifier = 0; identifier < 256; identifier++) {
        if (identifier == 0x5a || identifier == 0x01) {
          continue;
        }
        int expected =
            identifier >> 4 == 2 || identifier >> 4 == 3
                ? StatusCode.INVALID_SGL_SEGMENT.dnr()
                : StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr();
        assertThat(outcome(one, identifier, 0, one.length(), null))
            .as("%s with SGL %02x", one.name(), identifier)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void everyLengthThatIsNotTheDatas_isAnSglError() {
    List<String> wrong = new ArrayList<>();
    for (Case one : CASES) {
      for (long length :
          new long[] {0, 1, 4, 7, 8, 16, 32, 512, 4095, 4096, 4097, 1 << 20, 0xffff_ffffL}) {
        if (length >= one.length() && length <= one.longest()) {
          continue;
        }
        check(wrong, one, 0x5a, 0, length, null);
        check(wrong, one, 0x01, 0, length, new byte[8192]);
        check(wrong, one, 0x01, 0, length, null);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void everyOffsetBeyondTheCapsule_isAnSglError() {
    List<String> wrong = new ArrayList<>();
    for (Case one : CASES) {
      for (long offset : new long[] {1, 4096, 4097, 1L << 32, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
        check(wrong, one, 0x01, offset, one.length(), new byte[one.length()]);
      }
    }
    assertThat(wrong).isEmpty();
  }

  private void check(
      List<String> wrong, Case one, int identifier, long address, long length, byte[] capsule) {
    int outcome = outcome(one, identifier, address, length, capsule);
    if (!ERRORS.contains(outcome)) {
      wrong.add(
          "%s, SGL %02x at %d, %d bytes: %s"
              .formatted(one.name(), identifier, address, length, Status.describe(outcome)));
    }
  }

  @Test
  void dataAtAnOffsetInTheCapsule_isTaken() {
    byte[] data = TestHost.pattern(4096, 1);
    var capsule = new byte[8192];
    System.arraycopy(data, 0, capsule, 1000, data.length);
    int cid =
        host.io.submitInCapsule(
            capsule, sqe -> TestHost.rw(sqe, IoOpcode.WRITE, 3, 1).sgl(0x01, 1000, 4096));
    assertThat(host.io.reply(cid).status()).isZero();
    assertThat(host.read(3, 1).data()).isEqualTo(data);
  }

  @Test
  void inCapsuleDataBeyondIoccsz_isATransportFault() {
    host.io.submitInCapsule(
        new byte[16385], sqe -> TestHost.rw(sqe, IoOpcode.WRITE, 0, 4).sglInCapsule(16384));
    host.io.settle();
    assertThat(host.io.isClosed()).isTrue();
  }
}
