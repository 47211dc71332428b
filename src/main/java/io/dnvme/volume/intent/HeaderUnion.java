package io.dnvme.volume.intent;

import java.util.List;
import java.util.UUID;

/**
 * What all in-sync members' headers say together; a takeover starts from it (INTENT).
 *
 * <p>A bit that one member has counts. A page of which no member has both copies whole may have
 * lost bits, so all of its regions count. An absent member's bitmap is used only where every
 * in-sync member has it, for the same content of that member: each had it before the removal was
 * asked for, so otherwise something is wrong with it.
 */
final class HeaderUnion {

  private final MemberLayout layout;
  private final List<HeaderImage> images;

  /**
   * @param images of the in-sync members, at least one; each has a descriptor
   */
  HeaderUnion(MemberLayout layout, List<HeaderImage> images) {
    this.layout = layout;
    this.images = images;
  }

  /** Unites the intent bits into {@code intents}. */
  void intents(RegionBitmap intents) {
    unitePages(intents, null);
  }

  /** The place of a member's bitmap in the header of the first member, or -1. */
  int slotOf(UUID member) {
    return slotIn(images.getFirst(), member);
  }

  /** Unites a member's bitmap into {@code bits}; null and no bits where none fits. */
  PeerSlot peer(UUID member, RegionBitmap bits) {
    int first = slotOf(member);
    if (first < 0) {
      return null;
    }
    PeerSlot slot = images.getFirst().header().peers().get(first);
    long floor = slot.floor();
    for (HeaderImage image : images) {
      int place = slotIn(image, member);
      if (place < 0
          || !image.header().peers().get(place).isSameContent(slot)
          || !pagesBelongTo(image, place, slot)) {
        return null;
      }
      // It is raised on all media, but the owner may have died before all had it.
      floor = Math.max(floor, image.header().peers().get(place).floor());
    }
    unitePages(bits, member);
    return slot.withFloor(floor);
  }

  private boolean pagesBelongTo(HeaderImage image, int place, PeerSlot slot) {
    for (int page = 0; page < layout.pagesPerBitmap(); page++) {
      PeerSlot owner = image.owner(place + 1, page);
      if (owner != null && !owner.isSameContent(slot)) {
        return false;
      }
    }
    return true;
  }

  private void unitePages(RegionBitmap bits, UUID member) {
    for (int page = 0; page < layout.pagesPerBitmap(); page++) {
      int from = page * BitmapPage.WORDS;
      boolean sure = false;
      for (HeaderImage image : images) {
        int bitmap = member == null ? 0 : slotIn(image, member) + 1;
        sure |= image.bothCopies(bitmap, page);
        long[] words = image.words(bitmap, page);
        for (int word = 0; words != null && word < BitmapPage.WORDS; word++) {
          bits.words()[from + word] |= words[word];
        }
      }
      if (!sure) {
        bits.setPage(from, BitmapPage.WORDS);
      }
    }
  }

  private static int slotIn(HeaderImage image, UUID member) {
    List<PeerSlot> peers = image.header().peers();
    for (int slot = 0; slot < peers.size(); slot++) {
      if (peers.get(slot).member().equals(member)) {
        return slot;
      }
    }
    return -1;
  }
}
