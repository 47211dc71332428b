package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.ExtentTable.State;
import io.dnvme.disk.format.StoreOutcome.Reason;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Gives space of a disk to logical disks and takes it back, one change after another. What belongs
 * together is made durable in this order, so that after any crash an extent has one owner at most,
 * and allocated is reachable (NO-LEAK, ZERO):
 *
 * <pre>
 *   allocate, grow   extents are marked as its own ──► its entry says so ──► answer
 *   free             its entry is removed ──► answer; its commands end ──► extents are marked
 *                    zeroing ──► zeroed ──► flush ──► marked free
 * </pre>
 *
 * An arrow is a commit of the tables. Extents whose owner's entry does not reach them are marked
 * zeroing when the disk is opened. Lives on the store's reactor.
 */
final class SpaceChanges {

  private final DiskState state;
  private final OneByOne changes = new OneByOne();

  SpaceChanges(DiskState state) {
    this.state = state;
  }

  void allocate(LogicalDisk wanted, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.add(ended -> start(wanted, outcome -> end(done, outcome, ended)));
  }

  private void start(LogicalDisk wanted, Consumer<StoreOutcome<LogicalDisk>> done) {
    StoredDisk existing = state.byId.get(wanted.id());
    if (existing != null) {
      boolean same = existing.disk.withAdmitted(Epoch.NONE).equals(wanted);
      done.accept(
          same && !existing.ending
              ? StoreOutcome.done(existing.disk)
              : state.refused(Reason.CONFLICT, "it has another logical disk " + wanted.id()));
      return;
    }
    LogicalDisk rival = rival(wanted);
    int slot = state.slots.nextClearBit(0);
    if (rival != null) {
      done.accept(
          state.refused(
              Reason.CONFLICT,
              "logical disk %s of leg %s has another description than %s is to have"
                  .formatted(rival.id(), rival.legId(), wanted.id())));
    } else if (state.ending.contains(wanted.id())) {
      done.accept(
          state.refused(Reason.CONFLICT, "logical disk " + wanted.id() + " was freed just now"));
    } else if (slot >= state.layout.maxLogicalDisks()) {
      done.accept(
          state.refused(Reason.NO_SPACE, "it has %d logical disks already".formatted(slot)));
    } else if (wanted.extentCount() < 1 || wanted.id().equals(Epoch.NONE.incarnation())) {
      done.accept(
          state.refused(
              Reason.INVALID,
              "a logical disk has an id and at least one extent, not %d"
                  .formatted(wanted.extentCount())));
    } else {
      take(
          wanted.id(),
          new int[0],
          wanted.extentCount(),
          done,
          its -> putEntry(slot, wanted, status -> allocated(slot, wanted, its, status, done)));
    }
  }

  /**
   * One that was made for the same leg with another description, or null: whoever made it means
   * another leg by the same name. One without a description is nobody's rival.
   */
  private LogicalDisk rival(LogicalDisk wanted) {
    if (wanted.description().equals(Description.NONE)) {
      return null;
    }
    for (StoredDisk stored : state.byId.values()) {
      if (stored.disk.isRivalOf(wanted)) {
        return stored.disk;
      }
    }
    return null;
  }

  private void allocated(
      int slot,
      LogicalDisk disk,
      int[] its,
      BlockStatus status,
      Consumer<StoreOutcome<LogicalDisk>> done) {
    if (status.isSuccess()) {
      state.add(slot, disk, its);
      done.accept(StoreOutcome.done(disk));
    } else {
      done.accept(state.failed());
    }
  }

  void grow(UUID id, Epoch epoch, int extentCount, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.add(ended -> start(id, epoch, extentCount, outcome -> end(done, outcome, ended)));
  }

  private void start(
      UUID id, Epoch epoch, int extentCount, Consumer<StoreOutcome<LogicalDisk>> done) {
    StoredDisk stored = state.byId.get(id);
    if (stored == null || stored.ending) {
      done.accept(state.notFound(id));
    } else if (state.failure().isPresent()) {
      done.accept(state.failed());
    } else if (!epoch.equals(stored.written.admitted())
        && !state.bugs.contains(PlantedBug.GROW_AT_ANY_EPOCH)) {
      // OWNER: also where the one after it is on its way only.
      done.accept(
          state.refused(
              Reason.STALE_EPOCH,
              "logical disk %s admitted epoch %s and does not grow for %s"
                  .formatted(id, stored.written.admitted(), epoch)));
    } else if (extentCount == stored.extents.length) {
      done.accept(StoreOutcome.done(stored.disk));
    } else if (extentCount < stored.extents.length) {
      done.accept(
          state.refused(
              Reason.INVALID,
              "logical disk %s has %d extents and cannot shrink to %d"
                  .formatted(id, stored.extents.length, extentCount)));
    } else {
      take(
          id,
          stored.extents,
          extentCount,
          done,
          its -> {
            stored.written = stored.written.withExtentCount(extentCount);
            putEntry(stored.slot, stored.written, status -> grown(stored, its, status, done));
          });
    }
  }

