package io.dnvme.target.reservation;

import io.dnvme.block.Reactor;
import java.io.IOException;

/** Where the reservations of one namespace survive a loss of power. */
public interface ReservationStore {

  /** Is told how a save ended. */
  @FunctionalInterface
  interface Saved {
    /**
     * @param failure null when the state is durable; else it is unknown which state, the last or
     *     this one, would be found
     */
    void saved(IOException failure);
  }

  /**
   * What was saved last; {@link ReservationState#NONE} where nothing was. Blocks; called once,
   * before the namespace is served.
   *
   * @throws IOException if it cannot be read or is corrupt, with what to do about it
   */
  ReservationState load() throws IOException;

  /**
   * Makes {@code state} durable, off the reactors, and says so on {@code reactor}. One save at a
   * time.
   */
  void save(ReservationState state, Reactor reactor, Saved saved);
}
