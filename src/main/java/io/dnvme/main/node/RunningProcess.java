package io.dnvme.main.node;

import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that serves until it is told to stop. */
public final class RunningProcess {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.process");

  private RunningProcess() {}

  /**
   * Waits for a signal, closes {@code server} and ends the process well.
   *
   * @param condition while it does not fail; why it fails is a {@link CommandException}
   * @throws CommandException where the condition failed; the server is closed
   */
  public static int untilStopped(AutoCloseable server, CompletableFuture<?> condition)
      throws InterruptedException {
    Thread hook =
        Thread.ofPlatform()
            .name("dnvme-stop")
            // Being told to stop is how such a command ends well.
            .unstarted(() -> Runtime.getRuntime().halt(close(server)));
    Runtime.getRuntime().addShutdownHook(hook);
    var failed = new CompletableFuture<CommandException>();
    condition.whenComplete((any, cause) -> {
      if (cause instanceof CommandException why) {
        failed.complete(why);
      }
    });
    CommandException why = failed.join();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It is being told to stop as well, and the hook ends the process.
      new CountDownLatch(1).await();
    }
    close(server);
    throw why;
  }

  private static int close(AutoCloseable server) {
    LOG.info("stops: finishes what is under way");
    try {
      server.close();
      LOG.info("stopped");
      return ExitCode.OK;
    } catch (Exception e) {
      LOG.error("could not stop in good order", e);
      return ExitCode.FAILED;
    }
  }
}
