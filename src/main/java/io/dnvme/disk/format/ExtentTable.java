package io.dnvme.disk.format;

import static io.dnvme.disk.format.PageCodec.INT;

import io.dnvme.nvme.UuidBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.UUID;

/**
 * The entries of the extent table, in the pages of a store. Little-endian:
 *
 * <pre>
 *    0  1  state: 0 zeroing, 1 free, 2 used
 *    1  3  zero
 *    4  4  which extent of its logical disk, from 0; zero unless used
 *    8  8  zero
 *   16 16  the logical disk's id; zero unless used
 * </pre>
 *
 * <p>Free says that all blocks of the extent are zero on the medium (ZERO). Reads and changes the
 * pages in memory; who uses it commits. One thread.
 */
final class ExtentTable {

  static final int ENTRY_BYTES = 32;

  /** What an extent is used for; in the order of their numbers on the medium. */
  enum State {
    /** Holds what nobody may see: to be zeroed, flushed, and then marked free. */
    ZEROING,
    FREE,
    USED
  }

  private static final State[] STATES = State.values();
  private static final int INDEX_AT = 4;
  private static final int OWNER_AT = 16;

  private final PageStore store;
  private final MemorySegment contents;
  private final int firstPage;
  private final int entriesOfPage;

  ExtentTable(PageStore store, int firstPage) {
    this.store = store;
    this.firstPage = firstPage;
    contents = store.contents();
    entriesOfPage = store.layout().payloadBytes() / ENTRY_BYTES;
  }

  /** The state of an extent, or null where the number means none. */
  State state(int extent) {
    int number = contents.get(ValueLayout.JAVA_BYTE, at(extent));
    return number >= 0 && number < STATES.length ? STATES[number] : null;
  }

  /** Which extent of its logical disk a used one is. */
  int index(int extent) {
    return contents.get(INT, at(extent) + INDEX_AT);
  }

  /** The logical disk that a used extent belongs to. */
  UUID owner(int extent) {
    return UuidBytes.read(contents, at(extent) + OWNER_AT);
  }

  void use(int extent, UUID owner, int index) {
    put(extent, State.USED);
    contents.set(INT, at(extent) + INDEX_AT, index);
    UuidBytes.write(contents, at(extent) + OWNER_AT, owner);
  }

  /** Makes an extent {@link State#FREE} or {@link State#ZEROING}. */
  void put(int extent, State state) {
    long at = at(extent);
    contents.asSlice(at, ENTRY_BYTES).fill((byte) 0);
    contents.set(ValueLayout.JAVA_BYTE, at, (byte) state.ordinal());
    store.changed(firstPage + extent / entriesOfPage);
  }

  private long at(int extent) {
    return store.offsetBytes(firstPage + extent / entriesOfPage)
        + (long) (extent % entriesOfPage) * ENTRY_BYTES;
  }
}
