package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.StoreOutcome.Reason;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Who may use the logical disks of a disk (OWNER):
 *
 * <pre>
 *   admit    its entry has the epoch, durably ──► all associations are cut ──► their commands ended
 *            ──► answer
 *   attach   at the epoch that is admitted: all others are cut ──► their commands ended ──► answer
 * </pre>
 *
 * What came in between decides: if a higher epoch is asked for before the answer, the answer is
 * that this one is stale. Lives on the store's reactor.
 */
final class Admissions {

  private final DiskState state;

  Admissions(DiskState state) {
    this.state = state;
  }

  void admit(UUID id, Epoch epoch, Consumer<StoreOutcome<LogicalDisk>> done) {
    StoredDisk stored = state.byId.get(id);
    if (stored == null || stored.ending) {
      done.accept(state.notFound(id));
    } else if (state.failure().isPresent()) {
      done.accept(state.failed());
    } else if (epoch.isNone() || !mayFollow(epoch, stored.written.admitted())) {
      done.accept(stale(stored, epoch));
    } else {
      if (!epoch.equals(stored.written.admitted())) {
        stored.written = stored.written.withAdmitted(epoch);
        state.logicalDisks.put(stored.slot, stored.written);
      }
      if (state.bugs.contains(PlantedBug.ADMIT_BEFORE_FLUSH)) {
        state.store.commit(status -> {});
        durable(stored, epoch, BlockStatus.SUCCESS, done);
      } else {
        state.store.commit(status -> durable(stored, epoch, status, done));
      }
    }
  }

  private boolean mayFollow(Epoch epoch, Epoch before) {
    return epoch.mayFollow(before)
        || state.bugs.contains(PlantedBug.ADMIT_EQUAL_EPOCH_OF_ANOTHER)
            && epoch.number() == before.number();
  }

  private void durable(
      StoredDisk stored,
      Epoch epoch,
      BlockStatus status,
      Consumer<StoreOutcome<LogicalDisk>> done) {
    if (!status.isSuccess()) {
      done.accept(state.failed());
      return;
    }
    if (!stored.disk.admitted().isHigherThan(epoch)) {
      stored.disk = stored.disk.withAdmitted(epoch);
    }
    cutOthers(stored, epoch, done);
  }

  private void cutOthers(StoredDisk stored, Epoch epoch, Consumer<StoreOutcome<LogicalDisk>> done) {
    Runnable drained =
        () -> {
          if (stored.ending) {
            done.accept(state.notFound(stored.disk.id()));
          } else if (!epoch.equals(stored.written.admitted())) {
            done.accept(stale(stored, epoch));
          } else {
            done.accept(StoreOutcome.done(stored.written.withExtentCount(stored.extents.length)));
          }
        };
    if (state.bugs.contains(PlantedBug.FORGET_DRAIN)) {
      stored.attachments.cutAll(() -> {});
      drained.run();
    } else {
      stored.attachments.cutAll(drained);
    }
  }

  void attach(
      UUID id, Epoch epoch, AttachmentListener listener, Consumer<StoreOutcome<SliceDevice>> done) {
    StoredDisk stored = state.byId.get(id);
    if (stored == null || stored.ending) {
      done.accept(state.notFound(id));
    } else if (state.failure().isPresent()) {
      done.accept(state.failed());
    } else if (epoch.isNone()
        || !epoch.equals(stored.written.admitted())
        || !epoch.equals(stored.disk.admitted())) {
      // Also where it is on its way only: it might be lost with the power.
      done.accept(stale(stored, epoch));
    } else if (stored.attachments.isEmpty() || forgetsDrain(stored)) {
      SliceDevice device = state.newDevice(stored);
      stored.attachments.add(device, listener);
      done.accept(StoreOutcome.done(device));
    } else {
      // Looks again: another one may have come meanwhile, who is then cut by this one.
      stored.attachments.cutAll(() -> attach(id, epoch, listener, done));
    }
  }

  private boolean forgetsDrain(StoredDisk stored) {
    if (!state.bugs.contains(PlantedBug.FORGET_DRAIN)) {
      return false;
    }
    stored.attachments.cutAll(() -> {});
    return true;
  }

  void detach(UUID id, SliceDevice device, Runnable drained) {
    StoredDisk stored = state.byId.get(id);
    if (stored == null) {
      // It was cut when the logical disk was freed.
      drained.run();
    } else {
      stored.attachments.cut(device, drained);
    }
  }

  private <T> StoreOutcome<T> stale(StoredDisk stored, Epoch epoch) {
    return state.refused(
        Reason.STALE_EPOCH,
        "logical disk %s admitted epoch %s and refuses %s"
            .formatted(stored.disk.id(), stored.written.admitted(), epoch));
  }
}
