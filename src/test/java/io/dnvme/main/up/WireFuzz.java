package io.dnvme.main.up;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * A host that sends anything over real sockets: bytes, ICReqs and Connects with some bytes changed,
 * and on queue pairs whole commands with some bytes changed. What it changes on the disk is beyond
 * {@link #FIRST_BLOCK}, and it leaves reservations alone: others use the disk.
 */
final class WireFuzz {

  /** The first block that it may write. */
  static final long FIRST_BLOCK = 2048;

  private static final int BLOCKS = 8192;
  private static final int MAX_COMMANDS = 200;
  private static final int[] LENGTHS = {0, 1, 16, 512, 4095, 4096, 8192, 65536, 1 << 20, -1};
  private static final int[] IDENTIFIERS = {0x5a, 0x5a, 0x5a, 0x01, 0x01, 0x00, 0x20, 0x30, 0xff};

  private final LiveServer server;
  private final RandomGenerator random;
  private long sent;
  private long connections;

  WireFuzz(LiveServer server, RandomGenerator random) {
    this.server = server;
    this.random = random;
  }

  /** PDUs and pieces of them. */
  long sent() {
    return sent;
  }

  long connections() {
    return connections;
  }

  void runUntil(AtomicBoolean stop) throws IOException {
    while (!stop.get()) {
      connections++;
      switch (random.nextInt(8)) {
        case 0 -> bytesOnly();
        case 1 -> changedIcReq();
        case 2 -> changedConnect();
        default -> association();
      }
    }
  }

  private void bytesOnly() throws IOException {
    try (var queue = new WireQueue(server.address())) {
      send(queue, bytes(1 + random.nextInt(4096)));
      end(queue);
    }
  }

  private void changedIcReq() throws IOException {
    try (var queue = new WireQueue(server.address())) {
      send(queue, changed(WireQueue.icReq(request -> {}), IcReq.SIZE));
      send(queue, bytes(random.nextInt(300)));
      end(queue);
    }
  }

  private void changedConnect() throws IOException {
    try (WireHost host = server.host("a");
        var queue = new WireQueue(server.address()).initialize()) {
      byte[] data = host.connectData(connect -> connect.cntlid(0xffff));
      byte[] pdu =
          WireQueue.capsule(
              1,
              changed(data, data.length),
              sqe ->
                  sqe.start(FabricsCommand.OPCODE, 0)
                      .nsid(FabricsCommand.FCTYPE_CONNECT)
                      .sglInCapsule(data.length)
                      .cdw11(31));
      send(queue, random.nextBoolean() ? pdu : changed(pdu, CapsuleCmd.SIZE));
      end(queue);
    }
  }

  private void association() throws IOException {
    try (WireHost host = server.host("a").bringUp()) {
      WireQueue queue = random.nextInt(3) == 0 ? host.admin : host.io;
      boolean answers = random.nextInt(4) != 0;
      Thread reader = Thread.ofVirtual().start(() -> read(queue, answers));
      for (int i = random.nextInt(MAX_COMMANDS); i > 0; i--) {
        send(queue, command(queue == host.admin));
      }
      end(queue);
      host.leave();
      join(reader);
    }
  }

  /** Takes what the target says, and answers R2Ts or does not. */
  private static void read(WireQueue queue, boolean answers) {
    try {
      while (true) {
        switch (queue.next()) {
          case WireQueue.Gone gone -> {
            return;
          }
          case WireQueue.Asked asked -> {
            if (answers) {
              queue.answer(asked, new byte[0]);
            }
          }
          case WireQueue.Completed completed -> {}
          case WireQueue.Terminated terminated -> {}
        }
      }
    } catch (IOException e) {
      // This side has ended it.
    }
  }

  private byte[] command(boolean admin) {
    if (random.nextInt(200) == 0) {
      return bytes(random.nextInt(100));
    }
    boolean inCapsule = random.nextInt(3) == 0;
    byte[] data = new byte[inCapsule ? 4 * random.nextInt(2049) : 0];
    byte[] pdu =
        WireQueue.capsule(
            random.nextInt(256),
            data,
            sqe -> {
              sqe.start(opcode(admin), 0).nsid(random.nextInt(4) == 0 ? 0 : 1);
              sqe.flags(Command.PSDT_SGL << 6 | (random.nextInt(8) == 0 ? random.nextInt(3) : 0));
              int length = inCapsule ? data.length : LENGTHS[random.nextInt(LENGTHS.length)];
              int identifier = IDENTIFIERS[random.nextInt(IDENTIFIERS.length)];
              sqe.sgl(
                  identifier, random.nextInt(4) == 0 ? random.nextInt() : 0, length & 0xffffffffL);
              sqe.cdw10(random.nextInt(256)).cdw11(random.nextInt(4));
              if (!admin && random.nextBoolean()) {
                int blocks = 1 + random.nextInt(32);
                sqe.cdw12(blocks - 1).sglTransport((long) blocks * LiveServer.BLOCK_BYTES);
              }
            });
    if (random.nextInt(4) == 0) {
      // The PDU's own header seldom: that ends the connection.
      pdu = changed(pdu, CapsuleCmd.SIZE, random.nextInt(16) == 0 ? 0 : CapsuleCmd.CCSQE);
    }
    if (!admin) {
      spareOthers(pdu);
    }
    return pdu;
  }

  /** Mostly NVMe's own; on an admin queue some of the vendor-specific ones. */
  private int opcode(boolean admin) {
    if (admin && random.nextInt(4) == 0) {
      return AdminOpcode.VENDOR_FIRST + random.nextInt(8);
    }
    return random.nextInt(random.nextBoolean() ? 32 : 256);
  }

  /** Whatever the command has become: it does not change what others use. */
  private void spareOthers(byte[] pdu) {
    var sqe = new SubmissionQueueEntry().wrap(MemorySegment.ofArray(pdu), CapsuleCmd.CCSQE);
    switch (sqe.opc()) {
      case IoOpcode.RESERVATION_REGISTER,
          IoOpcode.RESERVATION_ACQUIRE,
          IoOpcode.RESERVATION_RELEASE ->
          sqe.opc(IoOpcode.RESERVATION_REPORT);
      case IoOpcode.WRITE, IoOpcode.WRITE_ZEROES, IoOpcode.WRITE_UNCORRECTABLE, IoOpcode.COPY -> {
        long block = FIRST_BLOCK + random.nextInt(BLOCKS);
        sqe.cdw10((int) block).cdw11(0);
      }
      default -> {
        // Ranges of Dataset Management are data, which is zeroes: of no blocks.
      }
    }
  }

  private byte[] changed(byte[] bytes, int headerBytes) {
    return changed(bytes, headerBytes, 0);
  }

  private byte[] changed(byte[] bytes, int headerBytes, int from) {
    byte[] changed = bytes.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      changed[from + random.nextInt(headerBytes - from)] = (byte) random.nextInt(256);
    }
    return changed;
  }

  private byte[] bytes(int length) {
    var bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private void send(WireQueue queue, byte[] bytes) {
    sent++;
    try {
      queue.send(bytes);
    } catch (IOException e) {
      // It has been sent away.
    }
  }

  private void end(WireQueue queue) throws IOException {
    switch (random.nextInt(3)) {
      case 0 -> queue.reset();
      case 1 -> queue.close();
      default -> {
        try {
          queue.halfClose();
        } catch (IOException e) {
          // The target was first.
        }
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
