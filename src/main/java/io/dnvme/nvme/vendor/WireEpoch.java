package io.dnvme.nvme.vendor;

import java.util.UUID;

/**
 * An epoch as it travels: ordered by number, and a number belongs to one controller incarnation
 * (RECORD). What it means is the matter of those who ask and answer.
 *
 * @param number 0 with {@link #NONE} only
 * @param incarnation of the controller
 */
public record WireEpoch(long number, UUID incarnation) {

  /** Higher numbers make no sense: at a thousand claims a second it takes two million years. */
  public static final long MAX_NUMBER = (1L << 56) - 1;

  static final UUID NOBODY = new UUID(0, 0);

  /** There is no epoch to tell. */
  public static final WireEpoch NONE = new WireEpoch(0, NOBODY);

  public WireEpoch {
    if (number < 0 || number > MAX_NUMBER || incarnation == null) {
      throw new IllegalArgumentException("no epoch: " + number + " of " + incarnation);
    }
  }
}
