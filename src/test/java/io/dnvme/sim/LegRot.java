package io.dnvme.sim;

import io.dnvme.nvme.Crc32c;
import io.dnvme.volume.intent.MemberLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Content that rots below a {@link LegCourse} whose members keep checksums: a block of hosts' data,
 * on all members but one at most, or one copy of the page of its checksums. Only what the member's
 * checksums on the medium vouch for: what was never written, and what a write that failed left
 * behind, has none (NO-SILENT-LOSS).
 */
final class LegRot {

  private static final int SEQUENCE_OFFSET = 4084;
  private static final int CRC_OFFSET = 4092;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** A block that has rotted. */
  private record Place(SimDiskNode node, long block) {}

  private final LegCourse course;
  private final SimWorld world;
  private final LegMembers members;
  private final MemberLayout layout;
  private final Crc32c crc = new Crc32c();
  private final List<Place> rotten = new ArrayList<>();

  LegRot(LegCourse course, LegMembers members) {
    this.course = course;
    this.members = members;
    layout = members.layout();
    world = course.world();
  }

  /** False where nothing can rot without being lost. */
  boolean strike(SplittableRandom random) {
    long block = course.anyUsedBlock(random);
    int group = members.groupOf(block);
    long within = block % layout.dataBlocks();
    List<Integer> vouched = new ArrayList<>();
    for (int member = 0; member < members.count(group); member++) {
      if (course.steps().isInSync(group, member) && vouchingCopy(group, member, within) >= 0) {
        vouched.add(member);
      }
    }
    if (vouched.size() < 2 || !areEqual(group, vouched, within)) {
      return false;
    }
    vouched.remove(random.nextInt(vouched.size()));
    boolean page = random.nextInt(4) == 0;
    while (!vouched.isEmpty()) {
      int member = vouched.remove(random.nextInt(vouched.size()));
      if (page) {
        int copy = random.nextInt(4) == 0 ? random.nextInt(2) : vouchingCopy(group, member, within);
        rot(group, member, pageBlock(within, copy));
      } else {
        rot(group, member, layout.dataStartBlock() + within);
      }
      if (random.nextBoolean()) {
        break;
      }
    }
    return true;
  }

  private void rot(int group, int member, long memberBlock) {
    SimDiskNode node = members.node(group, member);
    long at = members.diskBlock(group, member, memberBlock);
    world.trace("nemesis", "block %d of %s rots".formatted(at, node.disk()));
    node.disk().rot(at);
    rotten.add(new Place(node, at));
  }

  /** What was read and told of, and is there still although nothing else happened. */
  void checkRepaired() {
    for (Place place : rotten) {
      if (place.node().disk().wasRottenRead(place.block())) {
        world.violated(
            "NO-SILENT-LOSS",
            "block %d of %s was read when it had rotted, and is not repaired"
                .formatted(place.block(), place.node().disk()));
      }
    }
  }

  /** What is rotten still is as it was. */
  void restore() {
    rotten.forEach(place -> place.node().disk().restore(place.block()));
    rotten.clear();
  }

  private boolean areEqual(int group, List<Integer> some, long within) {
    byte[] first = members.content(group, some.getFirst(), within);
    return some.stream()
        .allMatch(member -> Arrays.equals(first, members.content(group, member, within)));
  }

  private long pageBlock(long within, int copy) {
    return layout.checksumBlock() + 2 * (within / entries()) + copy;
  }

  private static long entries() {
    return SEQUENCE_OFFSET / Integer.BYTES;
  }

  /** Which copy of the page is the page, and has the block as it is; -1: it does not vouch. */
  private int vouchingCopy(int group, int member, long within) {
    int newest = -1;
    long sequence = 0;
    for (int copy = 0; copy < 2; copy++) {
      MemorySegment page = page(group, member, within, copy);
      boolean whole = page != null && page.get(INT, CRC_OFFSET) == crc.of(page, 0, CRC_OFFSET);
      if (page == null || !whole) {
        // Damaged already, or torn.
        return -1;
      }
      if (newest < 0 || page.get(LONG, SEQUENCE_OFFSET) > sequence) {
        newest = copy;
        sequence = page.get(LONG, SEQUENCE_OFFSET);
      }
    }
    byte[] content = members.content(group, member, within);
    int checksum = crc.of(MemorySegment.ofArray(content), 0, content.length);
    int known = page(group, member, within, newest).get(INT, within % entries() * Integer.BYTES);
    return known != 0 && known == checksum ? newest : -1;
  }

  private MemorySegment page(int group, int member, long within, int copy) {
    long at = members.diskBlock(group, member, pageBlock(within, copy));
    SimDisk disk = members.node(group, member).disk();
    return at < 0 || !disk.isReadable(at) ? null : MemorySegment.ofArray(disk.content(at));
  }
}
