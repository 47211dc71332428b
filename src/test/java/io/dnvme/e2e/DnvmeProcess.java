package io.dnvme.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A process of the product as a user runs it: {@code ./dnvme} of this checkout, which can be
 * killed, stopped for a while, and started again. What it prints is kept in one file for all its
 * lives. It does not outlive the test's process. Used by one thread.
 */
final class DnvmeProcess implements AutoCloseable {

  /** The launcher may have to build the checkout first. */
  private static final Duration START_LIMIT = Duration.ofMinutes(5);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(10);
  private static final long POLL_MS = 20;
  private static final int OUTPUT_TAIL_LINES = 60;

  private final Path output;
  private final List<String> jvmFlags;
  private String title = "./dnvme";
  private Process process;
  private Thread atExit;
  private int startOfOutput;
  private boolean endWanted;

  /**
   * @param name of its log file
   * @param jvmFlags for small ones, where many run on one machine
   */
  DnvmeProcess(String name, List<String> jvmFlags) throws IOException {
    this.jvmFlags = List.copyOf(jvmFlags);
    this.output = Project.logFile(name + ".log");
    Files.deleteIfExists(output);
  }

  /**
   * Starts it and returns when what it printed in this life satisfies {@code ready}.
   *
   * @throws AssertionError when it ends or does not get there; it is dead then
   */
  void start(List<String> arguments, Predicate<String> ready)
      throws IOException, InterruptedException {
    launch(arguments);
    try {
      await("ready", START_LIMIT, ready);
    } catch (Throwable e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Starts it and does not wait. */
  void launch(List<String> arguments) throws IOException {
    if (isRunning()) {
      throw new IllegalStateException("it runs already");
    }
    var command = new ArrayList<String>(List.of("./dnvme"));
    command.addAll(arguments);
    title = String.join(" ", command.subList(0, 2));
    endWanted = false;
    startOfOutput = Files.exists(output) ? (int) Files.size(output) : 0;
    var builder = new ProcessBuilder(command);
    if (!jvmFlags.isEmpty()) {
      builder.environment().put("DNVME_JVM_FLAGS", String.join(" ", jvmFlags));
    }
    process =
        builder
            .directory(Project.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    if (atExit == null) {
      atExit = new Thread(() -> process.destroyForcibly());
      Runtime.getRuntime().addShutdownHook(atExit);
    }
  }

  /**
   * Waits until what it printed in this life satisfies {@code condition}.
   *
   * @param what to be found, for the message of a failure
   */
  void await(String what, Duration limit, Predicate<String> condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.test(outputOfThisLife())) {
      if (process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
        throw failure(title + " ended with " + process.exitValue());
      }
      if (System.nanoTime() > deadline) {
        throw failure(title + " was not within " + limit + ": " + what);
      }
    }
  }

  /** Ends it as a crash of the process would: SIGKILL. */
  void kill() throws InterruptedException {
    endWanted = true;
    process.destroyForcibly().waitFor();
  }

  /**
   * Ends it as a user would: SIGTERM.
   *
   * @return its exit status
   */
  int stop() throws InterruptedException {
    endWanted = true;
    process.destroy();
    if (!process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
      throw failure(title + " did not stop within " + STOP_LIMIT);
    }
    return process.exitValue();
  }

  /** Stands still, as a machine that swaps or is migrated does: SIGSTOP. */
  void pause() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** Goes on after {@link #pause}: SIGCONT. */
  void resume() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String signal) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start();
    if (!kill.waitFor(SIGNAL_LIMIT.toMillis(), TimeUnit.MILLISECONDS) || kill.exitValue() != 0) {
      throw failure("kill " + signal + " of " + title + " did not work");
    }
  }

  boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** What it printed in all its lives. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return "(no output: " + e + ")";
    }
  }

  /** What it printed since it was last started. */
  String outputOfThisLife() throws IOException {
    byte[] all = Files.readAllBytes(output);
    return new String(all, startOfOutput, all.length - startOfOutput, StandardCharsets.UTF_8);
  }

  private AssertionError failure(String what) {
    List<String> lines = output().lines().toList();
    List<String> tail = lines.subList(Math.max(0, lines.size() - OUTPUT_TAIL_LINES), lines.size());
    return new AssertionError(what + "\n--- end of its output\n" + String.join("\n", tail));
  }

  /**
   * Stops it where it runs.
   *
   * @throws AssertionError when it ended by itself
   */
  @Override
  public void close() {
    if (process == null) {
      return;
    }
    try {
      if (!process.isAlive() && !endWanted) {
        throw failure(title + " ended by itself with " + process.exitValue());
      }
      if (process.isAlive()) {
        resume();
        stop();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
      Runtime.getRuntime().removeShutdownHook(atExit);
    }
  }
}
