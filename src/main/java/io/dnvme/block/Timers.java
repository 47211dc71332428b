package io.dnvme.block;

/** Alarms on one reactor; set and cancelled on that reactor only. */
public interface Timers {

  /** An alarm that was set. */
  interface Timer {
    /** Keeps the task from running. Harmless after it ran. */
    void cancel();
  }

  /** Runs {@code task} on the reactor once, {@code delayNanos} from now or a little later. */
  Timer schedule(long delayNanos, Runnable task);
}
