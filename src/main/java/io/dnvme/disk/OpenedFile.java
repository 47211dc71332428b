package io.dnvme.disk;

import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.FileStatus.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file or block device that was found fit to be a disk, and is locked.
 *
 * @param file locked; whose owner the receiver becomes, as of all others
 * @param threadFiles the same file, with an open file description for each I/O thread
 * @param directMemoryBytes how memory must be aligned; 1 where not direct
 * @param directOffsetBytes how offsets and lengths must be aligned; 1 where not direct
 * @param punches whether deallocating returns space
 */
record OpenedFile(
    NativeFile file,
    List<NativeFile> threadFiles,
    BlockGeometry geometry,
    int directMemoryBytes,
    int directOffsetBytes,
    boolean punches)
    implements AutoCloseable {

  /** Sector sizes of media, tried where the kernel does not tell what direct I/O needs. */
  private static final int[] SECTOR_BYTES = {512, 4096};

  /**
   * Makes a sparse regular file of {@code sizeBytes}, or finishes one that a crash left empty; its
   * name is on the medium when this returns.
   */
  static void create(Path path, long sizeBytes, int blockSizeBytes) throws DeviceOpenException {
    if (sizeBytes <= 0 || sizeBytes % blockSizeBytes != 0) {
      throw refusal(
          path,
          "%d bytes are not a whole number of blocks of %d bytes"
              .formatted(sizeBytes, blockSizeBytes),
          "choose a multiple");
    }
    try (NativeFile file = open(path, NativeFile.O_RDWR | NativeFile.O_CREAT)) {
      lock(path, file);
      FileStatus status = file.status();
      if (status.kind() != Kind.REGULAR || status.sizeBytes() != 0) {
        throw refusal(path, "it exists already", "open it, or choose another name");
      }
      long result = file.ftruncate(sizeBytes);
      if (result == 0) {
        result = file.fdatasync();
      }
      if (result < 0) {
        throw refusal(
            path,
            "a size of %d bytes: %s".formatted(sizeBytes, Errno.words((int) -result)),
            "choose a smaller size or another file system");
      }
    }
    syncDirectory(path);
  }

  /** Gives the lock back, too. */
  @Override
  public void close() {
    threadFiles.forEach(NativeFile::close);
    file.close();
  }

  /** Opens, checks and locks it. */
  static OpenedFile open(Path path, FileDeviceOptions options) throws DeviceOpenException {
    int flags = readWrite(options);
    if (isBlockDevice(path)) {
      flags |= NativeFile.O_EXCL;
    }
    NativeFile file = open(path, flags);
    try {
      lock(path, file);
      return checked(path, options, file, file.status());
    } catch (DeviceOpenException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static List<NativeFile> openAgain(Path path, NativeFile file, FileDeviceOptions options)
      throws DeviceOpenException {
    var opened = new ArrayList<NativeFile>(options.ioThreads());
    for (int i = 0; i < options.ioThreads(); i++) {
      long descriptor = file.openAgain(readWrite(options));
      if (descriptor < 0) {
        opened.forEach(NativeFile::close);
        throw refusal(
            path,
            "it cannot be opened once for each of %d I/O threads: %s"
                .formatted(options.ioThreads(), Errno.words((int) -descriptor)),
            "raise the limit of open files (ulimit -n); /proc must be mounted");
      }
      opened.add(new NativeFile((int) descriptor));
    }
    return List.copyOf(opened);
  }

  private static int readWrite(FileDeviceOptions options) {
    return NativeFile.O_RDWR | (options.direct() ? NativeFile.O_DIRECT : 0);
  }

  private static boolean isBlockDevice(Path path) throws DeviceOpenException {
    try (NativeFile file = open(path, NativeFile.O_RDWR)) {
      return file.status().kind() == Kind.BLOCK_DEVICE;
    }
  }

  private static OpenedFile checked(
      Path path, FileDeviceOptions options, NativeFile file, FileStatus status)
      throws DeviceOpenException {
    long sizeBytes = sizeBytes(path, file, status);
    int blockSizeBytes = options.blockSizeBytes();
    if (sizeBytes == 0 || sizeBytes % blockSizeBytes != 0) {
      throw refusal(
          path,
          "its %d bytes are not a whole number of blocks of %d bytes"
              .formatted(sizeBytes, blockSizeBytes),
          sizeBytes == 0
              ? "delete it and create it anew"
              : "use another block size or the size it was made with");
    }
    long sectorBytes =
        status.kind() == Kind.BLOCK_DEVICE ? file.blockDeviceSectorBytes() : blockSizeBytes;
    int directOffset = options.direct() ? directOffsetBytes(path, file, status) : 1;
    if (Math.max(sectorBytes, directOffset) > blockSizeBytes) {
      throw refusal(
          path,
          "its sectors are larger (%d bytes) than the disk's blocks (%d bytes)"
              .formatted(Math.max(sectorBytes, directOffset), blockSizeBytes),
          "use blocks of at least that size"
              + (status.kind() == Kind.REGULAR ? ", or the page cache (direct off)" : ""));
    }
    int directMemory = options.direct() ? Math.max(status.directMemoryBytes(), 1) : 1;
    if (options.direct() && status.directMemoryBytes() == 0) {
      directMemory = directOffset;
    }
    return new OpenedFile(
        file,
        openAgain(path, file, options),
        new BlockGeometry(blockSizeBytes, sizeBytes / blockSizeBytes),
        directMemory,
        directOffset,
        punches(file, status, sizeBytes));
  }

  private static long sizeBytes(Path path, NativeFile file, FileStatus status)
      throws DeviceOpenException {
    return switch (status.kind()) {
      case REGULAR -> status.sizeBytes();
      case BLOCK_DEVICE -> {
        long size = file.blockDeviceBytes();
        if (size < 0) {
          throw refusal(
              path, "its size is unknown: " + Errno.words((int) -size), "check the device");
        }
        yield size;
      }
      case OTHER ->
          throw refusal(path, "it is neither a file nor a block device", "name one of these");
    };
  }

  private static int directOffsetBytes(Path path, NativeFile file, FileStatus status)
      throws DeviceOpenException {
    if (status.directOffsetBytes() > 0) {
      return status.directOffsetBytes();
    }
    try (var arena = Arena.ofConfined()) {
      int largest = SECTOR_BYTES[SECTOR_BYTES.length - 1];
      MemorySegment memory = arena.allocate(largest, largest);
      var iovecs = new Iovecs(arena);
      for (int sectorBytes : SECTOR_BYTES) {
        if (file.preadv(iovecs.single(memory, sectorBytes), 1, 0) >= 0) {
          return sectorBytes;
        }
      }
    }
    throw refusal(path, "it cannot be read past the page cache", "switch direct off");
  }

  /** Asked where it changes nothing: beyond the end. A block device would refuse that. */
  private static boolean punches(NativeFile file, FileStatus status, long sizeBytes) {
    if (status.kind() == Kind.BLOCK_DEVICE) {
      return discards(status);
    }
    int mode = NativeFile.FALLOC_PUNCH_HOLE | NativeFile.FALLOC_KEEP_SIZE;
    return file.fallocate(mode, sizeBytes, SparseMemory.PAGE_BYTES) == 0;
  }

  private static boolean discards(FileStatus status) {
    Path device = Path.of("/sys/dev/block/" + status.deviceMajor() + ":" + status.deviceMinor());
    // A partition's queue is its disk's.
    for (String queue : new String[] {"queue", "../queue"}) {
      try {
        return !Files.readString(device.toRealPath().resolve(queue + "/discard_max_bytes"))
            .strip()
            .equals("0");
      } catch (IOException e) {
        continue;
      }
    }
    return false;
  }

  private static NativeFile open(Path path, int flags) throws DeviceOpenException {
    long descriptor = NativeFile.open(path, flags);
    if (descriptor >= 0) {
      return new NativeFile((int) descriptor);
    }
    int errno = (int) -descriptor;
    boolean direct = (flags & NativeFile.O_DIRECT) != 0;
    if (errno == Errno.EINVAL && direct) {
      throw refusal(path, "its file system cannot go past the page cache", "switch direct off");
    }
    throw refusal(
        path,
        Errno.words(errno),
        switch (errno) {
          case Errno.ENOENT -> "create it first, or correct the path";
          case Errno.EACCES, Errno.EROFS -> "it must be readable and writable for this user";
          case Errno.EISDIR -> "name a file in it";
          case Errno.EBUSY -> "set it free first";
          default -> "check the path";
        });
  }

  private static void lock(Path path, NativeFile file) throws DeviceOpenException {
    long result = file.lock();
    if (result < 0) {
      throw refusal(
          path,
          Errno.words((int) -result),
          "stop the other one (lsof " + path + " names it), or use another file");
    }
  }

  private static void syncDirectory(Path path) throws DeviceOpenException {
    Path directory = path.toAbsolutePath().getParent();
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      throw refusal(
          path, "its directory cannot be made durable: " + e.getMessage(), "check the directory");
    }
  }

  private static DeviceOpenException refusal(Path path, String what, String advice) {
    return new DeviceOpenException("cannot use " + path + ": " + what + "; " + advice);
  }
}
