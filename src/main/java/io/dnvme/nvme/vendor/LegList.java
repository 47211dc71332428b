package io.dnvme.nvme.vendor;

import io.dnvme.nvme.UuidBytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Which legs are free: the body of the answer to {@link RecordOp#AWAIT}, 16 bytes for each. */
public final class LegList {

  /** Most in one answer; what else there is comes with the next. */
  public static final int MAX_LEGS = 1024;

  private LegList() {}

  /**
   * The body.
   *
   * @param legs at most {@link #MAX_LEGS}
   */
  public static byte[] encode(List<UUID> legs) {
    if (legs.size() > MAX_LEGS) {
      throw new IllegalArgumentException(legs.size() + " legs in one list");
    }
    var bytes = new byte[legs.size() * UuidBytes.SIZE];
    MemorySegment segment = MemorySegment.ofArray(bytes);
    for (int i = 0; i < legs.size(); i++) {
      UuidBytes.write(segment, (long) i * UuidBytes.SIZE, legs.get(i));
    }
    return bytes;
  }

  /** What a body says, or null where it makes no sense. */
  public static List<UUID> decode(byte[] body) {
    if (body.length % UuidBytes.SIZE != 0 || body.length > MAX_LEGS * UuidBytes.SIZE) {
      return null;
    }
    MemorySegment segment = MemorySegment.ofArray(body);
    var legs = new ArrayList<UUID>(body.length / UuidBytes.SIZE);
    for (int at = 0; at < body.length; at += UuidBytes.SIZE) {
      legs.add(UuidBytes.read(segment, at));
    }
    return List.copyOf(legs);
  }
}
