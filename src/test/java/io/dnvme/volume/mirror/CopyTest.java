package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.volume.mirror.MirrorRig.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Copies between members: for rebuilds, resync and repair. */
class CopyTest {

  private static final int ANY = CopyCommand.ANY_SOURCE;

  private final MirrorRig rig =
      new MirrorRig(
          List.of(MemberState.IN_SYNC, MemberState.IN_SYNC, MemberState.REBUILDING),
          MirrorOptions.DEFAULTS,
          Set.of(),
          false);
  private final List<BlockStatus> copied = new ArrayList<>();

  @AfterEach
  void close() {
    rig.close();
  }

  private void put(int member, int block, int value) {
    int at = (block + MirrorRig.HEADER_BLOCKS) * MirrorRig.BLOCK;
    rig.devices[member].content()[at] = (byte) value;
  }

  @Test
  void copy_followsItsSource_toAllTargets() {
    put(0, 5, 1);
    put(1, 5, 2);
    rig.mirror.copy(4, 4, 1, 0b101, copied::add);
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    assertThat(rig.value(0, 5)).isEqualTo(2);
    assertThat(rig.value(2, 5)).isEqualTo(2);
  }

  @Test
  void hostsWriteInBetween_isNotOverwritten() {
    rig.holdAll();
    rig.mirror.copy(5, 1, 0, 0b100, copied::add);
    Host write = rig.write(5, 1, 9);
    rig.devices[0].runAll();
    rig.devices[2].runAll();
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    for (SteeredDevice device : rig.devices) {
      device.runAll();
    }
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.value(2, 5)).isEqualTo(9);
  }

  @Test
  void inSyncTarget_hasItsIntentBitFirst() {
    rig.log.holdWrites();
    rig.mirror.copy(5, 1, 0, 0b010, copied::add);
    assertThat(rig.devices[1].writes()).isZero();
    rig.log.releaseWrites();
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    assertThat(rig.log.isDirty(5)).isFalse();
  }

  @Test
  void sourceThatCannotRead_isReplaced_orItIsAReadFault() {
    rig.holdAll();
    rig.mirror.copy(5, 1, ANY, 0b100, copied::add);
    int reader = rig.devices[0].held() > 0 ? 0 : 1;
    rig.devices[reader].fail(0, BlockStatus.READ_FAULT);
    rig.devices[1 - reader].run(0);
    rig.devices[2].run(0);
    rig.mirror.copy(5, 1, 0, 0b100, copied::add);
    rig.devices[0].fail(0, BlockStatus.READ_FAULT);
    assertThat(copied).containsExactly(BlockStatus.SUCCESS, BlockStatus.READ_FAULT);
    assertThat(rig.mirror.failed()).isZero();
  }

  @Test
  void targetThatRefusesWhatIsCopied_doesNotHaveIt_whereItHasFailedMeanwhile() {
    rig.holdAll();
    rig.record.hold();
    rig.mirror.copy(5, 1, 0, 0b100, copied::add);
    rig.devices[0].run(0);
    rig.mirror.memberFailed(2, BlockStatus.PATH_LOST);
    rig.devices[2].fail(0, BlockStatus.CAPACITY_EXCEEDED);
    assertThat(copied).containsExactly(BlockStatus.INVALID);
  }

  @Test
  void targetThatCannotBeWritten_fails() {
    rig.devices[2].down(BlockStatus.WRITE_FAULT);
    rig.mirror.copy(5, 1, ANY, 0b100, copied::add);
    assertThat(copied).containsExactly(BlockStatus.INVALID);
    assertThat(rig.removed).containsExactly(2);
    rig.mirror.copy(5, 1, ANY, 0b100, copied::add);
    assertThat(copied).as("it is out").containsExactly(BlockStatus.INVALID, BlockStatus.INVALID);
  }

  @Test
  void sourceLostWhileItsCopyIsRefused_theLastInSyncMemberStays() {
    rig.devices[1].hold();
    rig.mirror.copy(5, 1, 0, 0b010, copied::add);
    rig.mirror.memberFailed(0, BlockStatus.PATH_LOST);
    rig.devices[1].fail(0, BlockStatus.WRITE_FAULT);
    assertThat(copied).containsExactly(BlockStatus.WRITE_FAULT);
    assertThat(rig.mirror.isStopped()).isFalse();
    assertThat(rig.mirror.inSync()).isEqualTo(0b010);
    assertThat(rig.read(6, 1).isDone()).isFalse();
    rig.devices[1].goOn();
    assertThat(rig.read(5, 1).status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void fullTargetThatIsEqualAlready_stays_oneThatDiffersLeaves() {
    rig.devices[1].onSubmit(
        io -> rig.devices[1].down(io.op().changes() ? BlockStatus.CAPACITY_EXCEEDED : null));
    rig.mirror.copy(4, 8, 0, 0b010, copied::add);
    rig.home.settle();
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    assertThat(rig.removed).isEmpty();
    put(0, 9, 3);
    rig.mirror.copy(4, 8, 0, 0b010, copied::add);
    rig.home.settle();
    assertThat(copied).containsExactly(BlockStatus.SUCCESS, BlockStatus.INVALID);
    assertThat(rig.removed).containsExactly(1);
  }

  @Test
  void whatMakesNoSense_isInvalid() {
    rig.mirror.copy(60, 5, ANY, 0b100, copied::add);
    rig.mirror.copy(0, 0, ANY, 0b100, copied::add);
    rig.mirror.copy(0, rig.mirror.maxCopyBlocks() + 1, ANY, 0b100, copied::add);
    rig.mirror.copy(0, 1, ANY, 0, copied::add);
    rig.mirror.copy(0, 1, 2, 0b100, copied::add);
    assertThat(copied).hasSize(5).containsOnly(BlockStatus.INVALID);
  }

  @Test
  void moreCopiesThanTheLimits_wait_andThenAreTooMany() {
    rig.holdAll();
    int most = CopyQueue.MAX_COPIES + CopyQueue.MAX_WAITING_COPIES;
    for (int i = 0; i < most + 1; i++) {
      rig.mirror.copy(i % 64, 1, 0, 0b100, copied::add);
    }
    assertThat(copied).containsExactly(BlockStatus.BUSY);
    assertThat(rig.devices[0].held()).isEqualTo(CopyQueue.MAX_COPIES);
    copied.clear();
    rig.devices[0].goOn();
    rig.devices[2].goOn();
    assertThat(copied).hasSize(most).containsOnly(BlockStatus.SUCCESS);
  }

  @Test
  void memoryThatOthersHold_doesNotHoldACopyUp() {
    List<Buffer> all = takeAll();
    rig.mirror.copy(5, 1, 0, 0b100, copied::add);
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    rig.mirror.copy(6, 1, 0, 0b100, copied::add);
    assertThat(copied).hasSize(2).containsOnly(BlockStatus.SUCCESS);
    all.forEach(Buffer::giveBack);
  }

  @Test
  void noMemoryAndNoReserve_waits_withoutTheLock() {
    List<Buffer> all = takeAll();
    all.add(rig.home.buffers().tryAcquireReserve());
    rig.mirror.copy(5, 1, 0, 0b100, copied::add);
    assertThat(rig.write(5, 1, 3).status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(copied).isEmpty();
    all.removeLast().giveBack();
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    assertThat(rig.mirror.counters(2).sum(c -> c.operations(BlockOp.WRITE))).isEqualTo(2);
    all.forEach(Buffer::giveBack);
  }

  private List<Buffer> takeAll() {
    List<Buffer> all = new ArrayList<>();
    BufferPool pool = rig.home.buffers();
    for (Buffer b = take(pool); b != null; b = take(pool)) {
      all.add(b);
    }
    return all;
  }

  private static Buffer take(BufferPool pool) {
    return pool.tryAcquire(BufferPool.MAX_BUFFER_BYTES);
  }

  @Test
  void stoppedGroup_endsWhatWaits() {
    rig.holdAll();
    for (int i = 0; i < CopyQueue.MAX_COPIES + 3; i++) {
      rig.mirror.copy(i, 1, 0, 0b100, copied::add);
    }
    rig.mirror.stop("a test says so");
    assertThat(copied).hasSize(3).containsOnly(BlockStatus.PATH_LOST);
    rig.devices[0].goOn();
    assertThat(copied).hasSize(CopyQueue.MAX_COPIES + 3).containsOnly(BlockStatus.PATH_LOST);
  }
}
