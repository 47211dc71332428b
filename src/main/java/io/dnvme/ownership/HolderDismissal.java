package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Tells stores that they are no holders of the leg, as its owner knows for sure (RECORD): who was
 * one keeps a tombstone that names the present holders, who was only asked to become one forgets
 * the leg.
 *
 * <pre>
 *   Leave ──► unknown, retired: settled
 *     ▲ │ ├─► it accepted a record, or names others as its successors ──► Retire ──► settled
 *     └─┘ └─► it promised a higher epoch ─► stray: the owner of a yet higher one tells it
 *   done, or it must wait for the lease that it confirmed, or does not answer
 * </pre>
 *
 * <p>A stray one does nothing of this epoch any more, and is asked no more. It keeps what it has of
 * the leg until the leg is claimed anew.
 *
 * <p>It repeats until each store has answered, however long one is away, or it is stopped: with the
 * term, or because the holders are changed again. Owned by one reactor.
 */
final class HolderDismissal {

  private final Supplier<LegRecord> known;
  private final Consumer<UUID> settled;
  private final BiConsumer<UUID, Epoch> strayed;
  private final HolderRound leaves;
  private final HolderRound retires;

  /**
   * @param known the owner's record: known to be chosen, and naming none of those who are told
   * @param settled told of each store that knows, once or more often
   * @param strayed told of each that cannot be told, and of the epoch that it promised
   */
  HolderDismissal(
      OwnershipPorts ports,
      Supplier<LegRecord> known,
      Consumer<UUID> settled,
      BiConsumer<UUID, Epoch> strayed) {
    this.known = known;
    this.settled = settled;
    this.strayed = strayed;
    leaves = new HolderRound(ports, any -> leave(), this::left);
    retires = new HolderRound(ports, any -> retire(), this::retired);
  }

  /** Those who know it already are asked again: what they were told may be overtaken. */
  void tell(Collection<UUID> stores) {
    leaves.askAgain(stores);
  }

  void stop() {
    leaves.stop();
    retires.stop();
  }

  private HolderRequest leave() {
    LegRecord record = known.get();
    return new HolderRequest.Leave(record.leg(), record.epoch(), record.generation() + 1);
  }

  private HolderRequest retire() {
    LegRecord record = known.get();
    return new HolderRequest.Retire(
        record.leg(), record.epoch(), record.generation(), record.holders());
  }

  private void left(UUID store, HolderReply reply) {
    switch (reply) {
      case HolderReply.Done any -> {
        // It forgot the leg, or shows its earlier tombstone now.
        leaves.settled(store);
        leaves.askAgain(List.of(store));
      }
      case HolderReply.Unknown any -> settle(leaves, store);
      case HolderReply.Retired stone when namesPresentHolders(stone) -> settle(leaves, store);
      case HolderReply.Retired stone -> retire(store);
      case HolderReply.Refused refusal when refusal.reason() == Reason.NOT_PROMISED ->
          retire(store);
      case HolderReply.Refused refusal when refusal.reason() == Reason.OWNER_CONFIRMED -> {}
      case HolderReply.Refused refusal -> refused(leaves, store, refusal);
      default -> {}
    }
  }

  private boolean namesPresentHolders(HolderReply.Retired stone) {
    return Quorum.of(stone.successors(), List.of())
        .current()
        .equals(known.get().quorum().current());
  }

  private void retire(UUID store) {
    leaves.settled(store);
    retires.askAgain(List.of(store));
  }

  private void retired(UUID store, HolderReply reply) {
    switch (reply) {
      case HolderReply.Done any -> settle(retires, store);
      case HolderReply.Unknown any -> settle(retires, store);
      case HolderReply.Retired later -> settle(retires, store);
      case HolderReply.Refused refusal -> refused(retires, store, refusal);
      default -> {}
    }
  }

  private void refused(HolderRound round, UUID store, HolderReply.Refused refusal) {
    if (refusal.reason() == Reason.HIGHER_EPOCH) {
      round.settled(store);
      strayed.accept(store, refusal.promised());
    } else {
      // It has something later of this epoch.
      settle(round, store);
    }
  }

  private void settle(HolderRound round, UUID store) {
    round.settled(store);
    settled.accept(store);
  }
}
