package io.dnvme.volume.mirror;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.volume.mirror.MirrorRig.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Hosts that use a group while its members fail and come back, answers come in any order, record
 * changes are late, refused or in doubt, disks are full, and the lease lapses. After every few
 * steps, each member that is in-sync by the record, whether the group knows or not, must hold what
 * a host may read: it could be the only one that is left.
 */
final class MirrorStorm {

  private static final int STEPS = 1_500;
  private static final int BLOCKS = 8;
  private static final int DEPTH = 8;
  private static final int VALUE_LIMIT = 250;
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int STEPS_BETWEEN_CALMS = 150;
  private static final int DRAIN_ROUNDS = 400;

  private record Running(Host host, List<BlockHistory.Write> writes, long start) {}

  private static final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1;

    Violation(String what) {
      super(what);
    }
  }

  private final Random random;
  private final MirrorRig rig;
  private final BlockHistory[] blocks = new BlockHistory[BLOCKS];
  private final List<Running> running = new ArrayList<>();
  private final boolean[] rebuildAsked;
  private final boolean[] copying;
  private String violation;
  private boolean calm;

  /** All disks refuse writes. */
  private boolean full;

  private long now;
  private int acknowledged;
  private int removals;
  private int promotions;

  MirrorStorm(long seed, Set<PlantedBug> bugs) {
    random = new Random(seed);
    int members = 2 + random.nextInt(2);
    rig = new MirrorRig(members, MirrorOptions.DEFAULTS, bugs);
    rebuildAsked = new boolean[members];
    copying = new boolean[members];
    for (int i = 0; i < BLOCKS; i++) {
      blocks[i] = new BlockHistory();
    }
    for (int i = 0; i < members; i++) {
      equip(i);
    }
    rig.record.hold();
  }

  /** What was wrong, if anything. */
  Optional<String> run() {
    try {
      for (int step = 0; step < STEPS && !rig.mirror.isStopped(); step++) {
        now++;
        step();
        collect();
        if (step % 5 == 0) {
          checkMembers();
        }
        if (step % STEPS_BETWEEN_CALMS == 0) {
          drain();
          calm = false;
        }
      }
      drain();
      end();
      return Optional.empty();
    } catch (Violation | AssertionError e) {
      return Optional.of(e.getMessage());
    }
  }

  private void end() {
    rig.mirror.stop("the storm is over");
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    rig.home.settle();
    rig.home.close();
  }

  int acknowledged() {
    return acknowledged;
  }

  int removals() {
    return removals;
  }

  int promotions() {
    return promotions;
  }

  private void equip(int member) {
    SteeredDevice device = rig.devices[member];
    device.hold();
    device.onSubmit(io -> submitted(member, io));
  }

  private void submitted(int member, BlockIo io) {
    boolean inSync = (rig.mirror.inSync() & 1 << member) != 0;
    if (!inSync && !io.op().changes() && io.op() != BlockOp.FLUSH) {
      seen("MEMBER: " + io + " was read from member " + member);
    }
    if (inSync && io.op().changes()) {
      for (long at = 0; at < io.blockCount(); at++) {
        if (!rig.log.isDirty(io.startBlock() + at - MirrorRig.HEADER_BLOCKS)) {
          seen("INTENT: " + io + " went to member " + member + " before its bit");
        }
      }
    }
  }

  /** Seen from within the group, which an exception must not unwind. */
  private void seen(String what) {
    violation = violation == null ? what : violation;
  }

  private void step() {
    switch (random.nextInt(21)) {
      case 0, 1, 2, 3 -> submit();
      case 4 -> {
        int member = random.nextInt(rig.devices.length);
        if (random.nextInt(3) == 0 && mayFail(member)) {
          rig.devices[member].down(BlockStatus.PATH_LOST);
        }
      }
      case 5 -> rig.home.advance((1 + random.nextInt(60)) * MILLI);
      case 6 -> rig.mayAnswer = random.nextInt(4) > 0;
      case 7 -> rig.log.holdWrites();
      case 8 -> rig.log.releaseWrites();
      case 9 -> rig.log.holdAnswers();
      case 10 -> rig.log.releaseAnswers();
      case 11, 12 -> decide();
      case 13, 14 -> bringBack();
      case 15 -> full = random.nextInt(3) == 0;
      default -> deviceStep();
    }
  }

  private void submit() {
    if (running.size() >= DEPTH) {
      return;
    }
    int start = random.nextInt(BLOCKS);
    int count = 1 + random.nextInt(Math.min(3, BLOCKS - start));
    int value = 0;
    for (int i = start; i < start + count; i++) {
      value = Math.max(value, blocks[i].newValue());
    }
    if (value >= VALUE_LIMIT) {
      return;
    }
    BlockOp op =
        switch (random.nextInt(10)) {
          case 0 -> BlockOp.FLUSH;
          case 1 -> BlockOp.DEALLOCATE;
          case 2 -> BlockOp.COMPARE_AND_WRITE;
          case 3, 4, 5 -> BlockOp.READ;
          default -> BlockOp.WRITE;
        };
    List<BlockHistory.Write> writes = new ArrayList<>();
    if (op.changes()) {
      for (int i = start; i < start + count; i++) {
        writes.add(blocks[i].begin(op == BlockOp.DEALLOCATE ? 0 : value, now));
      }
    }
    boolean flush = op == BlockOp.FLUSH;
    int expected = rig.value(0, start);
    Host host = rig.submit(op, flush ? 0 : start, flush ? 0 : count, value, expected, false);
    running.add(new Running(host, writes, now));
  }

  /** The last in-sync member fails now and then only: that is the end of a storm. */
  private boolean mayFail(int member) {
    int others = rig.mirror.inSync() & ~rig.mirror.failed() & ~(1 << member);
    return others != 0 || random.nextInt(100) == 0;
  }

  private void deviceStep() {
    int member = random.nextInt(rig.devices.length);
    SteeredDevice device = rig.devices[member];
    if (device.held() == 0) {
      return;
    }
    int index = random.nextInt(device.held());
    boolean reads = device.heldCommand(index).op() == BlockOp.READ;
    if (full && device.heldCommand(index).op().changes()) {
      // Of some it did a part.
      if (random.nextBoolean()) {
        device.fail(index, BlockStatus.CAPACITY_EXCEEDED);
      } else {
        device.failAfterwards(index, BlockStatus.CAPACITY_EXCEEDED);
      }
      return;
    }
    switch (calm || !mayFail(member) ? 99 : random.nextInt(100)) {
      case 0 -> device.fail(index, reads ? BlockStatus.READ_FAULT : BlockStatus.WRITE_FAULT);
      case 1 -> device.failAfterwards(index, reads ? BlockStatus.READ_FAULT : BlockStatus.FAILED);
      case 2 -> device.fail(index, BlockStatus.BUSY);
      default -> device.run(index);
    }
  }

  private void decide() {
    if (rig.record.waiting() == 0) {
      return;
    }
    boolean removes = rig.record.asked() instanceof MemberChange.Remove;
    boolean promotes = rig.record.asked() instanceof MemberChange.Promote;
    switch (calm ? 9 : random.nextInt(10)) {
      case 0 -> rig.record.refuse();
      case 1, 2 -> rig.record.doubt(true);
      case 3 -> rig.record.doubt(false);
      default -> {
        removals += removes ? 1 : 0;
        promotions += promotes ? 1 : 0;
        rig.record.make();
      }
    }
  }

  /** Absent members return, rebuilding ones are copied to, rebuilt ones are promoted. */
  private void bringBack() {
    for (int member = 0; member < rig.devices.length; member++) {
      int bit = 1 << member;
      if (rig.removed.contains(member) && !rebuildAsked[member]) {
        rebuildAsked[member] = true;
        rig.removed.remove((Integer) member);
        byte[] content = rig.devices[member].content();
        rig.devices[member] = new SteeredDevice(MirrorRig.MEMBER_GEOMETRY, content, false);
        equip(member);
        int returned = member;
        rig.mirror.beginRebuild(
            member,
            rig.devices[member],
            yes -> {
              rebuildAsked[returned] = false;
              if (!yes && !rig.removed.contains(returned)) {
                rig.removed.add(returned);
              }
            });
      } else if ((rig.mirror.rebuilding() & ~rig.mirror.failed() & bit) != 0 && !copying[member]) {
        goOnRebuilding(member);
      }
    }
  }

  private void goOnRebuilding(int member) {
    int block = rig.log.lacks(member).nextSetBit(0);
    copying[member] = true;
    if (block < 0) {
      rig.mirror.promote(member, yes -> copying[member] = false);
      return;
    }
    rig.mirror.copy(
        block,
        1,
        -1,
        1 << member,
        status -> {
          copying[member] = false;
          if (status.isSuccess()) {
            rig.log.caughtUp(member, block);
          }
        });
  }

  private void collect() {
    if (violation != null) {
      throw new Violation(violation);
    }
    for (Running one : List.copyOf(running)) {
      if (one.host().isDone()) {
        running.remove(one);
        over(one);
      }
    }
  }

  private void over(Running one) {
    BlockIo io = one.host().io;
    boolean success = one.host().status.isSuccess();
    if (!rig.mayAnswer && one.host().status != BlockStatus.PATH_LOST) {
      // The lease changes between steps only, and this one ended in the last.
      throw new Violation("LEASE: answered without it: " + io);
    }
    acknowledged += success ? 1 : 0;
    for (int i = 0; i < one.writes().size(); i++) {
      BlockHistory block = blocks[(int) io.startBlock() + i];
      if (one.host().status == BlockStatus.COMPARE_FAILED) {
        block.undone(one.writes().get(i));
      } else {
        block.over(one.writes().get(i), now, success);
      }
    }
    if (io.op() == BlockOp.READ && success) {
      for (int i = 0; i < io.blockCount(); i++) {
        int at = (int) io.startBlock() + i;
        int value = one.host().data[i * MirrorRig.BLOCK] & 0xFF;
        if (!blocks[at].allows(value, one.start(), now)) {
          throw new Violation("ACK: block " + at + " was read as " + value);
        }
      }
    }
  }

  private void checkMembers() {
    for (int member = 0; member < rig.devices.length; member++) {
      if ((rig.record.inSync() & 1 << member) == 0) {
        continue;
      }
      for (int at = 0; at < BLOCKS; at++) {
        int value = rig.value(member, at) & 0xFF;
        if (!blocks[at].allows(value, now, now + 1)) {
          throw new Violation(
              "ACK: in-sync member %d has %d in block %d".formatted(member, value, at));
        }
      }
    }
  }

  private void calmDown() {
    calm = true;
    full = false;
    rig.mayAnswer = true;
  }

  private void drain() {
    calmDown();
    for (int round = 0; round < DRAIN_ROUNDS && (round < 10 || isBusy()); round++) {
      now++;
      rig.log.releaseWrites();
      rig.log.releaseAnswers();
      decide();
      for (SteeredDevice device : rig.devices) {
        device.runAll();
      }
      rig.home.advance(20 * MILLI);
      if (random.nextInt(4) > 0) {
        bringBack();
      }
      collect();
    }
    if (!running.isEmpty()) {
      throw new Violation("hangs: " + running.getFirst().host().io);
    }
    checkMembers();
    if (!rig.mirror.isStopped()) {
      checkEqual();
    }
  }

  private boolean isBusy() {
    return !running.isEmpty() || rig.record.waiting() > 0 || rig.mirror.failed() != 0;
  }

  /** Nothing is under way: what is read does not depend on who is asked. */
  private void checkEqual() {
    int first = Integer.numberOfTrailingZeros(rig.record.inSync());
    for (int member = first; member < rig.devices.length; member++) {
      for (int at = 0; at < BLOCKS && (rig.record.inSync() & 1 << member) != 0; at++) {
        if (rig.value(member, at) != rig.value(first, at)) {
          throw new Violation(
              "OVERLAP: in-sync members %d and %d differ in block %d".formatted(first, member, at));
        }
      }
    }
  }
}
