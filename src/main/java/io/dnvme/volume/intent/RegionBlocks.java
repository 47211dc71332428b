package io.dnvme.volume.intent;

import java.util.BitSet;

/**
 * Blocks of some regions, by region. It is asked for every block that is read or written while
 * there are any, so it boxes no numbers. Of one thread.
 *
 * <pre>
 *   place of a region = its number, mixed ── taken by another ──► the next one, and so on
 * </pre>
 */
final class RegionBlocks {

  private static final int MIN_PLACES = 16;

  /** Two to the 32nd by the golden ratio: neighbours come to lie far apart. */
  private static final int MIX = 0x9e37_79b9;

  private int[] regions = new int[MIN_PLACES];

  /** Null where a place is free. */
  private BitSet[] blocks = new BitSet[MIN_PLACES];

  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  /** The region's blocks, or null. */
  BitSet get(int region) {
    return blocks[find(region)];
  }

  /** In the place of what there was. */
  void put(int region, BitSet its) {
    if (2 * (size + 1) > regions.length) {
      grow();
    }
    int place = find(region);
    size += blocks[place] == null ? 1 : 0;
    regions[place] = region;
    blocks[place] = its;
  }

  void remove(int region) {
    int hole = find(region);
    if (blocks[hole] == null) {
      return;
    }
    size--;
    // What lies behind is still found: who would have the hole on its way moves into it.
    for (int place = next(hole); blocks[place] != null; place = next(place)) {
      int mask = regions.length - 1;
      int way = place - home(regions[place]) & mask;
      if (way >= (place - hole & mask)) {
        regions[hole] = regions[place];
        blocks[hole] = blocks[place];
        hole = place;
      }
    }
    blocks[hole] = null;
  }

  /** The region's place, or the free one where it would be. */
  private int find(int region) {
    int place = home(region);
    while (blocks[place] != null && regions[place] != region) {
      place = next(place);
    }
    return place;
  }

  private int home(int region) {
    return region * MIX >>> Integer.numberOfLeadingZeros(regions.length - 1);
  }

  private int next(int place) {
    return place + 1 & regions.length - 1;
  }

  private void grow() {
    int[] oldRegions = regions;
    BitSet[] oldBlocks = blocks;
    regions = new int[2 * oldRegions.length];
    blocks = new BitSet[regions.length];
    for (int i = 0; i < oldBlocks.length; i++) {
      if (oldBlocks[i] != null) {
        int place = find(oldRegions[i]);
        regions[place] = oldRegions[i];
        blocks[place] = oldBlocks[i];
      }
    }
  }
}
