package io.dnvme.sim;

import java.util.function.Consumer;

/**
 * What happened, event by event: always as a digest, so that two runs can be compared, and as text
 * where somebody wants to read it.
 */
final class Trace {

  private static final long FNV_PRIME = 0x100_0000_01b3L;

  private final Consumer<String> sink;
  private long digest = 0xcbf2_9ce4_8422_2325L;

  /**
   * @param sink gets each line; null: only the digest is made
   */
  Trace(Consumer<String> sink) {
    this.sink = sink;
  }

  static Trace none() {
    return new Trace(null);
  }

  boolean isKept() {
    return sink != null;
  }

  void event(long nowNanos, long sequence) {
    mix(nowNanos);
    mix(sequence);
  }

  void line(long nowNanos, String who, String what) {
    mix(who.hashCode());
    mix(what.hashCode());
    if (sink != null) {
      sink.accept(time(nowNanos) + "  " + who + "  " + what);
    }
  }

  /** Of all that happened so far. */
  long digest() {
    return digest;
  }

  static String time(long nanos) {
    return String.format("%d.%06d s", nanos / SimWorld.SECONDS, nanos / 1_000 % 1_000_000);
  }

  private void mix(long value) {
    digest = (digest ^ value) * FNV_PRIME;
    digest ^= digest >>> 29;
  }
}
