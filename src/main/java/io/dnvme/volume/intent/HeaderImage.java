package io.dnvme.volume.intent;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;

/**
 * What one member's medium says: its descriptor and the newest whole copy of each bitmap page.
 * Built page by page by {@link HeaderMedium}.
 */
final class HeaderImage {

  private final MemberLayout layout;
  private final Crc32c crc = new Crc32c();
  private MemberHeader header;
  private String refusal;
  private final long[][] words;
  private final PeerSlot[] owners;
  private final boolean[] bothCopies;
  private final long[] sequences;
  private long generation;
  private int damagedCopies;

  HeaderImage(MemberLayout layout) {
    this.layout = layout;
    int pages = MemberLayout.BITMAPS * layout.pagesPerBitmap();
    words = new long[pages][];
    owners = new PeerSlot[pages];
    bothCopies = new boolean[pages];
    sequences = new long[pages];
  }

  /** Takes both copies of the descriptor, which lie at the start of {@code copies}. */
  void descriptor(MemorySegment copies) {
    for (int copy = 0; copy < 2; copy++) {
      MemorySegment page = copies.asSlice((long) copy * MemberLayout.PAGE_BYTES);
      switch (MemberHeader.decode(page, crc)) {
        case MemberHeader.Decoded.Header(MemberHeader found) -> {
          generation = Math.max(generation, found.generation());
          if (header == null || found.sequence() > header.sequence()) {
            header = found;
          }
        }
        case MemberHeader.Decoded.Refused(String reason) -> refusal = reason;
        // The other copy decides.
        case MemberHeader.Decoded.NoHeader() -> damagedCopies++;
      }
    }
  }

  /** Takes both copies of a bitmap's page. */
  void page(int bitmap, int page, MemorySegment copies) {
    int index = index(bitmap, page);
    int whole = 0;
    for (int copy = 0; copy < 2; copy++) {
      MemorySegment memory = copies.asSlice((long) copy * MemberLayout.PAGE_BYTES);
      if (BitmapPage.isValid(memory, bitmap, page, crc)) {
        whole++;
        long sequence = PageFormat.sequence(memory);
        generation = Math.max(generation, BitmapPage.generation(memory));
        if (words[index] == null || sequence > sequences[index]) {
          words[index] = new long[BitmapPage.WORDS];
          BitmapPage.unite(memory, words[index], 0);
          owners[index] = BitmapPage.owner(memory);
          sequences[index] = sequence;
        }
      }
    }
    bothCopies[index] = whole == 2;
    damagedCopies += 2 - whole;
  }

  /** The newest whole descriptor, or null. */
  MemberHeader header() {
    return header;
  }

  /** Why {@link #header} must not be used or overwritten, or null where it is blank or ours. */
  String refusalFor(MemberIdentity identity) {
    if (refusal != null) {
      return refusal;
    }
    if (header == null) {
      return null;
    }
    if (!header.identity().equals(identity)) {
      return "the medium is of %s, not of %s".formatted(header.identity(), identity);
    }
    return header.layout().equals(layout)
        ? null
        : "the member is laid out as %s, its group as %s".formatted(header.layout(), layout);
  }

  /** The page's bits, or null where no copy of it is whole. */
  long[] words(int bitmap, int page) {
    return words[index(bitmap, page)];
  }

  PeerSlot owner(int bitmap, int page) {
    return owners[index(bitmap, page)];
  }

  /**
   * Whether both copies are whole. A damaged one may be the newer: torn while it was written, which
   * is harmless, or rotten, which is not.
   */
  boolean bothCopies(int bitmap, int page) {
    return bothCopies[index(bitmap, page)];
  }

  /** Of the newest whole copy; 0 where there is none. */
  long sequence(int bitmap, int page) {
    return sequences[index(bitmap, page)];
  }

  /** The newest of all whole copies, see {@link HeaderAges}. */
  long generation() {
    return generation;
  }

  /** Whether all copies are whole, so that none can have been newer. */
  boolean isWhole() {
    return damagedCopies == 0;
  }

  private int index(int bitmap, int page) {
    return bitmap * layout.pagesPerBitmap() + page;
  }
}
