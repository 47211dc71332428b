package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.ExtentTable.State;
import io.dnvme.disk.format.StoreOutcome.Reason;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A formatted disk in use: its logical disks, their extents, and what they admitted.
 *
 * <p>What belongs together is made durable in this order, so that after any crash an extent has one
 * owner at most, and allocated is reachable (NO-LEAK, ZERO):
 *
 * <pre>
 *   allocate, grow   extents are marked as its own ──► its entry says so            ──► answer
 *   free             its entry is removed ──► answer; its commands end ──► extents are marked
 *                    zeroing ──► zeroed ──► flush ──► marked free
 *   admit            its entry has the epoch ──► answer                            (OWNER)
 * </pre>
 *
 * An arrow is a commit of the tables. Extents whose owner's entry does not reach them are marked
 * zeroing when the disk is opened. Allocations and the like go one after another; admissions go at
 * once, and those that come together share a flush.
 *
 * <p>Nothing here asks who may call: that is the agent's matter, but for epochs. Lives on one
 * reactor; the {@link SliceDevice}s it gives out serve any. It does not close the device.
 */
public final class DiskStore {

  private final DeviceAccess access;
  private final Superblock superblock;
  private final DiskLayout layout;
  private final UUID powerIncarnation;
  private final PageStore store;
  private final LogicalDiskTable logicalDisks;
  private final ExtentTable extents;
  private final Set<PlantedBug> bugs;
  private final OneByOne changes = new OneByOne();
  private final FreeExtents free = new FreeExtents();
  private final ExtentZeroing zeroing;
  private final BitSet slots = new BitSet();
  private final Map<UUID, StoredDisk> byId = new LinkedHashMap<>();

  /** Freed ones whose commands have not all ended, or whose extents still have their names. */
  private final Set<UUID> ending = new HashSet<>();

  DiskStore(
      DeviceAccess access,
      Superblock superblock,
      UUID powerIncarnation,
      PageStore store,
      DiskContent content,
      Set<PlantedBug> bugs) {
    this.access = access;
    this.superblock = superblock;
    this.powerIncarnation = powerIncarnation;
    this.store = store;
    this.bugs = bugs;
    layout = superblock.layout();
    logicalDisks = new LogicalDiskTable(store, layout.maxLogicalDisks());
    extents = new ExtentTable(store, layout.logicalDiskPages());
    zeroing = new ExtentZeroing(access, layout, store, extents, bugs, free::add);
    for (DiskContent.Entry entry : content.logicalDisks()) {
      add(entry.slot(), entry.disk(), entry.extents());
    }
    content.free().forEach(free::add);
    content.leftovers().forEach(zeroing::add);
    content.zeroing().forEach(zeroing::add);
  }

  /**
   * Makes a disk of {@code device}; gives the disk's id. Refuses with INVALID where the sizes make
   * no disk, with IN_USE where it holds something and is not to be overwritten, with FAILED where
   * the device is. The content of its extents is gone once the disk is opened.
   */
  public static void format(
      Reactor reactor,
      BlockDevice device,
      DiskFormatOptions options,
      Consumer<StoreOutcome<UUID>> done) {
    DiskFormatter.start(reactor, device, options, done);
  }

  /**
   * Opens a formatted disk. A refusal names the reason; a disk of another cluster or version, or
   * one that is damaged, is not touched.
   *
   * @param powerIncarnation the machine's boot id; for a disk in memory the process's own
   */
  public static void open(
      Reactor reactor,
      BlockDevice device,
      UUID clusterId,
      UUID powerIncarnation,
      Consumer<StoreOutcome<DiskStore>> done) {
    open(reactor, device, clusterId, powerIncarnation, Set.of(), done);
  }

  /**
   * @param bugs for tests only
   */
  public static void open(
      Reactor reactor,
      BlockDevice device,
      UUID clusterId,
      UUID powerIncarnation,
      Set<PlantedBug> bugs,
      Consumer<StoreOutcome<DiskStore>> done) {
    new DiskOpening(reactor, device, clusterId, powerIncarnation, bugs, done).start();
  }

