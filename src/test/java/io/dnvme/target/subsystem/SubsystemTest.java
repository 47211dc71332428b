package io.dnvme.target.subsystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import io.dnvme.target.reservation.Reservations;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SubsystemTest {

  private static final String HOST = TestSubsystems.host(1);

  private final ManualReactor reactor = new ManualReactor();
  private final Subsystem subsystem = TestSubsystems.subsystem(reactor, "disk1", HostAccess.ANY);
  private final List<SubsystemEvent> heard = new ArrayList<>();

  private Namespace namespace(int nsid) {
    return TestSubsystems.namespace(reactor, nsid, TestSubsystems.ids(nsid));
  }

  @Test
  void namespaces_areFoundByTheirIdentifierOnly() {
    Namespace one = namespace(1);
    Namespace nine = namespace(9);
    subsystem.addNamespace(nine);
    subsystem.addNamespace(one);

    assertThat(subsystem.namespace(1)).isSameAs(one);
    assertThat(subsystem.namespace(9)).isSameAs(nine);
    for (int nsid : new int[] {0, 2, 10, -1, -2, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertThat(subsystem.namespace(nsid)).as("NSID %d", nsid).isNull();
    }
    assertThat(subsystem.namespaces()).containsExactly(one, nine);
  }

  @Test
  void namespaceChanges_areTold() {
    subsystem.subscribe(reactor, heard::add);
    Namespace one = namespace(1);
    subsystem.addNamespace(one);
    subsystem.resizeNamespace(1, new BlockGeometry(4096, 200));
    Namespace grown = subsystem.namespace(1);
    subsystem.resizeNamespace(1, new BlockGeometry(4096, 200));
    assertThat(subsystem.removeNamespace(1)).isSameAs(grown);
    reactor.settle();

    assertThat(grown.geometry().blockCount()).isEqualTo(200);
    assertThat(grown.ids()).isEqualTo(one.ids());
    assertThat(heard)
        .containsExactly(
            new SubsystemEvent.NamespaceAdded(one),
            new SubsystemEvent.NamespaceResized(grown),
            new SubsystemEvent.NamespaceRemoved(grown));
    assertThat(subsystem.namespaces()).isEmpty();
  }

  @Test
  void namespaceThatACommandHolds_keepsItsSize() {
    subsystem.addNamespace(namespace(1));
    Namespace held = subsystem.namespace(1);
    subsystem.resizeNamespace(1, new BlockGeometry(4096, 200));
    assertThat(held.geometry().blockCount()).isEqualTo(100);
  }

  @Test
  void resize_otherThanGrowing_isRefused() {
    subsystem.addNamespace(namespace(1));
    for (var geometry : List.of(new BlockGeometry(4096, 99), new BlockGeometry(512, 2000))) {
      assertThatThrownBy(() -> subsystem.resizeNamespace(1, geometry))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("can only grow");
    }
    assertThatThrownBy(() -> subsystem.resizeNamespace(2, new BlockGeometry(4096, 200)))
        .hasMessageContaining("no namespace 2");
  }

  @Test
  void identifiersOfAnotherNamespace_areRefused() {
    subsystem.addNamespace(namespace(1));
    NamespaceIds taken = TestSubsystems.ids(1);
    NamespaceIds free = TestSubsystems.ids(2);
    for (var ids :
        List.of(
            new NamespaceIds(taken.uuid(), free.nguid(), 0),
            new NamespaceIds(free.uuid(), taken.nguid(), 0))) {
      assertThatThrownBy(() -> subsystem.addNamespace(TestSubsystems.namespace(reactor, 2, ids)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("NAMES");
    }
    assertThatThrownBy(() -> subsystem.addNamespace(TestSubsystems.namespace(reactor, 1, free)))
        .hasMessageContaining("NAMES");
    subsystem.addNamespace(TestSubsystems.namespace(reactor, 2, free));
  }

  @Test
  void eui64_collidesOnlyWhereThereIsOne() {
    NamespaceIds none = TestSubsystems.ids(1);
    assertThat(none.collidesWith(TestSubsystems.ids(2))).isFalse();
    var one = new NamespaceIds(new UUID(1, 1), new UUID(1, 2), 77);
    assertThat(one.collidesWith(new NamespaceIds(new UUID(2, 1), new UUID(2, 2), 77))).isTrue();
    assertThat(one.collidesWith(new NamespaceIds(new UUID(2, 1), new UUID(2, 2), 78))).isFalse();
  }

  @Test
  void identifiersThatSayNothing_areRefused() {
    var nil = new UUID(0, 0);
    assertThatThrownBy(() -> new NamespaceIds(nil, new UUID(1, 1), 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new NamespaceIds(new UUID(1, 1), nil, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namespacesAtTheLimit_areServed() {
    for (int nsid = 1; nsid <= Subsystem.MAX_NAMESPACES; nsid++) {
      subsystem.addNamespace(namespace(nsid));
    }
    assertThat(subsystem.namespaces()).hasSize(Subsystem.MAX_NAMESPACES);
    assertThat(subsystem.nsidsOfGroup(1)).hasSize(Subsystem.MAX_NAMESPACES).isSorted();
    for (int nsid : new int[] {0, -1, Subsystem.MAX_NAMESPACES + 1}) {
      assertThatThrownBy(() ->
              subsystem.addNamespace(
                  TestSubsystems.namespace(reactor, nsid, TestSubsystems.ids(9999))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("NSID");
    }
  }

  @Test
  void anaGroup_mustExist_andCountsItsMembers() {
    for (int group : new int[] {0, TestSubsystems.ANA_GROUPS + 1}) {
      assertThatThrownBy(() -> subsystem.addNamespace(inGroup(1, group)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("ANA group");
    }
    var port = subsystem.ana().port(1);
    subsystem.addNamespace(inGroup(1, 2));
    subsystem.addNamespace(inGroup(2, 3));
    subsystem.addNamespace(inGroup(3, 2));
    subsystem.removeNamespace(1);
    assertThat(subsystem.nsidsOfGroup(2)).containsExactly(3);
    assertThat(port.snapshot().changeCount()).isEqualTo(4);
    assertThat(port.snapshot().lastChange(3)).isEqualTo(2);
  }

  private Namespace inGroup(int nsid, int group) {
    return new Namespace(
        nsid,
        TestSubsystems.ids(nsid),
        group,
        new SizedDevice(new BlockGeometry(512, 8)),
        new Reservations(reactor));
  }

  @Test
  void hostAccess_changesForEverybodyAtOnce() {
    subsystem.subscribe(reactor, heard::add);
    assertThat(subsystem.allows(HOST)).isTrue();

    var access = HostAccess.only(Set.of(TestSubsystems.host(2)));
    subsystem.changeHostAccess(access);
    subsystem.changeHostAccess(HostAccess.only(Set.of(TestSubsystems.host(2))));

    assertThat(subsystem.allows(HOST)).isFalse();
    assertThat(subsystem.allows(TestSubsystems.host(2))).isTrue();
    reactor.settle();
    assertThat(heard).containsExactly(new SubsystemEvent.HostAccessChanged(access));
  }
}
