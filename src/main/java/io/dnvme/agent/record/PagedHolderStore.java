package io.dnvme.agent.record;

import io.dnvme.block.BlockStatus;
import io.dnvme.disk.format.PageStore;
import io.dnvme.ownership.HolderEntry;
import io.dnvme.ownership.HolderEntryCodec;
import io.dnvme.ownership.HolderStore;
import io.dnvme.ownership.RecordFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A record holder's entries in the pages of a {@link PageStore} (RECORD). Each has a first page of
 * its own, and what does not fit that is in further pages:
 *
 * <pre>
 *   first page     0  4  1
 *                  4  4  length of the entry
 *                  8  4  number of further pages, n
 *                 12 4n  their numbers
 *                        the entry's first bytes
 *   further page   0  4  2
 *                  4     more of the entry
 *   free page      0  4  0
 * </pre>
 *
 * An entry is replaced by its first page, which is written as a whole or not at all; further pages
 * are written, and flushed, to free pages before. So one that fits a page costs one flush, which it
 * shares with others, and a longer one two; where there is no room to replace all of a batch at
 * once, it is written in parts. Numbers are little-endian.
 *
 * <p>Lives on the page store's reactor.
 */
public final class PagedHolderStore implements HolderStore {

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int FREE = 0;
  private static final int FIRST = 1;
  private static final int FURTHER = 2;

  private static final int LENGTH_AT = 4;
  private static final int COUNT_AT = 8;
  private static final int NUMBERS_AT = 12;
  private static final int FURTHER_BYTES_AT = 4;

  /** Where an entry is. */
  private record Place(int first, List<Integer> further) {}

  /** An entry that is being written, the place that it will have and the one that it had. */
  private record Change(HolderEntry entry, byte[] bytes, Place place, Place before) {}

  private final PageStore pages;
  private final UUID identity;
  private final Map<UUID, Place> places = new HashMap<>();
  private final Map<UUID, HolderEntry> opened = new LinkedHashMap<>();
  private final BitSet used = new BitSet();

  /**
   * @param pages all pages are this store's
   * @param identity the holder's
   * @throws RecordFormatException where an entry is damaged or of another version
   */
  public PagedHolderStore(PageStore pages, UUID identity) throws RecordFormatException {
    this.pages = pages;
    this.identity = identity;
    for (int page = 0; page < pages.layout().pageCount(); page++) {
      if (kind(page) == FIRST) {
        read(page);
      }
    }
  }

  /** Legs of the longest records that it can keep, with room to replace one. */
  public static int maxLegs(int pageCount, int payloadBytes) {
    int perEntry = 2 + HolderEntryCodec.MAX_BYTES / (payloadBytes - FURTHER_BYTES_AT);
    return Math.max(1, pageCount / perEntry - 1);
  }

  @Override
  public UUID identity() {
    return identity;
  }

  @Override
  public Collection<HolderEntry> entries() {
    return List.copyOf(opened.values());
  }

  @Override
  public void write(
      Collection<HolderEntry> changed, Collection<UUID> removed, Consumer<Boolean> done) {
    // Nobody asks for what was there at the start once it has changed.
    opened.clear();
    writeSome(new ArrayDeque<>(changed), removed, done);
  }

  /** As many at a time as there are free pages for: those that they replace are free after that. */
  private void writeSome(
      Deque<HolderEntry> left, Collection<UUID> removed, Consumer<Boolean> done) {
    List<Change> changes = new ArrayList<>();
    boolean anyFurther = false;
    while (!left.isEmpty()) {
      Change change = placed(left.peek());
      if (change == null) {
        break;
      }
      left.remove();
      anyFurther |= !change.place().further().isEmpty();
      changes.add(change);
    }
    if (!left.isEmpty() && changes.isEmpty() && removed.isEmpty()) {
      done.accept(false);
      return;
    }
    Consumer<Boolean> written =
        durable -> {
          if (durable && !left.isEmpty()) {
            writeSome(left, List.of(), done);
          } else {
            done.accept(durable);
          }
        };
    if (anyFurther) {
      changes.forEach(this::putFurther);
      pages.commit(status -> putFirst(status, changes, removed, written));
    } else {
      putFirst(BlockStatus.SUCCESS, changes, removed, written);
    }
  }

  private void putFirst(
      BlockStatus status, List<Change> changes, Collection<UUID> removed, Consumer<Boolean> done) {
    if (!status.isSuccess()) {
      done.accept(false);
      return;
    }
    changes.forEach(this::putFirst);
    List<Place> gone = new ArrayList<>();
    for (UUID leg : removed) {
      Place place = places.remove(leg);
      if (place != null) {
        gone.add(place);
        pages.contents().set(INT, pages.offsetBytes(place.first()), FREE);
        pages.changed(place.first());
      }
    }
    pages.commit(committed -> {
      if (committed.isSuccess()) {
        changes.forEach(change -> free(change.before()));
        gone.forEach(place -> {
          used.clear(place.first());
          free(place);
        });
      }
      done.accept(committed.isSuccess());
    });
  }