  /** Reads what a disk says of itself, whosever it is; changes nothing. */
  public static void check(
      Reactor reactor, BlockDevice device, Consumer<StoreOutcome<DiskReport>> done) {
    DiskCheck.start(reactor, device, done);
  }

  public UUID clusterId() {
    return superblock.clusterId();
  }

  public UUID diskId() {
    return superblock.diskId();
  }

  /** Changes whenever what was acknowledged and not flushed may have been lost (INTENT). */
  public UUID powerIncarnation() {
    return powerIncarnation;
  }

  /** Why the disk can no longer be trusted, if so: nothing works until it is opened again. */
  public Optional<String> failure() {
    return access.health().failure().or(store::failure);
  }

  public DiskUsage usage() {
    int used = byId.values().stream().mapToInt(stored -> stored.extents.length).sum();
    int freeExtents = free.count();
    return new DiskUsage(
        layout.extentBytes(),
        freeExtents,
        used,
        layout.extentCount() - freeExtents - used,
        byId.size(),
        layout.maxLogicalDisks());
  }

  /** Whether nothing is being zeroed; what could not be zeroed does not count. */
  public boolean isZeroed() {
    return zeroing.isIdle() && ending.isEmpty();
  }

  public List<LogicalDisk> list() {
    return byId.values().stream().map(stored -> stored.disk).toList();
  }

  public Optional<LogicalDisk> find(UUID id) {
    return Optional.ofNullable(byId.get(id)).map(stored -> stored.disk);
  }

  /** The logical disk's data; the same device as long as it exists and the disk is open. */
  public Optional<SliceDevice> device(UUID id) {
    return Optional.ofNullable(byId.get(id)).map(stored -> stored.device);
  }

  /** The extents that a logical disk has, in its order; not to be changed. */
  int[] extentsOf(UUID id) {
    return byId.get(id).extents;
  }

  /**
   * The highest epoch that the logical disk was asked to admit: durable, or on its way. One that is
   * not on its way any more is {@link LogicalDisk#admitted}.
   */
  public Epoch asked(UUID id) {
    StoredDisk stored = byId.get(id);
    return stored == null ? Epoch.NONE : stored.written.admitted();
  }

  /** Opens the store of leg records that lies on this disk; INVALID where it has none. */
  public void openRecords(Consumer<StoreOutcome<PageStore>> done) {
    if (layout.records() == null) {
      done.accept(refused(Reason.INVALID, "it was formatted without room for records"));
      return;
    }
    PageStore.open(access, layout.records(), superblock.recordsId(), bugs, done);
  }

  /**
   * Makes a logical disk that reads as zeroes. Asked for again with the same id, leg, size and
   * description it says that it is done.
   *
   * @param extentCount its size in extents, at least 1
   */
  public void allocate(
      UUID id,
      UUID legId,
      int extentCount,
      Description description,
      Consumer<StoreOutcome<LogicalDisk>> done) {
    var wanted = new LogicalDisk(id, legId, extentCount, Epoch.NONE, description);
    changes.add(ended -> allocate(wanted, outcome -> end(done, outcome, ended)));
  }

