package io.dnvme.disk.format;

/**
 * Whoever has attached to a logical disk and is told what becomes of its {@link SliceDevice}. On
 * the store's reactor.
 */
@FunctionalInterface
public interface AttachmentListener {

  /** Once: the device takes no commands any more, and its connections are to be closed. */
  void cut();

  /** The device can serve more blocks from now on. */
  default void grown() {}
}
