package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.volume.mirror.MemberChecksums;
import io.dnvme.volume.mirror.MirrorOptions;
import io.dnvme.volume.mirror.Scrub;
import io.dnvme.volume.mirror.ScrubListener;
import io.dnvme.volume.mirror.ScrubOptions;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bit rot under a mirror whose members keep checksums (NO-SILENT-LOSS). */
class MirrorChecksumTest {

  private static final int BLOCK = 512;
  private static final int BLOCKS = 1024;
  private static final long MILLI = 1_000_000;
  private static final IntentSettings SETTINGS = new IntentSettings(2 * MILLI, 3);
  private static final long MAX_UNFLUSHED_NANOS =
      LazyClearing.MAX_TICKS_UNFLUSHED * SETTINGS.clearIntervalNanos();

  private final ManualReactor reactor = new ManualReactor();
  private final Random random = new Random(1);
  private final MemberLayout layout =
      new MemberLayout(BLOCK, BLOCKS, MemberLayout.MIN_REGION_SHIFT, true);
  private final CrashDevice[] devices = new CrashDevice[2];
  private final CrashRecord record = new CrashRecord(devices.length);
  private final List<MemberIdentity> identities =
      IntStream.range(0, devices.length)
          .mapToObj(i -> new MemberIdentity(new UUID(7, 7), 0, new UUID(1, i + 1)))
          .toList();
  private final List<Long> rot = new ArrayList<>();
  private MirrorOwner owner;

  @BeforeEach
  void format() {
    for (int member = 0; member < devices.length; member++) {
      devices[member] = new CrashDevice(new BlockGeometry(BLOCK, layout.deviceBlocks()));
      boolean[] formatted = new boolean[1];
      MemberFormat.start(
          reactor,
          new CrashWire(devices[member], random),
          layout,
          identities.get(member),
          outcome -> formatted[0] = outcome instanceof MemberFormat.Outcome.Formatted);
      until(() -> formatted[0]);
    }
    open();
  }

  @AfterEach
  void close() {
    owner.die();
    reactor.advance(MILLI);
    reactor.close();
  }

  /** A new owner, which knows nothing of what the last one had in memory. */
  private void open() {
    if (owner != null) {
      settle();
      owner.die();
    }
    takeOver();
  }

  /** Nothing is dirty, on the media too. */
  private void settle() {
    until(() -> owner.log().dirtyRegions() == 0);
    reactor.advance(10 * MILLI);
  }

  private void takeOver() {
    CrashWire[] wires = new CrashWire[devices.length];
    for (int member = 0; member < wires.length; member++) {
      wires[member] = new CrashWire(devices[member], random);
    }
    var log = new WriteIntentLog(layout, identities, SETTINGS);
    owner = new MirrorOwner(log, record, layout, reactor, random, wires, rot::add, Set.of());
    boolean[] opened = new boolean[1];
    log.open(yes -> opened[0] = yes);
    until(() -> opened[0]);
    log.makeEqual();
  }

