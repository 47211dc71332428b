package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.volume.mirror.ChecksumPort.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScrubTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int CHUNK_BLOCKS = 8;
  private static final ScrubOptions OPTIONS =
      new ScrubOptions(
          CHUNK_BLOCKS * MirrorRig.BLOCK,
          4 * CHUNK_BLOCKS * MirrorRig.BLOCK,
          CHUNK_BLOCKS * MirrorRig.BLOCK);

  private final MirrorRig rig = new MirrorRig(3);
  private final List<String> found = new ArrayList<>();
  private final ScrubListener listener =
      new ScrubListener() {
        @Override
        public void differ(long block, int right, int wrong) {
          found.add("differ %d right %d wrong %d".formatted(block, right, wrong));
        }

        @Override
        public void unreadable(long block, int members) {
          found.add("unreadable %d by %d".formatted(block, members));
        }

        @Override
        public void ended(boolean complete) {
          found.add(complete ? "complete" : "stopped");
        }
      };

  @AfterEach
  void close() {
    rig.close();
  }

  private Scrub start(ChecksumPort checksums) {
    var scrub = new Scrub(rig.mirror, OPTIONS, checksums, listener);
    scrub.start(0);
    return scrub;
  }

  /** Bit rot: behind everybody's back. */
  private void rot(int member, int block, int value) {
    int at = (block + MirrorRig.HEADER_BLOCKS) * MirrorRig.BLOCK;
    rig.devices[member].content()[at] = (byte) value;
  }

  /** Right is what begins with {@code value}. */
  private static ChecksumPort rightIs(int value) {
    return (block, memory, at) -> judge(memory, at, value);
  }

  private static Verdict judge(MemorySegment memory, long at, int value) {
    return memory.get(ValueLayout.JAVA_BYTE, at) == value ? Verdict.RIGHT : Verdict.WRONG;
  }

  @Test
  void equalMembers_areComplete_atTheFullRate() {
    rig.write(0, 64, 3);
    Scrub scrub = start(ChecksumPort.NONE);
    rig.home.advance(SECOND);
    assertThat(scrub.nextBlock()).as("4 chunks a second").isBetween(32L, 40L);
    rig.home.advance(2 * SECOND);
    assertThat(found).containsExactly("complete");
    assertThat(scrub.comparedBlocks()).isEqualTo(64);
    assertThat(scrub.isRunning()).isFalse();
  }

  @Test
  void whileHostsUseTheGroup_itGoesAtTheLowRate() {
    Scrub scrub = start(ChecksumPort.NONE);
    for (int i = 0; i < 40; i++) {
      rig.read(0, 1);
      rig.home.advance(SECOND / 10);
    }
    assertThat(scrub.nextBlock()).as("a chunk a second").isBetween(32L, 48L);
  }

  @Test
  void differences_areReported_andLeftAlone_withoutChecksums() {
    rot(1, 20, 7);
    rot(2, 63, 7);
    Scrub scrub = start(ChecksumPort.NONE);
    rig.home.advance(5 * SECOND);
    assertThat(found)
        .containsExactly("differ 20 right 0 wrong 7", "differ 63 right 0 wrong 7", "complete");
    assertThat(rig.value(1, 20)).isEqualTo(7);
    assertThat(scrub.differences()).isEqualTo(2);
  }

  @Test
  void differences_areRepaired_whereChecksumsDecide() {
    rig.write(0, 64, 3);
    rot(1, 20, 7);
    start(rightIs(3));
    rig.home.advance(5 * SECOND);
    assertThat(found).containsExactly("differ 20 right 5 wrong 2", "complete");
    assertThat(rig.value(1, 20)).isEqualTo(3);
  }

  @Test
  void rotOfAllMembersAlike_isReported_andNothingIsMadeUp() {
    rig.write(0, 64, 3);
    for (int member = 0; member < 3; member++) {
      rot(member, 9, 8);
    }
    start(rightIs(3));
    rig.home.advance(5 * SECOND);
    assertThat(found).containsExactly("differ 9 right 0 wrong 7", "complete");
    assertThat(rig.value(0, 9)).isEqualTo(8);
  }

  @Test
  void unreadableBlock_isFoundSingly_andWrittenBack() {
    rig.write(0, 64, 3);
    long bad = 10 + MirrorRig.HEADER_BLOCKS;
    rig.devices[2].onSubmit(io -> {
      boolean hit =
          io.op() == BlockOp.READ
              && io.startBlock() <= bad
              && io.startBlock() + io.blockCount() > bad;
      rig.devices[2].down(hit ? BlockStatus.READ_FAULT : null);
    });
    long writes = rig.devices[2].writes();
    start(ChecksumPort.NONE);
    rig.home.advance(5 * SECOND);
    assertThat(found).containsExactly("unreadable 10 by 4", "complete");
    assertThat(rig.devices[2].writes()).isEqualTo(writes + 1);
    assertThat(rig.mirror.repairs()).isEqualTo(1);
  }

  @Test
  void chunkThatIsBeingWritten_isComparedAfterwards() {
    rig.holdAll();
    rig.write(0, 1, 5);
    rig.devices[0].runAll();
    start(ChecksumPort.NONE);
    assertThat(rig.devices[0].held()).as("half written: not looked at").isZero();
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    rig.home.advance(10 * SECOND);
    assertThat(found).containsExactly("complete");
  }

  @Test
  void stopped_goesOnFromWhereItWas() {
    Scrub scrub = start(ChecksumPort.NONE);
    rig.home.advance(SECOND);
    scrub.stop();
    assertThat(found).containsExactly("stopped");
    long at = scrub.nextBlock();
    assertThat(at).isPositive();
    scrub.start(at);
    rig.home.advance(5 * SECOND);
    assertThat(found).containsExactly("stopped", "complete");
    assertThat(scrub.comparedBlocks()).isEqualTo(64);
  }

  @Test
  void stoppedGroup_endsTheScrub() {
    start(ChecksumPort.NONE);
    rig.mirror.stop("a test says so");
    rig.home.advance(SECOND);
    assertThat(found).containsExactly("stopped");
  }

  @Test
  void groupThatStops_endsTheScrub_andWhatWasBeingReadIsNotSeen() {
    rig.holdAll();
    Scrub scrub = start(ChecksumPort.NONE);
    rig.mirror.stop("test");
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    assertThat(found).containsExactly("stopped");
    assertThat(scrub.isRunning()).isFalse();
    assertThat(scrub.nextBlock()).isZero();
    assertThat(scrub.comparedBlocks()).isZero();
  }
}
