package io.dnvme.target.controller;

import io.dnvme.block.BlockOp;
import io.dnvme.block.IoCounters;
import io.dnvme.nvme.SmartLog;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * What a controller's I/O queues did, those that are gone included: log page 02h, SMART / Health
 * Information (NVMe Base 2.0 §5.16.1.3). On the controller's reactor; live queues' counters are
 * read as they are.
 */
final class HealthCounters {

  /** There is no thermometer: what hosts show is room temperature, in kelvins. */
  static final int TEMPERATURE_KELVIN = 298;

  private static final int SPARE_PERCENT = 100;
  private static final int SPARE_THRESHOLD_PERCENT = 10;
  private static final int UNIT_BYTES = 512_000;
  private static final BlockOp[] OPS = BlockOp.values();

  private long readBytes;
  private long writtenBytes;
  private long reads;
  private long writes;
  private long busyNanos;
  private long mediaErrors;

  void add(IoCounters counters) {
    reads += counters.operations(BlockOp.READ) + counters.operations(BlockOp.COMPARE);
    writes += counters.operations(BlockOp.WRITE) + counters.operations(BlockOp.COMPARE_AND_WRITE);
    readBytes += counters.bytes(BlockOp.READ) + counters.bytes(BlockOp.COMPARE);
    writtenBytes += counters.bytes(BlockOp.WRITE) + counters.bytes(BlockOp.COMPARE_AND_WRITE);
    for (BlockOp op : OPS) {
      busyNanos += counters.busyNanos(op);
    }
    mediaErrors += counters.errors(BlockOp.READ) + counters.errors(BlockOp.WRITE);
  }

  /** A copy that queues which live can be added to. */
  HealthCounters copy() {
    var copy = new HealthCounters();
    copy.readBytes = readBytes;
    copy.writtenBytes = writtenBytes;
    copy.reads = reads;
    copy.writes = writes;
    copy.busyNanos = busyNanos;
    copy.mediaErrors = mediaErrors;
    return copy;
  }

  /** The whole page. */
  MemorySegment page(long errorLogEntries, long upNanos) {
    MemorySegment page = MemorySegment.ofArray(new byte[SmartLog.SIZE]);
    new SmartLog()
        .wrap(page, 0)
        .set(SmartLog.COMPOSITE_TEMPERATURE, TEMPERATURE_KELVIN)
        .set(SmartLog.AVAILABLE_SPARE, SPARE_PERCENT)
        .set(SmartLog.AVAILABLE_SPARE_THRESHOLD, SPARE_THRESHOLD_PERCENT)
        .set(SmartLog.DATA_UNITS_READ, units(readBytes))
        .set(SmartLog.DATA_UNITS_WRITTEN, units(writtenBytes))
        .set(SmartLog.HOST_READ_COMMANDS, reads)
        .set(SmartLog.HOST_WRITE_COMMANDS, writes)
        .set(SmartLog.CONTROLLER_BUSY_TIME, TimeUnit.NANOSECONDS.toMinutes(busyNanos))
        .set(SmartLog.POWER_CYCLES, 1)
        .set(SmartLog.POWER_ON_HOURS, TimeUnit.NANOSECONDS.toHours(upNanos))
        .set(SmartLog.MEDIA_ERRORS, mediaErrors)
        .set(SmartLog.ERROR_LOG_ENTRIES, errorLogEntries);
    return page;
  }

  private static long units(long bytes) {
    return (bytes + UNIT_BYTES - 1) / UNIT_BYTES;
  }
}
