package io.dnvme.block;

/**
 * A run of equally sized blocks that can be read and written: the one interface that all layers
 * share, and they stack.
 *
 * <p>Any reactor may submit; the device brings each command home. A device never blocks the thread
 * that submits.
 */
public interface BlockDevice extends AutoCloseable {

  BlockGeometry geometry();

  DeviceTraits traits();

  /**
   * Starts {@code io}; called on the command's own reactor. The device completes it exactly once
   * through {@link BlockIo#complete}, on that reactor, maybe before this method returns. Bad ranges
   * and failures are statuses, never exceptions. A command of no blocks succeeds and does nothing.
   *
   * <p>Commands in flight at the same time may take effect in any order, but each block is written
   * and read as a whole.
   *
   * <p>Until then the device owns the command, its {@link BlockIo#link} included. The submitter
   * keeps the data's memory readable (or writable, for reads) until completion, or only until this
   * method returns where {@link DeviceTraits#consumesWritesOnSubmit} says so.
   */
  void submit(BlockIo io);

  /**
   * Ends the device, off the reactors, once no command is in flight: what it acknowledged is on the
   * medium when this returns. May block.
   */
  @Override
  void close();
}
