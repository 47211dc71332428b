package io.dnvme.main.disknode;

import java.nio.file.Path;

/** Where a disk node keeps everything. */
public sealed interface PhysicalDisk {

  /** Bytes of a disk that is made; of one that is there, {@link #ITS_OWN} leaves them to it. */
  long sizeBytes();

  int blockSizeBytes();

  /** For people. */
  String name();

  /** In place of a size: what the file or device has. */
  long ITS_OWN = 0;

  /**
   * A regular file, made if missing, or a block device.
   *
   * @param direct past the page cache
   */
  record Stored(Path path, long sizeBytes, int blockSizeBytes, boolean direct)
      implements PhysicalDisk {

    @Override
    public String name() {
      return path.toString();
    }
  }

  /** Gone with the process. */
  record Memory(long sizeBytes, int blockSizeBytes) implements PhysicalDisk {

    @Override
    public String name() {
      return "the memory disk";
    }
  }
}
