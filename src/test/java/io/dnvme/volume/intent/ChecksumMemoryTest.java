package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages of checksums in memory, of several members. */
class ChecksumMemoryTest {

  private static final int SLAB = ChecksumMemory.SLAB_PAGES;
  private static final int MANY = 5 * SLAB;

  private final ManualReactor reactor = new ManualReactor();
  private final MemberLayout layout =
      new MemberLayout(
          512, (long) MANY * ChecksumPage.ENTRIES, MemberLayout.DEFAULT_REGION_SHIFT, true);

  @AfterEach
  void close() {
    reactor.close();
  }

  @Test
  void membersShareWhatThereIs_andEachHasItsFirstPages() {
    var memory = new ChecksumMemory((long) SLAB * ChecksumMemory.PAGE_BYTES + 1);
    ChecksumPages one = pages(MANY, memory);
    ChecksumPages other = pages(MANY, memory);
    loadAll(one);
    assertThat(one.inMemory()).isEqualTo(2 * SLAB);
    assertThat(memory.slabsLeft()).isZero();
    loadAll(other);
    assertThat(other.inMemory()).as("nothing is left").isEqualTo(SLAB);
    one.end();
    one.end();
    assertThat(memory.slabsLeft()).isEqualTo(1);
    loadAll(other);
    assertThat(other.inMemory()).isEqualTo(2 * SLAB);
  }

  @Test
  void pageThatLeaves_leavesItsMemoryToTheNextOne() {
    ChecksumPages pages = pages(SLAB, new ChecksumMemory(0));
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < 3; i++) {
      for (int index = 0; index < MANY; index++) {
        seen.add(load(pages, index));
      }
    }
    assertThat(seen).hasSize(SLAB);
  }

  @Test
  void pageThatTookTheMemoryOfAnother_hasNothingOfIt() {
    ChecksumPages pages = pages(2, new ChecksumMemory(0));
    load(pages, 0).set(5, 77);
    pages.writeChanged(status -> {});
    reactor.advance(1);
    load(pages, 1);
    ChecksumPages.Page next = load(pages, 2);
    assertThat(next.get(5)).isZero();
    assertThat(next.isUnsure()).isFalse();
  }

  private void loadAll(ChecksumPages pages) {
    for (int index = 0; index < MANY; index++) {
      load(pages, index);
    }
  }

  private ChecksumPages.Page load(ChecksumPages pages, int index) {
    if (pages.get(index) == null) {
      pages.load(index, status -> {});
      reactor.advance(1);
    }
    return pages.get(index);
  }

  private ChecksumPages pages(int limit, ChecksumMemory memory) {
    return new ChecksumPages(new Blank(), layout, reactor, limit, memory);
  }

  /** Nothing was ever written to it. */
  private final class Blank implements BlockDevice {

    @Override
    public BlockGeometry geometry() {
      return new BlockGeometry(512, layout.deviceBlocks());
    }

    @Override
    public DeviceTraits traits() {
      return new DeviceTraits(false, true, true, false, 1 << 20);
    }

    @Override
    public void submit(BlockIo io) {
      if (!io.op().changes()) {
        byte[] zeroes = new byte[(int) io.data().lengthBytes()];
        io.data().copyFrom(MemorySegment.ofArray(zeroes), 0);
      }
      reactor.execute(() -> io.complete(BlockStatus.SUCCESS));
    }

    @Override
    public void close() {
      // It has nothing.
    }
  }
}
