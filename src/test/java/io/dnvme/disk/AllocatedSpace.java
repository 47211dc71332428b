package io.dnvme.disk;

import java.nio.file.Path;

/** How much space a file takes, as opposed to how long it is. */
final class AllocatedSpace {

  private AllocatedSpace() {}

  static long bytes(Path path) {
    long descriptor = NativeFile.open(path, NativeFile.O_RDWR);
    if (descriptor < 0) {
      throw new AssertionError(path + ": " + Errno.words((int) -descriptor));
    }
    try (var file = new NativeFile((int) descriptor)) {
      return file.status().allocatedBytes();
    }
  }
}
