package io.dnvme.agent.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.leg.LegPlan;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.PageLayout;
import io.dnvme.disk.format.PageStore;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.ownership.DiskIdentity;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderEntry;
import io.dnvme.ownership.HolderEntryCodec;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.RecordFormatException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PagedHolderStoreTest {

  private static final UUID STORE = new UUID(1, 1);
  private static final UUID OWNER = new UUID(2, 1);
  private static final long LONG_NANOS = 1_000_000_000L;

  /** Each long entry takes a first page and two further ones. */
  private static final int PAGES_OF_LONG_ENTRY = 3;

  private static final int LEGS = 3;

  private final ManualReactor reactor = new ManualReactor();
  private MemoryDevice device;

  @BeforeEach
  void open() throws DeviceOpenException {
    device = new MemoryDevice(new BlockGeometry(4096, 64));
  }

  @AfterEach
  void close() {
    device.close();
    reactor.close();
  }

  private PagedHolderStore store(int pageCount, boolean format) throws RecordFormatException {
    var layout = new PageLayout(0, 4096, pageCount);
    if (format) {
      var formatted = new ArrayList<BlockStatus>();
      PageStore.format(reactor, device, layout, STORE, (page, target, at) -> {}, formatted::add);
      reactor.advance(LONG_NANOS);
      assertThat(formatted).containsExactly(BlockStatus.SUCCESS);
    }
    var opened = new ArrayList<StoreOutcome<PageStore>>();
    PageStore.open(reactor, device, layout, STORE, opened::add);
    reactor.advance(LONG_NANOS);
    PageStore pages = ((StoreOutcome.Done<PageStore>) opened.getFirst()).value();
    return new PagedHolderStore(pages, STORE);
  }

  private boolean write(PagedHolderStore store, List<HolderEntry> entries, List<UUID> removed) {
    var written = new ArrayList<Boolean>();
    store.write(entries, removed, written::add);
    reactor.advance(LONG_NANOS);
    assertThat(written).hasSize(1);
    return written.getFirst();
  }

  private static List<HolderEntry> longEntries(long epoch) {
    return IntStream.range(0, LEGS).mapToObj(leg -> longEntry(leg, epoch)).toList();
  }

  private static HolderEntry longEntry(int leg, long number) {
    var epoch = new Epoch(number, OWNER);
    LegRecord short_ =
        new LegPlan(new UUID(3, leg), "disk", 4096, 1 << 20, 400, List.of(List.of(new UUID(4, 1))))
            .firstRecord(OWNER, List.of(new Holder(STORE, "")))
            .claimedBy(epoch, OWNER);
    DiskIdentity disk = short_.disk();
    LegRecord record =
        short_.withDisk(
            new DiskIdentity(
                disk.id(),
                disk.name(),
                disk.nguid(),
                disk.sizeBytes(),
                disk.blockSizeBytes(),
                disk.stripeBytes(),
                disk.legs(),
                Collections.nCopies(45, "nqn.2026-01.org.example:" + "h".repeat(190))));
    return new HolderEntry(record.leg(), epoch, 400, 0, record, null);
  }

  /** As docs/disk-format.md has it. */
  @Test
  void pages_haveTheseBytes() throws Exception {
    HolderEntry entry = longEntry(0, 1);
    byte[] bytes = HolderEntryCodec.encode(entry);
    int payload = 4096 - 64;
    PagedHolderStore store = store(4, true);
    assertThat(write(store, List.of(entry), List.of())).isTrue();
    var first = ByteBuffer.allocate(payload).order(ByteOrder.LITTLE_ENDIAN);
    // Further pages are taken first: the entry's own is written when they are there.
    first.putInt(1).putInt(bytes.length).putInt(2).putInt(0).putInt(1);
    int inFirst = first.remaining();
    first.put(bytes, 0, inFirst);
    var second = ByteBuffer.allocate(payload).order(ByteOrder.LITTLE_ENDIAN);
    int inSecond = second.putInt(2).remaining();
    second.put(bytes, inFirst, inSecond);
    var third = ByteBuffer.allocate(payload).order(ByteOrder.LITTLE_ENDIAN);
    third.putInt(2).put(bytes, inFirst + inSecond, bytes.length - inFirst - inSecond);
    assertThat(page(2)).isEqualTo(first.array());
    assertThat(page(0)).isEqualTo(second.array());
    assertThat(page(1)).isEqualTo(third.array());
    assertThat(page(3)).containsOnly(0);
  }

  private byte[] page(int number) {
    var opened = new ArrayList<StoreOutcome<PageStore>>();
    PageStore.open(reactor, device, new PageLayout(0, 4096, 4), STORE, opened::add);
    reactor.advance(LONG_NANOS);
    PageStore pages = ((StoreOutcome.Done<PageStore>) opened.getFirst()).value();
    return pages
        .contents()
        .asSlice(pages.offsetBytes(number), pages.layout().payloadBytes())
        .toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void wholeBatchIsReplaced_whereThereIsRoomForOneOnly() throws Exception {
    int pages = LEGS * PAGES_OF_LONG_ENTRY + PAGES_OF_LONG_ENTRY - 1;
    PagedHolderStore store = store(pages, true);
    assertThat(write(store, longEntries(1), List.of())).isTrue();
    assertThat(write(store, longEntries(2), List.of())).isTrue();
    assertThat(write(store, longEntries(3), List.of())).isTrue();
    assertThat(store(pages, false).entries()).containsExactlyInAnyOrderElementsOf(longEntries(3));
  }

  @Test
  void removedEntries_makeRoomForThoseOfTheSameBatch() throws Exception {
    int pages = 2 * PAGES_OF_LONG_ENTRY;
    PagedHolderStore store = store(pages, true);
    List<HolderEntry> entries = longEntries(1);
    assertThat(write(store, entries.subList(0, 2), List.of())).isTrue();
    assertThat(write(store, entries.subList(2, 3), List.of(entries.getFirst().leg()))).isTrue();
    assertThat(store(pages, false).entries())
        .containsExactlyInAnyOrderElementsOf(entries.subList(1, 3));
  }

  @Test
  void entryWithoutRoom_isRefused_andTakesNoPages() throws Exception {
    int pages = LEGS * PAGES_OF_LONG_ENTRY - 1;
    PagedHolderStore store = store(pages, true);
    List<HolderEntry> entries = longEntries(1);
    assertThat(write(store, entries, List.of())).isFalse();
    assertThat(write(store, entries.subList(2, 3), List.of())).isFalse();
    assertThat(write(store, entries.subList(2, 3), List.of(entries.getFirst().leg()))).isTrue();
  }
}
