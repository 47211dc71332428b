package io.dnvme.nvme;

import java.util.Objects;

/** Up to 2,047 controller ids in ascending order (NVMe Base 2.0 §4.7.1). */
public final class ControllerList extends Structure<ControllerList> {

  public static final int SIZE = 4096;

  /** Ids at most. */
  public static final int MAX_COUNT = 2047;

  public static final Field.Number<ControllerList> COUNT = Field.u16(0);

  public ControllerList() {
    super(SIZE);
  }

  public int cntlid(int index) {
    return u16(2 + 2L * Objects.checkIndex(index, MAX_COUNT));
  }

  public ControllerList cntlid(int index, int cntlid) {
    return u16(2 + 2L * Objects.checkIndex(index, MAX_COUNT), cntlid);
  }
}
