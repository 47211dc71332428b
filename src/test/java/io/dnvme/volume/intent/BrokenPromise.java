package io.dnvme.volume.intent;

/** Something that was promised to hosts, or an invariant, does not hold. */
final class BrokenPromise extends AssertionError {
  private static final long serialVersionUID = 1;

  BrokenPromise(String message) {
    super(message);
  }
}