  private void allocate(LogicalDisk wanted, Consumer<StoreOutcome<LogicalDisk>> done) {
    StoredDisk existing = byId.get(wanted.id());
    if (existing != null) {
      boolean same = existing.disk.withAdmitted(Epoch.NONE).equals(wanted);
      done.accept(
          same && !existing.ending
              ? StoreOutcome.done(existing.disk)
              : refused(Reason.CONFLICT, "it has another logical disk " + wanted.id()));
      return;
    }
    int slot = slots.nextClearBit(0);
    if (ending.contains(wanted.id())) {
      done.accept(refused(Reason.CONFLICT, "logical disk " + wanted.id() + " was freed just now"));
    } else if (slot >= layout.maxLogicalDisks()) {
      done.accept(refused(Reason.NO_SPACE, "it has %d logical disks already".formatted(slot)));
    } else if (wanted.extentCount() < 1 || wanted.id().equals(Epoch.NONE.incarnation())) {
      done.accept(
          refused(
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

  private void allocated(
      int slot,
      LogicalDisk disk,
      int[] its,
      BlockStatus status,
      Consumer<StoreOutcome<LogicalDisk>> done) {
    if (status.isSuccess()) {
      add(slot, disk, its);
      done.accept(StoreOutcome.done(disk));
    } else {
      done.accept(failed());
    }
  }

  /**
   * Makes a logical disk larger; what is new reads as zeroes. Asked for the size that it has it
   * says that it is done.
   *
   * @param extentCount its new size in extents
   */
  public void grow(UUID id, int extentCount, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.add(ended -> grow(id, extentCount, ended, done));
  }

  private void grow(
      UUID id, int extentCount, Runnable ended, Consumer<StoreOutcome<LogicalDisk>> answer) {
    Consumer<StoreOutcome<LogicalDisk>> done = outcome -> end(answer, outcome, ended);
    StoredDisk stored = byId.get(id);
    if (stored == null || stored.ending) {
      done.accept(notFound(id));
    } else if (extentCount == stored.extents.length) {
      done.accept(StoreOutcome.done(stored.disk));
    } else if (extentCount < stored.extents.length) {
      done.accept(
          refused(
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
      done.accept(failed());
      return;
    }
    stored.extents = its;
    stored.disk = stored.disk.withExtentCount(its.length);
    stored.device.grow(new SliceMap(layout, its));
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
    if (failure().isPresent()) {
      done.accept(failed());
      return;
    }
    if (missing > free.count()) {
      DiskUsage usage = usage();
      done.accept(
          refused(
              Reason.NO_SPACE,
              "%d extents are needed, %d are free and %d are being zeroed"
                  .formatted(missing, usage.free(), usage.zeroing())));
      return;
    }
    int[] its = Arrays.copyOf(had, extentCount);
    int last = had.length == 0 ? -1 : had[had.length - 1];
    System.arraycopy(free.take(missing, last), 0, its, had.length, missing);
    for (int index = had.length; index < extentCount; index++) {
      extents.use(its[index], id, index);
    }
    if (bugs.contains(PlantedBug.ALLOCATE_IN_ONE_COMMIT)) {
      taken.accept(its);
      return;
    }
    store.commit(status -> {
      if (status.isSuccess()) {
        taken.accept(its);
      } else {
        done.accept(failed());
      }
    });
  }

  private void putEntry(int slot, LogicalDisk disk, Consumer<BlockStatus> done) {
    logicalDisks.put(slot, disk);
    store.commit(done);
  }

  /**
   * Ends a logical disk: its commands end with PATH_LOST, its space becomes free once it is zeroed.
   * Refuses with NOT_FOUND where there is none (any more), with STALE_EPOCH where the right does
   * not suffice.
   */
  public void free(UUID id, FreeRight right, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.add(ended -> free(id, right, ended, done));
  }

  private void free(
      UUID id, FreeRight right, Runnable ended, Consumer<StoreOutcome<LogicalDisk>> answer) {
    Consumer<StoreOutcome<LogicalDisk>> done = outcome -> end(answer, outcome, ended);
    StoredDisk stored = byId.get(id);
    if (stored == null) {
      done.accept(notFound(id));
    } else if (!right.suffices(stored.written.admitted())
        && !bugs.contains(PlantedBug.FREE_ON_ANY_WORD)) {
      done.accept(
          refused(
              Reason.STALE_EPOCH,
              "logical disk %s admitted epoch %s and is not freed by %s"
                  .formatted(id, stored.written.admitted(), right)));
    } else if (failure().isPresent()) {
      done.accept(failed());
    } else {
      stored.ending = true;
      logicalDisks.clear(stored.slot);
      store.commit(status -> {
        if (status.isSuccess()) {
          byId.remove(id);
          done.accept(StoreOutcome.done(stored.disk));
          ending.add(id);
          stored.device.revoke(access.reactor(), () -> ended(stored));
        } else {
          done.accept(failed());
        }
      });
    }
  }

  /** No command of a freed logical disk is in flight any more: nothing is written to it later. */
  private void ended(StoredDisk stored) {
    for (int extent : stored.extents) {
      extents.put(extent, State.ZEROING);
    }
    store.commit(status -> {
      if (status.isSuccess()) {
        ending.remove(stored.disk.id());
        slots.clear(stored.slot);
        for (int extent : stored.extents) {
          zeroing.add(extent);
        }
      }
    });
  }

  /**
   * Admits an epoch (OWNER): at success it is durable, and no lower one is ever admitted again. The
   * caller then cuts the connections of earlier ones and waits for their commands before it
   * answers. Refuses with STALE_EPOCH, naming the higher one, where {@link Epoch#mayFollow} forbids
   * it.
   */
  public void admit(UUID id, Epoch epoch, Consumer<StoreOutcome<LogicalDisk>> done) {
    StoredDisk stored = byId.get(id);
    if (stored == null || stored.ending) {
      done.accept(notFound(id));
    } else if (failure().isPresent()) {
      done.accept(failed());
    } else if (epoch.isNone() || !mayFollow(epoch, stored.written.admitted())) {
      done.accept(
          refused(
              Reason.STALE_EPOCH,
              "logical disk %s admitted epoch %s and refuses %s"
                  .formatted(id, stored.written.admitted(), epoch)));
    } else {
      if (!epoch.equals(stored.written.admitted())) {
        stored.written = stored.written.withAdmitted(epoch);
        logicalDisks.put(stored.slot, stored.written);
      }
      if (bugs.contains(PlantedBug.ADMIT_BEFORE_FLUSH)) {
        done.accept(StoreOutcome.done(stored.written));
        store.commit(status -> {});
      } else {
        store.commit(status -> admitted(stored, epoch, status, done));
      }
    }
  }

  private boolean mayFollow(Epoch epoch, Epoch before) {
    return epoch.mayFollow(before)
        || bugs.contains(PlantedBug.ADMIT_EQUAL_EPOCH_OF_ANOTHER)
            && epoch.number() == before.number();
  }

  private void admitted(
      StoredDisk stored,
      Epoch epoch,
      BlockStatus status,
      Consumer<StoreOutcome<LogicalDisk>> done) {
    if (!status.isSuccess()) {
      done.accept(failed());
      return;
    }
    if (!stored.disk.admitted().isHigherThan(epoch)) {
      stored.disk = stored.disk.withAdmitted(epoch);
    }
    done.accept(StoreOutcome.done(stored.disk));
  }

  private void add(int slot, LogicalDisk disk, int[] its) {
    var device =
        new SliceDevice(
            access.device(), new SliceMap(layout, its), access.health(), layout.extentBytes());
    slots.set(slot);
    byId.put(disk.id(), new StoredDisk(slot, disk, its, device));
  }

  private static <T> void end(
      Consumer<StoreOutcome<T>> done, StoreOutcome<T> outcome, Runnable ended) {
    done.accept(outcome);
    ended.run();
  }

  private <T> StoreOutcome<T> notFound(UUID id) {
    return refused(Reason.NOT_FOUND, "it has no logical disk " + id);
  }

  private <T> StoreOutcome<T> failed() {
    store.failure().ifPresent(access.health()::fail);
    return refused(Reason.FAILED, "it has failed: " + failure().orElseThrow());
  }

  private <T> StoreOutcome<T> refused(Reason reason, String what) {
    return StoreOutcome.refused(reason, "disk " + superblock.diskId() + ": " + what);
  }
}
