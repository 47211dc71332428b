package io.dnvme.volume.intent;

import java.util.Arrays;

/** One bit for each region, in the words in which the pages of a header hold them. One thread. */
final class RegionBitmap {

  private final int regions;
  private final long[] words;

  RegionBitmap(MemberLayout layout) {
    regions = layout.regions();
    words = new long[layout.pagesPerBitmap() * BitmapPage.WORDS];
  }

  long[] words() {
    return words;
  }

  boolean get(int region) {
    return (words[region >> 6] & 1L << region) != 0;
  }

  void set(int region) {
    words[region >> 6] |= 1L << region;
  }

  void clear(int region) {
    words[region >> 6] &= ~(1L << region);
  }

  /** Whether all of {@code [first, last]} are set. */
  boolean all(int first, int last) {
    for (int region = first; region <= last; region++) {
      if (!get(region)) {
        return false;
      }
    }
    return true;
  }

  /** Whether one of {@code [first, last]} is set. */
  boolean any(int first, int last) {
    int next = next(first);
    return next >= 0 && next <= last;
  }

  /** The first set region from {@code from} on, or -1. */
  int next(int from) {
    int word = from >> 6;
    if (from >= regions) {
      return -1;
    }
    long rest = words[word] & -1L << from;
    while (rest == 0) {
      if (++word == words.length) {
        return -1;
      }
      rest = words[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(rest);
  }

  boolean isEmpty() {
    return next(0) < 0;
  }

  int count() {
    int count = 0;
    for (long word : words) {
      count += Long.bitCount(word);
    }
    return count;
  }

  void clearAll() {
    Arrays.fill(words, 0);
  }

  void setAll() {
    setPage(0, words.length);
  }

  /** Sets all regions of the words {@code [from, from + count)} that exist. */
  void setPage(int from, int count) {
    for (int word = from; word < from + count; word++) {
      int first = word << 6;
      int left = regions - first;
      words[word] = left >= Long.SIZE ? -1 : left <= 0 ? 0 : (1L << left) - 1;
    }
  }

  void unite(RegionBitmap other) {
    for (int i = 0; i < words.length; i++) {
      words[i] |= other.words[i];
    }
  }

  void copyFrom(RegionBitmap other) {
    System.arraycopy(other.words, 0, words, 0, words.length);
  }
}
