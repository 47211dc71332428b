package io.dnvme.main.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** One line on standard error that is written over once a second; none where nobody watches. */
final class Progress {

  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");
  private static final Path TERMINALS = Path.of("/dev/pts");

  private final PrintWriter out;
  private final boolean shown;
  private long lastNanos = System.nanoTime();
  private long lastReads;
  private long lastWrites;

  Progress(PrintWriter out, boolean shown) {
    this.out = out;
    this.shown = shown;
  }

  /** Whether standard error is a terminal. */
  static boolean isWatched() {
    try {
      Path where = Files.readSymbolicLink(STANDARD_ERROR);
      return where.startsWith(TERMINALS) || where.toString().startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  void show(long reads, long writes, long errors) {
    long now = System.nanoTime();
    double seconds = (now - lastNanos) / 1e9;
    if (shown && reads >= lastReads && writes >= lastWrites && seconds > 0) {
      out.printf(
          Locale.ROOT,
          "\rread %,.0f IOPS, write %,.0f IOPS, %d errors      ",
          (reads - lastReads) / seconds,
          (writes - lastWrites) / seconds,
          errors);
      out.flush();
    }
    lastNanos = now;
    lastReads = reads;
    lastWrites = writes;
  }

  /** The line is over. */
  void end() {
    if (shown) {
      out.println();
      out.flush();
    }
  }
}
