package io.dnvme.volume.intent;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * One page of a bitmap on a member's medium. A page says whose bits it holds: what was written for
 * one absent member is never taken for another's (INTENT: no matching bitmap means a full rebuild).
 *
 * <pre>
 *   0  magic "DNVMBITS"        8  version (4)          12  bitmap (2), 0 intent   14  zero (2)
 *  16  generation (8)                                  24  sequence (8)
 *  32  the member whose bitmap it is (16), zero for the intent bits
 *  48  the member's stamp (8)                          56  page of the bitmap (4)   60  CRC32C of all the rest (4)
 *  64  bits, little-endian words: region = page × BITS + bit
 * </pre>
 *
 * All fields are little-endian. A page of a free bitmap belongs to nobody and has no bits.
 */
final class BitmapPage {

  static final long MAGIC = PageFormat.magic("DNVMBITS");
  static final int HEADER_BYTES = 64;
  static final int WORDS = (MemberLayout.PAGE_BYTES - HEADER_BYTES) / Long.BYTES;

  /** Regions of one page. */
  static final int BITS = WORDS * Long.SIZE;

  private static final int BITMAP = 12;
  private static final int GENERATION = 16;
  private static final int OWNER = 32;
  private static final int STAMP = 48;
  private static final int PAGE = 56;

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private BitmapPage() {}

  /** Writes a page at the start of {@code memory}; its bits are {@link #WORDS} of {@code words}. */
  static void encode(
      MemorySegment memory,
      int bitmap,
      int page,
      long sequence,
      long generation,
      PeerSlot owner,
      long[] words,
      int fromWord,
      Crc32c crc) {
    PageFormat.begin(memory, MAGIC, sequence);
    memory.set(PageFormat.SHORT, BITMAP, (short) bitmap);
    memory.set(PageFormat.INT, PAGE, page);
    memory.set(PageFormat.LONG, GENERATION, generation);
    PageFormat.putUuid(memory, OWNER, owner.member());
    memory.set(PageFormat.LONG, STAMP, owner.stamp());
    for (int i = 0; i < WORDS; i++) {
      memory.set(WORD, HEADER_BYTES + (long) i * Long.BYTES, words[fromWord + i]);
    }
    PageFormat.seal(memory, crc);
  }

  /** Whether {@code memory} holds a whole page of this place, whoever it belongs to. */
  static boolean isValid(MemorySegment memory, int bitmap, int page, Crc32c crc) {
    return PageFormat.isWhole(memory, MAGIC, crc)
        && PageFormat.version(memory) == PageFormat.VERSION
        && memory.get(PageFormat.SHORT, BITMAP) == bitmap
        && memory.get(PageFormat.INT, PAGE) == page;
  }

  /** Whose bits they are; only the descriptor has the floor. */
  static PeerSlot owner(MemorySegment memory) {
    UUID member = PageFormat.uuid(memory, OWNER);
    return new PeerSlot(member, memory.get(PageFormat.LONG, STAMP), 0);
  }

  static long generation(MemorySegment memory) {
    return memory.get(PageFormat.LONG, GENERATION);
  }

  /** Adds the page's bits to {@code words}. */
  static void unite(MemorySegment memory, long[] words, int fromWord) {
    for (int i = 0; i < WORDS; i++) {
      words[fromWord + i] |= memory.get(WORD, HEADER_BYTES + (long) i * Long.BYTES);
    }
  }
}
