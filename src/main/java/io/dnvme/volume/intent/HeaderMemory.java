package io.dnvme.volume.intent;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Memory of a round of header pages, lent to a {@link HeaderMedium} for as long as it reads or
 * writes. A takeover opens hundreds of headers one after another: fresh memory for each, which is
 * zeroed and touched for the first time, took a fifth of its time. Of any thread.
 */
final class HeaderMemory {

  static final int BYTES = HeaderMedium.ROUND_PAGES * MemberLayout.PAGE_BYTES;

  /** What is kept for later, at most; more is lent, and then dropped. */
  static final int MAX_KEPT = 256;

  /** For all members of this process. */
  static final HeaderMemory OF_PROCESS = new HeaderMemory();

  private final Deque<MemorySegment> kept = new ArrayDeque<>();

  /** Its content is what it was. */
  synchronized MemorySegment take() {
    MemorySegment memory = kept.poll();
    return memory != null ? memory : Arena.ofAuto().allocate(BYTES, MemberLayout.PAGE_BYTES);
  }

  /** No command reads or writes it any more. */
  synchronized void giveBack(MemorySegment memory) {
    if (kept.size() < MAX_KEPT) {
      kept.push(memory);
    }
  }

  synchronized int kept() {
    return kept.size();
  }
}
