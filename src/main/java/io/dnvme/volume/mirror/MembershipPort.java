package io.dnvme.volume.mirror;

import java.util.function.Consumer;

/**
 * Through which a group asks its owner for record changes (MEMBER). The group asks for one at a
 * time, on its home reactor, and waits for the answer.
 */
@FunctionalInterface
public interface MembershipPort {

  /** What became of a change. */
  enum Outcome {
    /** It is in the record: known. */
    MADE,
    /** It is not in the record and will not come there, unless asked for again. */
    REFUSED,
    /** Nobody knows yet. The group asks for the same again, or for a removal, after a while. */
    IN_DOUBT,
    /** The group's owner is no owner any more: the group stops. */
    OWNERSHIP_LOST
  }

  /**
   * Makes {@code change}. One that is in the record already, because it was asked for before and in
   * doubt, is MADE. A change that follows one in doubt never undoes it unseen: whoever makes it
   * finds out first which record it changes.
   *
   * @param done told once, on the home reactor, maybe within this call
   */
  void ask(MemberChange change, Consumer<Outcome> done);
}
