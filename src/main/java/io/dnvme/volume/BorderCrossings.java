package io.dnvme.volume;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.ReactorInbox;
import java.util.function.Consumer;

/**
 * The commands of a leg that lie in more than one group: those that overlap run one after another,
 * each in all of its groups, so that their order is one (OVERLAP). Each group orders what it is
 * sent; two commands of two reactors may come to two groups in different orders.
 *
 * <p>Commands within one group need no place here. Such a one meets another command in that group
 * alone, where their order is one. Two that cross the same border overlap, and are never under way
 * together; so no chain of commands that wait for each other leads from a group back to itself.
 * Nothing more is promised of commands of several blocks: hosts are told an atomic write unit of
 * one block.
 *
 * <p>On the home reactor of the groups, to which commands of others come, and from which they go
 * back, in batches; {@link #submit} from any.
 */
final class BorderCrossings {

  private final Reactor home;
  private final RangeLock lock = new RangeLock();
  private final ReactorInbox arrivals;
  private final Consumer<BlockIo> arrived;
  private final PerReactor<ReactorInbox> departures =
      new PerReactor<>(reactor -> new ReactorInbox(reactor, io -> io.complete(io.status())));

  /**
   * @param arrived gets each command on the home reactor
   */
  BorderCrossings(Reactor home, Consumer<BlockIo> arrived) {
    this.home = home;
    this.arrived = arrived;
    arrivals = new ReactorInbox(home, arrived);
  }

  Reactor home() {
    return home;
  }

  void submit(BlockIo io) {
    if (io.reactor() == home) {
      arrived.accept(io);
    } else {
      arrivals.push(io);
    }
  }

  /** Whether it may begin; told later otherwise. */
  boolean enter(RangeLock.Hold place, BlockIo io) {
    return lock.enter(place, io.startBlock(), io.blockCount(), io.op().changes());
  }

  /** All of its parts are over; may let others begin, within this call. */
  void leave(RangeLock.Hold place) {
    lock.leave(place);
  }

  /** Ends a command on its own reactor. */
  void answer(BlockIo io, BlockStatus status) {
    if (io.reactor() == home) {
      io.complete(status);
    } else {
      io.status(status);
      departures.of(io.reactor()).push(io);
    }
  }
}
