package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReservationCommand;
import io.dnvme.nvme.SglDescriptor;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Every command with every SGL descriptor, length and offset on a real queue pair: each is answered
 * or ends the connection in good order, whatever it says, and others notice nothing.
 */
class EveryCommandTest {

  private static final int[] LENGTHS = {0, 1, 8, 16, 4095, 4096, 1 << 20, -1};
  private static final long[] OFFSETS = {0, 1, 4096, -1};
  private static final int[] FEW_IDENTIFIERS = {
    0x00, SglDescriptor.IN_CAPSULE, SglDescriptor.TRANSPORT, 0x30
  };
  private static final int[] ALL_BYTES = IntStream.range(0, 256).toArray();
  private static final byte[] CAPSULE_DATA = new byte[4096];
  private static final byte[] NO_DATA = new byte[0];

  /** Commands sent together; fewer than any queue has entries, those that are held included. */
  private static final int BATCH = 16;

  private static final Map<String, Consumer<SubmissionQueueEntry>> ADMIN = new TreeMap<>();
  private static final Map<String, Consumer<SubmissionQueueEntry>> IO = new TreeMap<>();

  static {
    for (int opcode :
        new int[] {
          AdminOpcode.ABORT,
          AdminOpcode.ASYNC_EVENT_REQUEST,
          AdminOpcode.KEEP_ALIVE,
          AdminOpcode.NAMESPACE_MANAGEMENT,
          AdminOpcode.FORMAT_NVM
        }) {
      ADMIN.put("admin opcode " + opcode, sqe -> sqe.start(opcode, 0).nsid(1));
    }
    for (int cns : new int[] {0, 1, 2, 3, 8, 0x13}) {
      ADMIN.put("identify " + cns, sqe -> sqe.start(AdminOpcode.IDENTIFY, 0).nsid(1).cdw10(cns));
    }
    for (int log : new int[] {1, 2, 3, 5, 0x0c}) {
      ADMIN.put(
          "log page " + log,
          sqe -> sqe.start(AdminOpcode.GET_LOG_PAGE, 0).nsid(-1).cdw10(1023 << 16 | log));
    }
    for (int fid : new int[] {0x02, 0x06, 0x0b, 0x0e, 0x16, 0x81, 0x83}) {
      ADMIN.put(
          "get feature " + fid,
          sqe -> sqe.start(AdminOpcode.GET_FEATURES, 0).nsid(1).cdw10(fid).cdw11(1));
      ADMIN.put(
          "set feature " + fid,
          sqe -> sqe.start(AdminOpcode.SET_FEATURES, 0).nsid(1).cdw10(fid).cdw11(0));
    }
    for (int fctype :
        new int[] {
          FabricsCommand.FCTYPE_PROPERTY_SET,
          FabricsCommand.FCTYPE_CONNECT,
          FabricsCommand.FCTYPE_PROPERTY_GET,
          FabricsCommand.FCTYPE_AUTHENTICATION_SEND,
          FabricsCommand.FCTYPE_AUTHENTICATION_RECEIVE,
          0xff
        }) {
      Consumer<SubmissionQueueEntry> fabrics =
          sqe -> sqe.start(FabricsCommand.OPCODE, 0).nsid(fctype);
      ADMIN.put("fabrics " + fctype, fabrics);
      IO.put("fabrics " + fctype, fabrics);
    }
    ADMIN.put(
        "fabrics disconnect",
        sqe -> sqe.start(FabricsCommand.OPCODE, 0).nsid(FabricsCommand.FCTYPE_DISCONNECT));
    for (int opcode :
        new int[] {
          IoOpcode.FLUSH,
          IoOpcode.WRITE,
          IoOpcode.READ,
          IoOpcode.WRITE_UNCORRECTABLE,
          IoOpcode.COMPARE,
          IoOpcode.WRITE_ZEROES,
          IoOpcode.DATASET_MANAGEMENT,
          IoOpcode.VERIFY,
          IoOpcode.RESERVATION_REPORT,
          IoOpcode.COPY
        }) {
      IO.put("I/O opcode " + opcode, sqe -> sqe.start(opcode, 0).nsid(1));
    }
    for (int action = 0; action < 4; action++) {
      int cdw10 = action | ReservationCommand.RTYPE_WRITE_EXCLUSIVE_ALL_REGISTRANTS << 8;
      for (int opcode :
          new int[] {
            IoOpcode.RESERVATION_REGISTER,
            IoOpcode.RESERVATION_ACQUIRE,
            IoOpcode.RESERVATION_RELEASE
          }) {
        IO.put(
            "reservation " + opcode + " action " + action,
            sqe -> sqe.start(opcode, 0).nsid(1).cdw10(cdw10));
      }
    }
  }

  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private WireHost host;
  private int sent;
  private int terminations;

