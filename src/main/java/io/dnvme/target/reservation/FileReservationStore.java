package io.dnvme.target.reservation;

import io.dnvme.block.Reactor;
import io.dnvme.disk.DamagedFileException;
import io.dnvme.disk.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Keeps a namespace's reservations in a file beside its data: a {@link DurableFile} with the
 * content of {@link ReservationFormat}.
 */
public final class FileReservationStore implements ReservationStore {

  private final UUID namespace;
  private final Executor ioThreads;
  private final DurableFile file;

  /**
   * @param path of the file; its directory exists
   * @param namespace UUID of the namespace: the file of another one is refused
   * @param ioThreads runs what blocks; nothing that it runs is interrupted
   */
  public FileReservationStore(Path path, UUID namespace, Executor ioThreads) {
    this.namespace = namespace;
    this.ioThreads = ioThreads;
    this.file =
        new DurableFile(
            path, DurableFile.magic(ReservationFormat.MAGIC), ReservationFormat.VERSION);
  }

  @Override
  public ReservationState load() throws IOException {
    try {
      Optional<ByteBuffer> content = file.read();
      return content.isEmpty()
          ? ReservationState.NONE
          : ReservationFormat.decode(namespace, content.get());
    } catch (DamagedFileException e) {
      throw new IOException(e.getMessage() + ". " + advice(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          file.path() + " is damaged or not ours: " + e.getMessage() + ". " + advice(), e);
    }
  }

  @Override
  public void save(ReservationState state, Reactor reactor, Saved saved) {
    try {
      ioThreads.execute(() -> {
        IOException failure = write(state);
        reactor.execute(() -> saved.saved(failure));
      });
    } catch (RejectedExecutionException e) {
      reactor.execute(() -> saved.saved(new IOException("the I/O threads have ended", e)));
    }
  }

  /** The failure, or null. */
  private IOException write(ReservationState state) {
    try {
      file.write(ReservationFormat.encode(namespace, state));
      return null;
    } catch (IOException e) {
      return e;
    } catch (RuntimeException e) {
      return new IOException(e);
    }
  }

  private static String advice() {
    return "It holds the reservations of a namespace. Without the file all registrations end: delete"
        + " it only when no host relies on them any more.";
  }
}
