package io.dnvme.e2e;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * fio in the guest: writes a part of a disk at random, reads it back, compares checksums, and
 * begins anew with other content, while the test does something to the disk's paths.
 */
final class BackgroundVerify {

  private static final AtomicInteger STARTED = new AtomicInteger();

  private final LinuxHost host;
  private final RunningScript script;
  private final String enough;

  private BackgroundVerify(LinuxHost host, RunningScript script, String enough) {
    this.host = host;
    this.script = script;
    this.enough = enough;
  }

  /** Starts it; several at once in a guest must each have a part of the disk of their own. */
  static BackgroundVerify start(LinuxHost host, String nqn, String fioOptions) {
    String enough = "/tmp/enough-" + STARTED.incrementAndGet();
    String script = "fio_verify_until %s $(disk %s) %s".formatted(enough, nqn, fioOptions);
    return new BackgroundVerify(host, host.start(script), enough);
  }

  /**
   * Lets it complete what it is at.
   *
   * @return the longest that a read or write took
   * @throws GuestFailure.ScriptFailed when fio saw an error or read what it did not write
   */
  Duration finish() {
    host.succeed("touch " + enough);
    String printed = host.requireSuccess(script.await(LinuxHost.SCRIPT_LIMIT)).strip();
    String microseconds = printed.substring(printed.lastIndexOf('\n') + 1);
    return Duration.of(Long.parseLong(microseconds), ChronoUnit.MICROS);
  }
}
