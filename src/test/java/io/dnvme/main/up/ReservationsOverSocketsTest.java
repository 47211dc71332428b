package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReservationCommand;
import io.dnvme.nvme.ReservationKeys;
import io.dnvme.nvme.StatusCode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two hosts that use one disk and keep each other out, as a cluster's nodes do. */
class ReservationsOverSocketsTest {

  private static final UUID FIRST = new UUID(1, 1);
  private static final UUID SECOND = new UUID(2, 2);
  private static final long FIRST_KEY = 0x11;
  private static final long SECOND_KEY = 0x22;
  private static final int TYPE =
      (int) ReservationCommand.RTYPE.of(ReservationCommand.RTYPE_WRITE_EXCLUSIVE_REGISTRANTS_ONLY);

  @TempDir Path temp;

  @ParameterizedTest
  @EnumSource(Backing.class)
  void preemptedHost_canWriteNoMore_untilItRegistersAgain(Backing backing) throws Exception {
    try (LiveServer server =
        backing == Backing.MEMORY
            ? LiveServer.ofMemory("a=16M")
            : LiveServer.ofFiles(temp.resolve("disks"), "a=16M")) {
      // Each host has two associations: one with its data, one that sees to the reservation.
      try (var firstData = new GoodHost(server, "a", FIRST);
          var secondData = new GoodHost(server, "a", SECOND);
          WireHost first = server.host("a", FIRST).bringUp();
          WireHost second = server.host("a", SECOND).bringUp()) {
        assertThat(firstData.write(0, 4, 1)).isEqualTo(BlockStatus.SUCCESS);
        assertThat(register(first, FIRST_KEY)).isZero();
        assertThat(register(second, SECOND_KEY)).isZero();
        assertThat(acquire(first, ReservationCommand.RACQA_ACQUIRE, FIRST_KEY, 0)).isZero();
        assertThat(firstData.write(0, 4, 2)).isEqualTo(BlockStatus.SUCCESS);
        assertThat(secondData.write(4, 4, 2)).isEqualTo(BlockStatus.SUCCESS);

        assertThat(
                acquire(second, ReservationCommand.RACQA_PREEMPT_AND_ABORT, SECOND_KEY, FIRST_KEY))
            .isZero();
        assertThat(firstData.write(0, 4, 3)).isEqualTo(BlockStatus.WRITE_FAULT);
        int refused = first.submit(first.io, IoOpcode.WRITE, 0, 1);
        assertThat(
                StatusCode.RESERVATION_CONFLICT.is(
                    first.io.completion(refused, new byte[LiveServer.BLOCK_BYTES]).status()))
            .isTrue();
        firstData.readAndCheck(0, 4, 2);
        assertThat(secondData.write(0, 4, 4)).isEqualTo(BlockStatus.SUCCESS);
        firstData.readAndCheck(0, 4, 4);
        assertThat(
                StatusCode.RESERVATION_CONFLICT.is(
                    acquire(first, ReservationCommand.RACQA_ACQUIRE, FIRST_KEY, 0)))
            .isTrue();

        assertThat(register(first, FIRST_KEY)).isZero();
        assertThat(firstData.write(0, 4, 5)).isEqualTo(BlockStatus.SUCCESS);
        secondData.readAndCheck(0, 4, 5);
      }
      server.awaitNothingHeld();
    }
  }

  private static int register(WireHost host, long key) throws IOException {
    return reservation(
        host, IoOpcode.RESERVATION_REGISTER, ReservationCommand.RREGA_REGISTER, keys(0, key));
  }

  private static int acquire(WireHost host, int action, long key, long toPreempt)
      throws IOException {
    return reservation(host, IoOpcode.RESERVATION_ACQUIRE, action | TYPE, keys(key, toPreempt));
  }

  private static int reservation(WireHost host, int opcode, int fields, byte[] keys)
      throws IOException {
    return host.io
        .call(
            keys,
            sqe ->
                new ReservationCommand()
                    .wrap(sqe.segment(), sqe.offset())
                    .start(opcode, 0, 1, fields)
                    .sglTransport(keys.length))
        .status();
  }

  private static byte[] keys(long current, long other) {
    var bytes = new byte[ReservationKeys.SIZE];
    new ReservationKeys()
        .wrap(MemorySegment.ofArray(bytes), 0)
        .set(ReservationKeys.CRKEY, current)
        .set(ReservationKeys.NRKEY, other);
    return bytes;
  }
}
