package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.StoreOutcome.Reason;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A formatted disk in use: its logical disks, their extents, and who may use them.
 *
 * <p>Every change is durable before it is answered, and changes that come together share flushes.
 * Allocations and the like go one after another; admissions go at once.
 *
 * <p>Lives on one reactor; the {@link SliceDevice}s it gives out serve any. It does not close the
 * device.
 */
public final class DiskStore {

  private final DiskState state;
  private final UUID powerIncarnation;
  private final SpaceChanges changes;
  private final Admissions admissions;

  DiskStore(DiskState state, UUID powerIncarnation) {
    this.state = state;
    this.powerIncarnation = powerIncarnation;
    changes = new SpaceChanges(state);
    admissions = new Admissions(state);
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
   * @param powerIncarnation the machine's boot id; for a disk in memory the process's own. The
   *     disk's differs where it has a {@link FailureMark}
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

  /**
   * Reads the store of leg records of a disk whose tables are sound; changes nothing. What it gives
   * is to be looked at only. Null where the disk keeps no records.
   */
  public static void checkRecords(
      Reactor reactor, BlockDevice device, Consumer<StoreOutcome<PageStore>> done) {
    DiskCheck.startRecords(reactor, device, done);
  }

  public UUID clusterId() {
    return state.superblock.clusterId();
  }

  public UUID diskId() {
    return state.superblock.diskId();
  }

  /** Changes whenever what was acknowledged and not flushed may have been lost (INTENT). */
  public UUID powerIncarnation() {
    return powerIncarnation;
  }

  /** Why the disk can no longer be trusted, if so: nothing works until it is opened again. */
  public Optional<String> failure() {
    return state.failure();
  }

  /** Of the logical blocks of the disk, and so of all logical disks on it. */
  public int blockSizeBytes() {
    return state.layout.geometry().blockSizeBytes();
  }

  public DiskUsage usage() {
    int used = state.byId.values().stream().mapToInt(stored -> stored.extents.length).sum();
    int freeExtents = state.free.count();
    int unusable = state.zeroing.failed();
    return new DiskUsage(
        state.layout.extentBytes(),
        freeExtents,
        used,
        state.layout.extentCount() - freeExtents - used - unusable,
        unusable,
        state.byId.size(),
        state.layout.maxLogicalDisks());
  }

  /** Whether nothing is being zeroed; what could not be zeroed does not count. */
  public boolean isZeroed() {
    return state.zeroing.isIdle() && state.ending.isEmpty();
  }

  /** How extents are zeroed, as far as is known; for tests. */
  Zeroer.Method zeroingMethod() {
    return state.zeroing.method();
  }

  public List<LogicalDisk> list() {
    return state.byId.values().stream().map(stored -> stored.disk).toList();
  }

  public Optional<LogicalDisk> find(UUID id) {
    return Optional.ofNullable(state.byId.get(id)).map(stored -> stored.disk);
  }

  /** An association of no epoch, for tests: cut like all others, and made anew where it was. */
  Optional<SliceDevice> unguarded(UUID id) {
    StoredDisk stored = state.byId.get(id);
    if (stored == null) {
      return Optional.empty();
    }
    if (stored.unguarded == null || stored.unguarded.isRevoked()) {
      stored.unguarded = state.newDevice(stored);
      stored.attachments.add(stored.unguarded, () -> {});
    }
    return Optional.of(stored.unguarded);
  }

  /** What all who were attached to a logical disk did; from any thread. */
  public Optional<LayerCounters> counters(UUID id) {
    return Optional.ofNullable(state.byId.get(id)).map(stored -> stored.counters);
  }

  /** Where things lie; for tests. */
  DiskLayout layout() {
    return state.layout;
  }

  /** The extents that a logical disk has, in its order; not to be changed. */
  int[] extentsOf(UUID id) {
    return state.byId.get(id).extents;
  }

  /**
   * The highest epoch that the logical disk was asked to admit: durable, or on its way. One that is
   * not on its way any more is {@link LogicalDisk#admitted}.
   */
  public Epoch asked(UUID id) {
    StoredDisk stored = state.byId.get(id);
    return stored == null ? Epoch.NONE : stored.written.admitted();
  }

  /** Opens the store of leg records that lies on this disk; INVALID where it has none. */
  public void openRecords(Consumer<StoreOutcome<PageStore>> done) {
    if (state.layout.records() == null) {
      done.accept(state.refused(Reason.INVALID, "it was formatted without room for records"));
      return;
    }
    PageStore.open(
        state.access, state.layout.records(), state.superblock.recordsId(), state.bugs, done);
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
    changes.allocate(wanted, done);
  }

  /**
   * Makes a logical disk larger; what is new reads as zeroes. Asked for the size that it has it
   * says that it is done. Only its owner has any use for more space: refuses every epoch but the
   * one that it was asked to admit last with STALE_EPOCH.
   *
   * @param epoch none of one that never admitted any
   * @param extentCount its new size in extents
   */
  public void grow(
      UUID id, Epoch epoch, int extentCount, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.grow(id, epoch, extentCount, done);
  }

  /**
   * Ends a logical disk: its commands end with PATH_LOST, its space becomes free once it is zeroed.
   * Refuses with NOT_FOUND where there is none (any more), with STALE_EPOCH where the right does
   * not suffice.
   */
  public void free(UUID id, FreeRight right, Consumer<StoreOutcome<LogicalDisk>> done) {
    changes.free(id, right, done);
  }

  /**
   * Admits an epoch (OWNER). At success it is durable, no lower one is ever admitted again, all
   * associations of the logical disk were cut, those of the same epoch too, and none of their
   * commands is in flight. Refuses with STALE_EPOCH where {@link Epoch#mayFollow} forbids it, or
   * where a higher one came before the answer.
   */
  public void admit(UUID id, Epoch epoch, Consumer<StoreOutcome<LogicalDisk>> done) {
    admissions.admit(id, epoch, done);
  }

  /**
   * A way to the logical disk's data for a new association at the epoch that it admitted last.
   * Every other one is cut first, and its commands have ended. Refuses any other epoch with
   * STALE_EPOCH.
   *
   * @param listener told what becomes of this one
   */
  public void attach(
      UUID id, Epoch epoch, AttachmentListener listener, Consumer<StoreOutcome<SliceDevice>> done) {
    admissions.attach(id, epoch, listener, done);
  }

  /**
   * Ends an association by its own wish, or because its connection is lost; its {@code cut} is told
   * where it was not. {@code drained} is told when no command of those that were cut is in flight.
   */
  public void detach(UUID id, SliceDevice device, Runnable drained) {
    admissions.detach(id, device, drained);
  }
}
