package io.dnvme.e2e;

import io.dnvme.e2e.GuestFailure.ScriptTimedOut;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A script under way in the guest. Any thread. */
final class RunningScript {

  /** What a killed script may take to end; one that takes longer is hung inside the kernel. */
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

  private final LinuxHost host;
  private final Slot slot;
  private final String script;
  private final CompletableFuture<ScriptResult> result;

  RunningScript(LinuxHost host, Slot slot, String script, CompletableFuture<ScriptResult> result) {
    this.host = host;
    this.slot = slot;
    this.script = script;
    this.result = result;
  }

  boolean isRunning() {
    return !result.isDone();
  }

  /** What it printed so far. */
  String outputSoFar() {
    return isRunning() ? host.outputOf(slot) : await(Duration.ZERO).output();
  }

  /**
   * Waits for its end.
   *
   * @throws ScriptTimedOut when it still runs after {@code limit}; it is killed then
   */
  ScriptResult await(Duration limit) {
    try {
      return endWithin(limit);
    } catch (TimeoutException e) {
      host.kill(slot);
    }
    String what = "Script did not end within " + limit;
    try {
      ScriptResult killed = endWithin(KILL_LIMIT);
      throw new ScriptTimedOut(what, script, killed.output(), host.kernelLog());
    } catch (TimeoutException e) {
      throw new ScriptTimedOut(
          what + " and cannot be killed: it hangs inside the kernel",
          script,
          host.outputOf(slot),
          host.abandon());
    }
  }

  /** Kills it, with everything it started; the caller then waits for its end or leaves it. */
  void kill() {
    if (isRunning()) {
      host.kill(slot);
    }
  }

  private ScriptResult endWithin(Duration limit) throws TimeoutException {
    try {
      return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw host.died(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the guest ran a script", e);
    }
  }
}
