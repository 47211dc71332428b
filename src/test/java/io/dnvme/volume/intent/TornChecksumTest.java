package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Takeovers of a group in whose dirty regions everything is that writes which a crash tore, and
 * rot, can make of a block: on each member its data is old, new or rotten and its checksum old or
 * new, all combinations (INTENT, NO-SILENT-LOSS).
 */
class TornChecksumTest {

  private static final int MEMBERS = 3;
  private static final int BLOCK = 512;
  private static final int BLOCKS = 1024;
  private static final int REGION_BLOCKS = (1 << MemberLayout.MIN_REGION_SHIFT) / BLOCK;
  private static final long MILLI = 1_000_000;
  private static final int CRASHES = 60;
  private static final IntentSettings CLEARS = new IntentSettings(2 * MILLI, 3);
  private static final IntentSettings NEVER_CLEARS = new IntentSettings(10_000 * MILLI, 100);

  /** Of a block's data. */
  private static final int OLD = 0;

  private static final int NEW = 1;
  private static final int ROTTEN = 2;

  /** A member's data is old, new or rotten, with an old or a new checksum each. */
  private static final int STATES = 6;

  private static final int COMBINATIONS = STATES * STATES * STATES;

  private final ManualReactor reactor = new ManualReactor();
  private final MemberLayout layout =
      new MemberLayout(BLOCK, BLOCKS, MemberLayout.MIN_REGION_SHIFT, true);
  private final CrashDevice[] devices = new CrashDevice[MEMBERS];
  private final CrashRecord record = new CrashRecord(MEMBERS);
  private final List<MemberIdentity> identities =
      IntStream.range(0, MEMBERS)
          .mapToObj(i -> new MemberIdentity(new UUID(7, 7), 0, new UUID(1, i + 1)))
          .toList();
  private Random random = new Random(1);
  private MirrorOwner owner;

