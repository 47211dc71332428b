package io.dnvme.disk.format;

import static io.dnvme.disk.format.PageCodec.INT;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.UuidBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The entries of the logical-disk table, in the pages of a store. Little-endian:
 *
 * <pre>
 *    0   1  1 where there is a logical disk, 0 where not (then all of it is zero)
 *    1   3  zero
 *    4   4  number of extents
 *    8  16  id
 *   24  16  the leg's id
 *   40  24  the admitted epoch: number (8), incarnation (16)
 *   64   2  bytes of the description
 *   66   6  zero
 *   72 432  description
 * </pre>
 *
 * <p>Reads and changes the pages in memory; who uses it commits. One thread.
 */
final class LogicalDiskTable {

  static final int ENTRY_BYTES = 504;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int EXTENT_COUNT_AT = 4;
  private static final int ID_AT = 8;
  private static final int LEG_AT = 24;
  private static final int ADMITTED_AT = 40;
  private static final int DESCRIPTION_BYTES_AT = 64;
  private static final int DESCRIPTION_AT = 72;

  private final PageStore store;
  private final MemorySegment contents;
  private final int slots;
  private final int entriesOfPage;

  LogicalDiskTable(PageStore store, int slots) {
    this.store = store;
    this.slots = slots;
    contents = store.contents();
    entriesOfPage = store.layout().payloadBytes() / ENTRY_BYTES;
  }

  /** How many entries there are, used or not. */
  int slots() {
    return slots;
  }

  boolean isUsed(int slot) {
    return contents.get(ValueLayout.JAVA_BYTE, at(slot)) != 0;
  }

  /**
   * The logical disk of a used slot.
   *
   * @throws IllegalArgumentException where a field holds what never was written
   */
  LogicalDisk get(int slot) {
    long at = at(slot);
    int length = Short.toUnsignedInt(contents.get(SHORT, at + DESCRIPTION_BYTES_AT));
    if (contents.get(ValueLayout.JAVA_BYTE, at) != 1 || length > Description.MAX_BYTES) {
      throw new IllegalArgumentException("entry " + slot + " of the logical-disk table");
    }
    byte[] description =
        contents.asSlice(at + DESCRIPTION_AT, length).toArray(ValueLayout.JAVA_BYTE);
    return new LogicalDisk(
        UuidBytes.read(contents, at + ID_AT),
        UuidBytes.read(contents, at + LEG_AT),
        contents.get(INT, at + EXTENT_COUNT_AT),
        Epoch.read(contents, at + ADMITTED_AT),
        Description.of(description));
  }

  void put(int slot, LogicalDisk disk) {
    clear(slot);
    long at = at(slot);
    byte[] description = disk.description().bytes();
    contents.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
    contents.set(INT, at + EXTENT_COUNT_AT, disk.extentCount());
    UuidBytes.write(contents, at + ID_AT, disk.id());
    UuidBytes.write(contents, at + LEG_AT, disk.legId());
    disk.admitted().write(contents, at + ADMITTED_AT);
    contents.set(SHORT, at + DESCRIPTION_BYTES_AT, (short) description.length);
    MemorySegment.copy(
        description, 0, contents, ValueLayout.JAVA_BYTE, at + DESCRIPTION_AT, description.length);
  }

  void clear(int slot) {
    contents.asSlice(at(slot), ENTRY_BYTES).fill((byte) 0);
    store.changed(slot / entriesOfPage);
  }

  private long at(int slot) {
    return store.offsetBytes(slot / entriesOfPage) + (long) (slot % entriesOfPage) * ENTRY_BYTES;
  }
}
