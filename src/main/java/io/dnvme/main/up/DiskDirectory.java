package io.dnvme.main.up;

import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory that {@code dnvme up} keeps its virtual disks in, used by one process at a time:
 *
 * <pre>
 *   DIR/lock              held while a process uses the directory
 *   DIR/NAME/header       {@link VirtualDiskHeader}
 *   DIR/NAME/data         the content, sparse
 *   DIR/NAME/reservations persistent reservations, once there were any
 * </pre>
 *
 * A disk exists once its header does: the header is written last, under another name first.
 */
public final class DiskDirectory implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DiskDirectory.class);

  private static final String HEADER = "header";
  private static final String NEW_HEADER = "header.new";

  /** Makes the names in a directory durable. */
  @FunctionalInterface
  interface NameSync {
    void sync(Path directory) throws IOException;
  }

  private final Path directory;
  private final FileChannel lock;

  private DiskDirectory(Path directory, FileChannel lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * Opens the directory, making it where it is not there.
   *
   * @throws CommandException where it cannot be written or another process uses it
   */
  public static DiskDirectory open(Path directory) {
    return open(directory, DiskDirectory::sync);
  }

  /** The same; a test sees what is made durable. */
  static DiskDirectory open(Path directory, NameSync names) {
    try {
      make(directory.toAbsolutePath(), names);
    } catch (FileAlreadyExistsException e) {
      throw unusable(directory, "it is a file, not a directory", e);
    } catch (IOException e) {
      throw unusable(directory, "it cannot be made: " + reason(e), e);
    }
    FileChannel lock;
    try {
      lock =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw unusable(directory, "it is not writable: " + reason(e), e);
    }
    try {
      if (lock.tryLock() != null) {
        return new DiskDirectory(directory, lock);
      }
      lock.close();
    } catch (OverlappingFileLockException e) {
      closeQuietly(lock);
    } catch (IOException e) {
      closeQuietly(lock);
      throw unusable(directory, "it cannot be locked: " + reason(e), e);
    }
    throw new CommandException(
        ExitCode.USAGE,
        "directory " + directory + " is in use by another dnvme: stop that, or name another --dir");
  }

  /** The disks that are there, by name. */
  public List<VirtualDiskHeader> disks() {
    var found = new ArrayList<VirtualDiskHeader>();
    try (var entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (Files.isDirectory(entry) && contains(name)) {
          found.add(disk(name));
        }
      }
    } catch (IOException e) {
      throw unusable(directory, "it cannot be read: " + reason(e), e);
    }
    found.sort(Comparator.comparing(VirtualDiskHeader::name));
    return found;
  }

  /**
   * Whether a disk of that name is there.
   *
   * @throws CommandException where that cannot be told: what is not known to be absent must not be
   *     made anew
   */
  public boolean contains(String name) {
    Path header = directory.resolve(name).resolve(HEADER);
    if (Files.exists(header)) {
      return true;
    }
    if (Files.notExists(header)) {
      return false;
    }
    throw new CommandException(
        ExitCode.USAGE, "cannot use " + header + ": it cannot be told whether it is there");
  }

  /** The disk of that name, which is there. */
  public VirtualDiskHeader disk(String name) {
    Path path = directory.resolve(name).resolve(HEADER);
    VirtualDiskHeader header = read(path);
    if (!header.name().equals(name)) {
      // A copy, or renamed: what is asked for by this name is not what the other name's files hold.
      throw new CommandException(
          ExitCode.USAGE,
          "cannot use %s: it is the header of disk %s; give the directory that name, or move it away"
              .formatted(path, header.name()));
    }
    return header;
  }

  /** Where the content of a disk is, or is to be made by {@link #prepare} and its device. */
  public Path dataFile(String name) {
    return directory.resolve(name).resolve("data");
  }

  /** Where persistent reservations of a disk are kept. */
  public Path reservationsFile(String name) {
    return directory.resolve(name).resolve("reservations");
  }

  /** Makes room for a disk that is not there yet; what an unfinished creation left is removed. */
  public void prepare(String name) {
    if (contains(name)) {
      throw new IllegalStateException("disk " + name + " is there: its content is not removed");
    }
    Path home = directory.resolve(name);
    try {
      Files.createDirectories(home);
      try (var leftovers = Files.newDirectoryStream(home)) {
        for (Path leftover : leftovers) {
          Files.delete(leftover);
        }
      }
    } catch (IOException e) {
      throw unusable(home, "it cannot be made empty: " + reason(e), e);
    }
  }

  /** Makes the disk exist, durably; its content is there already. */
  public void add(VirtualDiskHeader header) {
    Path home = directory.resolve(header.name());
    Path draft = home.resolve(NEW_HEADER);
    try {
      try (var channel =
          FileChannel.open(
              draft,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(header.encode().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(draft, home.resolve(HEADER), StandardCopyOption.ATOMIC_MOVE);
      sync(home);
      sync(directory);
    } catch (IOException e) {
      throw unusable(home, "its header cannot be written: " + reason(e), e);
    }
  }

  @Override
  public void close() {
    closeQuietly(lock);
  }

  /**
   * Makes a directory and its parents, from the top, each durable before the next: what is killed
   * in between leaves one name at most that a loss of power forgets, and the next start sees to it.
   */
  private static void make(Path directory, NameSync names) throws IOException {
    if (Files.isDirectory(directory)) {
      makeDurable(directory.toRealPath(), names);
      return;
    }
    Path parent = directory.getParent();
    make(parent, names);
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
    names.sync(parent);
  }

  /** As far as one may: in most cases it is somebody else's, and durable for long. */
  private static void makeDurable(Path directory, NameSync names) {
    if (directory.getParent() == null) {
      return;
    }
    try {
      names.sync(directory.getParent());
    } catch (IOException e) {
      LOG.debug("the name of {} cannot be made durable: {}", directory, e.toString());
    }
  }

  private static VirtualDiskHeader read(Path header) {
    try {
      return VirtualDiskHeader.decode(Files.readString(header));
    } catch (IOException e) {
      throw unusable(header, "it cannot be read: " + reason(e), e);
    } catch (VirtualDiskHeader.FormatException e) {
      throw new CommandException(
          ExitCode.USAGE, "cannot use " + header + ": " + e.getMessage() + "; nothing was changed");
    }
  }

  /** A new name is durable only when its directory is. */
  private static void sync(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written through it; closing gives the lock back whatever it reports.
      return;
    }
  }

  private static String reason(IOException e) {
    return e instanceof AccessDeniedException
        ? "permission denied"
        : e instanceof FileSystemException failure && failure.getReason() != null
            ? failure.getReason()
            : String.valueOf(e.getMessage());
  }

  private static CommandException unusable(Path path, String why, Exception cause) {
    return new CommandException(ExitCode.USAGE, "cannot use " + path + ": " + why, cause);
  }
}
