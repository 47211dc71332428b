package io.dnvme.initiator;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.IoVector;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Writes block commands as NVMe commands. One per queue, on its reactor.
 *
 * <p>Zeroing and deallocating go out in pieces, one after the other:
 *
 * <pre>
 *   the target has               WRITE_ZEROES           DEALLOCATE
 *   Write Zeroes with DEAC       Write Zeroes [DEAC]    Write Zeroes DEAC
 *   Write Zeroes, reads zeroes   Write Zeroes           Write Zeroes, then Dataset Management
 *   Write Zeroes                 Write Zeroes           Write Zeroes
 *   none, or refuses it          writes of zeroes       writes of zeroes
 * </pre>
 *
 * <p>Dataset Management alone would not do: it is advice, and what it leaves alone keeps its
 * content (NVM Command Set 1.0 §3.2.3), while deallocated blocks have to read as zeroes here.
 */
final class IoEncoder {

  private final ReadWriteCommand readWrite = new ReadWriteCommand();
  private final DatasetManagementCommand dataset = new DatasetManagementCommand();
  private final DatasetRange range = new DatasetRange();

  /** Writes {@code pending}, or its next piece, into {@code command}. */
  void encode(PendingIo pending, HostCommand command) {
    BlockIo io = pending.io;
    switch (io.op()) {
      case READ -> {
        start(IoOpcode.READ, pending, command, io.startBlock(), io.blockCount());
        command.receives(io.data());
      }
      case WRITE -> {
        start(IoOpcode.WRITE, pending, command, io.startBlock(), io.blockCount());
        setFua(io);
        command.sends(io.data());
      }
      case COMPARE -> {
        start(IoOpcode.COMPARE, pending, command, io.startBlock(), io.blockCount());
        command.sends(io.data());
      }
      case FLUSH -> {
        command.entry().start(IoOpcode.FLUSH, command.cid()).nsid(pending.namespace.nsid());
        pending.pieceBlocks = 0;
      }
      case WRITE_ZEROES, DEALLOCATE -> encodePiece(pending, command);
      case COMPARE_AND_WRITE -> throw new IllegalArgumentException("two commands, not one");
    }
  }

  /** The first command of a fused Compare and Write. */
  void encodeCompareFirst(PendingIo pending, HostCommand command) {
    BlockIo io = pending.io;
    start(IoOpcode.COMPARE, pending, command, io.startBlock(), io.blockCount());
    fuse(command, Command.FUSE_FIRST);
    command.sends(io.compareData());
  }

  /** The second command of a fused Compare and Write. */
  void encodeWriteSecond(PendingIo pending, HostCommand command) {
    BlockIo io = pending.io;
    start(IoOpcode.WRITE, pending, command, io.startBlock(), io.blockCount());
    fuse(command, Command.FUSE_SECOND);
    setFua(io);
    command.sends(io.data());
  }

  private void encodePiece(PendingIo pending, HostCommand command) {
    BlockIo io = pending.io;
    RemoteNamespace namespace = pending.namespace;
    long count = io.blockCount();
    long position = pending.position;
    if (position >= count) {
      long blocks = Math.min(2 * count - position, namespace.maxDeallocateBlocks());
      encodeDeallocate(pending, command, io.startBlock() + position - count, blocks);
      return;
    }
    long start = io.startBlock() + position;
    long left = count - position;
    if (namespace.writesZeroes()) {
      long blocks = Math.min(left, namespace.maxWriteZeroesBlocks());
      start(IoOpcode.WRITE_ZEROES, pending, command, start, blocks);
      int control = 0;
      if (io.forceUnitAccess()) {
        control = ReadWriteCommand.CONTROL_FUA.with(control, 1);
      }
      if (namespace.zeroesDeallocate() && (io.mayDeallocate() || io.op() == BlockOp.DEALLOCATE)) {
        control = ReadWriteCommand.CONTROL_DEAC.with(control, 1);
      }
      readWrite.control(control);
    } else {
      long blocks = Math.min(left, namespace.maxTransferBlocks());
      start(IoOpcode.WRITE, pending, command, start, blocks);
      setFua(io);
      command.sends(namespace.zeroes(blocks));
    }
  }

  private void encodeDeallocate(PendingIo pending, HostCommand command, long start, long blocks) {
    dataset
        .wrap(command.entry().segment(), command.entry().offset())
        .start(command.cid(), pending.namespace.nsid(), 1, DatasetManagementCommand.AD);
    MemorySegment ranges = Arena.ofAuto().allocate(DatasetRange.SIZE);
    range.wrap(ranges, 0).set(start, blocks);
    command.sends(new IoVector().add(ranges, 0, DatasetRange.SIZE));
    pending.pieceBlocks = blocks;
  }

  private void start(
      int opcode, PendingIo pending, HostCommand command, long startBlock, long blocks) {
    SubmissionQueueEntry entry = command.entry();
    readWrite
        .wrap(entry.segment(), entry.offset())
        .start(opcode, command.cid(), pending.namespace.nsid(), startBlock, (int) blocks);
    pending.pieceBlocks = blocks;
  }

  private void setFua(BlockIo io) {
    if (io.forceUnitAccess()) {
      readWrite.control(ReadWriteCommand.CONTROL_FUA.with(0, 1));
    }
  }

  private static void fuse(HostCommand command, int place) {
    SubmissionQueueEntry entry = command.entry();
    entry.flags(Command.FUSE.with(entry.flags(), place));
  }
}
