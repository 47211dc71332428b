package io.dnvme.initiator;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.lang.foreign.MemorySegment;

/**
 * One place in a queue pair's command table, with the command that is in it. Preallocated with its
 * connection and reused; lives on the connection's reactor.
 *
 * <pre>
 *   FREE ──acquire──► PREPARED ──submit──► QUEUED ──capsule sent──► SENT ──answer──► FREE
 *                                             └───── connection lost ────┴──────────► FREE
 * </pre>
 *
 * <p>An answered write whose data still stands in an outgoing batch stays SENT until that batch is
 * written, so that the submitter never gets memory back that the socket may yet read.
 */
public final class HostCommand implements OutgoingPdus.Written {

  /** Told of the outcome; the command is gone when this returns. May submit others. */
  @FunctionalInterface
  public interface Completion {
    void completed(HostCommand command);
  }

  enum Phase {
    FREE,
    PREPARED,
    QUEUED,
    SENT
  }

  private static final IoVector NO_DATA = new IoVector();

  private final HostConnection connection;
  private final int index;
  private final SubmissionQueueEntry entry = new SubmissionQueueEntry();

  // Set for every command by its submitter.
  private IoVector data = NO_DATA;
  private IoVector incoming = NO_DATA;
  private boolean upTo;
  private boolean unlimited;
  private Completion completion;
  private Object context;
  private long argument;

  // Kept by the connection.
  Phase phase = Phase.FREE;
  HostCommand next;
  int cid;
  long dataBytes;
  long incomingBytes;
  int submittedAtTick;
  boolean capsuleSent;
  boolean inCapsule;
  boolean answered;
  boolean lost;
  int writesPending;

  // Data on its way in: it comes in order, so a cursor into the ranges is enough.
  long receivedBytes;
  boolean lastReceived;
  boolean dataDigestWrong;
  private int cursorRange;
  private long cursorOffset;

  // Data asked for by the R2T that is being answered.
  int ttag;
  long transferOffset;
  long transferEnd;

  private int status;
  private long result;

  HostCommand(HostConnection connection, int index, MemorySegment entries) {
    this.connection = connection;
    this.index = index;
    entry.wrap(entries, (long) index * SubmissionQueueEntry.SIZE);
  }

  /** Where the submission queue entry is to be written, all of it, before the submission. */
  public SubmissionQueueEntry entry() {
    return entry;
  }

  /** What the entry's CID has to be. */
  public int cid() {
    return cid;
  }

  /** The command's data goes to the controller; must stay readable until completion. */
  public HostCommand sends(IoVector vector) {
    data = vector;
    dataBytes = vector.lengthBytes();
    return this;
  }

  /** The command's data comes from the controller; must stay writable until completion. */
  public HostCommand receives(IoVector vector) {
    incoming = vector;
    incomingBytes = vector.lengthBytes();
    return this;
  }

  /**
   * Of what {@link #receives} has room for, the controller may send less: {@link #receivedBytes}
   * says how much it was.
   */
  public HostCommand receivesUpTo(IoVector vector) {
    upTo = true;
    return receives(vector);
  }

  /** Bytes that have come from the controller. */
  public long receivedBytes() {
    return receivedBytes;
  }

  /** The command may stay unanswered for good, as an Asynchronous Event Request does. */
  public HostCommand withoutTimeout() {
    unlimited = true;
    return this;
  }

  /** Who is told, and what it keeps with the command. */
  public HostCommand onCompletion(Completion listener, Object kept) {
    completion = listener;
    context = kept;
    return this;
  }

  public Object context() {
    return context;
  }

  /** A number that the submitter keeps with the command. */
  public long argument() {
    return argument;
  }

  public HostCommand argument(long value) {
    argument = value;
    return this;
  }

  /**
   * The outcome as in {@link Status}: the controller's, or one of this side's for what it found
   * itself: Transient Transport Error (wrong data digest), Data Transfer Error (data missing), Host
   * Pathing Error (the connection was lost).
   */
  public int status() {
    return status;
  }

  public boolean isSuccess() {
    return Status.isSuccess(status);
  }

  /** Dwords 0 (low) and 1 of the completion. */
  public long result() {
    return result;
  }

  /** The connection ended before an answer came: whether the command was executed is unknown. */
  public boolean isLost() {
    return lost;
  }

  /** Whether the command may have reached the controller. */
  public boolean wasSent() {
    return capsuleSent;
  }

  @Override
  public void written() {
    connection.dataWritten(this);
  }

  int index() {
    return index;
  }

  IoVector data() {
    return data;
  }

  boolean sendsData() {
    return dataBytes > 0;
  }

  boolean receivesData() {
    return incomingBytes > 0;
  }

  /** Whether it was submitted and is not over. */
  boolean isInFlight() {
    return phase == Phase.QUEUED || phase == Phase.SENT;
  }

  boolean isUnlimited() {
    return unlimited;
  }

  /** Whether an R2T's data is not all sent. */
  boolean hasTransfer() {
    return transferOffset < transferEnd;
  }

  void prepare(int newCid) {
    cid = newCid;
    phase = Phase.PREPARED;
    data = NO_DATA;
    dataBytes = 0;
    incoming = NO_DATA;
    incomingBytes = 0;
    upTo = false;
    unlimited = false;
    capsuleSent = false;
    inCapsule = false;
    answered = false;
    lost = false;
    receivedBytes = 0;
    lastReceived = false;
    dataDigestWrong = false;
    cursorRange = 0;
    cursorOffset = 0;
    transferOffset = 0;
    transferEnd = 0;
    status = Status.SUCCESS;
    result = 0;
  }

  /** Takes the next {@code lengthBytes} of the data; they fit. */
  void receive(MemorySegment source, long sourceOffset, long lengthBytes) {
    long from = sourceOffset;
    long left = lengthBytes;
    while (left > 0) {
      long room = incoming.lengthBytes(cursorRange) - cursorOffset;
      if (room == 0) {
        cursorRange++;
        cursorOffset = 0;
        continue;
      }
      long part = Math.min(room, left);
      MemorySegment.copy(
          source,
          from,
          incoming.segment(cursorRange),
          incoming.offsetBytes(cursorRange) + cursorOffset,
          part);
      from += part;
      cursorOffset += part;
      left -= part;
    }
    receivedBytes += lengthBytes;
  }

  /** Notes the controller's answer, corrected by what this side knows better. */
  void answer(int answeredStatus, long answeredResult) {
    answered = true;
    result = answeredResult;
    status = answeredStatus;
    if (Status.isSuccess(answeredStatus)) {
      if (dataDigestWrong) {
        status = StatusCode.TRANSIENT_TRANSPORT_ERROR.status();
      } else if (receivesData() && !upTo && receivedBytes < incomingBytes) {
        status = StatusCode.DATA_TRANSFER_ERROR.status();
      }
    }
  }

  void lose() {
    lost = true;
    answered = true;
    status = StatusCode.HOST_PATHING_ERROR.status();
    result = 0;
  }

  void complete() {
    completion.completed(this);
  }

  void forget() {
    phase = Phase.FREE;
    data = NO_DATA;
    incoming = NO_DATA;
    completion = null;
    context = null;
    next = null;
  }
}
