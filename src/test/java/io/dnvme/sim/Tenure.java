package io.dnvme.sim;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.LegRecordCodec;
import io.dnvme.sim.DiskFacts.Association;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One claimant's wish for a logical disk, again and again:
 *
 * <pre>
 *   choose or allocate one ─► have a higher epoch admitted ─► connect ─► use it: read, write, grow,
 *   connect once more, have the epoch admitted again ─► leave, free it, or lose it to another
 * </pre>
 *
 * Also asks for what must be refused: lower epochs, frees without the right to (OWNER, NO-LEAK).
 */
final class Tenure {

  private static final int NAMESPACE_ID = 1;
  private static final int MAX_EXTENTS = 3;
  private static final int USUAL_DISKS = 3;
  private static final int MAX_DISKS = 6;
  private static final long LOOK_NANOS = 40 * SimWorld.MILLIS;
  private static final long CONNECT_LIMIT_NANOS = 3 * SimWorld.SECONDS;

  /** One attempt, and no second one. */
  private static final ReconnectOptions ONCE =
      new ReconnectOptions(1_000_000, 1_000_000, 0, false, LossPolicy.FAIL);

  /** One attempt to use the logical disk, from connecting on. */
  private final class Use implements ControllerListener {
    private final Association association;
    private final Epoch before;
    private final List<SliceWorker> workers = new ArrayList<>();
    private HostController controller;
    private boolean live;
    private boolean over;

    Use(Association association) {
      this.association = association;
      before = association.disk().admitted();
    }

    @Override
    public void live(HostController now) {
      RemoteNamespace device = now.namespace(NAMESPACE_ID);
      if (over || device == null) {
        end();
        return;
      }
      live = true;
      facts.live(association, before);
      claimant.world().trace(claimant.name(), association + " is live");
      if (connecting == this) {
        connecting = null;
      }
      if (holding != null && holding != this) {
        // The fence ends it.
        holding.over = true;
      }
      holding = this;
      for (int i = 0; i < 2; i++) {
        var worker = new SliceWorker(claimant, association, device, () -> !over);
        workers.add(worker);
        worker.rest();
      }
    }

    @Override
    public void lost(HostController now, String reason) {
      ended();
    }

    @Override
    public void closed(HostController now, String reason) {
      ended();
    }

    /** Gives it up. */
    void end() {
      ended();
      controller.shutdown();
    }

    private void ended() {
      over = true;
      if (connecting == this) {
        connecting = null;
      }
      if (holding == this) {
        holding = null;
      }
    }
  }

  private final SimClaimant claimant;
  private final NodeFacts facts;
  private final SplittableRandom random;
  private final List<Use> uses = new ArrayList<>();
  private final List<UUID> legs;
  private Use connecting;
  private Use holding;
  private int asking;

  Tenure(SimClaimant claimant) {
    this.claimant = claimant;
    facts = claimant.facts();
    random = claimant.random();
    legs = DiskNodeScenario.LEGS;
  }

  void start() {
    next(random.nextLong(400 * SimWorld.MILLIS));
  }

  boolean isConnecting() {
    return connecting != null;
  }

  boolean isIdle() {
    return asking == 0
        && connecting == null
        && uses.stream().flatMap(use -> use.workers.stream()).allMatch(SliceWorker::isIdle);
  }

  /** Its process is gone: nobody is told of what it had sent. */
  void died() {
    uses.forEach(use -> use.workers.forEach(SliceWorker::died));
  }

  void leave() {
    if (connecting != null) {
      connecting.end();
    }
    if (holding != null) {
      holding.end();
    }
  }

  /** Has the node work on the logical disks at once. */
  void hurry(String step) {
    if (!claimant.isLive() || asking > 0) {
      return;
    }
    switch (step) {
      case "growing" -> {
        if (holding != null) {
          grow(holding.association.disk(), holding.association.epoch());
        }
      }
      case "freeing" -> {
        List<DiskFacts> usable = facts.usable();
        if (!usable.isEmpty()) {
          freeWrongly(usable.get(random.nextInt(usable.size())));
        }
      }
      case "allocating" -> allocate(facts.newDisk(legs));
      default -> {}
    }
  }

  private void next(long nanos) {
    claimant.after(nanos, this::act);
  }

