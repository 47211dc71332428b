package io.dnvme.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which start of the machine this is: what was written and not flushed survives a process, not the
 * machine's next start. The power incarnation of disks that are not in memory (INTENT).
 */
public final class BootId {

  private static final Path FILE = Path.of("/proc/sys/kernel/random/boot_id");

  private BootId() {}

  /**
   * New whenever the machine starts, the same in all its processes.
   *
   * @throws IOException where the kernel does not tell
   */
  public static UUID read() throws IOException {
    return read(FILE);
  }

  static UUID read(Path file) throws IOException {
    String text = Files.readString(file).strip();
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " holds no UUID: " + text, e);
    }
  }
}
