package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.StoreOutcome.Reason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Pages of a fixed size that survive loss of power at any instant (NO-SILENT-LOSS): each has two
 * copies, of which one is written at a time, with a sequence number and a checksum.
 *
 * <p>The user changes the content in memory, says which pages changed, and commits; all commits
 * that come while one is under way share the next one and its flush:
 *
 * <pre>
 *   idle ──► write the copies that do not count ──► flush ──► answer ──► write the others ──► idle
 * </pre>
 *
 * Until the flush the copy that counts is not touched, so a torn or lost write leaves it. The last
 * step makes both copies the same again, so that damage to one loses nothing; it is not flushed, as
 * nothing relies on it. A crash may keep any part of the pages of one commit: whoever changes
 * several that belong together orders them by commits.
 *
 * <p>What fails to be written or flushed makes the store fail for good: which copies are on the
 * medium is then known only after it is opened again.
 *
 * <p>Lives on one reactor.
 */
public final class PageStore {

  /** Gives a page what it holds at first. */
  @FunctionalInterface
  public interface FirstContent {

    /** Fills the page's payload, all zero, from {@code offsetBytes} on. */
    void fill(int page, MemorySegment target, long offsetBytes);
  }

  private final DeviceAccess access;
  private final PageLayout layout;
  private final PageCodec codec;
  private final Set<PlantedBug> bugs;
  private final MemorySegment contents;
  private final long[] sequences;
  private final byte[] newest;
  private final int badCopies;

  private final BitSet changed = new BitSet();
  private List<Consumer<BlockStatus>> waiting = new ArrayList<>();
  private boolean busy;
  private String failure;
  private long commits;

  private PageStore(
      DeviceAccess access, PageLayout layout, UUID storeId, PageScan scan, Set<PlantedBug> bugs) {
    this.access = access;
    this.layout = layout;
    this.bugs = bugs;
    codec = new PageCodec(layout, storeId);
    contents = scan.contents();
    sequences = scan.sequences();
    newest = scan.newest();
    badCopies = scan.badCopies();
  }

  /**
   * Writes the first content of all pages, both copies, and flushes. Until {@code done} is told of
   * success the region is not to be used.
   *
   * @param storeId never used before: by it an earlier store's pages are told from this one's
   * @throws IllegalArgumentException where the region does not fit the device
   */
  public static void format(
      Reactor reactor,
      BlockDevice device,
      PageLayout layout,
      UUID storeId,
      FirstContent first,
      Consumer<BlockStatus> done) {
    layout.requireFits(device.geometry());
    new PageFormat(new DeviceAccess(reactor, device), layout, storeId, first, done).start();
  }

  /**
   * Reads a store that was formatted, and makes sure that what it gives out is on the medium, also
   * where the last writer was killed before its flush, or its flush failed. Refuses with DAMAGED
   * where both copies of a page are, and with FAILED where the device is.
   *
   * @throws IllegalArgumentException where the region does not fit the device
   */
  public static void open(
      Reactor reactor,
      BlockDevice device,
      PageLayout layout,
      UUID storeId,
      Consumer<StoreOutcome<PageStore>> done) {
    open(new DeviceAccess(reactor, device), layout, storeId, Set.of(), done);
  }

  static void open(
      DeviceAccess access,
      PageLayout layout,
      UUID storeId,
      Set<PlantedBug> bugs,
      Consumer<StoreOutcome<PageStore>> done) {
    layout.requireFits(access.geometry());
    PageScan.start(
        access,
        layout,
        storeId,
        scan -> {
          if (!scan.outcome().isSuccess()) {
            done.accept(
                StoreOutcome.refused(Reason.FAILED, "its pages cannot be read: " + scan.outcome()));
          } else if (!scan.damaged().isEmpty()) {
            done.accept(StoreOutcome.refused(Reason.DAMAGED, damage(layout, scan.damaged())));
          } else {
            new PageStore(access, layout, storeId, scan, bugs).makeDurable(scan, done);
          }
        });
  }

  /** What a scan found, to look at; nothing is made durable, and nothing may be committed. */
  static PageStore readOnly(DeviceAccess access, PageLayout layout, UUID storeId, PageScan scan) {
    return new PageStore(access, layout, storeId, scan, Set.of());
  }

  /** Words for pages of which no copy can be believed. */
  static String damage(PageLayout layout, List<Integer> pages) {
    return "both copies of %d of its %d pages are damaged, page %d first"
        .formatted(pages.size(), layout.pageCount(), pages.getFirst());
  }

  /**
   * All payloads, one after another from page 0: to read, and to change before {@link #changed}.
   */
  public MemorySegment contents() {
    return contents;
  }

  /** Where a page's payload begins in {@link #contents}. */
  public long offsetBytes(int page) {
    return (long) Objects.checkIndex(page, layout.pageCount()) * layout.payloadBytes();
  }

  public PageLayout layout() {
    return layout;
  }

  /** Copies that were not valid when the store was opened; they were written anew. */
  public int badCopies() {
    return badCopies;
  }

  /** Flushes that answered commits; several commits share one. */
  public long commits() {
    return commits;
  }

  /** Why nothing can be committed any more, if so. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** The page's payload in memory was changed: the next commit writes it. */
  public void changed(int page) {
    changed.set(Objects.checkIndex(page, layout.pageCount()));
  }

