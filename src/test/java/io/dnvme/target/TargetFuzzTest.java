package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TargetFuzzTest {

  private static final int COMMANDS = 100_000;

  /** A run that meets none of these has not tried enough. */
  private static final List<StatusCode> REACHED =
      List.of(
          StatusCode.SUCCESS,
          StatusCode.INVALID_OPCODE,
          StatusCode.INVALID_FIELD,
          StatusCode.COMMAND_ID_CONFLICT,
          StatusCode.ABORTED_MISSING_FUSED,
          StatusCode.INVALID_NAMESPACE_OR_FORMAT,
          StatusCode.INVALID_SGL_SEGMENT,
          StatusCode.DATA_SGL_LENGTH_INVALID,
          StatusCode.SGL_DESCRIPTOR_TYPE_INVALID,
          StatusCode.SGL_OFFSET_INVALID,
          StatusCode.LBA_OUT_OF_RANGE);

  @Test
  void hostThatSendsAnything_harmsNobody() {
    long seed = Long.getLong("dnvme.seed", System.nanoTime());
    System.out.println("TargetFuzzTest seed " + seed + " (repeat with -Ddnvme.seed=" + seed + ")");
    Map<Integer, Integer> statuses = run(seed, COMMANDS);
    System.out.println("TargetFuzzTest statuses " + describe(statuses));
    assertThat(statuses.keySet())
        .as("statuses that were met")
        .contains(REACHED.stream().map(StatusCode::status).toArray(Integer[]::new));
  }

  private static String describe(Map<Integer, Integer> statuses) {
    return statuses.entrySet().stream()
        .map(one -> Status.describe(one.getKey()) + " " + one.getValue())
        .collect(Collectors.joining(", "));
  }

  @Test
  void seedsThatFoundFaults_findNoneAnyMore() {
    for (long seed = 1; seed <= 10; seed++) {
      run(seed, 3_000);
    }
  }

  private static Map<Integer, Integer> run(long seed, int commands) {
    try (var target = new TestTarget()) {
      TestHost good = new TestHost(target);
      good.connectAdmin(0);
      good.enable();
      good.io = good.connectIo(1, target.otherReactor);
      // Blocks beyond those that the other host reaches.
      byte[] content = TestHost.pattern(4 * TestTarget.BLOCK_BYTES, 3);
      var fuzz = new TargetFuzz(target, new Random(seed));
      fuzz.run(commands);
      fuzz.finish();
      assertThat(good.io.isClosed()).as("the other host's queue").isFalse();
      assertThat(target.target.controllers().count()).as("controllers, seed %d", seed).isEqualTo(1);
      assertThat(target.reactor.buffers().inUse()).as("buffers, seed %d", seed).isZero();
      // A reservation may be left; the host that is asked is then told so.
      int status = good.write(0, content).status();
      if (status == 0) {
        assertThat(good.read(0, 4).data()).isEqualTo(content);
      } else {
        assertThat(StatusCode.RESERVATION_CONFLICT.is(status)).isTrue();
      }
      return fuzz.statuses();
    }
  }
}
