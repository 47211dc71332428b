package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dnvme.SeededRandom;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * A host that sends anything, against a live target over a memory disk. Every build runs the stored
 * inputs, which are long ones for the search to begin with, and many random commands. This goes on
 * looking for ten minutes, guided by coverage:
 *
 * <pre>JAZZER_FUZZ=1 mvn test -Dtest='TargetFuzzTest#anyChoices*' -Djazzer.hooks=true</pre>
 */
class TargetFuzzTest {

  private static final int COMMANDS = 100_000;
  private static final int MAX_COMMANDS_OF_AN_INPUT = 200;

  /** About what a command takes; beyond its end an input only repeats the same choices. */
  private static final int INPUT_BYTES_OF_A_COMMAND = 16;

  /** A run that meets none of these has not tried enough. */
  private static final List<StatusCode> REACHED =
      List.of(
          StatusCode.SUCCESS,
          StatusCode.INVALID_OPCODE,
          StatusCode.INVALID_FIELD,
          StatusCode.COMMAND_ID_CONFLICT,
          StatusCode.ABORTED_MISSING_FUSED,
          StatusCode.ABORTED_FAILED_FUSED,
          StatusCode.COMPARE_FAILURE,
          StatusCode.ATOMIC_WRITE_UNIT_EXCEEDED,
          StatusCode.INVALID_NAMESPACE_OR_FORMAT,
          StatusCode.INVALID_SGL_SEGMENT,
          StatusCode.DATA_SGL_LENGTH_INVALID,
          StatusCode.SGL_DESCRIPTOR_TYPE_INVALID,
          StatusCode.SGL_OFFSET_INVALID,
          StatusCode.LBA_OUT_OF_RANGE);

  /** Takes its choices from an input; where that ends, zeroes. */
  private static final class InputChoices implements RandomGenerator {
    private final byte[] input;
    private int at;

    InputChoices(byte[] input) {
      this.input = input;
    }

    @Override
    public long nextLong() {
      long value = 0;
      for (int i = 0; i < Long.BYTES; i++) {
        value = value << 8 | (at < input.length ? input[at++] & 0xff : 0);
      }
      return value;
    }

    /** One byte for a small choice, so that an input is not used up by its first commands. */
    @Override
    public int nextInt(int bound) {
      int bytes = bound <= 1 << 8 ? 1 : bound <= 1 << 16 ? 2 : 4;
      long value = 0;
      for (int i = 0; i < bytes; i++) {
        value = value << 8 | (at < input.length ? input[at++] & 0xff : 0);
      }
      return (int) (value % bound);
    }

    @Override
    public boolean nextBoolean() {
      return nextInt(2) == 1;
    }
  }

  @FuzzTest(maxDuration = "10m")
  void anyChoices_harmNobody(byte[] input) {
    if (input != null) {
      int commands = 1 + input.length / INPUT_BYTES_OF_A_COMMAND;
      run(new InputChoices(input), Math.min(commands, MAX_COMMANDS_OF_AN_INPUT));
    }
  }

  @Test
  void randomChoices_harmNobody() {
    Map<Integer, Integer> statuses = run(SeededRandom.of(getClass()), COMMANDS);
    System.out.println("TargetFuzzTest: " + describe(statuses));
    assertThat(statuses.keySet())
        .as("statuses that were met")
        .contains(REACHED.stream().map(StatusCode::status).toArray(Integer[]::new));
  }

  @Test
  void manyShortRuns_harmNobody() {
    for (long seed = 1; seed <= 10; seed++) {
      run(new Random(seed), 3_000);
    }
  }

  private static String describe(Map<Integer, Integer> statuses) {
    return statuses.entrySet().stream()
        .map(one -> Status.describe(one.getKey()) + " " + one.getValue())
        .collect(Collectors.joining(", "));
  }

  private static Map<Integer, Integer> run(RandomGenerator choices, int commands) {
    try (var target = new TestTarget()) {
      TestHost good = new TestHost(target);
      good.connectAdmin(0);
      good.enable();
      good.io = good.connectIo(1, target.otherReactor);
      byte[] content = TestHost.pattern(4 * TestTarget.BLOCK_BYTES, 3);
      var fuzz = new TargetFuzz(target, choices);
      fuzz.run(commands);
      fuzz.finish();
      assertThat(good.io.isClosed()).as("the other host's queue").isFalse();
      assertThat(target.target.controllers().count()).as("controllers").isEqualTo(1);
      assertThat(target.reactor.buffers().inUse()).as("buffers").isZero();
      // A reservation may be left; the other host is then told so.
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
