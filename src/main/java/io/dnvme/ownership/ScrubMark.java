package io.dnvme.ownership;

/**
 * How far a leg's scrub has come, so that the next owner goes on from there. Written when a scrub
 * ends, and now and then while one runs; nothing but when to look at what depends on it.
 *
 * @param sinceSeconds from when the interval to the next scrub counts, in seconds since 1970: the
 *     end of the last complete one, or the leg's first owner's beginning; 0 where nobody noted it
 * @param nextBytes of the leg's data, up to where a scrub that is under way has come; 0: none is
 */
public record ScrubMark(long sinceSeconds, long nextBytes) {

  public static final ScrubMark NONE = new ScrubMark(0, 0);

  public ScrubMark {
    if (sinceSeconds < 0 || nextBytes < 0) {
      throw new IllegalArgumentException(
          "a scrub's mark is not negative: " + sinceSeconds + " s, " + nextBytes + " bytes");
    }
  }
}
