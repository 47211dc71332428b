package io.dnvme.disk;

import io.dnvme.block.BlockGeometry;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How to use a file or block device.
 *
 * @param blockSizeBytes size of a logical block
 * @param direct past the page cache (O_DIRECT)
 * @param ioThreads threads that wait for the kernel: the most commands that it works on at a time
 * @param queueLimit commands that wait for such a thread; what is beyond it is answered BUSY
 * @param whenLost told once that the file may have lost what it said it had: on a thread that may
 *     block, and before any command is answered so by it
 */
public record FileDeviceOptions(
    int blockSizeBytes, boolean direct, int ioThreads, int queueLimit, Consumer<Path> whenLost) {

  public static final int MAX_IO_THREADS = 256;
  public static final int MAX_QUEUE_LIMIT = 1 << 20;

  private static final int DEFAULT_BLOCK_SIZE_BYTES = 4096;
  private static final int DEFAULT_IO_THREADS = 16;

  /** More than the queues of a hundred hosts hold. */
  private static final int DEFAULT_QUEUE_LIMIT = 16 << 10;

  public FileDeviceOptions {
    if (blockSizeBytes < BlockGeometry.MIN_BLOCK_SIZE_BYTES
        || blockSizeBytes > BlockGeometry.MAX_BLOCK_SIZE_BYTES
        || Integer.bitCount(blockSizeBytes) != 1) {
      throw new IllegalArgumentException(
          "block size must be a power of two from 512 to 65536 bytes, not " + blockSizeBytes);
    }
    if (ioThreads < 1 || ioThreads > MAX_IO_THREADS) {
      throw new IllegalArgumentException(
          "I/O threads must be 1 to " + MAX_IO_THREADS + ", not " + ioThreads);
    }
    if (queueLimit < 1 || queueLimit > MAX_QUEUE_LIMIT) {
      throw new IllegalArgumentException(
          "queue limit must be 1 to " + MAX_QUEUE_LIMIT + ", not " + queueLimit);
    }
    Objects.requireNonNull(whenLost);
  }

  /** Blocks of 4 KiB through the page cache. */
  public static FileDeviceOptions defaults() {
    return new FileDeviceOptions(
        DEFAULT_BLOCK_SIZE_BYTES, false, DEFAULT_IO_THREADS, DEFAULT_QUEUE_LIMIT, path -> {});
  }

  public FileDeviceOptions withBlockSizeBytes(int value) {
    return new FileDeviceOptions(value, direct, ioThreads, queueLimit, whenLost);
  }

  public FileDeviceOptions withDirect(boolean value) {
    return new FileDeviceOptions(blockSizeBytes, value, ioThreads, queueLimit, whenLost);
  }

  public FileDeviceOptions withIoThreads(int value) {
    return new FileDeviceOptions(blockSizeBytes, direct, value, queueLimit, whenLost);
  }

  public FileDeviceOptions withQueueLimit(int value) {
    return new FileDeviceOptions(blockSizeBytes, direct, ioThreads, value, whenLost);
  }

  public FileDeviceOptions withWhenLost(Consumer<Path> value) {
    return new FileDeviceOptions(blockSizeBytes, direct, ioThreads, queueLimit, value);
  }
}
