package io.dnvme.disk.format;

import static io.dnvme.disk.format.PageCodec.INT;
import static io.dnvme.disk.format.PageCodec.LONG;

import io.dnvme.block.BlockStatus;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.nvme.UuidBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Small things with names, each replaced as a whole, in the pages of a {@link PageStore}: leg
 * records. After a crash each is what was acknowledged last, or a later one, never a mixture.
 *
 * <p>A blob lies in as many pages as it needs. A new version goes into free pages, with one commit,
 * which it shares with all others that come at the time; it counts as soon as all its parts are
 * there. Pages of older versions are free from then on. A page's payload, little-endian:
 *
 * <pre>
 *    0 16  key
 *   16  8  version: higher with each blob that is put, over the whole store
 *   24  4  which part, from 0
 *   28  4  number of parts; 0 where the page is free (then all of it is zero)
 *   32  4  bytes of this part
 *   40     the part
 * </pre>
 *
 * Lives on the store's reactor.
 */
public final class BlobStore {

  /** The longest blob. */
  public static final int MAX_BLOB_BYTES = 256 << 10;

  private static final int VERSION_AT = 16;
  private static final int PART_AT = 24;
  private static final int PARTS_AT = 28;
  private static final int LENGTH_AT = 32;
  private static final int DATA_AT = 40;

  private record Blob(long version, int[] pages) {}

  private final PageStore store;
  private final MemorySegment contents;
  private final int partBytes;
  private final BitSet free = new BitSet();
  private final Map<UUID, Blob> blobs = new HashMap<>();
  private long lastVersion;

  private BlobStore(PageStore store) {
    this.store = store;
    contents = store.contents();
    partBytes = store.layout().payloadBytes() - DATA_AT;
  }

  /** Finds what {@code store}, whose pages were all zero at first, holds. */
  public static BlobStore over(PageStore store) {
    var blobs = new BlobStore(store);
    blobs.find();
    return blobs;
  }

  public Set<UUID> keys() {
    return Set.copyOf(blobs.keySet());
  }

  /** What was put last and is durable. */
  public Optional<byte[]> get(UUID key) {
    Blob blob = blobs.get(key);
    if (blob == null) {
      return Optional.empty();
    }
    int lengthBytes = 0;
    for (int page : blob.pages) {
      lengthBytes += lengthBytes(page);
    }
    byte[] content = new byte[lengthBytes];
    int at = 0;
    for (int page : blob.pages) {
      int length = lengthBytes(page);
      MemorySegment.copy(contents, ValueLayout.JAVA_BYTE, at(page) + DATA_AT, content, at, length);
      at += length;
    }
    return Optional.of(content);
  }

  /** Pages that may be taken; a blob needs its new ones before its old ones become free. */
  public int freePages() {
    return free.cardinality();
  }

  /**
   * Replaces what {@code key} names. Refuses with INVALID what is too long, with NO_SPACE where
   * there are too few free pages; after FAILED the old or the new one is there.
   */
  public void put(UUID key, byte[] content, Consumer<StoreOutcome<UUID>> done) {
    int parts = Math.max(1, (content.length + partBytes - 1) / partBytes);
    if (content.length > MAX_BLOB_BYTES) {
      done.accept(
          StoreOutcome.refused(
              Reason.INVALID,
              "%s has %d bytes, more than %d".formatted(key, content.length, MAX_BLOB_BYTES)));
    } else if (parts > free.cardinality()) {
      done.accept(
          StoreOutcome.refused(
              Reason.NO_SPACE,
              "%s needs %d pages and %d are free".formatted(key, parts, free.cardinality())));
    } else {
      lastVersion++;
      var blob = new Blob(lastVersion, new int[parts]);
      for (int part = 0; part < parts; part++) {
        int page = free.nextSetBit(0);
        free.clear(page);
        blob.pages[part] = page;
        write(page, key, blob.version, part, parts, content);
      }
      store.commit(status -> stored(key, blob, status, done));
    }
  }

  private void write(int page, UUID key, long version, int part, int parts, byte[] content) {
    int from = part * partBytes;
    int length = Math.min(partBytes, content.length - from);
    long at = at(page);
    contents.asSlice(at, store.layout().payloadBytes()).fill((byte) 0);
    UuidBytes.write(contents, at, key);
    contents.set(LONG, at + VERSION_AT, version);
    contents.set(INT, at + PART_AT, part);
    contents.set(INT, at + PARTS_AT, parts);
    contents.set(INT, at + LENGTH_AT, length);
    MemorySegment.copy(content, from, contents, ValueLayout.JAVA_BYTE, at + DATA_AT, length);
    store.changed(page);
  }

  private void stored(UUID key, Blob blob, BlockStatus status, Consumer<StoreOutcome<UUID>> done) {
    if (!status.isSuccess()) {
      done.accept(failed(key));
      return;
    }
    // Commits end in their order, so this one is the newest yet.
    Blob before = blobs.put(key, blob);
    if (before != null) {
      release(before);
    }
    done.accept(StoreOutcome.done(key));
  }

  /**
   * Forgets what {@code key} names; done also where it names nothing. Older versions are off the
   * medium before the present one goes, so that none of them comes back.
   */
  public void remove(UUID key, Consumer<StoreOutcome<UUID>> done) {
    store.commit(cleared -> {
      Blob blob = blobs.remove(key);
      if (!cleared.isSuccess()) {
        done.accept(failed(key));
        return;
      }
      if (blob != null) {
        release(blob);
      }
      store.commit(
          status -> done.accept(status.isSuccess() ? StoreOutcome.done(key) : failed(key)));
    });
  }

  private StoreOutcome<UUID> failed(UUID key) {
    return StoreOutcome.refused(
        Reason.FAILED, key + " is not stored: " + store.failure().orElse("the disk failed"));
  }

  /** Free from now on; cleared on the medium by the next commit, if not used again before. */
  private void release(Blob blob) {
    for (int page : blob.pages) {
      clear(page);
    }
  }

  private void clear(int page) {
    contents.asSlice(at(page), store.layout().payloadBytes()).fill((byte) 0);
    store.changed(page);
    free.set(page);
  }

  /** Of each key the highest version that has all its parts; what else there is is cleared. */
  private void find() {
    var byKey = new HashMap<UUID, TreeMap<Long, int[]>>();
    for (int page = 0; page < store.layout().pageCount(); page++) {
      long at = at(page);
      int parts = contents.get(INT, at + PARTS_AT);
      if (parts == 0) {
        free.set(page);
        continue;
      }
      long version = contents.get(LONG, at + VERSION_AT);
      lastVersion = Math.max(lastVersion, version);
      int part = contents.get(INT, at + PART_AT);
      int[] pages =
          byKey
              .computeIfAbsent(UuidBytes.read(contents, at), key -> new TreeMap<>())
              .computeIfAbsent(version, key -> new int[parts]);
      // One more than the page's number, so that 0 says: missing.
      pages[part] = page + 1;
    }
    byKey.forEach((key, versions) ->
        versions.descendingMap().forEach((version, pages) -> judge(key, version, pages)));
  }

  private void judge(UUID key, long version, int[] pages) {
    int[] present = Arrays.stream(pages).filter(page -> page > 0).map(page -> page - 1).toArray();
    if (present.length == pages.length && !blobs.containsKey(key)) {
      blobs.put(key, new Blob(version, present));
    } else {
      Arrays.stream(present).forEach(this::clear);
    }
  }

  private int lengthBytes(int page) {
    return contents.get(INT, at(page) + LENGTH_AT);
  }

  private long at(int page) {
    return store.offsetBytes(page);
  }
}
