package io.dnvme.target.subsystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.TestReactor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SubsystemsTest {

  private final ManualReactor reactor = new ManualReactor();
  private final Subsystems subsystems = new Subsystems();

  private Subsystem subsystem(String name) {
    return TestSubsystems.subsystem(reactor, name, HostAccess.ANY);
  }

  @Test
  void subsystems_comeAndGo() {
    var heard = new ArrayList<Object>();
    subsystems.subscribe(reactor, heard::add);
    Subsystem one = subsystem("one");
    one.subscribe(reactor, heard::add);

    subsystems.add(one);
    assertThat(subsystems.find(one.nqn())).isSameAs(one);
    assertThat(subsystems.all()).containsExactly(one);
    assertThat(one.isRemoved()).isFalse();

    assertThat(subsystems.remove(one.nqn())).isSameAs(one);
    assertThat(subsystems.remove(one.nqn())).isNull();
    assertThat(subsystems.find(one.nqn())).isNull();
    assertThat(one.isRemoved()).isTrue();

    reactor.settle();
    assertThat(heard)
        .containsExactly(
            new Subsystems.Event.Added(one),
            new SubsystemEvent.SubsystemRemoved(),
            new Subsystems.Event.Removed(one));
  }

  @Test
  void nameTwice_isRefused() {
    subsystems.add(subsystem("one"));
    assertThatThrownBy(() -> subsystems.add(subsystem("one")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("exists already");
  }

  @Test
  void namespaceIdentifiersOfAnotherSubsystem_areRefused() {
    Subsystem one = subsystem("one");
    Subsystem two = subsystem("two");
    one.addNamespace(TestSubsystems.namespace(reactor, 1, TestSubsystems.ids(5)));
    two.addNamespace(TestSubsystems.namespace(reactor, 2, TestSubsystems.ids(5)));
    subsystems.add(one);
    assertThatThrownBy(() -> subsystems.add(two))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NAMES");
    assertThat(subsystems.all()).containsExactly(one);
  }

  @Test
  void removedSubsystem_doesNotComeBack() {
    Subsystem one = subsystem("one");
    subsystems.add(one);
    subsystems.remove(one.nqn());
    assertThatThrownBy(() -> subsystems.add(one)).isInstanceOf(IllegalArgumentException.class);
    subsystems.add(subsystem("one"));
  }

  @Test
  void registryAtItsLimit_refusesOneMore() {
    for (int i = 0; i < Subsystems.MAX_SUBSYSTEMS; i++) {
      subsystems.add(subsystem("number" + i));
    }
    assertThatThrownBy(() -> subsystems.add(subsystem("more")))
        .isInstanceOf(IllegalStateException.class);
    subsystems.remove(TestSubsystems.nqn("number7"));
    subsystems.add(subsystem("more"));
  }

  /** Readers on real threads see whole states, and listeners hear events in order. */
  @Test
  void changesFromTwoThreads_areSerialised() throws Exception {
    int changes = 200;
    try (var listening = new TestReactor(0)) {
      Subsystem one = TestSubsystems.subsystem(listening, "one", HostAccess.ANY);
      subsystems.add(one);
      List<Integer> heard = new ArrayList<>();
      var last = new CompletableFuture<Void>();
      one.subscribe(
          listening,
          event -> {
            if (event instanceof SubsystemEvent.NamespaceAdded added) {
              heard.add(added.namespace().nsid());
              assertThat(one.namespace(added.namespace().nsid())).isNotNull();
            }
            if (heard.size() == 2 * changes) {
              last.complete(null);
            }
          });
      var threads = new ArrayList<Thread>();
      for (int t = 0; t < 2; t++) {
        int first = t * changes + 1;
        threads.add(
            Thread.ofPlatform()
                .start(() -> {
                  for (int nsid = first; nsid < first + changes; nsid++) {
                    one.addNamespace(
                        TestSubsystems.namespace(listening, nsid, TestSubsystems.ids(nsid)));
                  }
                }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      TestReactor.await(last);
      assertThat(one.namespaces()).hasSize(2 * changes);
      assertThat(heard.stream().filter(nsid -> nsid <= changes).toList()).isSorted();
      assertThat(heard.stream().filter(nsid -> nsid > changes).toList()).isSorted();
    }
  }
}
