package io.dnvme.target;

import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.SglDescriptor;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A host that sends commands and PDUs which are mostly almost right, at a live target, next to a
 * host that behaves. Reads its decisions from a generator, so that a seed or a fuzzer's bytes
 * repeat a run.
 */
final class TargetFuzz {

  private static final int[] SGL_IDENTIFIERS = {
    0x5a, 0x5a, 0x5a, 0x5a, 0x01, 0x01, 0x01, 0x00, 0x10, 0x20, 0x30, 0x40, 0x4f, 0x0a, 0xff
  };
  private static final int[] LENGTHS = {
    0, 1, 4, 8, 15, 16, 17, 512, 1024, 4095, 4096, 4097, 8192, 16384, 65536, 1 << 20, -1, 1 << 31
  };
  private static final int[] CNS = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x12, 0x13, 0x14, 0x1c, 0xff
  };
  private static final int[] LOGS = {0, 1, 2, 3, 4, 5, 0x0c, 0x0d, 0x12, 0x13, 0x70, 0x80, 0xff};
  private static final int[] FEATURES = {
    1, 2, 4, 5, 6, 7, 8, 0xa, 0xb, 0xe, 0xf, 0x16, 0x19, 0x81, 0x82, 0x83, 0x84, 0xff
  };
  private static final int[] ADMIN = {0x02, 0x06, 0x08, 0x09, 0x0a, 0x0c, 0x18, 0x7f, 0x00, 0x80};
  private static final int[] IO = {
    0x00, 0x01, 0x01, 0x02, 0x02, 0x05, 0x08, 0x09, 0x0d, 0x0e, 0x11, 0x15, 0x7f, 0x0c, 0x19, 0xff
  };
  private static final int[] DWORDS = {
    0, 1, 2, 7, 8, 255, 4095, 4096, 0xffff, 0x10000, 0x46_0001, 1 << 14, -1, Integer.MIN_VALUE
  };

  /** More than ACWU. */
  private static final int MANY_BLOCKS = 160;

  private static final int IN_CAPSULE_BYTES = 4096;
  private static final int[] OFFSETS = {0, 0, 0, 0, 1, 4, 8192, -1};

  private final TestTarget target;
  private final RandomGenerator random;
  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private TestHost host;
  private int associations;

  TargetFuzz(TestTarget target, RandomGenerator random) {
    this.target = target;
    this.random = random;
  }

  int associations() {
    return associations;
  }

  /** How often each status code was seen. */
  Map<Integer, Integer> statuses() {
    return statuses;
  }

  /** Sends so many commands or PDUs. */
  void run(int count) {
    for (int i = 0; i < count; i++) {
      if (host == null || host.admin.isClosed() || host.io.isClosed()) {
        connect();
      }
      TestQueue queue = random.nextInt(3) == 0 ? host.admin : host.io;
      step(queue);
      if (random.nextInt(8) == 0) {
        queue.settle();
        queue.statuses().forEach(status -> statuses.merge(Status.code(status), 1, Integer::sum));
        queue.forgetReplies();
      }
      if (random.nextInt(2000) == 0) {
        queue.hangUp();
      }
    }
  }

  /** Both connections end. */
  void finish() {
    if (host != null) {
      host.admin.hangUp();
      host.io.hangUp();
      target.time.advance(20_000_000_000L);
    }
  }

  private void connect() {
    finish();
    associations++;
    host = TestHost.other(target, associations);
    host.bringUp();
    host.io.careless();
    host.admin.careless();
    boolean answers = random.nextInt(4) != 0;
    host.io.answersR2t(answers);
    host.admin.answersR2t(answers);
  }

  private void step(TestQueue queue) {
    switch (random.nextInt(400)) {
      case 0 -> randomPdu(queue);
      case 1, 2 -> randomData(queue);
      case 3 -> queue.send(bytes(random.nextInt(64)));
      case 4, 5, 6, 7, 8, 9, 10, 11 -> fusedPair();
      default -> command(queue);
    }
  }

  private void command(TestQueue queue) {
    boolean inCapsule = random.nextInt(3) == 0;
    byte[] data = bytes(inCapsule ? 1 + random.nextInt(4096) : 4096);
    if (inCapsule) {
      if (random.nextInt(16) == 0) {
        queue.submitInCapsule(1 + random.nextInt(8), data, sqe -> fill(queue, sqe, data.length));
      } else {
        queue.submitInCapsule(data, sqe -> fill(queue, sqe, data.length));
      }
    } else {
      byte[] large = random.nextInt(16) == 0 ? new byte[1 << 20] : new byte[65536];
      queue.submit(large, sqe -> fill(queue, sqe, data.length));
    }
  }

  private void fill(TestQueue queue, SubmissionQueueEntry sqe, int capsuleBytes) {
    boolean admin = queue == host.admin;
    int opcode = pick(admin ? ADMIN : IO);
    sqe.start(opcode, 0).nsid(pick(1, 1, 1, 1, 1, 1, 0, 2, -1, 5000));
    if (random.nextInt(16) == 0) {
      sqe.flags(random.nextInt(256));
    } else if (random.nextInt(8) == 0) {
      sqe.flags(Command.PSDT_SGL << 6 | random.nextInt(3));
    }
    int identifier = pick(SGL_IDENTIFIERS);
    int length = random.nextInt(3) == 0 ? capsuleBytes : pick(LENGTHS);
    sqe.sgl(identifier, pick(OFFSETS), length & 0xffff_ffffL);
    sqe.cdw10(dword()).cdw11(dword()).cdw12(dword()).cdw13(dword()).cdw14(dword());
    if (admin) {
      adminFields(sqe, opcode);
    } else if (random.nextInt(4) != 0) {
      int blocks = 1 + random.nextInt(16);
      sqe.cdw10(random.nextInt(4200)).cdw11(0).cdw12(blocks - 1 | random.nextInt(2) << 30);
      if (random.nextInt(4) != 0) {
        sqe.sgl(0x5a, 0, (long) blocks * TestTarget.BLOCK_BYTES);
      }
    }
  }

  /** Two halves that belong together; the data of each is mostly, not always, as it should be. */
  private void fusedPair() {
    int blocks = 1 + random.nextInt(random.nextInt(8) == 0 ? MANY_BLOCKS : 4);
    int slba = random.nextInt(4200);
    fusedHalf(IoOpcode.COMPARE, Command.FUSE_FIRST, slba, blocks);
    if (random.nextInt(16) == 0) {
      command(host.io);
    }
    fusedHalf(IoOpcode.WRITE, Command.FUSE_SECOND, slba, blocks);
  }

  private void fusedHalf(int opcode, int fuse, int slba, int blocks) {
    int length = blocks * TestTarget.BLOCK_BYTES;
    boolean inCapsule = length <= IN_CAPSULE_BYTES && random.nextBoolean();
    byte[] data = bytes(inCapsule && random.nextInt(4) == 0 ? 1 + random.nextInt(length) : length);
    int identifier = inCapsule ? SglDescriptor.IN_CAPSULE : SglDescriptor.TRANSPORT;
    boolean wrong = random.nextInt(4) == 0;
    Consumer<SubmissionQueueEntry> filler =
        sqe -> {
          TestHost.rw(sqe, opcode, slba, blocks).flags(Command.PSDT_SGL << 6 | fuse);
          if (wrong) {
            sqe.sgl(pick(SGL_IDENTIFIERS), pick(OFFSETS), pick(LENGTHS) & 0xffff_ffffL);
          } else {
            sqe.sgl(identifier, 0, length);
          }
        };
    if (inCapsule) {
      host.io.submitInCapsule(data, filler);
    } else {
      host.io.submit(data, filler);
    }
  }

  private void adminFields(SubmissionQueueEntry sqe, int opcode) {
    switch (opcode) {
      case 0x06 -> sqe.cdw10(pick(CNS) | random.nextInt(4) << 16).sglTransport(4096);
      case 0x02 -> {
        int dwords = pick(1, 4, 128, 256, 1024, 4096);
        sqe.cdw10(pick(LOGS) | random.nextInt(256) << 8 | dwords - 1 << 16).cdw11(0);
        sqe.cdw12(pick(0, 0, 4, 16, 4096)).cdw13(0).cdw14(0).sglTransport(4L * dwords);
      }
      case 0x09, 0x0a -> sqe.cdw10(pick(FEATURES) | random.nextInt(5) << 8);
      case 0x08 -> sqe.cdw10(random.nextInt(3) | random.nextInt(200) << 16);
      case 0x7f -> {
        // Properties, mostly; a disabled controller is enabled again by chance only.
        sqe.nsid(pick(0, 4, 4, 4, 4, 1, 5, 6, 8));
        sqe.cdw10(random.nextInt(3)).cdw11(pick(0, 8, 0x14, 0x1c, 0x20, 0x68, 0x100));
        sqe.cdw12(pick(0x46_0001, 0x46_0001, 0x46_0001, 0, 0x46_4001, dword()));
      }
      default -> {}
    }
  }

  /** Data for an R2T that was sent, or that was not. */
  private void randomData(TestQueue queue) {
    queue.settle();
    if (!queue.asked().isEmpty() && random.nextBoolean()) {
      queue.answer(queue.asked().removeFirst());
      return;
    }
    queue.sendPdu(
        H2cData.SIZE,
        pdu ->
            new H2cData()
                .wrap(pdu, 0)
                .start(64, random.nextBoolean(), false, false)
                .cccid(random.nextInt(16))
                .ttag(random.nextInt(64))
                .datao(pick(0, 4, 4096, -1)),
        bytes(64));
  }

  /** A command's PDU with some of its header's bytes changed. */
  private void randomPdu(TestQueue queue) {
    queue.sendPdu(
        CapsuleCmd.SIZE,
        pdu -> {
          new CapsuleCmd().wrap(pdu, 0).start(false);
          new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE).start(random.nextInt(256), 7);
          for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            int at =
                random.nextInt(random.nextBoolean() ? Pdu.COMMON_HEADER_SIZE : CapsuleCmd.SIZE);
            pdu.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(256));
          }
          if (random.nextBoolean()) {
            pdu.set(ValueLayout.JAVA_BYTE, 0, (byte) PduType.CAPSULE_CMD);
          }
        });
  }

  private int dword() {
    return random.nextBoolean() ? pick(DWORDS) : random.nextInt();
  }

  private int pick(int... values) {
    return values[random.nextInt(values.length)];
  }

  private byte[] bytes(int length) {
    var bytes = new byte[length];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    }
    return bytes;
  }
}
