package io.dnvme.e2e;

import io.dnvme.e2e.GuestFailure.GuestDied;
import io.dnvme.e2e.GuestFailure.ScriptFailed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A Linux kernel that uses NVMe/TCP: a guest that stays up and runs shell scripts, each with {@code
 * src/test/e2e/guest/functions} at hand and with {@code set -e -o pipefail}. Any thread may call
 * it.
 *
 * <p>The scripts of a guest and their outcomes are written to {@code target/linux-host/logs},
 * beside its console.
 */
final class LinuxHost implements AutoCloseable {

  /** How many scripts run at once. */
  static final int MAX_SCRIPTS = 4;

  /** What a script gets where the test does not say; emulation on a busy machine is slow. */
  static final Duration SCRIPT_LIMIT = Duration.ofMinutes(2);

  private static final Duration BOOT_LIMIT = Duration.ofMinutes(3);
  private static final Duration OWN_LIMIT = Duration.ofSeconds(20);
  private static final Duration CLEAN_UP_LIMIT = Duration.ofMinutes(1);

  /** Between the loss of a port and the end of the process. */
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  private static final String KERNEL_LOG = "dmesg | tail -n 50";
  private static final AtomicInteger GUESTS = new AtomicInteger();

  private final Executor executor =
      task -> Thread.ofPlatform().daemon().name("linux-host").start(task);
  private final VirtualMachine machine;
  private final Path transcript;
  private final BlockingQueue<Slot> idle = new LinkedBlockingQueue<>();
  private final List<RunningScript> started = new ArrayList<>();

  /** Kept for this class's own questions, which must find a slot when the test's scripts hang. */
  private final Slot own;

  private volatile boolean abandoned;

  private LinuxHost(VirtualMachine machine, Path transcript) {
    this.machine = machine;
    this.transcript = transcript;
    this.own = machine.slots().getFirst();
    idle.addAll(machine.slots().subList(1, machine.slots().size()));
  }

  /** Boots a guest and returns when it runs scripts: about 4 s in software emulation. */
  static LinuxHost boot(GuestImage image) throws IOException, InterruptedException {
    String name = "guest-" + GUESTS.incrementAndGet();
    Path transcript = Project.logFile(name + ".scripts.log");
    Files.deleteIfExists(transcript);
    var machine = VirtualMachine.start(name, image, MAX_SCRIPTS + 1);
    var host = new LinuxHost(machine, transcript);
    try {
      host.succeed("uname -r", BOOT_LIMIT);
      return host;
    } catch (Throwable e) {
      host.close();
      throw e;
    }
  }

  /**
   * Runs a script to its end.
   *
   * @throws GuestFailure.ScriptTimedOut after {@link #SCRIPT_LIMIT}
   * @throws GuestDied when the guest is gone
   */
  ScriptResult run(String script) {
    return run(script, SCRIPT_LIMIT);
  }

  ScriptResult run(String script, Duration limit) {
    return start(script).await(limit);
  }

  /**
   * Runs a script that must exit with 0.
   *
   * @return what it printed
   * @throws ScriptFailed when it exits with another status
   */
  String succeed(String script) {
    return succeed(script, SCRIPT_LIMIT);
  }

  String succeed(String script, Duration limit) {
    return requireSuccess(run(script, limit));
  }

  /** The output of a script that must have exited with 0. */
  String requireSuccess(ScriptResult result) {
    if (!result.succeeded()) {
      throw new ScriptFailed(result, kernelLog());
    }
    return result.output();
  }

  /** Starts a script and returns at once; at most {@link #MAX_SCRIPTS} run together. */
  synchronized RunningScript start(String script) {
    Slot slot = idle.poll();
    if (slot == null) {
      throw new IllegalStateException(MAX_SCRIPTS + " scripts run already");
    }
    var running = new RunningScript(this, slot, script, submit(slot, script));
    started.removeIf(ended -> !ended.isRunning());
    started.add(running);
    return running;
  }

  private CompletableFuture<ScriptResult> submit(Slot slot, String script) {
    var result = new CompletableFuture<ScriptResult>();
    executor.execute(() -> {
      try {
        long startNanos = System.nanoTime();
        Slot.Answer answer = slot.run(script);
        var took = Duration.ofNanos(System.nanoTime() - startNanos);
        var ended = new ScriptResult(script, answer.exitStatus(), answer.output(), took);
        record(ended);
        // The slot is free before anyone learns of the end: the next script must find it.
        if (slot != own) {
          idle.add(slot);
        }
        result.complete(ended);
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  private void record(ScriptResult ended) throws IOException {
    Files.writeString(
        transcript, ended + "\n\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** The end of what the guest's kernel logged. */
  String kernelLog() {
    return ask(KERNEL_LOG);
  }

  String outputOf(Slot slot) {
    return ask("cat /run/slots/%d.output".formatted(slot.number()));
  }

  void kill(Slot slot) {
    ask("kill -9 -$(cat /run/slots/%d.session) || true".formatted(slot.number()));
  }

  /**
   * Gives the guest up: a script hangs in it.
   *
   * @return the kernel's log, with where each hung process waits
   */
  String abandon() {
    abandoned = true;
    return ask("echo w >/proc/sysrq-trigger; " + KERNEL_LOG);
  }

  private synchronized String ask(String question) {
    try {
      return submit(own, question).get(OWN_LIMIT.toMillis(), TimeUnit.MILLISECONDS).output();
    } catch (ExecutionException e) {
      throw died(e.getCause());
    } catch (TimeoutException e) {
      throw died(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the guest was asked", e);
    }
  }

  GuestDied died(Throwable cause) {
    abandoned = true;
    String what =
        machine.endsWithin(END_LIMIT)
            ? "The guest's virtual machine ended"
            : "The guest does not answer";
    var failure = new GuestDied(what, machine.consoleTail());
    failure.initCause(cause);
    return failure;
  }

  /**
   * Where this machine reaches what listens on the guest's {@link VirtualMachine#PORT_IN_GUEST}.
   */
  InetSocketAddress forwardedAddress() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), machine.forwardedPort());
  }

  /** Whether further scripts make sense. */
  boolean isUsable() {
    return !abandoned && machine.isRunning();
  }

  /**
   * Makes the guest as good as booted for the next test: no script runs, nothing is mounted, no
   * controller is connected.
   *
   * @throws GuestFailure when that is not possible; the guest is of no use then
   */
  void cleanUp() {
    for (RunningScript script : startedScripts()) {
      script.kill();
      script.await(CLEAN_UP_LIMIT);
    }
    boolean clean = false;
    try {
      succeed("clean_up", CLEAN_UP_LIMIT);
      clean = true;
    } finally {
      abandoned |= !clean;
    }
  }

  private synchronized List<RunningScript> startedScripts() {
    return List.copyOf(started);
  }

  @Override
  public void close() throws IOException {
    machine.close();
  }
}
