package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;

/**
 * Knows, on the members' own media, where members of one group may differ. Keeps INTENT; the group
 * ({@link MirrorGroup}) keeps ACK, MEMBER and OVERLAP, and calls:
 *
 * <pre>
 *   read, compare        equal ─► range lock ─► one member
 *   write, zero, …       range lock ─► before ─► all of the write set ─► after ─► answer
 *   flush                flushStarts ─► all of the write set ─► flushed ─► answer
 *   member leaves        prepareRemoval ─► record change asked … known ─► removed
 *   member returns       record change known ─► rebuilding ─► … copies … ─► its flush
 *                        ─► preparePromotion ─► record change asked … known ─► promoted
 * </pre>
 *
 * <p>The members that <em>count</em> are those whose media must have every bit before data goes to
 * any member: all that the record may show in-sync, so those too whose removal is asked and not
 * known yet, and those from {@link #preparePromotion} on until the outcome is known.
 *
 * <p>A member that does not answer the log's own commands in time is reported like one that failed
 * ({@link MirrorGroup#memberFailed}): the group watches only what it sends itself.
 *
 * <p>Members are numbered from 0; several are a mask with bit n for member n. All calls on the
 * group's home reactor. A ticket belongs to the log from a call that returned false to its {@link
 * IntentTicket#ready}, and, between {@link #before} and {@link #after}, is the group's but keeps
 * its range.
 */
public interface IntentLog {

  /** Told once, on the home reactor, maybe within the call that asks. */
  @FunctionalInterface
  interface Answer {
    /**
     * @param yes whether what was asked for is so
     */
    void answered(boolean yes);
  }

  /** The group that this log serves; called once, before all else. */
  void serve(MirrorGroup group);

  /**
   * A write (zeroing, deallocation, copy to an in-sync member) of the ticket's range wants to go to
   * the members. True: the intent bits of its regions, and with them the bits of all members that
   * are absent, are on the medium of every member that counts. False: told by the ticket later. It
   * does not fail: where a member's medium cannot be written the group is told ({@link
   * MirrorGroup#memberFailed}), and the write waits until that member's removal is known.
   *
   * <p>The regions stay dirty at least until {@link #after}.
   */
  boolean before(IntentTicket write);

  /**
   * The write that {@link #before} let through is over on all members. Once for each.
   *
   * @param missed members that may not have it, or have it where the in-sync ones may not. For the
   *     rebuilding and absent ones among them the bit has to be (back) on every medium that counts:
   *     where it is not yet, false, and the ticket tells; the write is not answered before. An
   *     in-sync member that missed a write is always removed before the answer, and need not be
   *     named.
   */
  boolean after(IntentTicket write, int missed);

  /**
   * A flush of all in-sync and rebuilding members is about to be sent.
   *
   * @return for {@link #flushed}
   */
  long flushStarts();

  /**
   * What was over ({@link #after}) when {@link #flushStarts} returned {@code start} is on every
   * in-sync and rebuilding member's medium. Not called where one of them failed.
   */
  void flushed(long start);

  /**
   * A read or compare of the ticket's range wants to see it. True: no region in it waits to be made
   * equal after a takeover. False: told by the ticket once the in-sync members are equal there.
   * Asked before the range lock is taken, because making equal takes it.
   */
  boolean equal(IntentTicket read);

  /**
   * The members are about to be removed by one record change (MEMBER): puts their bitmaps, which
   * start with all regions that are dirty now, and which every later {@link #before} adds to, on
   * every medium that counts and does not leave; for rebuilding members, adds to the bitmap that
   * they have, and every later write adds to it again, because it is not sent there any more. Asked
   * again, with more members, where another one fails before the change is known, even before the
   * first answer: each call is answered.
   *
   * @param done yes: durable on all of them. No: one of them failed and was told of
   */
  void prepareRemoval(int members, Answer done);

  /** The removal is known: no write waits for these members any more. */
  void removed(int members);

  /**
   * An absent member is about to enter the write set as rebuilding; the record change is not asked
   * yet. Learns from the member's header whether its bitmap matches, else its rebuild is full.
   *
   * @param device the member's whole device, header included; from now on its device
   * @param done no: the member cannot be used
   */
  void prepareRebuild(int member, BlockDevice device, Answer done);

  /**
   * The member is rebuilding by the record: every write goes there too from now on. Those under way
   * do not: the bits that they set for it as an absent one are cleared only by a copy that is asked
   * for later.
   */
  void rebuilding(int member);

  /**
   * The rebuilt and flushed member is about to be promoted: puts all live intent bits and all
   * bitmaps on its medium. It counts from this call on.
   *
   * @param done no: it could not be written, or missed a write since its rebuild
   */
  void preparePromotion(int member, Answer done);

  /** The promotion is known: the member is in-sync. */
  void promoted(int member);

  /** The promotion is known not to be made: the member is rebuilding again, and does not count. */
  void promotionRefused(int member);

  /** The group serves no more: lets go of all tickets, and tells them. */
  void stop();
}
