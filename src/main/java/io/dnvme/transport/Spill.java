package io.dnvme.transport;

import io.dnvme.block.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What one connection's peer was too slow to take, copied aside; on its reactor only. */
final class Spill {

  private final RegionPool regions;
  private final SpillLimit limit;
  private final List<MemorySegment> held = new ArrayList<>(1);
  private final IoVector ranges = new IoVector();
  private final IoVector part = new IoVector();

  Spill(RegionPool regions, SpillLimit limit) {
    this.regions = regions;
    this.limit = limit;
  }

  boolean isInUse() {
    return !held.isEmpty();
  }

  /** The copy. */
  IoVector ranges() {
    return ranges;
  }

  /**
   * Copies {@code source} from {@code fromBytes} on; false where the reactor's limit is reached.
   */
  boolean tryTake(IoVector source, long fromBytes) {
    long left = source.lengthBytes() - fromBytes;
    if (!limit.tryTake(left)) {
      return false;
    }
    long at = fromBytes;
    while (left > 0) {
      MemorySegment region = regions.take();
      held.add(region);
      long length = Math.min(left, region.byteSize());
      part.clear().addPart(source, at, length).copyTo(region, 0);
      ranges.add(region, 0, length);
      at += length;
      left -= length;
    }
    part.clear();
    return true;
  }

  void release() {
    if (isInUse()) {
      limit.giveBack(ranges.lengthBytes());
      ranges.clear();
      held.forEach(regions::giveBack);
      held.clear();
    }
  }
}
