package io.dnvme.main.up;

/** Where the content of virtual disks is. */
public enum Backing {
  /** In sparse files of the directory; survives a restart. */
  FILE,
  /** In the memory of the process; gone when it ends. */
  MEMORY
}
