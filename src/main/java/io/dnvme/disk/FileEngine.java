package io.dnvme.disk;

import io.dnvme.block.BlockIo;

/**
 * How a file device's commands get to the kernel: today by threads that wait for it, perhaps one
 * day by a ring.
 */
interface FileEngine extends AutoCloseable {

  /** Takes a command on; false where its queue is full. From any reactor, without blocking. */
  boolean offer(BlockIo io);

  /** Comes after one or more offers of a reactor: now they are to be started. */
  void start();

  /** Carries out what it has and ends. Blocks. */
  @Override
  void close();
}