  @BeforeEach
  void makeEveryCombination() {
    for (int member = 0; member < MEMBERS; member++) {
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
    takeOver(CLEARS);
    for (int combination = 0; combination < COMBINATIONS; combination++) {
      write(block(combination), content(combination, OLD));
    }
    boolean[] flushed = new boolean[1];
    owner.flush(() -> flushed[0] = true);
    until(() -> flushed[0] && owner.log().dirtyRegions() == 0);
    reactor.advance(10 * MILLI);
    owner.die();
    takeOver(NEVER_CLEARS);
    // Of both regions, so that they are dirty.
    write(REGION_BLOCKS - 1, new byte[BLOCK]);
    write(2 * REGION_BLOCKS - 1, new byte[BLOCK]);
    owner.die();
    for (int member = 0; member < MEMBERS; member++) {
      tear(member);
    }
  }

  @AfterEach
  void close() {
    owner.die();
    reactor.advance(MILLI);
    reactor.close();
  }

  @Test
  void everyCombination_isReadAsSomethingThatWasThere_andAsNoRotWhereOneVouches() {
    takeOver(CLEARS);
    for (int combination = 0; combination < COMBINATIONS; combination++) {
      assertIsRight(combination, read(block(combination)));
    }
    until(() -> owner.log().dirtyRegions() == 0);
    reactor.advance(10 * MILLI);
    owner.die();
    assertEachMemberHasTheSame_andVouches();
  }

  static IntStream seeds() {
    Integer only = Integer.getInteger("seed");
    return only == null ? IntStream.rangeClosed(1, CRASHES) : IntStream.of(only);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatWasReadOnce_isReadByAllLaterOwners(int seed) {
    random = new Random(seed);
    Map<Integer, byte[]> seen = new HashMap<>();
    for (int owners = 1 + random.nextInt(4); owners > 0; owners--) {
      takeOver(NEVER_CLEARS);
      for (int reads = random.nextInt(8); reads > 0; reads--) {
        int combination = random.nextInt(COMBINATIONS);
        owner.read(block(combination), 1, content -> see(seen, combination, content));
      }
      reactor.advance(random.nextLong(8 * MILLI));
      owner.die();
    }
    takeOver(CLEARS);
    for (int combination = 0; combination < COMBINATIONS; combination++) {
      see(seen, combination, read(block(combination)));
    }
    until(() -> owner.log().dirtyRegions() == 0);
    reactor.advance(10 * MILLI);
    owner.die();
    assertEachMemberHasTheSame_andVouches();
  }

  private static void see(Map<Integer, byte[]> seen, int combination, byte[] content) {
    assertIsRight(combination, content);
    byte[] before = seen.putIfAbsent(combination, content);
    assertThat(before == null || Arrays.equals(before, content))
        .as("combination %d changed after it was read", combination)
        .isTrue();
  }

  private static void assertIsRight(int combination, byte[] content) {
    boolean wasThere = false;
    boolean vouched = false;
    boolean isVouchedFor = false;
    for (int member = 0; member < MEMBERS; member++) {
      int data = data(combination, member);
      boolean same = Arrays.equals(content, content(combination, data));
      boolean vouches = data == checksum(combination, member);
      wasThere |= same;
      vouched |= vouches;
      isVouchedFor |= same && vouches;
    }
    assertThat(wasThere).as("combination %d was there", combination).isTrue();
    assertThat(isVouchedFor).as("combination %d is vouched for", combination).isEqualTo(vouched);
  }

  private void assertEachMemberHasTheSame_andVouches() {
    for (int member = 0; member < MEMBERS; member++) {
      assertThat(devices[member].bytes(layout.dataStartBlock(), BLOCKS))
          .isEqualTo(devices[0].bytes(layout.dataStartBlock(), BLOCKS));
      var device =
          new ChecksumDevice(
              new CrashWire(devices[member], random),
              layout,
              reactor,
              2,
              ChecksumMemory.OF_PROCESS,
              b -> {});
      for (int combination = 0; combination < COMBINATIONS; combination++) {
        long at = layout.dataStartBlock() + block(combination);
        assertThat(status(device, at))
            .as("combination " + combination)
            .isEqualTo(BlockStatus.SUCCESS);
        devices[member].rot(at, 5);
        assertThat(status(device, at)).isEqualTo(BlockStatus.READ_FAULT);
        devices[member].rot(at, 5);
      }
    }
  }

  private BlockStatus status(ChecksumDevice device, long at) {
    var io = new BlockIo(reactor).prepare(BlockOp.READ, at, 1);
    io.data().add(MemorySegment.ofArray(new byte[BLOCK]), 0, BLOCK);
    boolean[] done = new boolean[1];
    io.onCompletion(read -> done[0] = true, null);
    device.submit(io);
    until(() -> done[0]);
    return io.status();
  }

  // What the combinations are.

  /** The last blocks of the two regions are left out. */
  private static int block(int combination) {
    return combination % (COMBINATIONS / 2) + combination / (COMBINATIONS / 2) * REGION_BLOCKS;
  }

  private static int state(int combination, int member) {
    return combination / (int) Math.pow(STATES, member) % STATES;
  }

  private static int data(int combination, int member) {
    return state(combination, member) % 3;
  }

  private static int checksum(int combination, int member) {
    return state(combination, member) / 3;
  }

  private static byte[] content(int combination, int data) {
    byte[] content = new byte[BLOCK];
    Arrays.fill(content, (byte) (data == NEW ? 2 : 1));
    content[0] = (byte) combination;
    content[1] ^= (byte) (data == ROTTEN ? 0x10 : 0);
    return content;
  }

  private void tear(int member) {
    var checksums = new BlockChecksums(BLOCK);
    byte[] page = devices[member].bytes(newerCopy(member), layout.blocksPerPage());
    var memory = MemorySegment.ofArray(page);
    for (int combination = 0; combination < COMBINATIONS; combination++) {
      put(
          member,
          layout.dataStartBlock() + block(combination),
          content(combination, data(combination, member)));
      byte[] content = content(combination, checksum(combination, member));
      ChecksumPage.set(memory, block(combination), checksums.of(MemorySegment.ofArray(content), 0));
    }
    ChecksumPage.seal(memory, ChecksumPage.sequence(memory), new Crc32c());
    put(member, newerCopy(member), page);
  }

  private long newerCopy(int member) {
    long[] sequences = new long[2];
    for (int copy = 0; copy < 2; copy++) {
      long at = layout.checksumBlock() + (long) copy * layout.blocksPerPage();
      byte[] page = devices[member].bytes(at, layout.blocksPerPage());
      sequences[copy] = ChecksumPage.sequence(MemorySegment.ofArray(page));
    }
    int newer = sequences[1] > sequences[0] ? 1 : 0;
    return layout.checksumBlock() + (long) newer * layout.blocksPerPage();
  }

  private void put(int member, long at, byte[] bytes) {
    var io = new BlockIo(reactor).prepare(BlockOp.WRITE, at, bytes.length / BLOCK);
    devices[member].apply(io.forceUnitAccess(true), bytes);
  }

  // The owner.

  private void takeOver(IntentSettings settings) {
    CrashWire[] wires = new CrashWire[MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      wires[member] = new CrashWire(devices[member], random);
    }
    var log = new WriteIntentLog(layout, identities, settings);
    owner = new MirrorOwner(log, record, layout, reactor, random, wires, block -> {}, Set.of());
    List<Boolean> opened = new ArrayList<>();
    log.open(opened::add);
    until(() -> !opened.isEmpty());
    log.makeEqual();
  }

  private void write(int block, byte[] content) {
    boolean[] done = new boolean[1];
    owner.write(block, 1, content, () -> done[0] = true);
    until(() -> done[0]);
  }

  private byte[] read(int block) {
    byte[][] seen = new byte[1][];
    owner.read(block, 1, content -> seen[0] = content);
    until(() -> seen[0] != null);
    return seen[0];
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
