package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.ownership.OwnershipOptions;
import io.dnvme.volume.intent.MemberFormat;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Claims that have to remove members, with media that cannot be written. */
class TakeoverBitmapsTest {

  private static final int BLOCK = 512;
  private static final long ATTEMPT_NANOS = 1_500_000_000L;

  /** A member whose commands fail, take long, or never end. */
  private final class Medium implements BlockDevice {
    private final BlockDevice inner;
    private BlockStatus reads = BlockStatus.SUCCESS;
    private long slowNanos;
    private BlockStatus writes = BlockStatus.SUCCESS;
    private boolean hangs;
    private int written;

    Medium(BlockDevice inner) {
      this.inner = inner;
    }

    @Override
    public BlockGeometry geometry() {
      return inner.geometry();
    }

    @Override
    public DeviceTraits traits() {
      return inner.traits();
    }

    @Override
    public void submit(BlockIo io) {
      if (slowNanos > 0) {
        reactor.timers().schedule(slowNanos, () -> inner.submit(io));
        return;
      }
      if (io.op() != BlockOp.WRITE) {
        if (reads.isSuccess()) {
          inner.submit(io);
        } else {
          io.complete(reads);
        }
        return;
      }
      written++;
      if (!writes.isSuccess()) {
        io.complete(writes);
      } else if (!hangs) {
        inner.submit(io);
      }
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private final ManualReactor reactor = new ManualReactor();
  private final MemberLayout layout =
      new MemberLayout(BLOCK, 1 << 14, MemberLayout.MIN_REGION_SHIFT, false);
  private final Medium[] media = new Medium[3];
  private final List<MemberIdentity> identities = new ArrayList<>();
  private final List<Integer> unwritable = new ArrayList<>();
  private final List<Boolean> answers = new ArrayList<>();
  private final List<Integer> older = new ArrayList<>();
  private long floor;
  private int lost;
  private TakeoverBitmaps bitmaps;

  @BeforeEach
  void format() throws Exception {
    for (int i = 0; i < media.length; i++) {
      identities.add(new MemberIdentity(new UUID(7, 7), 0, new UUID(1, i + 1)));
      media[i] = new Medium(new MemoryDevice(new BlockGeometry(BLOCK, layout.deviceBlocks())));
      var formatted = new ArrayList<MemberFormat.Outcome>();
      MemberIdentity identity = identities.get(i);
      Medium medium = media[i];
      reactor.run(() -> MemberFormat.start(reactor, medium, layout, identity, formatted::add));
      reactor.advance(ATTEMPT_NANOS);
      assertThat(formatted).containsExactly(new MemberFormat.Outcome.Formatted());
      medium.written = 0;
    }
  }

  @AfterEach
  void close() {
    for (Medium medium : media) {
      medium.close();
    }
    reactor.close();
  }

  @Test
  void stayingMemberThatIsAnOlderImage_isNamed() {
    floor = 3;
    write(0b100, 0b011);
    assertThat(answers).containsExactly(false);
    assertThat(older).containsExactly(2);
    assertThat(unwritable).isEmpty();
  }

  /** Members 0 to 2 are in-sync by the record. */
  private void write(int connected, int leaving) {
    var devices = new BlockDevice[media.length];
    for (int i = 0; i < devices.length; i++) {
      devices[i] = (connected & 1 << i) == 0 ? null : media[i];
    }
    reactor.run(() -> {
      bitmaps =
          new TakeoverBitmaps(
              reactor,
              layout,
              identities,
              devices,
              0b111,
              leaving,
              LegOptions.DEFAULT,
              member -> (lost & 1 << member) == 0,
              unwritable::add,
              (why, member) -> older.add(member));
      bitmaps.write(leaving, floor, answers::add);
    });
    reactor.advance(ATTEMPT_NANOS);
  }

  @Test
  void stayingMemberThatCannotBeWritten_isNamed_andDoneWithout() {
    media[1].writes = BlockStatus.WRITE_FAULT;
    write(0b011, 0b100);
    assertThat(answers).containsExactly(false);
    assertThat(unwritable).containsExactly(1);
    // What the next attempt makes of it.
    write(0b001, 0b110);
    assertThat(answers).containsExactly(false, true);
  }

  @Test
  void stayingMemberThatKeepsItsHeader_isNamedWhenAHealthyOneHadItsTime() {
    media[1].hangs = true;
    write(0b011, 0b100);
    assertThat(answers).isEmpty();
    assertThat(bitmaps.isUnderWay()).isTrue();
    reactor.advance(TakeoverBitmaps.TIMEOUT_NANOS);
    assertThat(answers).containsExactly(false);
    assertThat(unwritable).containsExactly(1);
    assertThat(bitmaps.isUnderWay()).isFalse();
  }

  @Test
  void stayingMemberThatIsSlow_isWaitedForAndNotNamed() {
    media[1].slowNanos = 2 * ATTEMPT_NANOS;
    write(0b011, 0b100);
    for (int i = 0; i < 10 && answers.isEmpty(); i++) {
      assertThat(bitmaps.isUnderWay()).isTrue();
      reactor.advance(ATTEMPT_NANOS);
    }
    assertThat(answers).containsExactly(true);
    assertThat(unwritable).isEmpty();
  }

  @Test
  void onlyMemberThatIsLeft_isUnderWayForSoLong_whenItHangs() {
    media[0].hangs = true;
    write(0b001, 0b110);
    assertThat(bitmaps.isUnderWay()).isTrue();
    reactor.advance(OwnershipOptions.SLOW_STEP_NANOS - ATTEMPT_NANOS);
    assertThat(bitmaps.isUnderWay()).isTrue();
    reactor.advance(OwnershipOptions.SLOW_STEP_NANOS);
    assertThat(bitmaps.isUnderWay()).isFalse();
    assertThat(answers).isEmpty();
  }

  @Test
  void memberWhoseConnectionIsLostMeanwhile_isNotNamed() {
    media[1].writes = BlockStatus.PATH_LOST;
    lost = 0b010;
    write(0b011, 0b100);
    assertThat(answers).containsExactly(false);
    assertThat(unwritable).isEmpty();
    media[1].reads = BlockStatus.PATH_LOST;
    write(0b011, 0b100);
    assertThat(answers).containsExactly(false, false);
    assertThat(unwritable).isEmpty();
    // Its connection is there: it is its medium.
    lost = 0;
    write(0b011, 0b100);
    assertThat(unwritable).containsExactly(1);
  }

  @Test
  void onlyMemberThatIsLeft_isNeverNamed_andIsWaitedFor() {
    media[0].writes = BlockStatus.WRITE_FAULT;
    write(0b001, 0b110);
    assertThat(answers).containsExactly(false);
    media[0].writes = BlockStatus.SUCCESS;
    media[0].slowNanos = 4 * TakeoverBitmaps.TIMEOUT_NANOS / 3;
    write(0b001, 0b110);
    reactor.advance(40 * TakeoverBitmaps.TIMEOUT_NANOS);
    assertThat(answers).containsExactly(false, true);
    assertThat(unwritable).isEmpty();
  }

  @Test
  void otherOnesThatAreLost_leaveTheOnlyOneUnnamed() {
    media[0].writes = BlockStatus.WRITE_FAULT;
    lost = 0b010;
    write(0b011, 0b100);
    assertThat(answers).containsExactly(false);
    assertThat(unwritable).isEmpty();
  }

  @Test
  void leavingMemberThatCannotBeWritten_holdsNobodyUp() {
    media[1].writes = BlockStatus.WRITE_FAULT;
    write(0b111, 0b010);
    assertThat(answers).containsExactly(true);
    assertThat(unwritable).isEmpty();
    assertThat(media[1].written).isZero();
    assertThat(media[0].written).isPositive();
  }
}
