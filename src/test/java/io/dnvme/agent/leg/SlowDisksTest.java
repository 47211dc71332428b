package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.ownership.OwnershipOptions;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks that are healthy and slow: a flush takes them seconds. */
class SlowDisksTest {

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);

  @AfterEach
  void close() {
    rig.close();
  }

  /** Every flush of the nodes' disks takes so long from now on. */
  private void slowFlushes(long millis, int... nodes) {
    for (int node : nodes) {
      rig.node(node).faults.inject(new Fault.Delay(millis * LegRig.MILLI)).on(BlockOp.FLUSH);
    }
  }

  /** Every write too: each of those that it sees is FUA. */
  private void slowWrites(long millis, int... nodes) {
    for (int node : nodes) {
      rig.node(node)
          .faults
          .inject(new Fault.Delay(millis * LegRig.MILLI))
          .on(BlockOp.WRITE, BlockOp.FLUSH);
    }
  }

  private long servedAfterNanos(Controller controller) {
    long cutNanos = rig.reactor.clock().nanos();
    rig.until("it serves", controller::isServing);
    return rig.reactor.clock().nanos() - cutNanos;
  }

  private static List<MemberState> states(Controller controller) {
    return controller.status().record().groups().getFirst().members().stream()
        .map(Member::state)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(longs = {900, 1500, 3000})
  void takeover_whileEveryFlushIsSlow_isDoneAndKeepsAllMembers(long millis) {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.write(one, 0, 1, 7);
    rig.pass(10 * LegRig.SECOND);
    slowFlushes(millis, 1, 2, 3);
    one.cut();
    // Promise, accept and admit, each behind a write that is under way.
    assertThat(servedAfterNanos(two)).isLessThan(6 * millis * LegRig.MILLI + LegRig.SECOND);
    assertThat(two.isWhole()).isTrue();
    assertThat(rig.read(two, 0)).isEqualTo(7);
  }

  /** Under way at both members when the owner dies: the second is as healthy as the first. */
  @ParameterizedTest
  @ValueSource(longs = {1700, 2500, 4000})
  void takeover_duringALongFlush_removesNobody(long millis) {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    rig.pass(10 * LegRig.SECOND);
    rig.write(one, 0, 1, 7);
    delayNextFlush(1, millis);
    delayNextFlush(2, millis + 200);
    beginFlush(one);
    one.cut();
    servedAfterNanos(two);
    assertThat(two.isWhole()).isTrue();
    assertThat(rig.read(two, 0)).isEqualTo(7);
  }

  /** A write that is to be durable takes a disk as long as a flush. */
  @ParameterizedTest
  @ValueSource(longs = {1000, 1500, 2500})
  void takeover_whileEveryWriteIsSlow_isDoneAndKeepsAllMembers(long millis) {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.write(one, 0, 1, 7);
    rig.pass(10 * LegRig.SECOND);
    slowWrites(millis, 1, 2, 3);
    one.cut();
    assertThat(servedAfterNanos(two)).isLessThan(15 * millis * LegRig.MILLI);
    assertThat(two.isWhole()).isTrue();
    assertThat(two.said).noneMatch(line -> line.contains("gives leg"));
    assertThat(rig.read(two, 0)).isEqualTo(7);
  }

  /** As slow as the first reads are of a disk that is busy with what was left to it. */
  @Test
  void takeover_whileReadsOfHeadersAreSlow_removesNobody() {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    rig.write(one, 0, 1, 7);
    rig.pass(10 * LegRig.SECOND);
    rig.node(2).faults.inject(new Fault.Delay(4 * LegRig.SECOND)).on(BlockOp.READ).times(1);
    one.cut();
    servedAfterNanos(two);
    assertThat(two.isWhole()).isTrue();
    assertThat(two.said).noneMatch(line -> line.contains("gives leg"));
    assertThat(rig.read(two, 0)).isEqualTo(7);
  }

  /** The only member that is left does not answer, and its node does. */
  @Test
  void takeover_lastMembersHeaderHangs_isGivenBackInTime() {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(2)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(2)));
    rig.pass(10 * LegRig.SECOND);
    rig.node(2).faults.inject(new Fault.Delay(10_000 * LegRig.SECOND)).on(BlockOp.READ).times(1);
    one.cut();
    long cutNanos = rig.reactor.clock().nanos();
    rig.until("it gives the leg back", () -> two.hasSaid("gives leg"));
    assertThat(rig.reactor.clock().nanos() - cutNanos)
        .isBetween(
            OwnershipOptions.SLOW_STEP_NANOS, OwnershipOptions.SLOW_STEP_NANOS + 2 * LegRig.SECOND);
  }

  /** Two stay, and write what the third will lack, one slower than the other. */
  @ParameterizedTest
  @ValueSource(longs = {700, 900, 1500, 2500})
  void takeover_withoutOneOfThree_whileWritesAreSlow_keepsTheTwo(long millis) {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.write(one, 0, 1, 7);
    rig.pass(10 * LegRig.SECOND);
    slowWrites(millis, 2);
    rig.node(3).stop();
    one.cut();
    servedAfterNanos(two);
    assertThat(states(two))
        .containsExactly(MemberState.IN_SYNC, MemberState.IN_SYNC, MemberState.ABSENT);
    assertThat(two.said).noneMatch(line -> line.contains("cannot be written"));
    assertThat(rig.read(two, 0)).isEqualTo(7);
  }

  /** Its node answers, and its disk does not: hosts wait for so long, and no longer. */
  @Test
  void takeover_memberHangs_isServedWithoutItInTime() {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    var two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    rig.pass(10 * LegRig.SECOND);
    rig.write(one, 0, 1, 7);
    delayNextFlush(2, 1_000_000);
    beginFlush(one);
    one.cut();
    assertThat(servedAfterNanos(two))
        .isBetween(
            OwnershipOptions.SLOW_MEMBER_NANOS,
            OwnershipOptions.SLOW_MEMBER_NANOS + 2 * LegRig.SECOND);
    assertThat(states(two)).containsExactly(MemberState.IN_SYNC, MemberState.ABSENT);
    assertThat(rig.read(two, 0)).isEqualTo(7);
  }

  /** Of three legs one has no member on the node that is lost: its record is not even changed. */
  @ParameterizedTest
  @ValueSource(longs = {600, 1200, 3000})
  void leases_goOnWhileRecordsAreWrittenSlowly(long millis) {
    var one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    List<LegController> legs = new ArrayList<>(List.of(one.leg()));
    for (List<UUID> group : List.of(rig.ids(1, 2, 3), rig.ids(1, 2, 3), rig.ids(1, 3))) {
      var plan =
          new LegPlan(
              new UUID(8, legs.size()),
              "disk" + legs.size(),
              LegRig.BLOCK,
              LegRig.GROUP_BYTES,
              400,
              List.of(group));
      LegController added = one.serve(plan, rig.ids(1, 2, 3), new Deaf());
      rig.until("it is served", added::isServing);
      legs.add(added);
    }
    rig.pass(2 * LegRig.SECOND);
    slowFlushes(millis, 1, 3);
    rig.node(2).stop();
    List<BlockStatus> written = new ArrayList<>();
    beginWrite(one, written);
    for (int i = 0; i < 2000; i++) {
      rig.pass(5 * LegRig.MILLI);
      assertThat(legs).as("after %d ms", 5 * i).allMatch(LegController::mayAnswer);
    }
    assertThat(written).containsExactly(BlockStatus.SUCCESS);
    assertThat(states(one))
        .containsExactly(MemberState.IN_SYNC, MemberState.ABSENT, MemberState.IN_SYNC);
  }

  /** Hears nothing. */
  private static final class Deaf implements LegController.Listener {

    @Override
    public void found(LegRecord record) {}

    @Override
    public void lossPossible() {}

    @Override
    public void serving(BlockDevice device) {}

    @Override
    public void standingBy(String reason) {}

    @Override
    public void happened(String what) {}
  }

  private void beginWrite(Controller to, List<BlockStatus> outcomes) {
    BlockDevice device = to.device;
    rig.reactor.run(() -> {
      BlockIo io = new BlockIo(rig.reactor).prepare(BlockOp.WRITE, 5, 1);
      io.data().add(MemorySegment.ofArray(new byte[LegRig.BLOCK]), 0, LegRig.BLOCK);
      io.onCompletion(over -> outcomes.add(over.status()), null);
      device.submit(io);
    });
  }

  private void delayNextFlush(int node, long millis) {
    rig.node(node).faults.inject(new Fault.Delay(millis * LegRig.MILLI)).on(BlockOp.FLUSH).times(1);
  }

  /** Nobody waits for it. */
  private void beginFlush(Controller of) {
    BlockDevice device = of.device;
    rig.reactor.run(() ->
        device.submit(
            new BlockIo(rig.reactor)
                .prepare(BlockOp.FLUSH, 0, 0)
                .onCompletion(BlockIo::release, null)));
    rig.pass(LegRig.MILLI);
  }
}