  @Test
  void rottenData_isReadFromTheOther_andRepaired_andNobodyFails() {
    write(0, 64, 5);
    flush();
    rotData(0, 3);
    rotData(1, 40);
    for (int i = 0; i < 4; i++) {
      assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 5));
    }
    assertThat(rot).contains(3L, 40L);
    until(this::areEqual);
    assertThat(owner.mirror().failed()).isZero();
    assertThat(owner.mirror().inSync()).isEqualTo(0b11);
  }

  @Test
  void takeoverOfADirtyRegion_judgesTheMembersSideBySide() {
    write(0, 64, 5);
    flush();
    settle();
    write(40, 4, 6);
    owner.die();
    takeOver();
    assertThat(owner.log().unequalRegions()).isPositive();
    assertThat(owner.wireOf(0).isReading()).isTrue();
    assertThat(owner.wireOf(1).isReading()).isTrue();
    until(this::areEqual);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void takeoverOfADirtyRegion_doesNotFollowTheMemberThatRotted(int rotten) {
    write(0, 64, 5);
    flush();
    settle();
    rotData(rotten, 3);
    rotData(1 - rotten, 60);
    write(40, 4, 6);
    owner.die();
    takeOver();
    assertThat(read(0, 40)).isEqualTo(IntentFixture.filled(40, 5));
    assertThat(read(40, 4)).isEqualTo(IntentFixture.filled(4, 6));
    assertThat(read(44, 20)).isEqualTo(IntentFixture.filled(20, 5));
    until(this::areEqual);
    settle();
    assertThat(owner.mirror().inSync()).isEqualTo(0b11);
    rotData(0, 3);
    assertThat(read(3, 1)).as("both vouch again").isEqualTo(IntentFixture.filled(1, 5));
  }

  @Test
  void takeoverOfADirtyRegion_followsAMemberThatVouches_besideABlockThatItCannotRead() {
    write(0, 64, 5);
    flush();
    settle();
    write(0, 1, 6);
    devices[0].spoil(layout.dataStartBlock());
    rotData(0, 1);
    rotData(1, 2);
    owner.die();
    takeOver();
    assertThat(read(0, 1)).isEqualTo(IntentFixture.filled(1, 6));
    assertThat(read(1, 63)).isEqualTo(IntentFixture.filled(63, 5));
    until(this::areEqual);
  }

  @Test
  void takeoverOfADirtyRegion_waitsForAMemberThatIsBusy_whoMayBeTheOneThatVouches() {
    write(0, 64, 5);
    flush();
    settle();
    write(40, 4, 6);
    owner.die();
    rotData(0, 3);
    takeOver();
    long busyUntil = reactor.clock().nanos() + 2000 * MILLI;
    owner
        .wireOf(1)
        .busyReads(
            block -> block >= layout.dataStartBlock() && reactor.clock().nanos() < busyUntil);
    assertThat(read(0, 40)).isEqualTo(IntentFixture.filled(40, 5));
    assertThat(reactor.clock().nanos()).isGreaterThan(busyUntil);
    until(this::areEqual);
    assertThat(owner.mirror().inSync()).isEqualTo(0b11);
  }

  @Test
  void takeoverOfADirtyRegion_isOverWithoutAMemberThatStaysBusy() {
    write(0, 64, 5);
    flush();
    settle();
    write(40, 4, 6);
    owner.die();
    takeOver();
    owner.wireOf(1).busyReads(block -> block >= layout.dataStartBlock());
    assertThat(read(0, 40)).isEqualTo(IntentFixture.filled(40, 5));
    assertThat(record.inSync).isEqualTo(0b01);
  }

  @Test
  void regionThatIsAlwaysWritten_andNeverFlushedByHosts_isVouchedForAfterATakeover() {
    write(0, 64, 5);
    long end = reactor.clock().nanos() + 2 * MAX_UNFLUSHED_NANOS;
    while (reactor.clock().nanos() < end) {
      write(100, 1, 6);
      assertThat(owner.log().durableIntents().count()).as("never idle").isEqualTo(1);
    }
    rotData(0, 3);
    owner.die();
    takeOver();
    assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 5));
    until(this::areEqual);
  }

  @Test
  void takeoverOfADirtyRegion_followsTheMemberThatVouches_ratherThanOneWithoutChecksums() {
    write(0, 64, 5);
    flush();
    settle();
    write(40, 4, 6);
    owner.die();
    devices[0].rot(layout.checksumBlock(), 100);
    devices[0].rot(layout.checksumBlock() + layout.blocksPerPage(), 100);
    rotData(0, 3);
    takeOver();
    assertThat(read(0, 40)).isEqualTo(IntentFixture.filled(40, 5));
    until(this::areEqual);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void writeThatAllRefuse_doesNotMakeRotGoOverWhatIsRight(int rotten) {
    write(0, 64, 5);
    flush();
    rotData(rotten, 3);
    for (int member = 0; member < devices.length; member++) {
      boolean[] refused = new boolean[1];
      owner
          .wireOf(member)
          .refusesWrites(block -> {
            boolean first = !refused[0] && block == layout.dataStartBlock() + 2;
            refused[0] |= first;
            return first;
          });
    }
    BlockIo io = new BlockIo(reactor).prepare(BlockOp.WRITE, 2, 4);
    io.data().add(MemorySegment.ofArray(IntentFixture.filled(4, 6)), 0, 4 * BLOCK);
    boolean[] done = new boolean[1];
    owner.mirror().submit(io.onCompletion(over -> done[0] = true, null));
    until(() -> done[0]);
    assertThat(io.status()).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(areEqual()).isTrue();
    assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 5));
    assertThat(owner.mirror().inSync()).isEqualTo(0b11);
  }

  @Test
  void lastMemberThatRefusesItsChecksums_flushesForHosts_andItsRegionsStayDirty() {
    write(0, 64, 5);
    flush();
    owner.lose(1, false);
    until(() -> record.inSync == 1 && owner.mirror().failed() == 0);
    settle();
    owner
        .wireOf(0)
        .refusesWrites(block -> block >= layout.checksumBlock() && block < layout.dataStartBlock());
    write(0, 64, 6);
    flush();
    reactor.advance(100 * MILLI);
    assertThat(owner.log().dirtyRegions()).as("the next owner compares nothing").isPositive();
    assertThat(owner.mirror().inSync()).isEqualTo(0b01);
    owner.die();
    devices[0].losePower(random);
    takeOver();
    assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 6));
    assertThat(rot).isEmpty();
    settle();
  }

  @Test
  void memberThatRefusesItsChecksums_leaves_whereAnotherOneIsLeft() {
    owner
        .wireOf(1)
        .refusesWrites(block -> block >= layout.checksumBlock() && block < layout.dataStartBlock());
    write(0, 64, 6);
    flush();
    assertThat(record.inSync).isEqualTo(0b01);
  }

  @Test
  void comparesThatWaitForEachOther_makeNoMemberFail() {
    write(0, 1, 5);
    owner.wireOf(1).slowReads(40 * (int) MILLI);
    int count = 256;
    int[] same = new int[1];
    for (int i = 0; i < count; i++) {
      compare(0, 5, () -> same[0]++);
    }
    long start = reactor.clock().nanos();
    until(() -> same[0] == count);
    assertThat(reactor.clock().nanos() - start)
        .isGreaterThan(MirrorOptions.DEFAULTS.memberTimeoutNanos() * 3 / 2);
    assertThat(owner.mirror().failed()).isZero();
    assertThat(owner.mirror().inSync()).isEqualTo(0b11);
  }

  @Test
  void memberThatKeepsACompare_leaves() {
    write(0, 1, 5);
    settle();
    owner.wireOf(1).hang();
    int[] same = new int[1];
    for (int i = 0; i < devices.length; i++) {
      compare(0, 5, () -> same[0]++);
    }
    until(() -> same[0] == devices.length);
    assertThat(record.inSync).isEqualTo(0b01);
  }

  @Test
  void writesThatWaitForTheScrub_makeNothingLookDamaged() {
    write(0, 64, 5);
    List<String> found = new ArrayList<>();
    var listener =
        new ScrubListener() {
          @Override
          public void differ(long block, int right, int wrong) {
            found.add("differ %d right %d wrong %d".formatted(block, right, wrong));
          }

          @Override
          public void ended(boolean complete) {
            found.add("complete " + complete);
          }
        };
    new Scrub(owner.mirror(), ScrubOptions.DEFAULTS, new MemberChecksums(owner.mirror()), listener)
        .start(0);
    write(0, 64, 6);
    until(() -> found.contains("complete true"));
    assertThat(found).containsExactly("complete true");
    assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 6));
  }

  @Test
  void rottenPageOfChecksums_makesNoMemberFail_howeverManyBlocksItTellsOf() {
    write(0, 512, 5);
    flush();
    write(0, 512, 6);
    flush();
    open();
    devices[0].rot(newerCopy(0), 100);
    for (int block = 0; block < 512; block++) {
      assertThat(read(block, 1)).isEqualTo(IntentFixture.filled(1, 6));
    }
    assertThat(rot).as("more than would make a disk a bad one").hasSizeGreaterThan(100);
    assertThat(owner.mirror().failed()).isZero();
    assertThat(owner.mirror().inSync()).isEqualTo(0b11);
    until(this::areEqual);
  }

  @Test
  void scrub_repairsWhatNothingVouchesFor_whereAnotherMemberDecides() {
    write(0, 64, 5);
    flush();
    open();
    devices[1].rot(layout.checksumBlock(), 100);
    devices[1].rot(layout.checksumBlock() + layout.blocksPerPage(), 100);
    rotData(1, 7);
    List<String> found = new ArrayList<>();
    var listener =
        new ScrubListener() {
          @Override
          public void differ(long block, int right, int wrong) {
            found.add("differ %d right %d wrong %d".formatted(block, right, wrong));
          }

          @Override
          public void ended(boolean complete) {
            found.add("complete " + complete);
          }
        };
    new Scrub(owner.mirror(), ScrubOptions.DEFAULTS, new MemberChecksums(owner.mirror()), listener)
        .start(0);
    until(() -> found.contains("complete true"));
    assertThat(found).containsExactly("differ 7 right 1 wrong 2", "complete true");
    until(this::areEqual);
    assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 5));
  }

  @Test
  void scrub_findsAndRepairsRot() {
    write(0, 64, 5);
    flush();
    rotData(0, 9);
    List<String> found = new ArrayList<>();
    var listener =
        new ScrubListener() {
          @Override
          public void unreadable(long block, int members) {
            found.add("unreadable %d by %d".formatted(block, members));
          }

          @Override
          public void ended(boolean complete) {
            found.add("complete " + complete);
          }
        };
    new Scrub(owner.mirror(), ScrubOptions.DEFAULTS, new MemberChecksums(owner.mirror()), listener)
        .start(0);
    until(() -> found.contains("complete true"));
    assertThat(found).containsExactly("unreadable 9 by 1", "complete true");
    until(this::areEqual);
  }

  @Test
  void memberThatComesBack_isRebuiltFromWhatIsRight() {
    write(0, 64, 5);
    flush();
    owner.lose(1, false);
    until(() -> record.inSync == 1 && owner.mirror().failed() == 0);
    write(0, 64, 6);
    boolean[] back = new boolean[1];
    List<Rebuild.Outcome> outcomes = new ArrayList<>();
    until(() -> {
      if (!back[0] && owner.mirror().rebuilding() == 0 && owner.wireOf(1) == null) {
        owner.bringBack(1, new CrashWire(devices[1], random), yes -> back[0] = yes);
      }
      return back[0];
    });
    var rebuild = new Rebuild(owner.mirror(), owner.log(), 1, RebuildRate.DEFAULT, outcomes::add);
    rebuild.start();
    until(() -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(Rebuild.Outcome.PROMOTED);
    rotData(1, 20);
    for (int i = 0; i < 2; i++) {
      assertThat(read(0, 64)).isEqualTo(IntentFixture.filled(64, 6));
    }
    until(this::areEqual);
    assertThat(rot).contains(20L);
  }

  private void write(int start, int count, int value) {
    boolean[] done = new boolean[1];
    owner.write(start, count, IntentFixture.filled(count, value), () -> done[0] = true);
    until(() -> done[0]);
  }

  private void compare(int block, int value, Runnable same) {
    BlockIo io = new BlockIo(reactor).prepare(BlockOp.COMPARE, block, 1);
    io.data().add(MemorySegment.ofArray(IntentFixture.filled(1, value)), 0, BLOCK);
    owner
        .mirror()
        .submit(
            io.onCompletion(
                done -> {
                  assertThat(done.status()).isEqualTo(BlockStatus.SUCCESS);
                  same.run();
                },
                null));
  }

  private byte[] read(int start, int count) {
    byte[][] seen = new byte[1][];
    owner.read(start, count, data -> seen[0] = data);
    until(() -> seen[0] != null);
    return seen[0];
  }

  private void flush() {
    boolean[] done = new boolean[1];
    owner.flush(() -> done[0] = true);
    until(() -> done[0]);
  }

  private void rotData(int member, int block) {
    devices[member].rot(layout.dataStartBlock() + block, 3);
  }

  /** First block of the copy of the first page of checksums that was written last. */
  private long newerCopy(int member) {
    long[] sequences = new long[2];
    for (int copy = 0; copy < 2; copy++) {
      long block = layout.checksumBlock() + (long) copy * layout.blocksPerPage();
      sequences[copy] =
          ChecksumPage.sequence(
              MemorySegment.ofArray(devices[member].bytes(block, layout.blocksPerPage())));
    }
    int newer = sequences[1] > sequences[0] ? 1 : 0;
    return layout.checksumBlock() + (long) newer * layout.blocksPerPage();
  }

  private boolean areEqual() {
    byte[] one = devices[0].bytes(layout.dataStartBlock(), BLOCKS);
    return Arrays.equals(one, devices[1].bytes(layout.dataStartBlock(), BLOCKS));
  }

  private void until(BooleanSupplier reached) {
    for (int i = 0; !reached.getAsBoolean(); i++) {
      if (i == 100_000) {
        throw new AssertionError("never: " + owner);
      }
      reactor.advance(MILLI / 10);
    }
  }
}
