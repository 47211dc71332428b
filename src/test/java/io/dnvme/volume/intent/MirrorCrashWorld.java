package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;
import io.dnvme.volume.mirror.PlantedBug;
import java.util.EnumSet;
import java.util.Set;

/**
 * A {@link CrashWorld} in which the members are served by what production has: a claim puts the
 * members in order, and then a mirror with a log of its own serves those that are left.
 */
final class MirrorCrashWorld extends CrashWorld {

  private static final int MAX_LAPSE_NANOS = 3_000_000;

  private final Set<PlantedBug> mirrorBugs;
  private int rebuildingBefore;

  MirrorCrashWorld(
      long seed, Set<io.dnvme.volume.intent.PlantedBug> logBugs, Set<PlantedBug> mirrorBugs) {
    super(seed, logBugs, EnumSet.allOf(Nemesis.class));
    this.mirrorBugs = mirrorBugs;
  }

  private static void foundRot(long block) {
    throw new BrokenPromise("block %d differs from its checksum".formatted(block));
  }

  /** A claim does not rebuild. */
  @Override
  boolean goesOnRebuilding(int member) {
    rebuildingBefore = record.rebuilding;
    return false;
  }

  /** So that nothing of its log is under way when the mirror's own begins. */
  @Override
  IntentSettings takeoverSettings() {
    return IntentSettings.DEFAULT;
  }

  @Override
  void taken(CrashGroup claim) {
    if (claim.isDead() || group != claim) {
      return;
    }
    if (claim.failed() != 0) {
      // A claim removes whom it cannot use before anything is served.
      reactor.timers().schedule(MILLI / 10, () -> taken(claim));
      return;
    }
    CrashWire[] wires = claim.retire();
    for (int member = 0; member < MEMBERS; member++) {
      if ((claim.inSync() & 1 << member) != 0) {
        record.power[member] = devices[member].powerIncarnation();
      }
    }
    for (int member = 0; member < MEMBERS; member++) {
      int bit = 1 << member;
      if ((rebuildingBefore & ~record.inSync & bit) != 0 && isUp(member) && random.nextBoolean()) {
        wires[member] = connect(member);
        record.rebuilding |= bit;
        record.power[member] = devices[member].powerIncarnation();
      }
    }
    var log = new WriteIntentLog(layout, identities, SETTINGS, bugs);
    var owner =
        new MirrorOwner(
            log, record, layout, reactor, random, wires, MirrorCrashWorld::foundRot, mirrorBugs);
    group = owner;
    log.open(yes -> {
      if (group != owner || owner.isDead()) {
        return;
      }
      if (!yes) {
        owner.die();
        return;
      }
      for (int member = 0; member < MEMBERS; member++) {
        if ((owner.mirror().inSync() & ~log.opened() & 1 << member) != 0) {
          owner.mirror().memberFailed(member, BlockStatus.READ_FAULT);
        }
      }
      if (!owner.isDead()) {
        serve(owner);
      }
    });
  }

  @Override
  void strikeOwner(Nemesis nemesis) {
    if (group instanceof MirrorOwner owner && serving && !owner.isDead()) {
      if (nemesis == Nemesis.OWNER_DEPOSED) {
        // Its successor cannot reach a member that it still reaches itself.
        cutOff(random.nextInt(MEMBERS));
        owner.depose();
        ownerDied();
      } else {
        owner.lease(false);
        reactor.timers().schedule(1 + random.nextInt(MAX_LAPSE_NANOS), () -> owner.lease(true));
      }
    }
  }
}
