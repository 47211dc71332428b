package io.dnvme.agent.leg;

import io.dnvme.volume.intent.Rebuild;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells people how far a rebuild is: at each tenth, and not more often than they can read. Lives on
 * the controller's home reactor.
 */
final class RebuildLog {

  static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final int STEP_PERCENT = 10;

  private final UUID disk;
  private final long totalBytes;
  private final Consumer<String> log;
  private long toldNanos;
  private int toldPercent;

  /**
   * @param totalBytes what there is to copy when it begins
   */
  RebuildLog(UUID disk, long totalBytes, long nowNanos, Consumer<String> log) {
    this.disk = disk;
    this.totalBytes = totalBytes;
    this.log = log;
    toldNanos = nowNanos;
  }

  void look(Rebuild.Progress progress, long nowNanos) {
    if (nowNanos - toldNanos < QUIET_NANOS) {
      return;
    }
    int percent = percentOf(progress);
    if (percent < toldPercent + STEP_PERCENT) {
      return;
    }
    toldNanos = nowNanos;
    toldPercent = percent - percent % STEP_PERCENT;
    long seconds = progress.secondsLeft();
    log.accept(
        "rebuild of member %s: %d %% of %s, at %s/s%s"
            .formatted(
                disk,
                percent,
                size(totalBytes),
                size(progress.bytesPerSecond()),
                seconds < 0 ? "" : ", about " + seconds + " s left"));
  }

  /** Less than nothing where hosts wrote more meanwhile than was copied. */
  private int percentOf(Rebuild.Progress progress) {
    return totalBytes == 0 ? 0 : (int) (100.0 * (totalBytes - progress.bytesLeft()) / totalBytes);
  }

  private static String size(long bytes) {
    return bytes < 1 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }
}