  private void act() {
    uses.removeIf(use -> use.over && use.workers.stream().allMatch(SliceWorker::isIdle));
    boolean waits = claimant.isStopping() || !claimant.isLive() || asking > 0 || connecting != null;
    if (waits) {
      next(LOOK_NANOS);
      return;
    }
    if (holding != null) {
      hold(holding.association);
      next(random.nextLong(100, 900) * SimWorld.MILLIS);
    } else {
      take();
      next(random.nextLong(50, 1_500) * SimWorld.MILLIS);
    }
  }

  // Without a logical disk.

  private void take() {
    List<DiskFacts> usable = facts.usable();
    boolean another =
        usable.size() < USUAL_DISKS || usable.size() < MAX_DISKS && random.nextInt(8) == 0;
    if (another) {
      allocate(facts.newDisk(legs));
      return;
    }
    DiskFacts disk = usable.get(random.nextInt(usable.size()));
    if (!disk.isThere()) {
      allocate(disk);
    } else if (random.nextInt(8) == 0 && !disk.admitted().isNone()) {
      freeWrongly(disk);
    } else {
      admit(disk, nextEpoch(disk));
    }
  }

  private Epoch nextEpoch(DiskFacts disk) {
    int dice = random.nextInt(10);
    long step = dice < 7 ? 1 : dice < 8 ? 2 : dice < 9 ? 0 : -1;
    long number = Math.max(1, disk.highestSeen() + step);
    // Others who ask at the same time may choose the same number.
    return new Epoch(number, claimant.incarnation());
  }

  private void allocate(DiskFacts disk) {
    disk.allocationsInDoubt++;
    ask(
        DiskRequest.allocate(
            disk.id(), disk.leg(), disk.firstExtents() * LoneDiskNode.EXTENT_BYTES),
        outcome -> {
          if (!(outcome instanceof NodeOutcome.InDoubt<DiskReply>)) {
            disk.allocationsInDoubt--;
          }
          if (isResult(outcome, EntryResult.DONE)) {
            facts.allocated(disk);
          }
        });
  }

