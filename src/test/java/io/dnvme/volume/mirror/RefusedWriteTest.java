package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.block.IoCounters;
import io.dnvme.volume.mirror.MirrorRig.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Writes that members refuse: one that refuses alone leaves; what all refuse is the host's error
 * and nobody's fault, and leaves no difference behind (MEMBER, INTENT, NO-SILENT-LOSS).
 */
class RefusedWriteTest {

  private MirrorRig rig = new MirrorRig(3);

  @AfterEach
  void close() {
    rig.close();
    assertThat(rig.mirror.counters().sum(IoCounters::inFlight)).isZero();
  }

  private void assertWhole() {
    assertThat(rig.record.made()).isEmpty();
    assertThat(rig.mirror.inSync()).isEqualTo(0b111);
    assertThat(rig.mirror.failed()).isZero();
    for (int block = 0; block < MirrorRig.BLOCKS; block++) {
      assertThat(rig.value(1, block)).as("block %d", block).isEqualTo(rig.value(0, block));
      assertThat(rig.value(2, block)).as("block %d", block).isEqualTo(rig.value(0, block));
    }
  }

  @Test
  void fullDisksOfAllMembers_areTheHostsError_andNobodyLeaves() {
    rig.write(5, 3, 1);
    for (SteeredDevice device : rig.devices) {
      device.onSubmit(io -> device.down(io.op().changes() ? BlockStatus.CAPACITY_EXCEEDED : null));
    }
    for (BlockOp op : List.of(BlockOp.WRITE, BlockOp.WRITE_ZEROES, BlockOp.DEALLOCATE)) {
      Host host = rig.submit(op, 4, 5, 9, 0, false);
      assertThat(host.status).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    }
    assertThat(rig.compareAndWrite(5, 1, 1, 9).status).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    assertThat(rig.read(5, 1).value()).isEqualTo(1);
    assertWhole();
  }

