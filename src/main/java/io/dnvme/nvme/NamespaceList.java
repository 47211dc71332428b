package io.dnvme.nvme;

import java.util.Objects;

/**
 * Up to 1,024 namespace ids in ascending order, the rest zero: identify data (CNS 02h, 07h, 10h)
 * and log page 04h (NVMe Base 2.0 §4.7.2 and §5.16.1.5).
 */
public final class NamespaceList extends Structure<NamespaceList> {

  public static final int SIZE = 4096;

  /** Ids at most. */
  public static final int MAX_COUNT = 1024;

  public NamespaceList() {
    super(SIZE);
  }

  /** The id at {@code index}; 0 ends the list. */
  public int nsid(int index) {
    return i32(at(index));
  }

  public NamespaceList nsid(int index, int nsid) {
    return u32(at(index), nsid);
  }

  /** Ids before the first zero. */
  public int count() {
    int count = 0;
    while (count < MAX_COUNT && nsid(count) != 0) {
      count++;
    }
    return count;
  }

  /** Of log page 04h: more namespaces changed than a list holds. */
  public NamespaceList overflow() {
    return start().nsid(0, Command.NSID_ALL);
  }

  private static long at(int index) {
    return 4L * Objects.checkIndex(index, MAX_COUNT);
  }
}
