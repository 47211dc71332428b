package io.dnvme.main.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One {@code dnvme} process, with what it says; from any thread. */
public final class NodeChild implements AutoCloseable {

  private static final long LIMIT_SECONDS = 60;

  private final String name;
  private final Process process;
  private final List<String> lines = new ArrayList<>();

  private NodeChild(String name, Process process) {
    this.name = name;
    this.process = process;
    Thread.ofVirtual().start(() -> collect(process.getInputStream()));
  }

  /** Starts {@code dnvme ARGUMENTS}; its two outputs are taken as one. */
  public static NodeChild start(String name, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Dlogback.configurationFile=logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                NodeChildMain.class.getName()));
    command.addAll(List.of(arguments));
    return new NodeChild(name, new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  private void collect(InputStream output) {
    try (var reader = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        synchronized (lines) {
          lines.add(line);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      // It was killed.
    }
    synchronized (lines) {
      lines.notifyAll();
    }
  }

  /** How many lines it has said so far. */
  public int said() {
    synchronized (lines) {
      return lines.size();
    }
  }

  /** All of it. */
  public String output() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  /** Waits until a line from {@code from} on has the pattern. */
  public Matcher await(Pattern pattern, int from) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    int at = from;
    synchronized (lines) {
      while (true) {
        for (; at < lines.size(); at++) {
          Matcher matcher = pattern.matcher(lines.get(at));
          if (matcher.find()) {
            return matcher;
          }
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new AssertionError(name + " never said '" + pattern + "', but:\n" + output());
        }
        TimeUnit.NANOSECONDS.timedWait(lines, left);
      }
    }
  }

  /** The same of all lines. */
  public Matcher await(String pattern) throws InterruptedException {
    return await(Pattern.compile(pattern), 0);
  }

  /** As {@code kill -SIGNAL} does. */
  public void signal(String signal) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    if (code != 0) {
      throw new AssertionError("no process " + name + " to send " + signal);
    }
  }

  /** {@code kill -9}; it is gone when this returns. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** SIGTERM. Gives the exit code. */
  public int stop() throws IOException, InterruptedException {
    // Not by destroy(), which closes the standard input first.
    signal("TERM");
    return exitCode();
  }

  /** Waits for its end. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError(name + " does not end:\n" + output());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