  private void admit(DiskFacts disk, Epoch epoch) {
    Epoch before = disk.admitted();
    long askedNanos = claimant.world().nowNanos();
    boolean mustBe = disk.isThere();
    ask(
        DiskRequest.admit(disk.id(), RecordMessages.wire(epoch)),
        outcome -> {
          if (!(outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply))) {
            return;
          }
          switch (reply.result()) {
            case DONE -> {
              facts.admitted(disk, epoch, before, askedNanos);
              if (!disk.freeAsked && holding == null && connecting == null) {
                connect(disk, epoch);
              }
            }
            case LOWER_EPOCH -> facts.refused(disk, RecordMessages.epoch(reply.admitted()), before);
            case UNKNOWN -> {
              if (mustBe && disk.isThere()) {
                claimant.world().violated("NO-SILENT-LOSS", disk + " is unknown");
              }
            }
            default -> {}
          }
        });
  }

  private void connect(DiskFacts disk, Epoch epoch) {
    var use = new Use(facts.associate(disk, epoch, claimant.name()));
    uses.add(use);
    connecting = use;
    use.controller =
        claimant.connect(
            new ControllerOptions(
                SimNetwork.address(LoneDiskNode.PORT),
                NodeNames.logicalDisk(disk.id(), epoch),
                HostIdentity.of(claimant.incarnation()),
                random.nextInt(1_000, 3_001),
                QueueOptions.of(random.nextInt(1, 3)).withDepth(4),
                ONCE),
            use);
    claimant.after(
        CONNECT_LIMIT_NANOS,
        () -> {
          if (!use.live && !use.over) {
            use.end();
          }
        });
  }

  // With one.

  private void hold(Association held) {
    DiskFacts disk = held.disk();
    int dice = random.nextInt(100);
    if (dice < 25) {
      // A new association beside the old one, which goes on until it is cut.
      connect(disk, held.epoch());
    } else if (dice < 45) {
      admit(disk, held.epoch());
    } else if (dice < 60) {
      grow(disk, held.epoch());
    } else if (dice < 70) {
      free(disk, held.epoch());
    } else if (dice < 80) {
      freeWrongly(disk);
    } else if (dice < 90) {
      leave();
    }
  }

  private void grow(DiskFacts disk, Epoch epoch) {
    if (random.nextInt(4) == 0) {
      growWrongly(disk, new Epoch(epoch.number() - 1, claimant.incarnation()));
      return;
    }
    int wanted = Math.min(disk.extentsAnswered + 1, MAX_EXTENTS);
    disk.extentsAsked = Math.max(disk.extentsAsked, wanted);
    ask(
        DiskRequest.grow(disk.id(), RecordMessages.wire(epoch), wanted * LoneDiskNode.EXTENT_BYTES),
        outcome -> {
          if (isResult(outcome, EntryResult.DONE)) {
            disk.extentsAnswered = Math.max(disk.extentsAnswered, wanted);
          }
        });
  }

  /** At an epoch that the logical disk refuses by now. */
  private void growWrongly(DiskFacts disk, Epoch lower) {
    int wanted = disk.extentsAnswered + 1;
    ask(
        DiskRequest.grow(disk.id(), RecordMessages.wire(lower), wanted * LoneDiskNode.EXTENT_BYTES),
        outcome -> {
          if (isResult(outcome, EntryResult.DONE)) {
            claimant
                .world()
                .violated("OWNER", disk + ", which admitted a higher one, grew for " + lower);
          }
        });
  }

  /** By the owner, whose record does not have it, or because its leg is deleted. */
  private void free(DiskFacts disk, Epoch epoch) {
    disk.freeAsked = true;
    DiskRequest request =
        random.nextBoolean() ? freeOwned(disk, epoch, disk.leg()) : freeDeleted(disk, epoch);
    ask(
        request,
        outcome -> {
          if (isResult(outcome, EntryResult.DONE)) {
            facts.freed(disk);
          }
        });
  }

  private static DiskRequest freeOwned(DiskFacts disk, Epoch epoch, UUID leg) {
    byte[] proof = LegRecordCodec.encode(record(leg, epoch));
    return DiskRequest.free(disk.id(), RecordMessages.wire(epoch), proof);
  }

  private static DiskRequest freeDeleted(DiskFacts disk, Epoch epoch) {
    byte[] proof = LegRecordCodec.encode(record(disk.leg(), epoch).asDeleted());
    return DiskRequest.free(disk.id(), WireEpoch.NONE, proof);
  }

  private static LegRecord record(UUID leg, Epoch epoch) {
    return Registrar.record(leg, epoch, 1, LegRecord.DEFAULT_LEASE_MS, 1, LoneDiskNode.NODE);
  }

  /** Somebody whose word is not good, now or ever. */
  private void freeWrongly(DiskFacts disk) {
    Epoch admitted = disk.admitted();
    if (admitted.isNone()) {
      return;
    }
    var lower = new Epoch(admitted.number() - 1, claimant.incarnation());
    var rival = new Epoch(admitted.number(), new UUID(random.nextLong(), random.nextLong()));
    DiskRequest request =
        switch (random.nextInt(6)) {
          case 0 -> DiskRequest.free(disk.id(), WireEpoch.NONE, VendorEntry.NO_BODY);
          case 1 -> DiskRequest.free(disk.id(), RecordMessages.wire(admitted), VendorEntry.NO_BODY);
          case 2 -> freeDeleted(disk, rival);
          case 3 -> freeOwned(disk, rival, disk.leg());
          case 4 -> freeOwned(disk, admitted, new UUID(random.nextLong(), random.nextLong()));
          default ->
              lower.isNone()
                  ? DiskRequest.free(disk.id(), WireEpoch.NONE, VendorEntry.NO_BODY)
                  : freeDeleted(disk, lower);
        };
    ask(
        request,
        outcome -> {
          if (isResult(outcome, EntryResult.DONE)) {
            claimant
                .world()
                .violated("NO-LEAK", disk + ", which admitted " + admitted + ", is freed wrongly");
          }
        });
  }

  private void ask(DiskRequest request, Consumer<NodeOutcome<DiskReply>> done) {
    asking++;
    claimant.ask(
        request,
        outcome -> {
          asking--;
          done.accept(outcome);
        });
  }

  private static boolean isResult(NodeOutcome<DiskReply> outcome, EntryResult result) {
    return outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
        && reply.result() == result;
  }
}