  /** Room for an entry beside what it was before, or null where there is none. */
  private Change placed(HolderEntry entry) {
    byte[] bytes = HolderEntryCodec.encode(entry);
    int count = furtherPages(bytes.length);
    List<Integer> further = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int page = take();
      if (page < 0) {
        further.forEach(used::clear);
        return null;
      }
      further.add(page);
    }
    Place before = places.get(entry.leg());
    int first = before != null ? before.first() : take();
    if (first < 0) {
      further.forEach(used::clear);
      return null;
    }
    var place = new Place(first, List.copyOf(further));
    places.put(entry.leg(), place);
    return new Change(entry, bytes, place, before);
  }

  private int take() {
    int page = used.nextClearBit(0);
    if (page >= pages.layout().pageCount()) {
      return -1;
    }
    used.set(page);
    return page;
  }

  private void free(Place place) {
    if (place != null) {
      place.further().forEach(used::clear);
    }
  }

  private int furtherPages(int lengthBytes) {
    int payload = pages.layout().payloadBytes();
    int count = 0;
    while (lengthBytes > firstBytes(count) + count * (payload - FURTHER_BYTES_AT)) {
      count++;
    }
    return count;
  }

  /** Bytes of an entry in its first page, where {@code count} further ones are named. */
  private int firstBytes(int count) {
    return pages.layout().payloadBytes() - NUMBERS_AT - Integer.BYTES * count;
  }

  private void putFurther(Change change) {
    int at = firstBytes(change.place().further().size());
    for (int page : change.place().further()) {
      long offset = pages.offsetBytes(page);
      int length =
          Math.min(change.bytes().length - at, pages.layout().payloadBytes() - FURTHER_BYTES_AT);
      pages.contents().set(INT, offset, FURTHER);
      MemorySegment.copy(
          change.bytes(),
          at,
          pages.contents(),
          ValueLayout.JAVA_BYTE,
          offset + FURTHER_BYTES_AT,
          length);
      pages.changed(page);
      at += length;
    }
  }

  private void putFirst(Change change) {
    List<Integer> further = change.place().further();
    MemorySegment contents = pages.contents();
    long offset = pages.offsetBytes(change.place().first());
    contents.set(INT, offset, FIRST);
    contents.set(INT, offset + LENGTH_AT, change.bytes().length);
    contents.set(INT, offset + COUNT_AT, further.size());
    for (int i = 0; i < further.size(); i++) {
      contents.set(INT, offset + NUMBERS_AT + (long) i * Integer.BYTES, further.get(i));
    }
    int length = Math.min(change.bytes().length, firstBytes(further.size()));
    MemorySegment.copy(
        change.bytes(),
        0,
        contents,
        ValueLayout.JAVA_BYTE,
        offset + NUMBERS_AT + (long) further.size() * Integer.BYTES,
        length);
    pages.changed(change.place().first());
  }

  private int kind(int page) {
    return pages.contents().get(INT, pages.offsetBytes(page));
  }

  private void read(int first) throws RecordFormatException {
    MemorySegment contents = pages.contents();
    long offset = pages.offsetBytes(first);
    int length = contents.get(INT, offset + LENGTH_AT);
    int count = contents.get(INT, offset + COUNT_AT);
    if (length < 0 || length > HolderEntryCodec.MAX_BYTES || count != furtherPages(length)) {
      throw new RecordFormatException("page " + first + " of the record store makes no sense");
    }
    var bytes = new byte[length];
    int at = Math.min(length, firstBytes(count));
    MemorySegment.copy(
        contents,
        ValueLayout.JAVA_BYTE,
        offset + NUMBERS_AT + (long) count * Integer.BYTES,
        bytes,
        0,
        at);
    List<Integer> further = new ArrayList<>(count);
    used.set(first);
    for (int i = 0; i < count; i++) {
      int page = contents.get(INT, offset + NUMBERS_AT + (long) i * Integer.BYTES);
      if (page < 0 || page >= pages.layout().pageCount() || kind(page) != FURTHER) {
        throw new RecordFormatException("page " + first + " of the record store lacks others");
      }
      int part = Math.min(length - at, pages.layout().payloadBytes() - FURTHER_BYTES_AT);
      MemorySegment.copy(
          contents,
          ValueLayout.JAVA_BYTE,
          pages.offsetBytes(page) + FURTHER_BYTES_AT,
          bytes,
          at,
          part);
      at += part;
      further.add(page);
      used.set(page);
    }
    HolderEntry entry = HolderEntryCodec.decode(bytes);
    opened.put(entry.leg(), entry);
    places.put(entry.leg(), new Place(first, List.copyOf(further)));
  }
}
