package io.dnvme.main;

/** Exit codes of all commands. */
public final class ExitCode {

  public static final int OK = 0;
  public static final int FAILED = 1;

  /** What was asked is wrong: usage, a bad value, a port in use, a directory not writable. */
  public static final int USAGE = 2;

  public static final int NOT_FOUND = 3;

  /** Refused: a conflict or an unmet precondition. */
  public static final int REFUSED = 4;

  public static final int UNAVAILABLE = 5;

  private ExitCode() {}
}
