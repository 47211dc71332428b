package io.dnvme.disk;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What statx(2) tells of an open file. Its structure is the same on all machines, unlike stat's.
 *
 * @param kind what sort of file it is
 * @param sizeBytes length of a regular file
 * @param allocatedBytes space that a regular file takes
 * @param deviceMajor for a block device, its number
 * @param deviceMinor for a block device, its number
 * @param directMemoryBytes alignment of memory for direct I/O; 0 where the kernel does not say
 * @param directOffsetBytes alignment of offsets and lengths for direct I/O, likewise
 */
record FileStatus(
    Kind kind,
    long sizeBytes,
    long allocatedBytes,
    int deviceMajor,
    int deviceMinor,
    int directMemoryBytes,
    int directOffsetBytes) {

  enum Kind {
    REGULAR,
    BLOCK_DEVICE,
    OTHER
  }

  static final int STATX_BYTES = 256;
  static final int AT_EMPTY_PATH = 0x1000;

  /** STATX_BASIC_STATS and STATX_DIOALIGN. */
  static final int MASK = 0x7ff | 0x2000;

  // Offsets in struct statx.
  private static final long MODE = 28;
  private static final long SIZE = 40;
  private static final long BLOCKS = 48;
  private static final long RDEV_MAJOR = 128;
  private static final long RDEV_MINOR = 132;
  private static final long DIO_MEM_ALIGN = 152;
  private static final long DIO_OFFSET_ALIGN = 156;

  private static final int FORMAT_MASK = 0xf000;
  private static final int FORMAT_REGULAR = 0x8000;
  private static final int FORMAT_BLOCK_DEVICE = 0x6000;
  private static final int UNIT_BYTES = 512;

  static FileStatus parse(MemorySegment statx) {
    return new FileStatus(
        switch (statx.get(ValueLayout.JAVA_SHORT, MODE) & FORMAT_MASK) {
          case FORMAT_REGULAR -> Kind.REGULAR;
          case FORMAT_BLOCK_DEVICE -> Kind.BLOCK_DEVICE;
          default -> Kind.OTHER;
        },
        statx.get(ValueLayout.JAVA_LONG, SIZE),
        statx.get(ValueLayout.JAVA_LONG, BLOCKS) * UNIT_BYTES,
        statx.get(ValueLayout.JAVA_INT, RDEV_MAJOR),
        statx.get(ValueLayout.JAVA_INT, RDEV_MINOR),
        statx.get(ValueLayout.JAVA_INT, DIO_MEM_ALIGN),
        statx.get(ValueLayout.JAVA_INT, DIO_OFFSET_ALIGN));
  }
}
