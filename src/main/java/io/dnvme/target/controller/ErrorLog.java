package io.dnvme.target.controller;

import io.dnvme.nvme.ErrorLogEntry;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.queue.CommandSlot;
import java.lang.foreign.MemorySegment;

/**
 * The errors of one controller's commands, the newest ones: log page 01h (NVMe Base 2.0 §5.16.1.2).
 * Any reactor adds to it, a host's failed commands being rare; the lock is held for a copy of some
 * fields.
 */
final class ErrorLog {

  /** TRTYPE of NVMe/TCP. */
  private static final int TRTYPE_TCP = 3;

  private static final int FIRST_RW_OPCODE_WITH_LBA = 1;

  private record Entry(
      long number, int sqid, int cid, int status, int location, long lba, int nsid) {}

  private final Entry[] newest;
  private long count;

  ErrorLog(int entries) {
    newest = new Entry[entries];
  }

  /** Notes a failed command; the status to send, which says that there is more. */
  synchronized int add(int sqid, CommandSlot command, int status) {
    SubmissionQueueEntry sqe = command.sqe();
    int withMore = Status.withMore(status);
    int location = command.errorLocation();
    boolean hasLba = sqid > 0 && sqe.opc() >= FIRST_RW_OPCODE_WITH_LBA;
    long lba = hasLba ? sqe.cdw10() & 0xffff_ffffL | (long) sqe.cdw11() << 32 : 0;
    var entry =
        new Entry(
            count + 1,
            sqid,
            sqe.cid(),
            withMore,
            location == 0 ? ErrorLogEntry.NO_PARAMETER : location,
            lba,
            sqe.nsid());
    newest[(int) (count % newest.length)] = entry;
    count++;
    return withMore;
  }

  /** Errors since the controller was made. */
  synchronized long count() {
    return count;
  }

  /** The whole page, the newest error first. */
  synchronized MemorySegment page() {
    MemorySegment page = MemorySegment.ofArray(new byte[newest.length * ErrorLogEntry.SIZE]);
    var structure = new ErrorLogEntry();
    int filled = (int) Math.min(count, newest.length);
    for (int i = 0; i < filled; i++) {
      Entry entry = newest[(int) ((count - 1 - i) % newest.length)];
      structure
          .wrap(page, (long) i * ErrorLogEntry.SIZE)
          .set(ErrorLogEntry.ERROR_COUNT, entry.number())
          .set(ErrorLogEntry.SQID, entry.sqid())
          .set(ErrorLogEntry.CID, entry.cid())
          .set(ErrorLogEntry.STATUS, (long) entry.status() << 1)
          .set(ErrorLogEntry.PARAMETER_ERROR_LOCATION, entry.location())
          .set(ErrorLogEntry.LBA, entry.lba())
          .set(ErrorLogEntry.NSID, entry.nsid() & 0xffff_ffffL)
          .set(ErrorLogEntry.TRTYPE, TRTYPE_TCP);
    }
    return page;
  }
}