  @Test
  void everyCommand_withEverySgl_isAnsweredAndHarmsNobody() throws Exception {
    try (var server = LiveServer.ofMemory("a=16M", "b=16M")) {
      try (var good = new GoodHost(server, "b", new UUID(1, 1))) {
        assertThat(good.write(0, 8, 1).isSuccess()).isTrue();
        try (WireHost first = server.host("a").bringUp()) {
          host = first;
          for (Consumer<SubmissionQueueEntry> command : ADMIN.values()) {
            sweep(server, true, command, ALL_BYTES);
          }
          for (Consumer<SubmissionQueueEntry> command : IO.values()) {
            sweep(server, false, command, ALL_BYTES);
          }
          for (int opcode = 0; opcode < 256; opcode++) {
            int any = opcode;
            if (opcode != FabricsCommand.OPCODE) {
              sweep(server, true, sqe -> sqe.start(any, 0).nsid(1), FEW_IDENTIFIERS);
              sweep(server, false, sqe -> sqe.start(any, 0).nsid(1), FEW_IDENTIFIERS);
            }
          }
          host.leave();
        }
        good.readAndCheck(0, 8, 1);
      }
      server.awaitNothingHeld();
    }
    System.out.printf(
        "EveryCommandTest: %d commands, %d terminations, %s%n",
        sent, terminations, describe(statuses));
    assertThat(statuses.keySet())
        .contains(
            StatusCode.SUCCESS.status(),
            StatusCode.INVALID_OPCODE.status(),
            StatusCode.INVALID_SGL_SEGMENT.status(),
            StatusCode.DATA_SGL_LENGTH_INVALID.status(),
            StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.status(),
            StatusCode.SGL_OFFSET_INVALID.status());
    assertThat(sent).isGreaterThan(300_000);
  }

  @Test
  void preemptAndAbortWithoutItsData_isRefused() throws Exception {
    try (var server = LiveServer.ofMemory("a=16M")) {
      try (WireHost one = server.host("a").bringUp()) {
        for (int identifier : ALL_BYTES) {
          WireQueue.Completed reply =
              one.io.call(sqe ->
                  sqe.start(IoOpcode.RESERVATION_ACQUIRE, 0)
                      .nsid(1)
                      .cdw10(ReservationCommand.RACQA_PREEMPT_AND_ABORT | 1 << 8)
                      .sgl(identifier, 0, 0));
          assertThat(reply.status()).as("SGL identifier %x", identifier).isNotZero();
        }
      }
      server.awaitNothingHeld();
    }
  }

  /** One command with each of the descriptors, lengths, offsets, without and with capsule data. */
  private void sweep(
      LiveServer server, boolean admin, Consumer<SubmissionQueueEntry> command, int[] identifiers)
      throws IOException {
    var batch = new ByteArrayOutputStream();
    Set<Integer> expected = new HashSet<>();
    for (int identifier : identifiers) {
      for (int length : LENGTHS) {
        for (long offset : OFFSETS) {
          WireQueue queue = admin ? host.admin : host.io;
          int cid = queue.nextCid();
          byte[] data =
              identifier == SglDescriptor.IN_CAPSULE && offset == 0 ? CAPSULE_DATA : NO_DATA;
          byte[] pdu =
              WireQueue.capsule(
                  cid,
                  data,
                  sqe -> {
                    command.accept(sqe);
                    sqe.flags(Command.PSDT_SGL << 6);
                    sqe.sgl(identifier, offset, length & 0xffff_ffffL);
                  });
          batch.writeBytes(pdu);
          expected.add(cid);
          if (expected.size() == BATCH) {
            exchange(server, admin, batch, expected);
          }
        }
      }
    }
    if (!expected.isEmpty()) {
      exchange(server, admin, batch, expected);
    }
  }

  private void exchange(
      LiveServer server, boolean admin, ByteArrayOutputStream batch, Set<Integer> expected)
      throws IOException {
    WireQueue queue = admin ? host.admin : host.io;
    boolean held = batch.toByteArray()[8] == AdminOpcode.ASYNC_EVENT_REQUEST && admin;
    sent += expected.size();
    queue.send(batch.toByteArray());
    batch.reset();
    if (held) {
      // Those that wait for an event are answered when their place is wanted no more.
      expected.clear();
      int cid = queue.submit(sqe -> sqe.start(AdminOpcode.KEEP_ALIVE, 0));
      expected.add(cid);
    }
    while (!expected.isEmpty()) {
      switch (queue.next()) {
        case WireQueue.Completed completed -> {
          expected.remove(completed.cid());
          statuses.merge(Status.code(completed.status()), 1, Integer::sum);
        }
        case WireQueue.Asked asked -> queue.answer(asked, NO_DATA);
        case WireQueue.Terminated terminated -> {
          terminations++;
          assertThat(terminated.fes()).isPositive();
        }
        case WireQueue.Gone gone -> {
          expected.clear();
          host.leave();
          host = server.host("a").bringUp();
        }
      }
    }
  }

  private static String describe(Map<Integer, Integer> statuses) {
    var text = new StringBuilder();
    statuses.forEach((status, count) ->
        text.append(Status.describe(status)).append(' ').append(count).append(", "));
    return text.toString();
  }
}
