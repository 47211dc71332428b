package io.dnvme.e2e;

import java.time.Duration;

/**
 * A script that ran to its end in the guest.
 *
 * @param output standard output and standard error as they were mixed
 */
record ScriptResult(String script, int exitStatus, String output, Duration took) {

  boolean succeeded() {
    return exitStatus == 0;
  }

  @Override
  public String toString() {
    return "exit status %d after %d ms\n--- script\n%s\n--- output\n%s"
        .formatted(exitStatus, took.toMillis(), script.strip(), output.strip());
  }
}
