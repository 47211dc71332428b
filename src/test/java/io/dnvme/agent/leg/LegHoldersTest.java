package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.agent.leg.LegRig.Node;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderEntry;
import io.dnvme.ownership.HolderStep;
import io.dnvme.ownership.LegRecord;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole nodes and controllers, while the holders of a leg's record are changed (RECORD). */
class LegHoldersTest {

  private static final UUID LEG = LegPlan.leg(LegRig.DISK);

  private LegRig rig;

  /** Five nodes; the leg's members are on the first two. */
  private Controller start(int... holders) {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK);
    return rig.serving(rig.ids(holders), List.of(rig.ids(1, 2)));
  }

  private Controller another(int... holders) {
    return rig.controller(rig.ids(holders), List.of(rig.ids(1, 2)));
  }

  private void want(Controller controller, int... holders) {
    rig.reactor.run(() -> controller.leg().wantHolders(rig.ids(holders)));
  }

  private static Set<UUID> stores(LegRecord record) {
    return record.holders().stream().map(Holder::store).collect(Collectors.toSet());
  }

  private boolean areHolders(Controller owner, int... nodes) {
    LegRecord record = owner.status().record();
    return record != null
        && !record.changesHolders()
        && stores(record)
            .equals(
                Arrays.stream(nodes)
                    .mapToObj(number -> rig.node(number).holder().identity())
                    .collect(Collectors.toSet()));
  }

  private Optional<HolderEntry> entry(int node) {
    return rig.node(node).holder().entries().stream()
        .filter(entry -> entry.leg().equals(LEG))
        .findFirst();
  }

  private void untilRetired(int... nodes) {
    for (int node : nodes) {
      rig.until(
          "node " + node + " knows that it is no holder",
          () -> entry(node).filter(HolderEntry::retired).isPresent());
    }
  }

  /** Changes them, while each command is answered. */
  private void change(Controller owner, int... holders) {
    want(owner, holders);
    int[] written = {0};
    rig.until(
        "the holders are others",
        () -> {
          assertThat(owner.isServing()).isTrue();
          assertThat(rig.write(owner, 3, 1, ++written[0] % 100).isSuccess()).isTrue();
          return areHolders(owner, holders);
        });
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void oneExchanged_isChangedWhileItServes_andAnotherControllerFindsItByTheOldHolders() {
    Controller one = start(1, 2, 3);
    Controller two = another(1, 2, 3);
    rig.until("it is found", () -> two.found != null);
    change(one, 2, 3, 4);
    assertThat(one.said)
        .contains(
            "holders of leg %s change from n1, n2, n3 to n2, n3, n4".formatted(LEG),
            "holders of leg %s are now n2, n3, n4".formatted(LEG));
    untilRetired(1);
    want(two, 2, 3, 4);
    one.cut();
    rig.until("the other serves", two::isServing);
    assertThat(areHolders(two, 2, 3, 4)).isTrue();
    // Also without any of the old ones.
    rig.node(3).stop();
    rig.pass(3 * LegRig.SECOND);
    assertThat(two.isServing()).isTrue();
  }

  @Test
  void fromOneToThreeToFiveToOne() {
    Controller one = start(1);
    change(one, 1, 2, 3);
    change(one, 1, 2, 3, 4, 5);
    change(one, 5);
    untilRetired(1, 2, 3, 4);
    for (int node : new int[] {1, 2, 3, 4}) {
      assertThat(entry(node).get().tombstone().successors())
          .extracting(Holder::store)
          .containsExactly(rig.node(5).holder().identity());
    }
    change(one, 3, 4, 5);
    assertThat(rig.read(one, 3)).isPositive();
  }

  @Test
  void allExchanged_thenControllersFindTheLeg_whichOfTheSetsTheyNameAndWhetherOldOnesLive() {
    Controller one = start(1, 2, 3);
    change(one, 3, 4, 5);
    change(one, 5);
    untilRetired(1, 2, 3, 4);
    one.cut();
    for (int[] named : new int[][] {{1, 2, 3}, {3, 4, 5}, {5}, {4}}) {
      Controller next = another(named);
      want(next, 5);
      rig.until("it serves", next::isServing);
      next.cut();
    }
  }

  /** Its file is the new one, and nobody has made it so yet. */
  @Test
  void controllerThatNamesNewHoldersAlone_findsTheLegOnOtherNodes_andMovesIt() {
    Controller one = start(1, 2, 3);
    one.cut();
    Controller two = another(4, 5, 3);
    rig.until("it serves", two::isServing);
    rig.until("they are changed", () -> areHolders(two, 3, 4, 5));
    two.cut();
    Controller three = another(1);
    rig.until("it serves", three::isServing);
    rig.until("they are changed", () -> areHolders(three, 1));
    assertThat(three.said).noneMatch(line -> line.startsWith("creates"));
  }

  @Test
  void wantedNodeThatIsAway_isWaitedFor_andSaidOnce() {
    Controller one = start(1, 2, 3);
    rig.node(4).stop();
    Controller two = another(2, 3, 4);
    rig.until("it is found", () -> two.found != null);
    one.cut();
    rig.until("it serves", two::isServing);
    rig.pass(5 * LegRig.SECOND);
    assertThat(two.said)
        .filteredOn(line -> line.startsWith("holders of"))
        .containsExactly(
            "holders of leg %s are n1, n2, n3 still, and not n2, n3, n4: node n4 is not connected"
                .formatted(LEG));
    rig.node(4).start();
    rig.until("they are changed", () -> areHolders(two, 2, 3, 4));
  }

  @Test
  void newHoldersThatDieMeanwhile_areRefused_nothingIsLeftBehind_andTheyAreTakenLater() {
    Controller one = start(1, 2, 3);
    want(one, 3, 4, 5);
    rig.until(
        "they confirm", () -> one.leg().holderStep().equals(Optional.of(HolderStep.CONFIRMING)));
    assertThat(entry(4)).isPresent();
    rig.node(4).stop();
    rig.node(5).stop();
    rig.until("it is refused", () -> one.hasSaid("still, and not"));
    assertThat(one.isServing()).isTrue();
    want(one, 1, 2, 3);
    rig.node(4).start();
    rig.node(5).start();
    rig.until("4 forgets", () -> entry(4).isEmpty());
    rig.until("5 forgets", () -> entry(5).isEmpty());
    change(one, 3, 4, 5);
  }

  @Test
  void ownerThatDiesMeanwhile_leavesNothingBehind_whereTheNextOneWantsAnother() {
    for (int node : new int[] {4, 5}) {
      Controller one = start(1, 2, 3);
      Controller two = another(1, 2, 3);
      rig.until("it is found", () -> two.found != null);
      want(one, 4, 5, 3);
      rig.until("it joins", () -> entry(node).isPresent());
      one.cut();
      rig.until("the other serves", two::isServing);
      rig.until("it forgets", () -> entry(node).filter(entry -> !entry.retired()).isEmpty());
      rig.until("the old ones stay", () -> areHolders(two, 1, 2, 3));
      if (node == 4) {
        rig.close();
      }
    }
  }

  @Test
  void droppedHolderThatWasAway_learnsItWhenItIsBack() {
    Controller one = start(1, 2, 3);
    rig.node(3).stop();
    want(one, 1, 2, 4);
    rig.until("they are changed", () -> one.hasSaid("are now n1, n2, n4"));
    rig.node(3).start();
    assertThat(entry(3).get().retired()).isFalse();
    Controller two = another(3);
    rig.until("it is found", () -> two.found != null);
    untilRetired(3);
    want(two, 1, 2, 4);
    one.cut();
    rig.until("the other serves", two::isServing);
  }

  /** As the same, where its owner is another one by then. */
  @Test
  void droppedHolderThatWasAway_learnsItFromALaterOwner() {
    Controller one = start(1, 2, 3);
    rig.node(3).stop();
    want(one, 1, 2, 4);
    rig.until("they are changed", () -> one.hasSaid("are now n1, n2, n4"));
    one.cut();
    Controller two = another(1, 2, 4);
    rig.until("it serves", two::isServing);
    rig.node(3).start();
    untilRetired(3);
  }

  @Test
  void memoryNodesThatAreStartedAgain_areBroughtIn_oneAfterAnother() {
    rig = new LegRig(Kind.MEMORY, Kind.MEMORY, Kind.MEMORY);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.write(one, 0, 1, 9);
    for (int round = 0; round < 2; round++) {
      for (Node node : rig.nodes) {
        UUID before = node.holder().identity();
        node.stop();
        node.losePower();
        node.start();
        assertThat(node.holder().identity()).isNotEqualTo(before);
        rig.until("it is a holder again", () -> areHolders(one, 1, 2, 3));
        rig.until("it is whole", one::isWhole);
        assertThat(one.isServing()).isTrue();
      }
    }
    assertThat(one.said)
        .anyMatch(
            line -> line.matches("holders of .* from n1's earlier store .*, n2, n3 to n1, .*"));
    assertThat(rig.read(one, 0)).isEqualTo(9);
  }

  /** Node 3 comes back without the disk that it had, which was not mounted, say. */
  private DamagedDisk withoutItsDisk() {
    rig.node(3).stop();
    DamagedDisk disk = rig.node(3).replaceDisk();
    rig.node(3).start();
    return disk;
  }

  @Test
  void storeThatIsNotThereAnyMore_isWaitedFor_andReplacedAfterAWhile() {
    assertThat(LegOptions.DEFAULT.holderPatienceNanos()).isEqualTo(300 * LegRig.SECOND);
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.options = LegRig.OPTIONS.withHolderPatience(60 * LegRig.SECOND);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    LegRecord before = one.status().record();
    withoutItsDisk();
    rig.until("it waits", () -> one.hasSaid("waits 60 s for that one"));
    rig.pass(55 * LegRig.SECOND);
    assertThat(stores(one.status().record())).isEqualTo(stores(before));
    assertThat(one.said).filteredOn(line -> line.contains("waits 60 s")).hasSize(1);
    rig.pass(10 * LegRig.SECOND);
    assertThat(areHolders(one, 1, 2, 3)).isTrue();
  }

  @Test
  void storeThatComesBackInTime_isTheHolderStill() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    LegRecord before = one.status().record();
    DamagedDisk disk = withoutItsDisk();
    rig.pass(200 * LegRig.SECOND);
    rig.node(3).stop();
    rig.node(3).attach(disk);
    rig.node(3).start();
    rig.pass(200 * LegRig.SECOND);
    assertThat(stores(one.status().record())).isEqualTo(stores(before));
    assertThat(areHolders(one, 1, 2, 3)).isTrue();
  }

  /** Holders alone on nodes 2 and 3: nothing but the record is lost with them. */
  private Controller startOnDisks(long patienceSeconds) {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.options = LegRig.OPTIONS.withHolderPatience(patienceSeconds * LegRig.SECOND);
    return rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1)));
  }

  private void assertHoldersAre(Controller owner, LegRecord before) {
    assertThat(owner.isServing()).isTrue();
    assertThat(stores(owner.status().record())).isEqualTo(stores(before));
  }

  /** As another controller's file calls it. */
  private void callOtherwise(int node) {
    rig.node(node).address = InetSocketAddress.createUnresolved("another-name", node);
  }

  @Test
  void storeThatIsNotThereAnyMore_isWaitedFor_whereAnotherControllerCalledTheNodeOtherwise() {
    Controller one = startOnDisks(60);
    LegRecord before = one.status().record();
    callOtherwise(3);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1)));
    rig.until("it is found", () -> two.found != null);
    one.leave();
    rig.until("the other serves", two::isServing);
    withoutItsDisk();
    rig.pass(55 * LegRig.SECOND);
    assertHoldersAre(two, before);
    rig.pass(10 * LegRig.SECOND);
    assertThat(areHolders(two, 1, 2, 3)).isTrue();
  }

  /** It has not seen the store, and does not know that the holder was at this node. */
  @Test
  void holderThatIsAtNoKnownNode_isWaitedFor_byAControllerThatHasJustStarted() {
    Controller one = startOnDisks(60);
    LegRecord before = one.status().record();
    one.leave();
    withoutItsDisk();
    callOtherwise(3);
    Controller two = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1)));
    rig.pass(55 * LegRig.SECOND);
    assertHoldersAre(two, before);
    assertThat(two.said).filteredOn(line -> line.contains("n3 is to keep the record")).hasSize(1);
    rig.pass(10 * LegRig.SECOND);
    assertThat(areHolders(two, 1, 2, 3)).isTrue();
  }

  @Test
  void patience_countsOverTermsOfOwnership() {
    Controller one = startOnDisks(60);
    LegRecord before = one.status().record();
    withoutItsDisk();
    for (int i = 0; i < 5; i++) {
      rig.pass(9 * LegRig.SECOND);
      rig.reactor.run(one::standBy);
      rig.until("it serves again", one::isServing);
    }
    assertHoldersAre(one, before);
    assertThat(one.said).filteredOn(line -> line.contains("waits 60 s")).hasSize(1);
    rig.reactor.run(one::standBy);
    rig.pass(25 * LegRig.SECOND);
    assertThat(areHolders(one, 1, 2, 3)).isTrue();
    assertThat(one.status().record().epoch().number()).isGreaterThan(6);
  }

  /** Somebody started it wrongly: its file is where it was. */
  @Test
  void nodeOfALastingStore_thatIsMemoryNow_isWaitedFor() {
    Controller one = startOnDisks(300);
    LegRecord before = one.status().record();
    rig.node(3).become(Kind.MEMORY);
    DamagedDisk disk = withoutItsDisk();
    rig.pass(200 * LegRig.SECOND);
    assertHoldersAre(one, before);
    rig.node(3).stop();
    rig.node(3).become(Kind.DISK);
    rig.node(3).attach(disk);
    rig.node(3).start();
    rig.pass(3 * LegRig.SECOND);
    assertThat(areHolders(one, 1, 2, 3)).isTrue();
    assertHoldersAre(one, before);
  }

  /**
   * One machine after another is started anew and does not mount its disk; then all are mounted.
   */
  @Test
  void storesThatAreReplacedWithoutAWord_doNotBecomeMostOfTheHolders() {
    Controller one = startOnDisks(10);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1)));
    rig.until("it is found", () -> two.found != null);
    rig.node(2).stop();
    DamagedDisk second = rig.node(2).replaceDisk();
    rig.node(2).start();
    rig.until("it is replaced", () -> areHolders(one, 1, 2, 3));
    LegRecord before = one.status().record();
    DamagedDisk third = withoutItsDisk();
    rig.pass(60 * LegRig.SECOND);
    assertHoldersAre(one, before);
    assertThat(one.said).filteredOn(line -> line.contains("say replace for them")).hasSize(1);
    // Nor by another one that only looked on.
    one.leave();
    rig.until("the other serves", two::isServing);
    rig.pass(60 * LegRig.SECOND);
    assertHoldersAre(two, before);
    rig.node(2).stop();
    rig.node(2).attach(second);
    rig.node(3).stop();
    rig.node(3).attach(third);
    rig.node(2).start();
    rig.node(3).start();
    rig.until("all are there", () -> two.isServing() && areHolders(two, 1, 2, 3));
  }

  @Test
  void storeOfADiskThatPeopleReplaced_isReplacedAtOnce() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    UUID lost = one.status().record().groups().getFirst().members().get(2).logicalDisk();
    withoutItsDisk();
    one.leave();
    rig.options = LegRig.OPTIONS.withReplacements(Map.of(lost, rig.node(3).diskId()));
    Controller two = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.pass(3 * LegRig.SECOND);
    assertThat(areHolders(two, 1, 2, 3)).isTrue();
  }

  @Test
  void controllersThatWantOthers_changeThemBackAndForth_andTheLegLives() {
    Controller one = start(1, 2, 3);
    Controller two = another(3, 4, 5);
    rig.until("it is found", () -> two.found != null);
    for (int i = 0; i < 3; i++) {
      rig.write(one, 0, 1, i);
      handOver(one, two);
      if (i != 1) {
        rig.until("they are changed", () -> areHolders(two, 3, 4, 5));
      }
      assertThat(rig.read(two, 0)).isEqualTo(i);
      handOver(two, one);
      if (i != 2) {
        rig.until("they are changed", () -> areHolders(one, 1, 2, 3));
      }
    }
  }

  /** Whoever gives it up claims it again: perhaps first. */
  private void handOver(Controller from, Controller to) {
    rig.until(
        "the other serves",
        () -> {
          if (from.isServing()) {
            rig.reactor.run(from::standBy);
          }
          return to.isServing();
        });
  }

  @Test
  void presentHoldersThatAreNotAmongTheNodes_areSaid() {
    Controller one = start(1, 2, 3);
    change(one, 5);
    untilRetired(1, 2, 3);
    one.cut();
    List<Node> known = new ArrayList<>(rig.nodes.subList(0, 3));
    Controller two = rig.knowing(known, rig.ids(1, 2, 3));
    rig.pass(3 * LegRig.SECOND);
    assertThat(two.found).isNull();
    assertThat(two.leg().whyNotFound())
        .hasValueSatisfying(
            why -> assertThat(why).contains("no more by n1, n2, n3, but by localhost:5"));
  }

  @Test
  void holdersThatCannotBe_areRefused_andNothingChanges() {
    Controller one = start(1, 2, 3);
    List<List<UUID>> wrong =
        List.of(
            List.of(),
            rig.ids(1, 2),
            rig.ids(1, 1, 2),
            List.of(new UUID(9, 9)),
            List.of(
                rig.node(1).id(),
                rig.node(2).id(),
                rig.node(3).id(),
                rig.node(4).id(),
                rig.node(5).id(),
                new UUID(9, 1),
                new UUID(9, 2)));
    for (List<UUID> holders : wrong) {
      assertThatThrownBy(() -> one.leg().wantHolders(holders))
          .isInstanceOf(IllegalArgumentException.class);
    }
    rig.pass(3 * LegRig.SECOND);
    assertThat(areHolders(one, 1, 2, 3)).isTrue();
  }
}
