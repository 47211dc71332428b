package io.dnvme.transport;

import com.typesafe.config.Config;
import io.dnvme.block.PerReactor;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * How many reactors there are and how each works; section {@value #PATH} of the configuration.
 *
 * @param count reactors of this process, 1 to {@link PerReactor#MAX_REACTORS}
 * @param poll how they wait
 * @param spinLimitNanos the longest that {@link PollMode#ADAPTIVE} polls in one gap
 * @param bufferBytes the most memory for data on its way, of each reactor
 * @param spillBytes the most memory for what slow peers have not taken, of each reactor
 * @param cpus the CPU of each reactor, in their order; empty: wherever the kernel puts them
 */
public record ReactorSettings(
    int count,
    PollMode poll,
    long spinLimitNanos,
    long bufferBytes,
    long spillBytes,
    List<Integer> cpus) {

  /** Where these settings stand. */
  public static final String PATH = "dnvme.transport.reactor";

  private static final long MAX_SPIN_LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  public ReactorSettings {
    cpus = List.copyOf(cpus);
    require(
        count >= 1 && count <= PerReactor.MAX_REACTORS,
        "count",
        "must be 0 (one for each core) to " + PerReactor.MAX_REACTORS + ", not " + count);
    require(
        spinLimitNanos >= 0 && spinLimitNanos <= MAX_SPIN_LIMIT_NANOS,
        "spin-limit",
        "must be 0 to 100 ms, not " + spinLimitNanos + " ns");
    require(bufferBytes >= 1, "buffer-memory", "must be positive, not " + bufferBytes);
    require(spillBytes >= 0, "spill-memory", "must not be negative, as " + spillBytes + " is");
    require(
        cpus.isEmpty() || cpus.size() == count,
        "cpus",
        "must name one CPU for each of the " + count + " reactors or none, not " + cpus);
    require(
        cpus.stream().allMatch(cpu -> cpu >= 0 && cpu < 1024),
        "cpus",
        "must be CPU numbers from 0, not " + cpus);
  }

  /**
   * Reads the settings from a whole configuration.
   *
   * @throws RuntimeException naming the path of a wrong value
   */
  public static ReactorSettings from(Config config) {
    int count = config.getInt(path("count"));
    return new ReactorSettings(
        count == 0 ? defaultCount() : count,
        pollMode(config.getString(path("poll"))),
        config.getDuration(path("spin-limit"), TimeUnit.NANOSECONDS),
        config.getBytes(path("buffer-memory")),
        config.getBytes(path("spill-memory")),
        config.getIntList(path("cpus")));
  }

  private static int defaultCount() {
    return Math.min(Runtime.getRuntime().availableProcessors(), PerReactor.MAX_REACTORS);
  }

  private static PollMode pollMode(String value) {
    for (PollMode mode : PollMode.values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(value)) {
        return mode;
      }
    }
    throw wrong("poll", "must be adaptive, busy or sleep, not " + value);
  }

  private static void require(boolean right, String key, String message) {
    if (!right) {
      throw wrong(key, message);
    }
  }

  private static IllegalArgumentException wrong(String key, String message) {
    return new IllegalArgumentException(path(key) + " " + message);
  }

  /** Keys are read by their whole path, so that what the library says of a wrong one names it. */
  private static String path(String key) {
    return PATH + "." + key;
  }
}
