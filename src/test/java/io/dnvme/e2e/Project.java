package io.dnvme.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the checkout under test keeps what these tests use and leave behind. */
final class Project {

  private Project() {}

  /** The checkout's root: where {@code ./dnvme} is. */
  static Path directory() {
    return Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize();
  }

  /** Images, logs and the servers' data; git ignores it. */
  static Path linuxHostDirectory() throws IOException {
    return Files.createDirectories(directory().resolve("target/linux-host"));
  }

  /** A file that stays after the run, for whoever reads a failure. */
  static Path logFile(String name) throws IOException {
    return Files.createDirectories(linuxHostDirectory().resolve("logs")).resolve(name);
  }

  /** A TCP port on 127.0.0.1 for what does not say which one it chose by itself. */
  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
