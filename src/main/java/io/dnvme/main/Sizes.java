package io.dnvme.main;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 512}, {@code 4k}, {@code 10G}, {@code 1.5TiB}. */
public final class Sizes {

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,19})(?:\\.(\\d{1,9}))?([KMGTP]?)(i?B?)", Pattern.CASE_INSENSITIVE);
  private static final String UNITS = "KMGTP";

  private Sizes() {}

  /**
   * Bytes that {@code text} says. {@code K M G T P}, with or without {@code i}, are powers of 1024.
   *
   * @throws IllegalArgumentException where it is no size, not whole bytes, or 2^63 and more
   */
  public static long parse(String text) {
    var match = SIZE.matcher(text.strip());
    if (!match.matches() || (match.group(3).isEmpty() && match.group(4).startsWith("i"))) {
      throw new IllegalArgumentException(
          "'" + text + "' is no size: write a number and K, M, G, T or P, such as 512M or 10G");
    }
    int shift = 10 * (UNITS.indexOf(match.group(3).toUpperCase(Locale.ROOT)) + 1);
    if (match.group(3).isEmpty()) {
      shift = 0;
    }
    try {
      var number = new BigDecimal(match.group(1) + "." + orZero(match.group(2)));
      return number.multiply(BigDecimal.valueOf(1L << shift)).longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no size: it must be whole bytes below 8192P", e);
    }
  }

  /** The shortest exact form, in the largest unit that divides it: {@code 10G}, {@code 1500M}. */
  public static String format(long bytes) {
    for (int unit = UNITS.length(); unit > 0; unit--) {
      long factor = 1L << (10 * unit);
      if (bytes >= factor && bytes % factor == 0) {
        return bytes / factor + UNITS.substring(unit - 1, unit);
      }
    }
    return Long.toString(bytes);
  }

  private static String orZero(String digits) {
    return digits == null ? "0" : digits;
  }
}
