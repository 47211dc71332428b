package io.dnvme.block;

/** Time as the rules see it; from outside, so that a simulator can provide it. */
public interface Clock {

  /**
   * Nanoseconds since an arbitrary origin, never going back and counting on while the machine is
   * suspended (CLOCK_BOOTTIME): for deadlines and leases.
   */
  long nanos();

  /** Milliseconds since 1970 by the calendar; may jump. For people and time stamps only. */
  long wallMillis();
}
