package io.dnvme.target.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.nvme.DiscoveryEntry;
import io.dnvme.nvme.DiscoveryLog;
import io.dnvme.nvme.Nqn;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.target.subsystem.TestSubsystems;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DiscoveryTest {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress END6 = InetAddress.ofLiteral("2001:db8::7");
  private static final String HOST1 = TestSubsystems.host(1);
  private static final String HOST2 = TestSubsystems.host(2);
  private static final int ADMIN_QUEUE_ENTRIES = 128;

  private static final Portal IO = new Portal(1, LOOPBACK, 4420, null, true, false);
  private static final Portal DISCOVERY = new Portal(2, LOOPBACK, 8009, null, false, true);

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor home = new ManualReactor(time, 0);
  private final ManualReactor reactor = new ManualReactor(time, 1);
  private final Subsystems subsystems = new Subsystems();
  private final Portals portals = new Portals();
  private final Discovery discovery = new Discovery(home, subsystems, portals, ADMIN_QUEUE_ENTRIES);
  private final List<String> changed = new ArrayList<>();

  private DiscoveryView view(String host) {
    return view(host, IO.portId(), LOOPBACK);
  }

  private DiscoveryView view(String host, int portId, InetAddress localEnd) {
    return discovery.open(
        reactor,
        host,
        portId,
        localEnd,
        () -> {
          assertThat(reactor.inReactor()).isTrue();
          changed.add(host);
        });
  }

  private Subsystem add(String name, HostAccess access) {
    Subsystem subsystem = TestSubsystems.subsystem(home, name, access);
    subsystems.add(subsystem);
    return subsystem;
  }

  private static MemorySegment read(DiscoveryView view) {
    MemorySegment page = MemorySegment.ofArray(new byte[(int) view.lengthBytes(false)]);
    view.read(false, 0, page, 0, page.byteSize());
    return page;
  }

  /** What the log's entries name, as "NQN at ADDRESS:PORT". */
  private static List<String> entries(DiscoveryView view) {
    MemorySegment page = read(view);
    var header = new DiscoveryLog().wrap(page, 0);
    assertThat(header.get(DiscoveryLog.GENCTR)).isEqualTo(view.generation());
    assertThat(header.get(DiscoveryLog.RECFMT)).isZero();
    long count = header.get(DiscoveryLog.NUMREC);
    assertThat(page.byteSize()).isEqualTo(1024 * (1 + count));
    var entries = new ArrayList<String>();
    for (int i = 1; i <= count; i++) {
      var entry = new DiscoveryEntry().wrap(page, 1024L * i);
      entries.add(
          entry.get(DiscoveryEntry.SUBNQN)
              + " at "
              + entry.get(DiscoveryEntry.TRADDR)
              + ":"
              + entry.get(DiscoveryEntry.TRSVCID));
    }
    return entries;
  }

  private static String at(String name, String address) {
    return TestSubsystems.nqn(name) + " at " + address;
  }

  @Test
  void log_namesEverySubsystemAtEveryPortal() {
    portals.add(IO);
    portals.add(new Portal(3, END6, 4421, null, true, true));
    portals.add(DISCOVERY);
    add("one", HostAccess.ANY);
    add("two", HostAccess.ANY);
    assertThat(entries(view(HOST1)))
        .containsExactly(
            at("one", "127.0.0.1:4420"),
            at("two", "127.0.0.1:4420"),
            Nqn.DISCOVERY + " at 127.0.0.1:8009",
            Nqn.DISCOVERY + " at 2001:db8::7:4421",
            at("one", "2001:db8::7:4421"),
            at("two", "2001:db8::7:4421"));
  }

  @Test
  void entries_haveTheBytesOfTheSpecification() {
    portals.add(IO);
    portals.add(DISCOVERY);
    add("one", HostAccess.ANY);
    MemorySegment page = read(view(HOST1));

    assertEntry(
        page.asSlice(1024, 1024),
        "03" + "01" + "02" + "04" + "0100" + "ffff" + "8000" + "0000",
        "4420",
        TestSubsystems.nqn("one"),
        "127.0.0.1");
    assertEntry(
        page.asSlice(2048, 1024),
        "03" + "01" + "03" + "04" + "0200" + "ffff" + "8000" + "0300",
        "8009",
        "nqn.2014-08.org.nvmexpress.discovery",
        "127.0.0.1");
  }

  private static void assertEntry(
      MemorySegment entry, String start, String service, String nqn, String address) {
    byte[] bytes = entry.toArray(ValueLayout.JAVA_BYTE);
    assertThat(HexFormat.of().formatHex(bytes, 0, 32)).isEqualTo(start + "00".repeat(20));
    assertThat(text(bytes, 32, 32)).isEqualTo("%-32s".formatted(service));
    assertThat(HexFormat.of().formatHex(bytes, 64, 256)).isEqualTo("00".repeat(192));
    assertThat(text(bytes, 256, 256)).isEqualTo(nqn + "\0".repeat(256 - nqn.length()));
    assertThat(text(bytes, 512, 256)).isEqualTo("%-256s".formatted(address));
    assertThat(HexFormat.of().formatHex(bytes, 768, 1024)).isEqualTo("00".repeat(256));
  }

  private static String text(byte[] bytes, int offset, int length) {
    return new String(bytes, offset, length, StandardCharsets.US_ASCII);
  }

  @Test
  void host_seesOnlyWhatItMayUse() {
    portals.add(IO);
    add("any", HostAccess.ANY);
    add("first", HostAccess.only(Set.of(HOST1)));
    add("nobody", HostAccess.NONE);
    assertThat(entries(view(HOST1)))
        .containsExactly(at("any", "127.0.0.1:4420"), at("first", "127.0.0.1:4420"));
    assertThat(entries(view(HOST2))).containsExactly(at("any", "127.0.0.1:4420"));
  }

  @Test
  void wildcardPortal_isToldAsTheHostReachedIt() {
    portals.add(new Portal(1, InetAddress.ofLiteral("0.0.0.0"), 4420, null, true, false));
    portals.add(new Portal(2, InetAddress.ofLiteral("::"), 4421, null, true, false));
    add("one", HostAccess.ANY);
    assertThat(entries(view(HOST1, 1, InetAddress.ofLiteral("10.0.0.9"))))
        .containsExactly(at("one", "10.0.0.9:4420"), at("one", "10.0.0.9:4421"));
    assertThat(entries(view(HOST1, 2, END6))).containsExactly(at("one", "2001:db8::7:4421"));
  }

  @Test
  void advertisedAddress_isToldInstead() {
    portals.add(new Portal(1, LOOPBACK, 4420, InetAddress.ofLiteral("10.0.2.2"), true, true));
    add("one", HostAccess.ANY);
    assertThat(entries(view(HOST1)))
        .containsExactly(Nqn.DISCOVERY + " at 10.0.2.2:4420", at("one", "10.0.2.2:4420"));
  }

  @Test
  void changeThatAHostSees_isToldAndCounted() {
    portals.add(IO);
    DiscoveryView first = view(HOST1);
    DiscoveryView second = view(HOST2);
    time.settle();
    long before = first.generation();

    Subsystem one = add("one", HostAccess.only(Set.of(HOST1)));
    time.settle();
    assertThat(changed).containsExactly(HOST1);
    assertThat(first.generation()).isGreaterThan(before);
    assertThat(second.generation()).isEqualTo(before);

    one.changeHostAccess(HostAccess.ANY);
    time.settle();
    assertThat(changed).as("only the second sees a change").containsExactly(HOST1, HOST2);

    changed.clear();
    long[] generations = {first.generation(), second.generation()};
    portals.add(DISCOVERY);
    time.settle();
    subsystems.remove(one.nqn());
    time.settle();
    assertThat(changed).containsExactlyInAnyOrder(HOST1, HOST1, HOST2, HOST2);
    assertThat(first.generation()).isGreaterThan(generations[0]);
    assertThat(second.generation()).isGreaterThan(generations[1]);
    assertThat(entries(first)).containsExactly(Nqn.DISCOVERY + " at 127.0.0.1:8009");
  }

  @Test
  void nothingChanged_countsNothing() {
    portals.add(IO);
    Subsystem one = add("one", HostAccess.ANY);
    DiscoveryView view = view(HOST1);
    time.settle();
    long before = view.generation();
    one.changeHostAccess(HostAccess.only(Set.of(HOST1)));
    one.addNamespace(TestSubsystems.namespace(home, 1, TestSubsystems.ids(1)));
    subsystems.remove("nqn.2026-01.io.dnvme:unknown");
    time.settle();
    assertThat(view.generation()).isEqualTo(before);
    assertThat(changed).isEmpty();
  }

  @Test
  void changeThatHasReturned_isSeenByTheNextHost() {
    portals.add(IO);
    add("one", HostAccess.ANY);
    assertThat(entries(view(HOST1))).as("before any reactor ran").hasSize(1);
    subsystems.remove(TestSubsystems.nqn("one"));
    assertThat(entries(view(HOST1))).isEmpty();
  }

  @Test
  void subsystemsThatWereThereBefore_areWatched() {
    portals.add(IO);
    Subsystem one = add("one", HostAccess.ANY);
    var later = new Discovery(home, subsystems, portals, ADMIN_QUEUE_ENTRIES);
    DiscoveryView view = later.open(reactor, HOST1, 1, LOOPBACK, () -> changed.add("later"));
    time.settle();
    assertThat(changed).isEmpty();

    one.changeHostAccess(HostAccess.NONE);
    time.settle();
    assertThat(changed).containsExactly("later");
    assertThat(entries(view)).isEmpty();
  }

  @Test
  void removedSubsystem_isNotWatchedAnyMore() {
    portals.add(IO);
    Subsystem one = add("one", HostAccess.ANY);
    view(HOST1);
    time.settle();
    subsystems.remove(one.nqn());
    time.settle();
    changed.clear();
    one.changeHostAccess(HostAccess.NONE);
    time.settle();
    assertThat(changed).isEmpty();
  }

  @Test
  void closedView_isToldNothing() {
    DiscoveryView view = view(HOST1);
    reactor.run(view::close);
    portals.add(DISCOVERY);
    time.settle();
    assertThat(changed).isEmpty();
  }

  @Test
  void pieces_makeTheWholePage() {
    portals.add(IO);
    portals.add(DISCOVERY);
    add("one", HostAccess.ANY);
    add("two", HostAccess.ANY);
    DiscoveryView view = view(HOST1);
    byte[] whole = read(view).toArray(ValueLayout.JAVA_BYTE);
    for (int piece : new int[] {4, 20, 1000, 1024, 1028, 3000, whole.length}) {
      MemorySegment assembled = MemorySegment.ofArray(new byte[whole.length]);
      for (int at = 0; at < whole.length; at += piece) {
        view.read(false, at, assembled, at, Math.min(piece, whole.length - at));
      }
      assertThat(assembled.toArray(ValueLayout.JAVA_BYTE)).as("by %d", piece).isEqualTo(whole);
    }
  }

  @Test
  void partBehindTheEnd_isZero() {
    portals.add(DISCOVERY);
    DiscoveryView view = view(HOST1);
    MemorySegment target = MemorySegment.ofArray(new byte[4096]).fill((byte) 0x55);
    view.read(false, 1024, target, 8, 2048);
    assertThat(target.get(ValueLayout.JAVA_BYTE, 7)).isEqualTo((byte) 0x55);
    assertThat(target.get(ValueLayout.JAVA_BYTE, 8)).isEqualTo((byte) 3);
    assertThat(target.asSlice(8 + 1024, 1024).mismatch(MemorySegment.ofArray(new byte[1024])))
        .isEqualTo(-1);
    assertThat(target.get(ValueLayout.JAVA_BYTE, 8 + 2048)).isEqualTo((byte) 0x55);
  }

  @Test
  void portLocalEntries_areOfTheConnectionsPortalOnly() {
    portals.add(IO);
    portals.add(DISCOVERY);
    add("one", HostAccess.ANY);
    DiscoveryView view = view(HOST1, DISCOVERY.portId(), LOOPBACK);
    assertThat(view.lengthBytes(false)).isEqualTo(3 * 1024);
    assertThat(view.lengthBytes(true)).isEqualTo(2 * 1024);
    MemorySegment page = MemorySegment.ofArray(new byte[2 * 1024]);
    view.read(true, 0, page, 0, page.byteSize());
    assertThat(new DiscoveryLog().wrap(page, 0).get(DiscoveryLog.NUMREC)).isEqualTo(1);
    assertThat(new DiscoveryEntry().wrap(page, 1024).get(DiscoveryEntry.PORTID)).isEqualTo(2);
  }

  @Test
  void changeBetweenPieces_waitsForTheNextTurn() {
    portals.add(IO);
    add("one", HostAccess.ANY);
    DiscoveryView view = view(HOST1);
    time.settle();
    long generation = view.generation();
    List<String> before = entries(view);

    add("two", HostAccess.ANY);
    assertThat(view.generation()).isEqualTo(generation);
    assertThat(entries(view)).isEqualTo(before);

    time.settle();
    assertThat(view.generation()).isGreaterThan(generation);
    assertThat(entries(view)).hasSize(2);
  }
}
