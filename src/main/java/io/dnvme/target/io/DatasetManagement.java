package io.dnvme.target.io;

import io.dnvme.block.BlockOp;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.subsystem.Namespace;

/**
 * Dataset Management: deallocates up to 256 ranges, after all were found to exist; the other
 * attributes are hints and ignored (NVM Command Set 1.0 §3.2.3).
 *
 * <p>A range goes to the device in parts, one after another: a write elsewhere in it waits for one
 * part at most, and what a layer below keeps of a command is bounded. Hosts are told of the same
 * limit (DMRSL), so that no single command of theirs takes long; a longer range is done all the
 * same.
 */
public final class DatasetManagement extends Steps {

  /** Of one range, that a device gets at once; in blocks of 4 KiB what {@link #DMRSL} says. */
  public static final long MAX_PART_BYTES = WriteZeroes.MAX_BYTES;

  /** Blocks of one range that hosts should ask for at most, whatever their size. */
  public static final int DMRSL = (int) (MAX_PART_BYTES >> 12);

  private static final int NOT_CHECKED = -1;

  @Override
  public void execute(IoQueue queue, CommandSlot command) {
    IoWork work = IoWork.of(command);
    work.step = NOT_CHECKED;
    work.position = 0;
    run(queue, command);
  }

  @Override
  int next(IoQueue queue, CommandSlot command) {
    Namespace namespace = queue.accessibleNamespace(command, CommandGroup.WRITE);
    if (namespace == null) {
      return COMPLETED;
    }
    IoWork work = IoWork.of(command);
    int ranges = (command.sqe().cdw10() & 0xff) + 1;
    if (work.step == NOT_CHECKED) {
      if (!command.fetchData(dataBytes(command, ranges), false)) {
        return COMPLETED;
      }
      if (!deallocates(command, namespace)) {
        return FINISHED;
      }
      if (!allExist(command, namespace, ranges)) {
        command.complete(StatusCode.LBA_OUT_OF_RANGE.dnr());
        return COMPLETED;
      }
      work.step = 0;
    } else if (namespace.device() != work.namespace.device()) {
      // Another one took its place, which the host has not meant and maybe has not these blocks.
      command.errorLocation(Command.NSID).complete(StatusCode.INVALID_FIELD.dnr());
      return COMPLETED;
    }
    var range = new DatasetRange();
    while (work.step < ranges) {
      range.wrap(command.data(), command.dataOffset() + (long) work.step * DatasetRange.SIZE);
      long left = range.blocks() - work.position;
      if (left > 0) {
        long part = Math.min(left, MAX_PART_BYTES >> namespace.geometry().blockShift());
        queue.prepare(command, BlockOp.DEALLOCATE, range.slba() + work.position, part);
        work.position += part;
        queue.submit(command, namespace, stepDone);
        return SUBMITTED;
      }
      work.step++;
      work.position = 0;
    }
    return FINISHED;
  }

  /** Linux sends a list of the greatest length whatever the number of ranges in it. */
  private static int dataBytes(CommandSlot command, int ranges) {
    long offered =
        Math.min(
            command.sqe().sglLength(), DatasetManagementCommand.MAX_RANGES * DatasetRange.SIZE);
    return (int) Math.max(offered, ranges * DatasetRange.SIZE);
  }

  private static boolean deallocates(CommandSlot command, Namespace namespace) {
    return (command.sqe().cdw11() & DatasetManagementCommand.AD) != 0
        && namespace.device().traits().deallocates();
  }

  private static boolean allExist(CommandSlot command, Namespace namespace, int ranges) {
    var range = new DatasetRange();
    for (int i = 0; i < ranges; i++) {
      range.wrap(command.data(), command.dataOffset() + (long) i * DatasetRange.SIZE);
      if (!namespace.geometry().contains(range.slba(), range.blocks())) {
        return false;
      }
    }
    return true;
  }
}
