package io.dnvme.transport;

import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/**
 * Rules of a test: each command capsule asks for a piece of {@link #PATTERN} and is answered with
 * an 8 byte header (its number and the length) and that piece, out of the pattern's own memory.
 * Figures may be read from any thread.
 */
class AnswerRules implements ConnectionRules {

  static final int CAPSULE_BYTES = 72;
  static final int ANSWER_HEADER_BYTES = 8;

  /** Fields of the capsule: number of the command, bytes asked for, where in the pattern. */
  static final int NUMBER = 8 + 40;

  static final int LENGTH = 8 + 44;
  static final int OFFSET = 8 + 48;

  static final int PATTERN_BYTES = 4 << 20;
  static final MemorySegment PATTERN = pattern();

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int RING = 1 << 14;

  final CountDownLatch openedLatch = new CountDownLatch(1);
  final CountDownLatch closedLatch = new CountDownLatch(1);
  volatile ConnectionPort port;
  volatile CloseReason reason;
  volatile int openings;
  volatile int closings;
  volatile int malformedFes = -1;
  volatile long commands;
  volatile long batches;
  volatile long inCapsuleBytes;
  volatile int named;
  volatile int released;
  volatile int inCapsuleSum;

  private final PduFramer framer = new PduFramer(PduFramer.Role.CONTROLLER);
  private final int[] numbers = new int[RING];
  private final int[] lengths = new int[RING];
  private final int[] offsets = new int[RING];
  private final OutgoingPdus.Written whenWritten = this::countReleased;
  private boolean borrows;
  private int mostWaiting = RING;
  private int head;
  private int tail;

  AnswerRules() {
    framer.initialized(false, false, 4);
    framer.maxInCapsuleDataBytes(1 << 20);
  }

  AnswerRules borrowing() {
    borrows = true;
    return this;
  }

  /** Takes no more commands while so many answers wait. */
  AnswerRules atMost(int waiting) {
    mostWaiting = waiting;
    return this;
  }

  int waiting() {
    return tail - head;
  }

  @Override
  public PduFramer framer() {
    return framer;
  }

  @Override
  public void opened(ConnectionPort port) {
    this.port = port;
    openings++;
    openedLatch.countDown();
  }

  @Override
  public int received(ReceivedPdus batch, int from) {
    batches++;
    int i = from;
    while (i < batch.size() && waiting() < mostWaiting) {
      command(batch.memory(), batch.offsetBytes(i), batch.lengthBytes(i));
      i++;
    }
    if (waiting() > 0) {
      port.outputReady();
    }
    return i;
  }

  void command(MemorySegment memory, int offset, int length) {
    int at = tail++ & RING - 1;
    numbers[at] = memory.get(INT, offset + NUMBER);
    lengths[at] = memory.get(INT, offset + LENGTH);
    offsets[at] = memory.get(INT, offset + OFFSET);
    inCapsuleBytes += length - CAPSULE_BYTES;
    for (int i = CAPSULE_BYTES; i < length; i += 97) {
      inCapsuleSum += memory.get(ValueLayout.JAVA_BYTE, offset + i);
    }
    commands++;
  }

  @Override
  public void malformed(int fes, int fei, ReceivedPdus batch, long pduOffset, int available) {
    malformedFes = fes;
    port.close();
  }

  @Override
  public boolean wantsInput() {
    return waiting() < mostWaiting;
  }

  @Override
  public void fill(OutgoingPdus batch) {
    boolean full = waiting() >= mostWaiting;
    while (head != tail && !batch.isFull()) {
      int at = head++ & RING - 1;
      int header = batch.reserve(ANSWER_HEADER_BYTES);
      batch.headers().set(INT, header, numbers[at]);
      batch.headers().set(INT, header + 4, lengths[at]);
      if (lengths[at] > 0) {
        batch.payload(PATTERN, offsets[at], lengths[at]);
        batch.whenWritten(whenWritten);
        named++;
        if (borrows) {
          batch.borrowed();
        }
      }
    }
    if (full && wantsInput()) {
      port.inputWanted();
    }
  }

  @Override
  public void closed(CloseReason why) {
    reason = why;
    closings++;
    closedLatch.countDown();
  }

  private void countReleased() {
    released++;
  }

  private static MemorySegment pattern() {
    MemorySegment pattern = Arena.global().allocate(PATTERN_BYTES, 4096);
    Random random = new Random(42);
    for (long i = 0; i < PATTERN_BYTES; i += Long.BYTES) {
      pattern.set(ValueLayout.JAVA_LONG, i, random.nextLong());
    }
    return pattern;
  }
}
