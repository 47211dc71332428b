package io.dnvme.main.node;

import io.dnvme.main.ExitCode;
import java.util.concurrent.CountDownLatch;

/** A process that serves until it is told to stop. */
public final class RunningProcess {

  private RunningProcess() {}

  /** Waits for a signal, closes {@code server} and ends the process well. */
  public static int untilStopped(AutoCloseable server) throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("dnvme-stop")
                .unstarted(() -> {
                  int code = ExitCode.OK;
                  try {
                    server.close();
                  } catch (Exception e) {
                    code = ExitCode.FAILED;
                  }
                  // Being told to stop is how such a command ends well.
                  Runtime.getRuntime().halt(code);
                }));
    new CountDownLatch(1).await();
    return ExitCode.OK;
  }
}