  @Test
  void refusalOfOne_isJudgedWhenTheLastHasAnswered_andItLeaves() {
    rig.holdAll();
    Host write = rig.write(5, 1, 9);
    rig.devices[0].fail(0, BlockStatus.CAPACITY_EXCEEDED);
    rig.devices[1].fail(0, BlockStatus.CAPACITY_EXCEEDED);
    assertThat(rig.mirror.failed()).as("nobody knows yet what the third says").isZero();
    rig.devices[2].run(0);
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.removed).containsExactlyInAnyOrder(0, 1);
    assertThat(rig.mirror.inSync()).isEqualTo(0b100);
  }

  @Test
  void whatAllRefused_andSomeDidInPart_isEqualBeforeTheHostIsAnswered() {
    rig.write(4, 8, 1);
    rig.holdAll();
    Host write = rig.write(4, 8, 9);
    Host read = rig.read(4, 8);
    rig.devices[0].fail(0, BlockStatus.WRITE_FAULT);
    rig.devices[1].failAfterwards(0, BlockStatus.WRITE_FAULT);
    rig.devices[2].fail(0, BlockStatus.CAPACITY_EXCEEDED);
    assertThat(write.isDone()).isFalse();
    assertThat(rig.log.isDirty(5)).as("a crash now leaves them to be made equal").isTrue();
    for (int i = 0; i < 200; i++) {
      for (SteeredDevice device : rig.devices) {
        device.runAll();
      }
      rig.home.settle();
    }
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(read.status).isEqualTo(BlockStatus.SUCCESS);
    assertWhole();
  }

  @Test
  void memberThatDiffersAfterwards_andRefusesToBeMadeEqual_leaves() {
    rig.write(4, 2, 1);
    rig.holdAll();
    Host write = rig.write(4, 2, 9);
    rig.devices[0].fail(0, BlockStatus.WRITE_FAULT);
    rig.devices[1].failAfterwards(0, BlockStatus.WRITE_FAULT);
    rig.devices[2].fail(0, BlockStatus.WRITE_FAULT);
    rig.devices[1].onSubmit(
        io -> rig.devices[1].down(io.op().changes() ? BlockStatus.WRITE_FAULT : null));
    rig.record.hold();
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    rig.home.settle();
    assertThat(write.isDone()).as("not before its removal is known").isFalse();
    assertThat(rig.record.asked()).isEqualTo(new MemberChange.Remove(0b010));
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(rig.mirror.inSync()).isEqualTo(0b101);
    assertThat(rig.read(4, 1).value()).isEqualTo(1);
  }

  @Test
  void blockThatTheFirstCannotRead_isComparedWithAnother_andRepaired() {
    rig.write(4, 2, 1);
    rig.holdAll();
    Host write = rig.write(4, 2, 9);
    for (SteeredDevice device : rig.devices) {
      device.fail(0, BlockStatus.WRITE_FAULT);
    }
    boolean[] written = new boolean[1];
    rig.devices[0].onSubmit(io -> {
      written[0] |= io.op().changes();
      boolean bad = !written[0] && io.startBlock() <= 4 + MirrorRig.HEADER_BLOCKS;
      rig.devices[0].down(bad ? BlockStatus.READ_FAULT : null);
    });
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    rig.home.settle();
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(written[0]).isTrue();
    assertWhole();
  }

  @Test
  void blockThatNobodyCanReadOrWrite_staysAsItIs() {
    for (SteeredDevice device : rig.devices) {
      device.onSubmit(
          io -> device.down(io.op().changes() ? BlockStatus.WRITE_FAULT : BlockStatus.READ_FAULT));
    }
    Host write = rig.write(4, 2, 9);
    rig.home.settle();
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertWhole();
  }

  @Test
  void memberThatIsLostMeanwhile_leaves_andTheOthersAreCompared() {
    rig.holdAll();
    Host write = rig.write(4, 2, 9);
    for (SteeredDevice device : rig.devices) {
      device.fail(0, BlockStatus.CAPACITY_EXCEEDED);
    }
    rig.devices[1].down(BlockStatus.PATH_LOST);
    rig.devices[0].goOn();
    rig.devices[2].goOn();
    rig.home.settle();
    assertThat(write.status).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    assertThat(rig.mirror.inSync()).isEqualTo(0b101);
  }

  @Test
  void groupThatStopsMeanwhile_answersWithALostPath() {
    rig.holdAll();
    Host write = rig.write(4, 2, 9);
    for (SteeredDevice device : rig.devices) {
      device.fail(0, BlockStatus.CAPACITY_EXCEEDED);
    }
    rig.mirror.stop("a test says so");
    assertThat(write.isDone()).isFalse();
    for (SteeredDevice device : rig.devices) {
      device.down(BlockStatus.PATH_LOST);
    }
    rig.home.settle();
    assertThat(write.status).isEqualTo(BlockStatus.PATH_LOST);
  }

  @Test
  void rebuildingMember_thatHasWhatTheInSyncOnesRefused_isMarked() {
    rig.close();
    rig =
        new MirrorRig(
            List.of(MemberState.IN_SYNC, MemberState.IN_SYNC, MemberState.REBUILDING),
            MirrorOptions.DEFAULTS,
            Set.of(),
            false);
    rig.holdAll();
    Host write = rig.write(4, 1, 9);
    rig.devices[2].run(0);
    rig.devices[0].fail(0, BlockStatus.CAPACITY_EXCEEDED);
    rig.devices[1].fail(0, BlockStatus.CAPACITY_EXCEEDED);
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    rig.home.settle();
    assertThat(write.status).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    assertThat(rig.mirror.inSync()).isEqualTo(0b011);
    assertThat(rig.mirror.rebuilding()).isEqualTo(0b100);
    assertThat(rig.log.lacks(2).get(4)).isTrue();
  }

  @Test
  void withoutMemoryToCompare_oneStays() {
    List<Buffer> all = new ArrayList<>();
    BufferPool pool = rig.home.buffers();
    for (Buffer b = pool.tryAcquire(BufferPool.MAX_BUFFER_BYTES);
        b != null;
        b = pool.tryAcquire(BufferPool.MAX_BUFFER_BYTES)) {
      all.add(b);
    }
    all.add(pool.tryAcquireReserve());
    rig.holdAll();
    Host write = rig.write(4, 1, 9);
    for (SteeredDevice device : rig.devices) {
      device.fail(0, BlockStatus.CAPACITY_EXCEEDED);
    }
    assertThat(write.status).isEqualTo(BlockStatus.CAPACITY_EXCEEDED);
    assertThat(rig.removed).containsExactlyInAnyOrder(1, 2);
    all.forEach(Buffer::giveBack);
  }
}
