package io.dnvme.volume.intent;

import io.dnvme.volume.intent.ChecksumPages.Page;

/**
 * Pages in memory by their index, and in the order in which they were last asked for. Allocates
 * nothing once it is made: every command asks it. On one reactor.
 */
final class RecentPages {

  private final Page[] buckets;
  private Page oldest;
  private Page newest;
  private int size;

  /**
   * @param expected pages; more make it slower
   */
  RecentPages(int expected) {
    buckets = new Page[Integer.highestOneBit(Math.max(expected, 1)) * 2];
  }

  int size() {
    return size;
  }

  /** The page, which is the newest then; or null. */
  Page get(long index) {
    Page page = newest;
    if (page != null && page.index == index) {
      return page;
    }
    page = buckets[bucket(index)];
    while (page != null && page.index != index) {
      page = page.chained;
    }
    if (page != null) {
      unlink(page);
      link(page);
    }
    return page;
  }

  /** Where there is no page of that index. */
  void add(Page page) {
    int bucket = bucket(page.index);
    page.chained = buckets[bucket];
    buckets[bucket] = page;
    link(page);
    size++;
  }

  void remove(Page page) {
    int bucket = bucket(page.index);
    if (buckets[bucket] == page) {
      buckets[bucket] = page.chained;
    } else {
      Page before = buckets[bucket];
      while (before.chained != page) {
        before = before.chained;
      }
      before.chained = page.chained;
    }
    unlink(page);
    size--;
  }

  /** The one that was asked for longest ago, or null; the others follow by {@code newer}. */
  Page oldest() {
    return oldest;
  }

  private int bucket(long index) {
    return (int) index & buckets.length - 1;
  }

  private void link(Page page) {
    page.older = newest;
    page.newer = null;
    if (newest == null) {
      oldest = page;
    } else {
      newest.newer = page;
    }
    newest = page;
  }

  private void unlink(Page page) {
    if (page.older == null) {
      oldest = page.newer;
    } else {
      page.older.newer = page.newer;
    }
    if (page.newer == null) {
      newest = page.older;
    } else {
      page.newer.older = page.older;
    }
  }
}
