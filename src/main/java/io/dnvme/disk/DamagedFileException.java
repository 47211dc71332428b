package io.dnvme.disk;

import java.io.IOException;
import java.nio.file.Path;

/** A file of ours does not hold what was written into it. */
public final class DamagedFileException extends IOException {

  private static final long serialVersionUID = 1;

  public DamagedFileException(Path path, String what) {
    super(path + " is damaged or not ours: " + what);
  }
}
