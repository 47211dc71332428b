package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.StoreOutcome.Done;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** What a disk must say after all that was acknowledged, and what it may say besides. */
final class DiskModel {

  static final int EXTENTS = 8;

  private static final int MAX_LOGICAL_DISKS = 5;

  /** One logical disk, as far as its users know. */
  private static final class Known {
    private final UUID id;
    private final int firstExtents;
    private int grownAsked;
    private int extentsAcknowledged;
    private Epoch acknowledged = Epoch.NONE;
    private final List<Epoch> asked = new ArrayList<>(List.of(Epoch.NONE));
    private boolean freeAsked;
    private boolean freed;
    private SliceModel data;

    Known(UUID id, int extents) {
      this.id = id;
      firstExtents = extents;
      grownAsked = extents;
    }
  }

  private final Random random;
  private final Map<UUID, Known> known = new HashMap<>();
  private long names;
  private String violation;

  // Of the present life.
  private ManualReactor reactor;
  private PowerLossDevice disk;
  private DiskStore store;
  private int life;

  DiskModel(Random random) {
    this.random = random;
  }

  String violation() {
    return violation;
  }

  private void violated(String format, Object... arguments) {
    if (violation == null) {
      violation = format.formatted(arguments);
    }
  }

  void opened(ManualReactor onReactor, PowerLossDevice onDisk, DiskStore opened) {
    reactor = onReactor;
    disk = onDisk;
    store = opened;
    life++;
    for (LogicalDisk each : store.list()) {
      if (!known.containsKey(each.id())) {
        violated("%s was never asked for", each);
      }
    }
    List.copyOf(known.values()).forEach(this::compare);
    checkOwners();
  }

  private void compare(Known each) {
    LogicalDisk found = store.find(each.id).orElse(null);
    if (found == null) {
      if (each.extentsAcknowledged > 0 && !each.freeAsked) {
        violated("logical disk %s is lost", each.id);
      }
      known.remove(each.id);
      return;
    }
    if (each.freed) {
      violated("%s was freed", found);
    }
    if (found.extentCount() < each.extentsAcknowledged || found.extentCount() > each.grownAsked) {
      violated("%s, but %d extents were acknowledged", found, each.extentsAcknowledged);
    }
    if (!each.asked.contains(found.admitted())
        || each.acknowledged.isHigherThan(found.admitted())
        || each.acknowledged.number() == found.admitted().number()
            && !each.acknowledged.equals(found.admitted())) {
      violated("%s, but %s was admitted", found, each.acknowledged);
    }
    each.extentsAcknowledged = found.extentCount();
    each.acknowledged = found.admitted();
    each.freeAsked = false;
    if (each.data == null) {
      each.data = new SliceModel(random);
    }
    String lost = each.data.lost(disk, store, each.id);
    if (lost != null) {
      violated("%s of %s", lost, each.id);
    }
  }

  /** No extent has two owners, and all are accounted for. */
  private void checkOwners() {
    var seen = new HashSet<Integer>();
    for (LogicalDisk each : store.list()) {
      for (int extent : store.extentsOf(each.id())) {
        if (!seen.add(extent)) {
          violated("extent %d has two owners", extent);
        }
      }
    }
    DiskUsage usage = store.usage();
    if (usage.extents() != EXTENTS || usage.used() != seen.size()) {
      violated("%s, but %d are used", usage, seen.size());
    }
  }

  /** Nothing is under way: all that is not used is free. */
  void settled() {
    checkOwners();
    if (store.usage().zeroing() != 0 || !store.isZeroed()) {
      violated("%s, and nothing is under way", store.usage());
    }
  }

  void step() {
    Known each = any();
    if (each == null || random.nextInt(5) == 0) {
      allocate();
      return;
    }
    switch (random.nextInt(12)) {
      case 0 -> grow(each);
      case 1, 2 -> free(each);
      case 3, 4, 5 -> admit(each);
      case 6 -> flush(each);
      default -> each.data.write(reactor, store, each.id);
    }
  }

