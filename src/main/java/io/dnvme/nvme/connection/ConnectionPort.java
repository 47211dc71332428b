package io.dnvme.nvme.connection;

import io.dnvme.block.Reactor;
import java.net.InetSocketAddress;

/**
 * What the rules of a connection can ask of whoever carries it. On the connection's reactor only.
 */
public interface ConnectionPort {

  Reactor reactor();

  InetSocketAddress localAddress();

  InetSocketAddress remoteAddress();

  /**
   * There is something to send: {@link ConnectionRules#fill} is called soon, later than this call
   * returns. Repeating it before that costs next to nothing.
   */
  void outputReady();

  /** {@link ConnectionRules#wantsInput} turned true again. */
  void inputWanted();

  /** Ends the connection at once; what was not written is dropped. {@code closed} follows later. */
  void close();

  /**
   * Ends the connection at once by a reset: what was written and has not been sent yet is dropped,
   * too, so that nothing of it arrives later, when the same has been sent another way (STALE-PATH).
   */
  void abort();
}