  private void grown(
      StoredDisk stored, int[] its, BlockStatus status, Consumer<StoreOutcome<LogicalDisk>> done) {
    if (!status.isSuccess()) {
      done.accept(state.failed());
      return;
    }
    stored.extents = its;
    stored.disk = stored.disk.withExtentCount(its.length);
    stored.attachments.grow(new SliceMap(state.layout, its));
    done.accept(StoreOutcome.done(stored.disk));
  }

  /** Marks further free extents as the logical disk's, durably; then goes on with all it has. */
  private void take(
      UUID id,
      int[] had,
      int extentCount,
      Consumer<StoreOutcome<LogicalDisk>> done,
      Consumer<int[]> taken) {
    int missing = extentCount - had.length;
    if (state.failure().isPresent()) {
      done.accept(state.failed());
      return;
    }
    if (missing > state.free.count()) {
      done.accept(
          state.refused(
              Reason.NO_SPACE,
              "%d extents are needed, %d are free and %d are being zeroed"
                  .formatted(missing, state.free.count(), state.zeroing.extents())));
      return;
    }
    int[] its = Arrays.copyOf(had, extentCount);
    int last = had.length == 0 ? -1 : had[had.length - 1];
    System.arraycopy(state.free.take(missing, last), 0, its, had.length, missing);
    for (int index = had.length; index < extentCount; index++) {
      state.extents.use(its[index], id, index);
    }
    if (state.bugs.contains(PlantedBug.ALLOCATE_IN_ONE_COMMIT)) {
      taken.accept(its);
      return;
    }
    state.store.commit(status -> {
      if (status.isSuccess()) {
        taken.accept(its);
      } else {
        done.accept(state.failed());
      }
    });
  }

  private void putEntry(int slot, LogicalDisk disk, Consumer<BlockStatus> done) {
    state.logicalDisks.put(slot, disk);
    state.store.commit(done);
  }

  void free(UUID id, FreeRight right, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.add(ended -> free(id, right, ended, done));
  }

  private void free(
      UUID id, FreeRight right, Runnable ended, Consumer<StoreOutcome<LogicalDisk>> answer) {
    Consumer<StoreOutcome<LogicalDisk>> done = outcome -> end(answer, outcome, ended);
    StoredDisk stored = state.byId.get(id);
    if (stored == null) {
      done.accept(state.notFound(id));
    } else if (!right.suffices(stored.written.admitted())
        && !state.bugs.contains(PlantedBug.FREE_ON_ANY_WORD)) {
      done.accept(
          state.refused(
              Reason.STALE_EPOCH,
              "logical disk %s admitted epoch %s and is not freed by %s"
                  .formatted(id, stored.written.admitted(), right)));
    } else if (state.failure().isPresent()) {
      done.accept(state.failed());
    } else {
      stored.ending = true;
      state.logicalDisks.clear(stored.slot);
      state.store.commit(status -> {
        if (status.isSuccess()) {
          state.byId.remove(id);
          state.ending.add(id);
          done.accept(StoreOutcome.done(stored.disk));
          stored.attachments.cutAll(() -> ended(stored));
        } else {
          done.accept(state.failed());
        }
      });
    }
  }

  /** No command of a freed logical disk is in flight any more: nothing is written to it later. */
  private void ended(StoredDisk stored) {
    for (int extent : stored.extents) {
      state.extents.put(extent, State.ZEROING);
    }
    state.store.commit(status -> {
      if (status.isSuccess()) {
        state.ending.remove(stored.disk.id());
        state.slots.clear(stored.slot);
        for (int extent : stored.extents) {
          state.zeroing.add(extent);
        }
      }
    });
  }

  private static <T> void end(
      Consumer<StoreOutcome<T>> done, StoreOutcome<T> outcome, Runnable ended) {
    done.accept(outcome);
    ended.run();
  }
}
