package io.dnvme.main.bench;

import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;

/**
 * The part of a namespace that a load uses, in transfers.
 *
 * @param firstChunk where it begins
 * @param chunks how many there are
 */
record Range(long firstChunk, long chunks) {

  /**
   * Reads {@code [OFFSET+]SIZE}; null for everything.
   *
   * @throws CommandException for wrong usage
   */
  static Range parse(String text, long deviceBytes, int transferBytes) {
    if (text == null) {
      return new Range(0, deviceBytes / transferBytes);
    }
    int plus = text.indexOf('+');
    try {
      long offset = plus < 0 ? 0 : Sizes.parse(text.substring(0, plus));
      long size = Sizes.parse(text.substring(plus + 1));
      if (offset % transferBytes != 0 || offset > deviceBytes || size > deviceBytes - offset) {
        throw new IllegalArgumentException(
            "must lie inside the namespace and begin at a multiple of --bs");
      }
      return new Range(offset / transferBytes, size / transferBytes);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--size: " + e.getMessage());
    }
  }
}
