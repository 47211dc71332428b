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
 * on all members but one at most, or one copy of the page of its checksums; or one copy of a page
 * of one member's bitmaps. Of data only what the member's checksums on the medium vouch for: what
 * was never written, and what a write that failed left behind, has none (NO-SILENT-LOSS).
 */
final class LegRot {

  private static final int BITMAP_SEQUENCE_OFFSET = 24;
  private static final int BITMAP_OFFSET = 64;
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

  /** Nothing says that these are repaired before they are written again. */
  private final List<Place> headers = new ArrayList<>();

  LegRot(LegCourse course, LegMembers members) {
    this.course = course;
    this.members = members;
    layout = members.layout();
    world = course.world();
  }

  /** Any block that hosts use; false where nothing can rot without being lost. */
  boolean strike(SplittableRandom random) {
    return strike(course.anyUsedBlock(random), random);
  }

  /**
   * Of a block in a region that is clean on all members, as their media say: what is dirty has
   * checksums that nobody trusts after a crash.
   */
  boolean strikeClean(long block, SplittableRandom random) {
    int group = members.groupOf(block);
    int region = layout.firstRegion(block % layout.dataBlocks());
    for (int member = 0; member < members.count(group); member++) {
      if (!isClean(group, member, region)) {
        return false;
      }
    }
    return strike(block, random);
  }

  /** One copy of a page of one member's bitmaps, all of which others have too (INTENT). */
  boolean strikeHeader(SplittableRandom random) {
    int group = members.groupOf(course.anyUsedBlock(random));
    int member = random.nextInt(members.count(group));
    long page = layout.bitmapBlock(random.nextInt(MemberLayout.BITMAPS), 0, random.nextInt(2));
    long at = members.diskBlock(group, member, page);
    if (at >= 0) {
      headers.add(rotten(group, member, page));
    }
    return at >= 0;
  }

  /** By the page of its write intents that was written last (docs/disk-format.md). */
  private boolean isClean(int group, int member, int region) {
    MemorySegment newest = null;
    for (int copy = 0; copy < 2; copy++) {
      MemorySegment page = read(group, member, layout.bitmapBlock(0, 0, copy));
      if (page != null
          && (newest == null
              || page.get(LONG, BITMAP_SEQUENCE_OFFSET)
                  > newest.get(LONG, BITMAP_SEQUENCE_OFFSET))) {
        newest = page;
      }
    }
    return newest != null
        && (newest.get(LONG, BITMAP_OFFSET + region / Long.SIZE * Long.BYTES)
                & 1L << region % Long.SIZE)
            == 0;
  }

  private boolean strike(long block, SplittableRandom random) {
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
    rotten.add(rotten(group, member, memberBlock));
  }

  private Place rotten(int group, int member, long memberBlock) {
    SimDiskNode node = members.node(group, member);
    long at = members.diskBlock(group, member, memberBlock);
    world.trace("nemesis", "block %d of %s rots".formatted(at, node.disk()));
    node.disk().rot(at);
    return new Place(node, at);
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
    for (List<Place> places : List.of(rotten, headers)) {
      places.forEach(place -> place.node().disk().restore(place.block()));
      places.clear();
    }
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
    return read(group, member, pageBlock(within, copy));
  }

  /** Null where it cannot be read. */
  private MemorySegment read(int group, int member, long memberBlock) {
    long at = members.diskBlock(group, member, memberBlock);
    SimDisk disk = members.node(group, member).disk();
    return at < 0 || !disk.isReadable(at) ? null : MemorySegment.ofArray(disk.content(at));
  }
}
