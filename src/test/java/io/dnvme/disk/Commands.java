package io.dnvme.disk;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Programs of the machine that prepare what a test needs. */
public final class Commands {

  private Commands() {}

  /** What the program says, its errors too; where it cannot be started, why. */
  public static String run(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return e.getMessage();
    }
    String output = new String(process.getInputStream().readAllBytes()).strip();
    process.waitFor(60, TimeUnit.SECONDS);
    return output;
  }
}
