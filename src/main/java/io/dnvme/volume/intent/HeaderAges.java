package io.dnvme.volume.intent;

/**
 * Tells an older image of a member (a copy of its disk that was put back, a virtual machine set
 * back to a snapshot) from the member that the record means (NO-SILENT-LOSS). Pure.
 *
 * <p>Every page of a header says in which <em>generation</em> it was written; a header's is the
 * highest in it. {@link HeaderCommit} writes one round after the other, to all members that count,
 * and the generation grows only when all of them, failed ones too, have what was written in it:
 *
 * <pre>
 *   round of n on all that count ─► completed = n ─► the next one is of n + 1
 *   one failed ─► all further ones are of n + 1 too, until the record shows it out
 * </pre>
 *
 * <p>So headers of members that are in-sync by one record differ by one at most, however many
 * owners died in the middle of a round: a new one goes on from what all of them are sure to have.
 *
 * <pre>
 *   in-sync by the record, generation
 *     &lt; the newest in-sync one - 1    an older image: it leaves (MEMBER)
 *     &lt; the floor                     likewise; where none has it, one with damaged pages is taken
 *                                     as it is: it may have had newer ones
 *     else                            in-sync
 *   absent, with a bitmap for its content, generation
 *     &gt; completed + 2                 it has seen more than those in-sync: they are older images
 *     &lt; the bitmap's floor            an older image: a full rebuild
 *     else                            lacks what the bitmap and its own intent bits say
 * </pre>
 *
 * <p>The floor of those in-sync is what this controller has seen of their headers in its claims,
 * less one, and is known only while a claim removes members. The record keeps none: where an older
 * image is the only in-sync member that can be reached, another controller does not notice.
 *
 * <p>Why these bits suffice: the floor is what all that counted had when the member left. Data goes
 * to a member only under a bit that a completed generation has. So what was sent to it after its
 * image was made is under a bit in its own header, or the image is older than the floor.
 *
 * @param old members that are older images
 * @param completed what every other member in-sync by the record has at least
 */
record HeaderAges(int old, long completed) {

  /** Of a member that was never used. */
  static final long FORMATTED = 1;

  /** In place of the generation of a header that could not be read. */
  static final long UNREAD = -1;

  /** By how much those in-sync by one record may differ. */
  private static final int SPREAD = 1;

  /**
   * Judges the members that are in-sync by the record.
   *
   * @param inSync these, as a mask
   * @param generations by member, {@link #UNREAD} where it is not known
   * @param whole members whose header has no damaged page
   * @param floor what each of them has, as far as this controller knows; 0 where it does not
   */
  static HeaderAges judge(int inSync, long[] generations, int whole, long floor) {
    long newest = UNREAD;
    for (int rest = inSync; rest != 0; rest &= rest - 1) {
      newest = Math.max(newest, generations[Integer.numberOfTrailingZeros(rest)]);
    }
    boolean anyFits = newest >= floor;
    long needed = Math.max(floor, newest - SPREAD);
    int old = 0;
    boolean allKnown = true;
    long least = newest;
    for (int rest = inSync; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      boolean isDamaged = (whole & 1 << member) == 0;
      if (generations[member] == UNREAD) {
        allKnown = false;
      } else if (generations[member] < needed && (anyFits || !isDamaged)) {
        old |= 1 << member;
        allKnown = false;
      } else {
        least = Math.min(least, generations[member]);
      }
    }
    return new HeaderAges(old, Math.max(floor, allKnown ? least : newest - SPREAD));
  }

  /** What the header of a member that is not in-sync turns out to be. */
  enum Return {
    AS_BITMAP,
    OLD,
    AHEAD
  }

  /**
   * Judges a member that is not in-sync.
   *
   * @param generation of its header
   * @param floor of the bitmap for its content; the highest number where there is none
   * @param completed what all in-sync members have
   */
  static Return judgeReturn(long generation, long floor, long completed) {
    if (isAhead(generation, completed)) {
      return Return.AHEAD;
    }
    return generation < floor ? Return.OLD : Return.AS_BITMAP;
  }

  /**
   * Whether a header is newer than one can be that is not in-sync. It may be of the last round of
   * an owner that died, the others of the one before, and who took over without it knew only that
   * all have the one before that.
   */
  private static boolean isAhead(long generation, long completed) {
    return generation > completed + 2 * SPREAD;
  }
}
