package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What the copies of a store's pages hold; reads only. Of each page the valid copy with the higher
 * sequence counts:
 *
 * <pre>
 *   A valid, B valid, A newer   A        what was written last, or it was not acknowledged
 *   both valid and the same     A        nothing was under way
 *   same sequence, not the same none     damage that the checksum missed, or two writers: refused
 *   one valid                   that one the other's write was torn, or it was damaged since
 *   none valid                  none     damage: refused
 * </pre>
 *
 * Lives on one reactor, until it has told what it found.
 */
final class PageScan {

  private static final int CHUNK_BYTES = 1 << 20;

  private final DeviceAccess access;
  private final PageLayout layout;
  private final PageCodec codec;
  private final Consumer<PageScan> done;
  private final MemorySegment contents;
  private final long[] sequences;
  private final byte[] newest;
  private final BitSet unequal = new BitSet();
  private final BitSet committed = new BitSet();
  private final List<Integer> damaged = new ArrayList<>();
  private final int chunkPages;
  private final MemorySegment[] chunks = new MemorySegment[PageLayout.COPIES];
  private int badCopies;
  private BlockStatus outcome = BlockStatus.SUCCESS;

  private PageScan(DeviceAccess access, PageLayout layout, UUID storeId, Consumer<PageScan> done) {
    this.access = access;
    this.layout = layout;
    this.done = done;
    codec = new PageCodec(layout, storeId);
    contents = DeviceAccess.allocate((long) layout.pageCount() * layout.payloadBytes());
    sequences = new long[layout.pageCount()];
    newest = new byte[layout.pageCount()];
    chunkPages = Math.min(CHUNK_BYTES / layout.pageBytes(), layout.pageCount());
    for (int copy = 0; copy < PageLayout.COPIES; copy++) {
      chunks[copy] = DeviceAccess.allocate((long) chunkPages * layout.pageBytes());
    }
  }

  /**
   * @param done told when everything was looked at, or when the device failed
   */
  static void start(DeviceAccess access, PageLayout layout, UUID storeId, Consumer<PageScan> done) {
    new PageScan(access, layout, storeId, done).readChunk(0, 0);
  }

  /** Whether everything could be looked at, damaged or not. */
  BlockStatus outcome() {
    return outcome;
  }

  /** All payloads, one after another. */
  MemorySegment contents() {
    return contents;
  }

  /** Of each page. */
  long[] sequences() {
    return sequences;
  }

  /** Of each page, which copy counts. */
  byte[] newest() {
    return newest;
  }

  /** Pages whose copies are not the same. */
  BitSet unequal() {
    return unequal;
  }

  /** Pages that do not hold what they were formatted with any more. */
  BitSet committed() {
    return committed;
  }

  /** Pages of which no copy can be believed. */
  List<Integer> damaged() {
    return damaged;
  }

  /** Copies that are not valid. */
  int badCopies() {
    return badCopies;
  }

  private void readChunk(int firstPage, int copy) {
    if (firstPage >= layout.pageCount()) {
      done.accept(this);
      return;
    }
    if (copy == PageLayout.COPIES) {
      judgeChunk(firstPage);
      readChunk(firstPage + chunkPages, 0);
      return;
    }
    long block = layout.block(firstPage, copy, access.geometry());
    access.read(
        block,
        chunks[copy],
        0,
        pagesFrom(firstPage) * (long) layout.pageBytes(),
        status -> {
          switch (status) {
            case SUCCESS -> readChunk(firstPage, copy + 1);
            case READ_FAULT -> readPage(firstPage, copy, 0);
            default -> end(status);
          }
        });
  }

  /** Something in the chunk cannot be read: finds out what, page by page. */
  private void readPage(int firstPage, int copy, int index) {
    if (index == pagesFrom(firstPage)) {
      readChunk(firstPage, copy + 1);
      return;
    }
    long block = layout.block(firstPage + index, copy, access.geometry());
    long at = (long) index * layout.pageBytes();
    access.read(
        block,
        chunks[copy],
        at,
        layout.pageBytes(),
        status -> {
          switch (status) {
            case SUCCESS -> readPage(firstPage, copy, index + 1);
            case READ_FAULT -> {
              chunks[copy].asSlice(at, layout.pageBytes()).fill((byte) 0);
              readPage(firstPage, copy, index + 1);
            }
            default -> end(status);
          }
        });
  }

  private void end(BlockStatus status) {
    outcome = status;
    done.accept(this);
  }

  private int pagesFrom(int firstPage) {
    return Math.min(chunkPages, layout.pageCount() - firstPage);
  }

  private void judgeChunk(int firstPage) {
    for (int i = 0; i < pagesFrom(firstPage); i++) {
      judge(firstPage + i, (long) i * layout.pageBytes());
    }
  }

  private void judge(int page, long at) {
    long sequenceA = codec.sequence(chunks[0], at, page);
    long sequenceB = codec.sequence(chunks[1], at, page);
    badCopies += sequenceA == PageCodec.NOT_VALID ? 1 : 0;
    badCopies += sequenceB == PageCodec.NOT_VALID ? 1 : 0;
    boolean equal = sequenceA == sequenceB;
    if (equal && (sequenceA == PageCodec.NOT_VALID || !sameBytes(at))) {
      damaged.add(page);
      return;
    }
    int copy = sequenceB > sequenceA ? 1 : 0;
    newest[page] = (byte) copy;
    sequences[page] = Math.max(sequenceA, sequenceB);
    unequal.set(page, !equal);
    committed.set(page, sequences[page] != PageCodec.FIRST_SEQUENCE);
    MemorySegment.copy(
        chunks[copy],
        at + PageCodec.HEADER_BYTES,
        contents,
        (long) page * layout.payloadBytes(),
        layout.payloadBytes());
  }

  private boolean sameBytes(long at) {
    long end = at + layout.pageBytes();
    return MemorySegment.mismatch(chunks[0], at, end, chunks[1], at, end) < 0;
  }
}
