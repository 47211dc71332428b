package io.dnvme.target.subsystem;

import io.dnvme.block.Reactor;
import java.util.UUID;

/**
 * Decides, maybe later, whether a host may have an association with a subsystem: asked for the
 * Connect of every admin queue, when all else about it is right.
 *
 * <p>{@code AssociationFence} is the one of a logical disk: it has every other association cut
 * first, and waits until nothing of them is in flight (OWNER); it lets the next in when {@link
 * Attempt#admit} has settled.
 *
 * <p>A host gives up, and so does the target, after a while ({@code
 * TransportLimits.initTimeoutNanos}): a decision that comes later leads to no association.
 */
@FunctionalInterface
public interface ConnectGate {

  /** Everybody may, at once. */
  ConnectGate OPEN = attempt -> attempt.admit(() -> {});

  /** A Connect that waits for its decision; {@link #admit} or {@link #refuse} is called once. */
  interface Attempt {

    /** The reactor of its connection, where the decision is to be told. */
    Reactor reactor();

    String subsystemNqn();

    String hostNqn();

    UUID hostId();

    /**
     * Lets the host in, unless it is gone.
     *
     * @param settled told on the reactor when the association exists, or when it is clear that
     *     there will be none
     */
    void admit(Runnable settled);

    /**
     * Sends the host away.
     *
     * @param status as in {@link io.dnvme.nvme.Status}; with Do Not Retry it does not come again
     */
    void refuse(int status);
  }

  /** Takes a Connect on its connection's reactor; never blocks. */
  void decide(Attempt attempt);
}
