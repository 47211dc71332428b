package io.dnvme.disk.format;

/**
 * What became of something that a store was asked for.
 *
 * @param <T> what it gives when it is done
 */
public sealed interface StoreOutcome<T> {

  /** It is done, and durable. */
  record Done<T>(T value) implements StoreOutcome<T> {}

  /**
   * It was refused; unless the reason is {@link Reason#FAILED} nothing changed.
   *
   * @param message what happened, why, and what to do
   */
  record Refused<T>(Reason reason, String message) implements StoreOutcome<T> {

    /** The same refusal of something that would have given another type. */
    public <U> Refused<U> as() {
      return new Refused<>(reason, message);
    }
  }

  /** Why something is refused. */
  enum Reason {
    /** What was asked for makes no sense. */
    INVALID,
    /** The disk is not formatted by this program. */
    NOT_FORMATTED,
    /** The disk holds something that formatting would destroy. */
    IN_USE,
    OTHER_CLUSTER,
    /** The disk's format is of a version that this release does not know. */
    OTHER_VERSION,
    /** Both copies of something are damaged, or they contradict each other. */
    DAMAGED,
    NOT_FOUND,
    /** Something else has the name already. */
    CONFLICT,
    /** A higher epoch, or the same one of another controller, was admitted before. */
    STALE_EPOCH,
    NO_SPACE,
    /** The disk failed: whether the change is on the medium is not known. */
    FAILED
  }

  static <T> StoreOutcome<T> done(T value) {
    return new Done<>(value);
  }

  static <T> Refused<T> refused(Reason reason, String message) {
    return new Refused<>(reason, message);
  }
}
