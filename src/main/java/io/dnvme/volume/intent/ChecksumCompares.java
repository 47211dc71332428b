package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * The compares of a member that keeps checksums: by reading, since what differs may be rotten, and
 * what is equal too. Who compares may hold a range, or memory, on which others wait (OVERLAP); so
 * this waits for no memory of the reactor's pool: there is one piece of its own, and one compare
 * after the other. Those that wait end with the one under way where its member cannot be reached
 * any more, or was given up: nothing more is asked of it. On one reactor.
 */
final class ChecksumCompares {

  /** Read and compared at once. */
  static final int PIECE_BYTES = 64 << 10;

  /** Compares that wait for the one that is under way; a further one is BUSY. */
  static final int MAX_WAITING = 1 << 16;

  private final BlockDevice verified;
  private final int blockShift;
  private final BlockIo read;
  private final BlockIo.Completion pieceRead = this::pieceRead;
  private final IoVector part = new IoVector();
  private final ArrayDeque<BlockIo> waiting = new ArrayDeque<>();
  private MemorySegment memory;
  private BlockIo current;
  private boolean ended;
  private long position;
  private long pieces;

  // What completes at once goes on in a loop.
  private boolean going;
  private boolean again;

  /**
   * @param verified whose reads are of what was written, or faults
   */
  ChecksumCompares(BlockDevice verified, Reactor reactor) {
    this.verified = verified;
    blockShift = verified.geometry().blockShift();
    read = new BlockIo(reactor);
  }

  /** Those that were answered. */
  long pieces() {
    return pieces;
  }

  /** Nobody needs an answer any more. What is under way still ends. */
  void end() {
    ended = true;
    endWaiting(BlockStatus.PATH_LOST);
  }

  private void endWaiting(BlockStatus status) {
    // Only these: who is told may ask again.
    for (int count = waiting.size(); count > 0 && !waiting.isEmpty(); count--) {
      waiting.pollFirst().complete(status);
    }
  }

  void submit(BlockIo io) {
    if (ended) {
      io.complete(BlockStatus.PATH_LOST);
    } else if (current == null) {
      current = io;
      position = 0;
      go();
    } else if (waiting.size() == MAX_WAITING) {
      io.complete(BlockStatus.BUSY);
    } else {
      waiting.addLast(io);
    }
  }

  private void go() {
    again = true;
    if (going) {
      return;
    }
    going = true;
    while (again) {
      again = false;
      readPiece();
    }
    going = false;
  }

  private void readPiece() {
    long count = Math.min(current.blockCount() - position, PIECE_BYTES >> blockShift);
    read.prepare(BlockOp.READ, current.startBlock() + position, count);
    read.forceUnitAccess(current.forceUnitAccess());
    if (memory == null) {
      memory = Arena.ofAuto().allocate(PIECE_BYTES);
    }
    if (!verified.traits().lendsReads()) {
      read.data().add(memory, 0, count << blockShift);
    }
    read.onCompletion(pieceRead, null);
    verified.submit(read);
  }

  private static boolean isGone(BlockStatus status) {
    return switch (status) {
      case PATH_LOST, FAILED, ABORTED -> true;
      case SUCCESS,
          BUSY,
          READ_FAULT,
          WRITE_FAULT,
          COMPARE_FAILED,
          INVALID,
          OUT_OF_RANGE,
          CAPACITY_EXCEEDED ->
          false;
    };
  }

  private void pieceRead(BlockIo piece) {
    BlockStatus status = piece.status();
    pieces++;
    if (status.isSuccess()) {
      if (verified.traits().lendsReads()) {
        piece.data().copyTo(memory, 0);
      }
      part.clear()
          .addPart(current.data(), position << blockShift, piece.blockCount() << blockShift);
      status = part.contentEquals(memory, 0) ? status : BlockStatus.COMPARE_FAILED;
      part.clear();
    }
    position += piece.blockCount();
    piece.release();
    if (status.isSuccess() && position < current.blockCount() && !ended) {
      go();
      return;
    }
    if (status.isSuccess() && position < current.blockCount()) {
      status = BlockStatus.PATH_LOST;
    }
    BlockIo done = current;
    if (isGone(status)) {
      endWaiting(status);
    }
    BlockIo next = waiting.pollFirst();
    current = next;
    position = 0;
    // May submit another one: which waits, or, where none does, begins at once.
    done.complete(status);
    if (next != null) {
      go();
    }
  }
}