  /** One that is known to exist. */
  private Known any() {
    List<Known> candidates =
        known.values().stream()
            .filter(each -> each.extentsAcknowledged > 0 && !each.freeAsked)
            .sorted((one, other) -> one.id.compareTo(other.id))
            .toList();
    return candidates.isEmpty() ? null : candidates.get(random.nextInt(candidates.size()));
  }

  private void allocate() {
    if (known.size() == MAX_LOGICAL_DISKS) {
      known.values().removeIf(each -> each.freed && store.find(each.id).isEmpty());
      return;
    }
    var each = new Known(new UUID(50, ++names), 1 + random.nextInt(3));
    known.put(each.id, each);
    int now = life;
    store.allocate(
        each.id,
        OpenDisk.LEG,
        each.firstExtents,
        Description.NONE,
        outcome -> {
          if (outcome instanceof Done<LogicalDisk>) {
            each.extentsAcknowledged = each.firstExtents;
            each.data = new SliceModel(random);
            checkZero(each.id, 0);
          } else if (now == life) {
            known.remove(each.id);
          }
        });
  }

  private void checkZero(UUID id, int fromExtent) {
    DiskLayout layout =
        DiskLayout.of(disk.geometry(), OpenDisk.EXTENT_BYTES, OpenDisk.RECORD_PAGES);
    int[] extents = store.extentsOf(id);
    for (int i = fromExtent; i < extents.length; i++) {
      long at = layout.extentBlock(extents[i]) * disk.geometry().blockSizeBytes();
      if (!disk.isZero(at, OpenDisk.EXTENT_BYTES)) {
        violated("extent %d of %s is not zero", extents[i], id);
      }
    }
  }

  private void grow(Known each) {
    boolean rightful = random.nextInt(4) > 0;
    Epoch asked = store.asked(each.id);
    Epoch epoch = rightful ? asked : new Epoch(asked.number() + 1, new UUID(60, 3));
    int wanted = each.grownAsked + 1;
    each.grownAsked = rightful ? wanted : each.grownAsked;
    store.grow(
        each.id,
        epoch,
        wanted,
        outcome -> {
          if (outcome instanceof Done<LogicalDisk> && !rightful) {
            violated("%s, which admitted %s, grew for %s", each.id, asked, epoch);
          } else if (outcome instanceof Done<LogicalDisk>) {
            int had = each.extentsAcknowledged;
            each.extentsAcknowledged = Math.max(had, wanted);
            checkZero(each.id, had);
          }
        });
  }

  private void free(Known each) {
    boolean rightful = random.nextInt(4) > 0;
    Epoch last = each.acknowledged;
    FreeRight right =
        rightful && !last.isNone() ? new FreeRight.Owner(last) : new FreeRight.NeverAdmitted();
    boolean wrong = !right.suffices(last);
    each.freeAsked |= !wrong;
    store.free(
        each.id,
        right,
        outcome -> {
          if (outcome instanceof Done<LogicalDisk>) {
            if (wrong) {
              violated("%s, which admitted %s, was freed by %s", each.id, last, right);
            }
            each.freed = true;
          } else if (!wrong && !disk.isDead()) {
            // One that is right is under way at a time: it was refused, and nothing changed.
            each.freeAsked = false;
          }
        });
  }

  private void admit(Known each) {
    long number = Math.max(1, each.acknowledged.number() + random.nextInt(3) - 1);
    var epoch = new Epoch(number, new UUID(60, random.nextInt(3)));
    each.asked.add(epoch);
    store.admit(
        each.id,
        epoch,
        outcome -> {
          if (!(outcome instanceof Done<LogicalDisk>)) {
            return;
          }
          if (each.acknowledged.number() == epoch.number() && !each.acknowledged.equals(epoch)) {
            violated("%s admitted %s and %s", each.id, each.acknowledged, epoch);
          }
          if (epoch.isHigherThan(each.acknowledged)) {
            each.acknowledged = epoch;
          }
        });
  }

  private void flush(Known each) {
    each.data.flush(
        reactor,
        store,
        each.id,
        status -> {
          if (status != BlockStatus.SUCCESS && status != BlockStatus.PATH_LOST) {
            violated("a flush of %s: %s", each.id, status);
          }
        });
  }
}
