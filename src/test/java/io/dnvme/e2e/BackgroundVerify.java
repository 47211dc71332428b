package io.dnvme.e2e;

/**
 * fio in the guest: writes a part of a disk at random, reads it back, compares checksums, and
 * begins anew, while the test does something to the disk's paths.
 */
final class BackgroundVerify {

  private static final String ENOUGH = "/tmp/enough";

  private final LinuxHost host;
  private final RunningScript script;

  private BackgroundVerify(LinuxHost host, RunningScript script) {
    this.host = host;
    this.script = script;
  }

  /** Starts it; at most one at a time in a guest. */
  static BackgroundVerify start(LinuxHost host, String nqn, String fioOptions) {
    String script = "fio_verify_until %s $(disk %s) %s".formatted(ENOUGH, nqn, fioOptions);
    return new BackgroundVerify(host, host.start(script));
  }

  /**
   * Lets it complete what it is at.
   *
   * @throws GuestFailure.ScriptFailed when fio saw an error or read what it did not write
   */
  void finish() {
    host.succeed("touch " + ENOUGH);
    host.requireSuccess(script.await(LinuxHost.SCRIPT_LIMIT));
  }
}
