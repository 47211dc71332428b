package io.dnvme.target.queue;

import io.dnvme.block.BlockIo;
import io.dnvme.block.Buffer;
import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.SglDescriptor;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A command in flight on one queue pair; pooled, one for each entry of the queue. On the queue's
 * reactor.
 *
 * <pre>
 *              ┌── WAITING_MEMORY ◄─┐ pool empty          ┌── completed, queue pair still there
 *              ▼                    │                     ▼
 *   FREE ──► ACTIVE (rules, device) ┴────────────────► ANSWERED ──► WRITING ──► FREE
 *              ▲                    │                     └─ has no memory of its own ─►┘
 *              └── WAITING_DATA ◄───┘ R2T sent
 * </pre>
 *
 * <p>Rules call {@link #fetchData}, {@link #takeBuffer} and {@link #acceptsReply} as they need
 * them; each that says no has seen to the rest: either the command is completed or it is executed
 * again from its beginning when what was missing is there. The data is the host's as it arrived in
 * the capsule (a view, gone when {@link QueueRules#arrived} returns) or a buffer of the pool.
 */
public final class CommandSlot implements OutgoingPdus.Written {

  enum State {
    FREE,
    ACTIVE,
    WAITING_MEMORY,
    WAITING_DATA,
    ANSWERED,
    WRITING
  }

  /** Neither there nor failed: executed again later. */
  public static final int PENDING = -1;

  private static final int SGL_SEGMENT = 2;
  private static final int SGL_LAST_SEGMENT = 3;

  private static final IoVector NO_REPLY = new IoVector();

  private final TargetConnection connection;
  private final int index;
  private final SubmissionQueueEntry sqe = new SubmissionQueueEntry();
  private final HostTransfer transfer = new HostTransfer();
  private final BlockIo io;

  private State state = State.FREE;
  private CommandSlot link;
  private Object attachment;
  private boolean ownsCid;
  private boolean abortRequested;

  // The host's data: a view of the capsule, of the buffer, or of memory outside the pool.
  private MemorySegment capsule;
  private long capsuleOffset;
  private int capsuleLength;
  private boolean digestWrong;
  private MemorySegment data;
  private long dataOffset;
  private Buffer buffer;

  // The answer.
  private int status;
  private long result;
  private int errorLocation;
  private long sweep;
  private IoVector reply = NO_REPLY;
  private int replyLength;
  private int replySent;
  private final IoVector bufferReply = new IoVector();

  CommandSlot(TargetConnection connection, int index, MemorySegment memory, long offset) {
    this.connection = connection;
    this.index = index;
    sqe.wrap(memory, offset);
    io = new BlockIo(connection.reactor());
  }

  // What rules use.

  /** The command; valid until it is completed. */
  public SubmissionQueueEntry sqe() {
    return sqe;
  }

  /** The connection's reactor, where all of this happens. */
  public Reactor reactor() {
    return connection.reactor();
  }

  public TargetConnection connection() {
    return connection;
  }

  /** A block command for this command's use; free when this is. */
  public BlockIo io() {
    return io;
  }

  /** What rules keep with the slot, not with the command: it stays when the slot is used again. */
  public Object attachment() {
    return attachment;
  }

  public void attachment(Object value) {
    attachment = value;
  }

  /** Whether the command is with rules or a device, not waiting for anything of the connection. */
  public boolean isActive() {
    return state == State.ACTIVE;
  }

  /**
   * Has the host's data here: exactly {@code lengthBytes}, else the command fails.
   *
   * @param consumedAtOnce the data is not used after the rules' present call; so what came in the
   *     capsule need not be copied
   * @return true: {@link #data} is valid; false: completed, or executed again later
   */
  public boolean fetchData(int lengthBytes, boolean consumedAtOnce) {
    return passes(fetch(lengthBytes, consumedAtOnce));
  }

  /**
   * As {@link #fetchData}, but leaves a failure to the caller.
   *
   * @return success: {@link #data} is valid; {@link #PENDING}: executed again later; else the
   *     status to complete the command with
   */
  public int fetch(int lengthBytes, boolean consumedAtOnce) {
    if (abortRequested) {
      return StatusCode.ABORT_REQUESTED.status();
    }
    if (digestWrong) {
      return StatusCode.TRANSIENT_TRANSPORT_ERROR.status();
    }
    if (lengthBytes == 0) {
      return Status.SUCCESS;
    }
    // Of data that is here already, too: it was kept without looking at the command, or the
    // namespace is another one by now.
    int fault = transferFault(lengthBytes);
    if (fault != Status.SUCCESS) {
      return fault;
    }
    if (data != null) {
      return Status.SUCCESS;
    }
    boolean inCapsule = sqe.sglIdentifier() == SglDescriptor.IN_CAPSULE;
    if (inCapsule && consumedAtOnce) {
      data = capsule;
      dataOffset = capsuleOffset + sqe.sglAddress();
      return Status.SUCCESS;
    }
    int buffered = acquireBuffer(lengthBytes);
    if (buffered != Status.SUCCESS) {
      return buffered;
    }
    if (inCapsule) {
      copyCapsule(buffer.segment());
      return Status.SUCCESS;
    }
    transfer.start(lengthBytes);
    state = State.WAITING_DATA;
    connection.askForData(this);
    return PENDING;
  }

  /** Keeps the capsule's data beyond the rules' present call, inside or outside the pool. */
  public void keepData() {
    if (capsuleLength > 0 && capsule != null && buffer == null) {
      keepCapsule();
    }
  }

  /** Where the host's data is, from {@link #dataOffset} on. */
  public MemorySegment data() {
    return data;
  }

  public long dataOffset() {
    return dataOffset;
  }

  /**
   * Has a buffer of the pool here, for an answer.
   *
   * @return false: completed, or executed again when there is memory
   */
  public boolean takeBuffer(int lengthBytes) {
    return passes(acquireBuffer(lengthBytes));
  }

  /** What {@link #takeBuffer} got. */
  public MemorySegment buffer() {
    return buffer.segment();
  }

  /**
   * Whether the host is ready for an answer of exactly {@code lengthBytes}; else the command is
   * completed.
   */
  public boolean acceptsReply(int lengthBytes) {
    int fault =
        sqe.sglIdentifier() == SglDescriptor.IN_CAPSULE
            ? StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr()
            : transferFault(lengthBytes);
    if (fault != Status.SUCCESS) {
      complete(fault);
      return false;
    }
    return true;
  }

  /** Where in the command, in bytes, the reason of a failure is; for the error log. */
  public CommandSlot errorLocation(int byteOffset) {
    errorLocation = byteOffset;
    return this;
  }

  public int errorLocation() {
    return errorLocation;
  }

  /** Completes the command; the queue pair may be gone. */
  public void complete(int status) {
    complete(status, 0);
  }

  /**
   * Completes the command.
   *
   * @param result dwords 0 (low) and 1 of the completion
   */
  public void complete(int status, long result) {
    assert state == State.ACTIVE : "completed while " + state;
    this.status = status;
    this.result = result;
    connection.answered(this);
  }

  /** Completes the command successfully with the first bytes of its buffer. */
  public void completeWithBuffer(int lengthBytes, long result) {
    bufferReply.clear().add(buffer.segment(), 0, lengthBytes);
    completeWithData(bufferReply, lengthBytes, result);
  }

  /**
   * Completes the command successfully with a copy of the beginning of {@code content}, filled up
   * with zeroes to {@code lengthBytes}. The buffer is there.
   */
  public void replyWith(MemorySegment content, int lengthBytes) {
    long copied = Math.min(content.byteSize(), lengthBytes);
    MemorySegment.copy(content, 0, buffer.segment(), 0, copied);
    buffer.segment().asSlice(copied, lengthBytes - copied).fill((byte) 0);
    completeWithBuffer(lengthBytes, 0);
  }

  /**
   * Completes the command successfully with a copy of {@code content}, in memory of the pool, or
   * outside where the pool has none to spare: the command was executed and cannot wait.
   */
  public void completeWithCopy(byte[] content, long result) {
    Buffer copy = connection.share().tryAcquire(content.length);
    MemorySegment memory;
    if (copy == null) {
      connection.counters().spilled();
      memory = Arena.ofAuto().allocate(content.length, 4096);
    } else {
      memory = copy.segment();
    }
    if (buffer != null) {
      connection.share().giveBack(buffer);
    }
    buffer = copy;
    MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, 0, content.length);
    bufferReply.clear().add(memory, 0, content.length);
    completeWithData(bufferReply, content.length, result);
  }

  /** Completes the command successfully with data that stays until this slot is free. */
  public void completeWithData(IoVector source, int lengthBytes, long result) {
    reply = source;
    replyLength = lengthBytes;
    complete(Status.SUCCESS, result);
  }

  /** Gives up a command that these rules kept when the connection ended. */
  public void discard() {
    free();
  }

  // What the connection uses.

  /** Takes a command in; its data, if any, is in the capsule for now. */
  void begin(MemorySegment memory, long sqeOffset, boolean ownsCid) {
    MemorySegment.copy(memory, sqeOffset, sqe.segment(), sqe.offset(), SubmissionQueueEntry.SIZE);
    this.ownsCid = ownsCid;
    state = State.ACTIVE;
  }

  void capsuleData(MemorySegment memory, long offset, int lengthBytes, boolean digestWrong) {
    capsule = memory;
    capsuleOffset = offset;
    capsuleLength = lengthBytes;
    this.digestWrong = digestWrong;
  }

  /** The rules have seen the command once: the capsule's memory goes. */
  void settle() {
    if (state == State.WAITING_MEMORY && capsuleLength > 0 && capsule != null) {
      keepCapsule();
    }
    if (state != State.FREE && data == capsule && buffer == null) {
      data = null;
    }
    capsule = null;
  }

  int index() {
    return index;
  }

  State state() {
    return state;
  }

  void state(State next) {
    state = next;
  }

  CommandSlot link() {
    return link;
  }

  void link(CommandSlot next) {
    link = next;
  }

  HostTransfer transfer() {
    return transfer;
  }

  void requestAbort() {
    abortRequested = true;
  }

  /** The host's data is whole in the buffer. */
  void dataArrived(boolean wrongDigest) {
    digestWrong = wrongDigest;
    data = buffer.segment();
    dataOffset = 0;
    state = State.ACTIVE;
  }

  int status() {
    return status;
  }

  void status(int status) {
    this.status = status;
  }

  long result() {
    return result;
  }

  IoVector reply() {
    return reply;
  }

  int replyLength() {
    return replyLength;
  }

  int replySent() {
    return replySent;
  }

  void replySent(int bytes) {
    replySent = bytes;
  }

  /** The host may use the identifier again. */
  boolean disownCid() {
    boolean owned = ownsCid;
    ownsCid = false;
    return owned;
  }

  /** Whether the answer's data is memory that a device lent. */
  boolean isReplyLent() {
    return reply == io.data() && buffer == null;
  }

  /** When the answer was given, in sweeps of {@link LentAnswers}. */
  long sweep() {
    return sweep;
  }

  void sweep(long number) {
    sweep = number;
  }

  /**
   * Gives a device back what it lent to an answer that is still to be sent, keeping a copy; where
   * there is no memory for one, the command fails and the host may try again.
   */
  void keepReply() {
    buffer = connection.share().tryAcquire(replyLength);
    if (buffer == null) {
      status = StatusCode.COMMAND_INTERRUPTED.status();
      replyLength = 0;
      replySent = 0;
      reply = NO_REPLY;
    } else {
      reply.copyTo(buffer.segment(), 0);
      reply = bufferReply.clear().add(buffer.segment(), 0, replyLength);
    }
    io.release();
  }

  @Override
  public void written() {
    free();
  }

  void free() {
    io.release();
    if (buffer != null) {
      connection.share().giveBack(buffer);
      buffer = null;
    }
    capsule = null;
    capsuleLength = 0;
    digestWrong = false;
    data = null;
    abortRequested = false;
    errorLocation = 0;
    reply = NO_REPLY;
    replyLength = 0;
    replySent = 0;
    boolean wasWriting = state == State.WRITING;
    state = State.FREE;
    connection.freed(this, wasWriting);
  }

  private boolean passes(int outcome) {
    if (outcome != Status.SUCCESS && outcome != PENDING) {
      complete(outcome);
    }
    return outcome == Status.SUCCESS;
  }

  private int acquireBuffer(int lengthBytes) {
    if (abortRequested) {
      return StatusCode.ABORT_REQUESTED.status();
    }
    if (buffer == null) {
      buffer = connection.share().tryAcquire(lengthBytes);
    }
    if (buffer == null) {
      state = State.WAITING_MEMORY;
      connection.waitForMemory(this);
      return PENDING;
    }
    return Status.SUCCESS;
  }

  private void keepCapsule() {
    int length = (int) sqe.sglLength();
    if (sqe.sglIdentifier() != SglDescriptor.IN_CAPSULE
        || digestWrong
        || length == 0
        || transferFault(length) != Status.SUCCESS) {
      // Nothing that the rules will ever get; fetchData says why.
      return;
    }
    buffer = connection.share().tryAcquire(length);
    if (buffer != null) {
      copyCapsule(buffer.segment());
    } else {
      connection.counters().spilled();
      copyCapsule(Arena.ofAuto().allocate(length, 4096));
    }
  }

  private void copyCapsule(MemorySegment target) {
    MemorySegment.copy(capsule, capsuleOffset + sqe.sglAddress(), target, 0, sqe.sglLength());
    data = target;
    dataOffset = 0;
  }

  /**
   * The status that says what is wrong with the command's SGL for a transfer of {@code
   * lengthBytes}, or success (NVMe/TCP Transport 1.0 §3.3.1.3, NVMe Base 2.0 §4.1.2).
   */
  private int transferFault(int lengthBytes) {
    int identifier = sqe.sglIdentifier();
    if (identifier == SglDescriptor.TRANSPORT) {
      return lengthFault(lengthBytes);
    }
    if (identifier != SglDescriptor.IN_CAPSULE) {
      errorLocation = SubmissionQueueEntry.SGL1 + SglDescriptor.IDENTIFIER;
      int type = identifier >>> 4;
      return type == SGL_SEGMENT || type == SGL_LAST_SEGMENT
          ? StatusCode.INVALID_SGL_SEGMENT.dnr()
          : StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.dnr();
    }
    long offset = sqe.sglAddress();
    if (offset < 0 || offset > capsuleLength) {
      errorLocation = SubmissionQueueEntry.SGL1 + SglDescriptor.ADDRESS;
      return StatusCode.SGL_OFFSET_INVALID.dnr();
    }
    if (sqe.sglLength() > capsuleLength - offset) {
      errorLocation = SubmissionQueueEntry.SGL1 + SglDescriptor.LENGTH;
      return StatusCode.DATA_SGL_LENGTH_INVALID.dnr();
    }
    return lengthFault(lengthBytes);
  }

  private int lengthFault(int lengthBytes) {
    if (sqe.sglLength() == lengthBytes) {
      return Status.SUCCESS;
    }
    errorLocation = SubmissionQueueEntry.SGL1 + SglDescriptor.LENGTH;
    return StatusCode.DATA_SGL_LENGTH_INVALID.dnr();
  }
}
