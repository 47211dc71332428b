package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoCounters;
import io.dnvme.volume.mirror.MirrorRig.Host;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way of commands through a group. */
class MirrorDeviceTest {

  private MirrorRig rig = new MirrorRig(3);

  @AfterEach
  void close() {
    rig.close();
    assertThat(rig.mirror.counters().sum(IoCounters::inFlight)).isZero();
  }

  private void rig(int members) {
    rig.close();
    rig = new MirrorRig(members);
  }

  /** A member with checksums may have to write some before it can load others. */
  @ParameterizedTest
  @EnumSource(
      value = BlockStatus.class,
      names = {"WRITE_FAULT", "CAPACITY_EXCEEDED"})
  void readForWhichAMemberCannotWrite_endsAsARead_andTheLastMemberStays(BlockStatus refusal) {
    rig(1);
    rig.devices[0].onSubmit(io -> rig.devices[0].down(io.op().changes() ? null : refusal));
    assertThat(rig.read(3, 2).status).isEqualTo(BlockStatus.READ_FAULT);
    assertThat(rig.compare(3, 2, 1).status).isEqualTo(BlockStatus.READ_FAULT);
    rig.home.settle();
    assertThat(rig.stopReason).isNull();
    assertThat(rig.write(3, 2, 1).status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void write_isAnswered_whenAllMembersHaveIt() {
    rig.holdAll();
    Host write = rig.write(3, 2, 7);
    rig.devices[2].run(0);
    rig.devices[0].run(0);
    assertThat(write.isDone()).isFalse();
    rig.devices[1].run(0);
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    for (int member = 0; member < 3; member++) {
      assertThat(rig.value(member, 2)).isZero();
      assertThat(rig.value(member, 3)).isEqualTo(7);
      assertThat(rig.value(member, 4)).isEqualTo(7);
    }
  }

  @Test
  void reads_goToTheMemberWithTheFewest() {
    rig.holdAll();
    for (int i = 0; i < 6; i++) {
      rig.read(i, 1);
    }
    assertThat(List.of(rig.devices[0].held(), rig.devices[1].held(), rig.devices[2].held()))
        .containsExactly(2, 2, 2);
    rig.devices[1].runAll();
    rig.read(10, 1);
    rig.read(11, 1);
    assertThat(rig.devices[1].held()).isEqualTo(2);
  }

  @Test
  void overlappingWrites_goOneAfterAnother_inOneOrder() {
    rig.holdAll();
    Host first = rig.write(0, 4, 1);
    Host second = rig.write(3, 4, 2);
    Host beside = rig.write(20, 1, 3);
    assertThat(rig.devices[0].held()).as("first and beside").isEqualTo(2);
    rig.devices[0].runAll();
    rig.devices[1].runAll();
    assertThat(rig.devices[0].held()).isZero();
    rig.devices[2].runAll();
    assertThat(first.isDone() && beside.isDone()).isTrue();
    rig.devices[2].runAll();
    rig.devices[1].runAll();
    rig.devices[0].runAll();
    assertThat(second.status).isEqualTo(BlockStatus.SUCCESS);
    for (int member = 0; member < 3; member++) {
      assertThat(rig.value(member, 2)).isEqualTo(1);
      assertThat(rig.value(member, 3)).isEqualTo(2);
    }
  }

  @Test
  void overlappingWrites_withoutTheLock_reachMembersInDifferentOrder() {
    rig.close();
    rig = new MirrorRig(3, MirrorOptions.DEFAULTS, EnumSet.of(PlantedBug.NO_RANGE_LOCK));
    rig.holdAll();
    rig.write(0, 1, 1);
    rig.write(0, 1, 2);
    assertThat(rig.devices[0].held()).as("the planted bug sends both").isEqualTo(2);
    rig.devices[0].run(1);
    rig.devices[0].run(0);
    rig.devices[1].runAll();
    assertThat(rig.value(0, 0)).isNotEqualTo(rig.value(1, 0));
  }

  @Test
  void readOfWhatIsBeingWritten_waits_andSeesIt() {
    rig.devices[0].hold();
    Host write = rig.write(5, 1, 9);
    Host read = rig.read(4, 3);
    assertThat(read.isDone()).isFalse();
    rig.devices[0].goOn();
    assertThat(write.isDone()).isTrue();
    assertThat(read.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read.data[MirrorRig.BLOCK]).isEqualTo((byte) 9);
  }

  @Test
  void dataBeforeItsIntentBit_isNotSent() {
    rig.log.holdWrites();
    Host write = rig.write(1, 1, 4);
    Host deallocation = rig.submit(BlockOp.DEALLOCATE, 9, 2, 0, 0, false);
    assertThat(rig.devices[0].writes()).isZero();
    rig.log.releaseWrites();
    assertThat(write.isDone() && deallocation.isDone()).isTrue();
    assertThat(rig.devices[0].writes()).isEqualTo(2);
    assertThat(rig.log.isDirty(1)).isFalse();
  }

  @Test
  void intentDropped_isSeenByTheDevice() {
    for (Set<PlantedBug> bugs : List.of(Set.<PlantedBug>of(), Set.of(PlantedBug.NO_INTENT))) {
      rig.close();
      rig = new MirrorRig(2, MirrorOptions.DEFAULTS, bugs);
      List<Boolean> dirty = new ArrayList<>();
      rig.devices[0].onSubmit(
          io -> dirty.add(rig.log.isDirty(io.startBlock() - MirrorRig.HEADER_BLOCKS)));
      rig.write(2, 1, 1);
      assertThat(dirty).containsExactly(bugs.isEmpty());
    }
  }

  @Test
  void rangeToBeMadeEqual_isReadAfterwards_andWrittenBefore() {
    rig.log.makeUnequal(5);
    Host read = rig.read(4, 4);
    Host compare = rig.compare(5, 1, 0);
    Host swap = rig.compareAndWrite(5, 1, 0, 3);
    Host elsewhere = rig.read(6, 1);
    Host write = rig.write(6, 1, 2);
    assertThat(List.of(read.isDone(), compare.isDone(), swap.isDone())).containsOnly(false);
    assertThat(elsewhere.isDone() && write.isDone()).isTrue();
    rig.log.makeEqual();
    assertThat(read.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(compare.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(swap.status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void compareAndWrite_comparesOnOne_writesToAll() {
    rig.write(8, 1, 1);
    assertThat(rig.compareAndWrite(8, 1, 2, 3).status).isEqualTo(BlockStatus.COMPARE_FAILED);
    assertThat(rig.value(0, 8)).isEqualTo(1);
    long readsBefore = reads();
    assertThat(rig.compareAndWrite(8, 1, 1, 3).status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(reads() - readsBefore).isEqualTo(1);
    for (int member = 0; member < 3; member++) {
      assertThat(rig.value(member, 8)).isEqualTo(3);
    }
  }

  private long reads() {
    return rig.devices[0].reads() + rig.devices[1].reads() + rig.devices[2].reads();
  }

  @Test
  void unitAccessOnRead_flushesAllMembers() {
    rig.close();
    List<MemberState> both = List.of(MemberState.IN_SYNC, MemberState.IN_SYNC);
    rig = new MirrorRig(both, MirrorOptions.DEFAULTS, Set.of(), true);
    assertThat(rig.mirror.traits().volatileCache()).isTrue();
    rig.read(0, 1);
    assertThat(rig.devices[0].flushes()).isZero();
    Host read = rig.submit(BlockOp.READ, 0, 1, 0, 0, true);
    assertThat(read.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.devices[0].flushes()).isEqualTo(1);
    assertThat(rig.devices[1].flushes()).isEqualTo(1);
  }

  @Test
  void flush_goesToAll_andTellsTheLog() {
    rig.devices[1].hold();
    Host flush = rig.flush();
    assertThat(rig.log.lastFlushed()).isZero();
    rig.devices[1].goOn();
    assertThat(flush.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.log.lastFlushed()).isEqualTo(1);
  }

  @Test
  void flushThatAMemberFails_isAnsweredWithoutIt_andClearsNothing() {
    rig.devices[1].hold();
    rig.record.hold();
    Host flush = rig.flush();
    rig.devices[1].fail(0, BlockStatus.WRITE_FAULT);
    assertThat(flush.isDone()).isFalse();
    rig.record.make();
    assertThat(flush.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.log.lastFlushed()).isZero();
  }

  @Test
  void leaseLapsed_nothingIsAnswered_readsIncluded() {
    rig.write(0, 1, 1);
    rig.holdAll();
    Host read = rig.read(0, 1);
    Host write = rig.write(1, 1, 1);
    rig.mayAnswer = false;
    for (var device : rig.devices) {
      device.goOn();
    }
    assertThat(read.status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(write.status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.compare(0, 1, 9).status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.flush().status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.submit(BlockOp.READ, 0, 0, 0, 0, false).status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.mirror.refusedForLease()).isEqualTo(5);
    rig.mayAnswer = true;
    assertThat(rig.read(0, 1).value()).isEqualTo(1);
  }

  @Test
  void readAnsweredAfterTheLeaseLapsed_isThePlantedBug() {
    rig.close();
    rig = new MirrorRig(2, MirrorOptions.DEFAULTS, EnumSet.of(PlantedBug.ANSWER_AFTER_LEASE));
    rig.mayAnswer = false;
    assertThat(rig.read(0, 1).status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void moreCommandsThanTheLimit_wait_inTheirOrder() {
    rig.close();
    var few = new MirrorOptions(4, 3_000_000_000L, 3_000_000_000L, 1, 10, 1, 0);
    rig = new MirrorRig(2, few, Set.of());
    rig.holdAll();
    List<Host> hosts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      hosts.add(rig.write(i, 1, i + 1));
    }
    assertThat(rig.devices[0].held()).isEqualTo(4);
    assertThat(rig.mirror.hostCommands()).isEqualTo(4);
    rig.devices[1].goOn();
    rig.devices[0].run(0);
    assertThat(hosts.get(0).isDone()).isTrue();
    assertThat(rig.devices[0].heldCommand(3).startBlock()).isEqualTo(4 + MirrorRig.HEADER_BLOCKS);
    rig.devices[0].goOn();
    assertThat(hosts).allMatch(host -> host.status == BlockStatus.SUCCESS);
  }

  @Test
  void memberThatIsBusy_isAskedAgain() {
    rig(2);
    rig.devices[1].hold();
    Host write = rig.write(0, 1, 1);
    rig.devices[1].fail(0, BlockStatus.BUSY);
    assertThat(write.isDone()).isFalse();
    rig.home.advance(1_000_000);
    assertThat(rig.devices[1].held()).isEqualTo(1);
    rig.devices[1].run(0);
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.mirror.failed()).isZero();
  }

  @Test
  void blocksThatOneMemberCannotRead_comeFromAnother_andAreWrittenBack() {
    rig(2);
    rig.write(7, 1, 5);
    rig.holdAll();
    Host read = rig.read(7, 1);
    int reader = rig.devices[0].held() > 0 ? 0 : 1;
    rig.devices[reader].fail(0, BlockStatus.READ_FAULT);
    rig.devices[1 - reader].run(0);
    assertThat(read.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read.value()).isEqualTo(5);
    BlockIo copied = rig.devices[1 - reader].heldCommand(0);
    assertThat(copied.op()).isEqualTo(BlockOp.READ);
    rig.devices[1 - reader].run(0);
    assertThat(rig.devices[reader].heldCommand(0).op()).isEqualTo(BlockOp.WRITE);
    rig.devices[reader].run(0);
    assertThat(rig.mirror.repairs()).isEqualTo(1);
    assertThat(rig.mirror.failed()).isZero();
    assertThat(rig.record.made()).isEmpty();
  }

  @Test
  void blocksThatNoMemberCanRead_areAReadFault() {
    rig(2);
    rig.holdAll();
    Host read = rig.read(7, 1);
    for (int i = 0; i < 2; i++) {
      int reader = rig.devices[0].held() > 0 ? 0 : 1;
      rig.devices[reader].fail(0, BlockStatus.READ_FAULT);
    }
    assertThat(read.status).isEqualTo(BlockStatus.READ_FAULT);
    assertThat(rig.mirror.isStopped()).isFalse();
  }

  @Test
  void tooManyReadFaults_areABadDisk() {
    rig(2);
    rig.devices[0].onSubmit(
        io -> rig.devices[0].down(io.op() == BlockOp.READ ? BlockStatus.READ_FAULT : null));
    for (int i = 0; i <= 2 * MemberWatch.MAX_READ_FAULTS_PER_MINUTE + 1; i++) {
      assertThat(rig.read(i % 64, 1).status).isEqualTo(BlockStatus.SUCCESS);
    }
    assertThat(rig.removed).containsExactly(0);
  }

  @Test
  void unreadableBlocksOfTheLastMember_doNotStopTheGroup() {
    rig(1);
    rig.devices[0].onSubmit(
        io -> rig.devices[0].down(io.op() == BlockOp.READ ? BlockStatus.READ_FAULT : null));
    for (int i = 0; i <= 2 * MemberWatch.MAX_READ_FAULTS_PER_MINUTE; i++) {
      assertThat(rig.read(i % 64, 1).status).isEqualTo(BlockStatus.READ_FAULT);
    }
    assertThat(rig.mirror.isStopped()).isFalse();
    assertThat(rig.write(0, 1, 1).status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void blocksThatNoMemberCanRead_countAgainstNone() {
    rig(2);
    for (SteeredDevice device : rig.devices) {
      device.onSubmit(io -> device.down(io.op() == BlockOp.READ ? BlockStatus.READ_FAULT : null));
    }
    for (int i = 0; i <= 2 * MemberWatch.MAX_READ_FAULTS_PER_MINUTE; i++) {
      assertThat(rig.read(i % 64, 1).status).isEqualTo(BlockStatus.READ_FAULT);
    }
    assertThat(rig.removed).isEmpty();
    assertThat(rig.mirror.failed()).isZero();
  }

  @Test
  void readFaultsOfAnotherMinute_doNotCount() {
    rig(2);
    rig.devices[0].onSubmit(
        io -> rig.devices[0].down(io.op() == BlockOp.READ ? BlockStatus.READ_FAULT : null));
    for (int minute = 0; minute < 4; minute++) {
      for (int i = 0; i < MemberWatch.MAX_READ_FAULTS_PER_MINUTE; i++) {
        assertThat(rig.read(i % 64, 1).status).isEqualTo(BlockStatus.SUCCESS);
      }
      rig.home.advance(TimeUnit.MINUTES.toNanos(1));
    }
    assertThat(rig.mirror.repairs()).isGreaterThan(MemberWatch.MAX_READ_FAULTS_PER_MINUTE);
    assertThat(rig.removed).isEmpty();
  }

  @Test
  void counters_tellOfTheGroupAndItsMembers() {
    rig.write(0, 2, 1);
    rig.read(0, 1);
    assertThat(rig.mirror.counters().sum(c -> c.bytes(BlockOp.WRITE))).isEqualTo(1024);
    assertThat(rig.mirror.counters().sum(c -> c.operations(BlockOp.READ))).isEqualTo(1);
    for (int member = 0; member < 3; member++) {
      assertThat(rig.mirror.counters(member).sum(c -> c.bytes(BlockOp.WRITE))).isEqualTo(1024);
    }
  }
}