  /**
   * Makes everything that was {@link #changed} durable. {@code done} is told SUCCESS, maybe before
   * this returns, or FAILED: then part of it may be on the medium, and the store has failed.
   */
  public void commit(Consumer<BlockStatus> done) {
    assert access.reactor().inReactor() : "commit off the store's reactor";
    if (failure != null) {
      done.accept(BlockStatus.FAILED);
      return;
    }
    waiting.add(done);
    if (!busy) {
      startBatch();
    }
  }

  private void startBatch() {
    List<Consumer<BlockStatus>> batch = waiting;
    waiting = new ArrayList<>();
    if (changed.isEmpty()) {
      batch.forEach(done -> done.accept(BlockStatus.SUCCESS));
      return;
    }
    busy = true;
    int[] pages = changed.stream().toArray();
    changed.clear();
    MemorySegment images = DeviceAccess.allocate((long) pages.length * layout.pageBytes());
    for (int i = 0; i < pages.length; i++) {
      sequences[pages[i]]++;
      newest[pages[i]] ^= 1;
      putImage(images, i, pages[i]);
    }
    Consumer<BlockStatus> written =
        status -> written(status, ended -> answer(ended, batch, pages, images));
    if (bugs.contains(PlantedBug.BOTH_COPIES_AT_ONCE)) {
      writeCopies(pages, images, 1, status -> {});
    }
    writeCopies(pages, images, 0, written);
  }

  private void putImage(MemorySegment images, int index, int page) {
    long at = (long) index * layout.pageBytes();
    MemorySegment.copy(
        contents, offsetBytes(page), images, at + PageCodec.HEADER_BYTES, layout.payloadBytes());
    codec.seal(images, at, page, sequences[page]);
  }

  private void written(BlockStatus status, Consumer<BlockStatus> flushed) {
    if (status.isSuccess()) {
      access.flush(flushed);
    } else {
      flushed.accept(status);
    }
  }

  private void answer(
      BlockStatus status, List<Consumer<BlockStatus>> batch, int[] pages, MemorySegment images) {
    if (!status.isSuccess()) {
      fail("its pages cannot be written: " + status, batch);
      return;
    }
    commits++;
    batch.forEach(done -> done.accept(BlockStatus.SUCCESS));
    writeCopies(pages, images, 1, this::settled);
  }

  private void settled(BlockStatus status) {
    if (!status.isSuccess()) {
      fail("its pages cannot be written: " + status, List.of());
      return;
    }
    busy = false;
    if (!waiting.isEmpty()) {
      startBatch();
    }
  }

  private void fail(String why, List<Consumer<BlockStatus>> batch) {
    failure = why;
    List<Consumer<BlockStatus>> others = waiting;
    waiting = new ArrayList<>();
    batch.forEach(done -> done.accept(BlockStatus.FAILED));
    others.forEach(done -> done.accept(BlockStatus.FAILED));
  }

  /**
   * Writes the copies that count again, where they are, and flushes; only then the older copies are
   * replaced. What was read may be in a cache alone: because the last writer was killed before its
   * flush, or because a flush failed, after which a kernel shows what it has lost as if it were on
   * the medium. That may befall copies that are equal, too, of which one is to be overwritten next.
   */
  private void makeDurable(PageScan scan, Consumer<StoreOutcome<PageStore>> done) {
    var suspect = (BitSet) scan.unequal().clone();
    if (!bugs.contains(PlantedBug.TRUST_EQUAL_COPIES)) {
      suspect.or(scan.committed());
    }
    Consumer<BlockStatus> ended =
        status ->
            done.accept(
                status.isSuccess()
                    ? StoreOutcome.done(this)
                    : StoreOutcome.refused(
                        Reason.FAILED, "its pages cannot be written: " + status));
    Consumer<BlockStatus> flushed =
        status -> {
          if (status.isSuccess()) {
            writeImages(scan.unequal(), 1, ended);
          } else {
            ended.accept(status);
          }
        };
    writeImages(suspect, 0, status -> written(status, flushed));
  }

  private void writeImages(BitSet which, int away, Consumer<BlockStatus> done) {
    int[] pages = which.stream().toArray();
    MemorySegment images = DeviceAccess.allocate((long) pages.length * layout.pageBytes());
    for (int i = 0; i < pages.length; i++) {
      putImage(images, i, pages[i]);
    }
    writeCopies(pages, images, away, done);
  }

  /**
   * Writes images of pages, in ascending order, to the copies that count or to the others; runs of
   * neighbours at once.
   *
   * @param away 0 for the copies that count, 1 for the others
   */
  private void writeCopies(
      int[] pages, MemorySegment images, int away, Consumer<BlockStatus> done) {
    var writes = new Joined(done);
    int first = 0;
    while (first < pages.length) {
      int copy = newest[pages[first]] ^ away;
      int end = first + 1;
      while (end < pages.length
          && pages[end] == pages[end - 1] + 1
          && (newest[pages[end]] ^ away) == copy) {
        end++;
      }
      access.write(
          layout.block(pages[first], copy, access.geometry()),
          images,
          (long) first * layout.pageBytes(),
          (long) (end - first) * layout.pageBytes(),
          writes.another());
      first = end;
    }
    writes.allStarted();
  }
}
