package io.dnvme.e2e;

/**
 * Why a script did not do what the test wanted of it. The three cases ask for different readings: a
 * script that failed is a finding, a time limit may be a hung path, and a dead guest is a kernel
 * panic or a fault of the virtual machine.
 */
abstract sealed class GuestFailure extends AssertionError {

  private static final long serialVersionUID = 1L;

  private GuestFailure(String message) {
    super(message);
  }

  /** The script ran to its end and its exit status was not 0. */
  static final class ScriptFailed extends GuestFailure {
    private static final long serialVersionUID = 1L;

    ScriptFailed(ScriptResult result, String kernelLog) {
      super("Script failed: %s\n--- end of the kernel's log\n%s".formatted(result, kernelLog));
    }
  }

  /** The script was still running when its time was up; it was killed where that is possible. */
  static final class ScriptTimedOut extends GuestFailure {
    private static final long serialVersionUID = 1L;

    ScriptTimedOut(String what, String script, String output, String kernelLog) {
      super(
          "%s\n--- script\n%s\n--- output so far\n%s\n--- end of the kernel's log\n%s"
              .formatted(what, script.strip(), output.strip(), kernelLog));
    }
  }

  /** The virtual machine ended, or answers nothing any more. */
  static final class GuestDied extends GuestFailure {
    private static final long serialVersionUID = 1L;

    GuestDied(String what, String console) {
      super("%s\n--- end of the console\n%s".formatted(what, console));
    }
  }
}
