package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockStatus;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.HolderRequest.Knowledge;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole nodes and controllers: what members and controllers that come and go make of a leg. */
class LegControllerTest {

  private static final long CLEARED = 30 * LegRig.SECOND;

  private LegRig rig;

  private Controller start(Kind... kinds) {
    rig = new LegRig(kinds);
    return rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
  }

  private void losePowerOfAll() {
    for (LegRig.Node node : rig.nodes) {
      node.stop();
      node.losePower();
    }
    rig.until("nobody serves", () -> rig.controllers.stream().noneMatch(Controller::isServing));
    rig.nodes.forEach(LegRig.Node::start);
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void newLeg_isMadeAndServed_andAnotherControllerStandsBy() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    assertThat(rig.write(one, 7, 2, 5)).isEqualTo(BlockStatus.SUCCESS);
    rig.pass(3 * LegRig.SECOND);
    assertThat(two.isServing()).isFalse();
    assertThat(rig.read(one, 8)).isEqualTo(5);
    one.cut();
    rig.until("the other serves", two::isServing);
    assertThat(rig.read(two, 8)).isEqualTo(5);
    assertThat(rig.read(two, 9)).isZero();
    assertThat(two.losses).isZero();
  }

  /** A controller dies when so many holders have the record of the leg that it creates. */
  private void begin(int reached) {
    LegRig.Process creator = rig.new Process(9);
    List<DiskNodeLink> links = creator.links();
    rig.until("connected", () -> links.stream().allMatch(DiskNodeLink::isLive));
    List<Holder> holders =
        links.stream().map(link -> new Holder(link.identity().store(), "")).toList();
    List<UUID> disks = links.stream().map(link -> link.identity().disk()).toList();
    LegRecord first =
        rig.plan(List.of(rig.ids(1, 2, 3))).firstRecord(creator.incarnation(), holders, disks);
    List<HolderRequest> creation =
        List.of(
            new HolderRequest.Promise(
                first.leg(), first.epoch(), Knowledge.CREATE, 0, first.leaseMs()),
            new HolderRequest.Accept(first));
    var link = new NodeHolderLink(links);
    List<HolderReply> replies = new ArrayList<>();
    rig.reactor.run(() ->
        holders
            .subList(0, reached)
            .forEach(holder -> link.send(holder.store(), creation, replies::addAll)));
    rig.until("they have it", () -> replies.size() == 2 * reached);
    creator.cut();
  }

  @Test
  void creationThatOneHolderKnowsOf_isGoneOnWith() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    begin(1);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.until("it is whole", one::isWhole);
    assertThat(rig.write(one, 3, 1, 1)).isEqualTo(BlockStatus.SUCCESS);
  }

  /** The disk that it was made on may be there again, with what would look like the member. */
  @Test
  void memberThatNobodyUsed_isNotMadeUnderItsNameOnAnotherDisk() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    begin(3);
    rig.node(3).stop();
    rig.node(3).replaceDisk();
    rig.node(3).start();
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.until("it is whole", one::isWhole);
    UUID third = rig.plan(List.of(rig.ids(1, 2, 3))).logicalDisk(2);
    assertThat(rig.node(3).disk().list()).hasSize(1);
    assertThat(rig.node(3).disk().find(third)).isEmpty();
    assertThat(one.status().record().member(third)).isNull();
    assertThat(one.said).anyMatch(line -> line.contains("made on another disk"));
  }

  /** Each asks its own holders alone, and finds none that has the leg. */
  @Test
  void twoControllersWithOtherHoldersInTheirFiles_makeOneLeg() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK);
    Controller one = rig.making(List.of(1, 2, 3), rig.ids(3), List.of(rig.ids(1, 2)));
    Controller two = rig.making(List.of(1, 2, 4), rig.ids(4), List.of(rig.ids(2, 1)));
    rig.until("one serves", () -> one.isServing() || two.isServing());
    rig.pass(5 * LegRig.SECOND);
    Controller first = one.isServing() ? one : two;
    Controller late = first == one ? two : one;
    assertThat(first.isWhole()).isTrue();
    assertThat(late.isServing()).isFalse();
    assertThat(late.said)
        .singleElement()
        .asString()
        .contains("was in use")
        .doesNotContain("creates");
    assertThat(rig.node(1).disk().list()).hasSize(1);
    assertThat(rig.node(2).disk().list()).hasSize(1);
  }

  /** Neither asks a node that the other one's leg is kept by, but for one that has a member. */
  @Test
  void controllerWithOtherHoldersAndMembers_makesNoSecondLeg_whereItKnowsANodeOfTheFirst() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK);
    Controller one = rig.making(List.of(1, 2, 3), rig.ids(3), List.of(rig.ids(1, 2)));
    rig.until("it serves", one::isServing);
    Controller two = rig.making(List.of(2, 4, 5, 6), rig.ids(6), List.of(rig.ids(4, 5)));
    rig.until("it is told", () -> two.hasSaid("is made already"));
    rig.pass(5 * LegRig.SECOND);
    assertThat(two.isServing()).isFalse();
    assertThat(rig.node(4).disk().list()).isEmpty();
    assertThat(one.isServing()).isTrue();
  }

  @Test
  void creationByAControllerWithOtherHolders_thatIsCutShort_isNamed_andItsFileGoesOnWithIt() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK);
    rig.node(3).stop();
    Controller one = rig.making(List.of(1, 2, 3), rig.ids(3), List.of(rig.ids(1, 2)));
    rig.allocate(1, rig.plan(List.of(rig.ids(1, 2))), 0, rig.ids(3));
    Controller two = rig.making(List.of(1, 2, 4), rig.ids(4), List.of(rig.ids(2, 1)));
    rig.until("it is told", () -> two.hasSaid("make the files equal"));
    rig.pass(5 * LegRig.SECOND);
    assertThat(two.said).hasSize(1);
    assertThat(rig.node(2).disk().list()).isEmpty();
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    assertThat(two.isServing()).isFalse();
  }

  /** Another controller that was to create the leg too gave back what this one's record names. */
  @Test
  void neverUsedMember_thatWasGivenBack_isAllocatedAgain() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    begin(3);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.until("it is whole", one::isWhole);
    assertThat(one.hasSaid("it was given back, and is made again")).isTrue();
    assertThat(rig.write(one, 3, 1, 1)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void memberThatReturns_isRebuiltByWhatItMissed() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.write(one, 0, 1, 1);
    rig.pass(CLEARED);
    rig.node(3).stop();
    rig.write(one, 5L * LegRig.REGION_BLOCKS, 1, 2);
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    assertThat(one.said).anyMatch(line -> line.contains("is being rebuilt: 1 of "));
  }

  @Test
  void memberThatATakeoverDoesNotReach_isRebuiltByWhatItMissed() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.write(one, 0, 1, 1);
    rig.pass(CLEARED);
    rig.write(one, 3L * LegRig.REGION_BLOCKS, 1, 2);
    one.cut();
    rig.node(2).stop();
    rig.until("the other serves", two::isServing);
    rig.write(two, 5L * LegRig.REGION_BLOCKS, 1, 3);
    rig.node(2).start();
    rig.until("it is whole", two::isWhole);
    assertThat(two.said).anyMatch(line -> line.contains("is being rebuilt: 2 of "));
    rig.node(1).stop();
    rig.node(3).stop();
    rig.node(3).start();
    rig.until("it serves", two::isServing);
    assertThat(rig.read(two, 3L * LegRig.REGION_BLOCKS)).isEqualTo(2);
    assertThat(rig.read(two, 5L * LegRig.REGION_BLOCKS)).isEqualTo(3);
  }

  @Test
  void twoMembersThatReturn_areRebuiltBesideEachOther() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.node(2).stop();
    rig.write(one, 0, 64, 1);
    rig.node(3).losePower();
    rig.node(2).start();
    rig.until("it is back", () -> one.hasSaid("is back"));
    // The second leaves while the first is being rebuilt, and returns.
    rig.node(3).stop();
    rig.write(one, 100, 8, 2);
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    rig.node(1).stop();
    rig.pass(LegRig.SECOND);
    assertThat(rig.read(one, 101)).isEqualTo(2);
    assertThat(rig.read(one, 63)).isEqualTo(1);
  }

  @Test
  void memoryDiskThatIsStartedAgain_isMadeAnewAndRebuiltInFull() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.MEMORY);
    rig.write(one, 0, 1, 1);
    rig.pass(CLEARED);
    rig.node(3).stop();
    rig.node(3).losePower();
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    assertThat(one.hasSaid("is made anew")).isTrue();
    assertThat(one.said)
        .anyMatch(line ->
            line.contains("is being rebuilt: %d of %d".formatted(LegRig.REGIONS, LegRig.REGIONS)));
    assertThat(one.losses).isZero();
  }

  @Test
  void powerOfAllMembersGoesWithUnclearedRegions_oneIsChosen_andHostsAreTold() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.write(one, 0, 1, 1);
    losePowerOfAll();
    rig.until("it serves", one::isServing);
    assertThat(one.losses).isEqualTo(1);
    assertThat(rig.read(one, 0)).isEqualTo(1);
    rig.until("it is whole", one::isWhole);
    // Told once, and by a controller that comes to serve later to its own hosts.
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.until("it is found", () -> two.found != null);
    one.cut();
    rig.until("the other serves", two::isServing);
    assertThat(two.losses).isZero();
  }

  @Test
  void lossThatAnotherControllerFound_isToldByEachThatLivedThroughIt() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.until("it is found", () -> two.found != null);
    rig.write(one, 0, 1, 1);
    losePowerOfAll();
    rig.until("one serves", () -> one.isServing() || two.isServing());
    Controller first = one.isServing() ? one : two;
    Controller second = one.isServing() ? two : one;
    assertThat(first.losses).isEqualTo(1);
    assertThat(second.losses).isZero();
    first.cut();
    rig.until("the other serves", second::isServing);
    assertThat(second.losses).isEqualTo(1);
  }

  @Test
  void powerOfAllMembersGoesWhenNothingIsUncleared_nothingIsLost() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.write(one, 0, 1, 1);
    rig.pass(CLEARED);
    losePowerOfAll();
    rig.until("it is whole", one::isWhole);
    assertThat(one.losses).isZero();
    assertThat(rig.read(one, 0)).isEqualTo(1);
  }

  @Test
  void powerOfOneMemberGoes_itFollowsThoseThatKeptTheirs() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.write(one, 0, 1, 1);
    rig.nodes.forEach(LegRig.Node::stop);
    rig.node(2).losePower();
    rig.until("it stands by", () -> !one.isServing());
    rig.nodes.forEach(LegRig.Node::start);
    rig.until("it is whole", one::isWhole);
    assertThat(one.losses).isZero();
    assertThat(one.said).anyMatch(line -> line.contains("is being rebuilt: 1 of "));
  }

  @Test
  void standby_isToldOfARelease_andTakesTheLegAtOnce() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.pass(3 * LegRig.SECOND);
    rig.reactor.run(one.leg()::standBy);
    rig.pass(30 * LegRig.MILLI);
    assertThat(two.isServing()).isTrue();
  }

  @Test
  void standby_isToldOfTheEndOfALease_ofAllHoldersAndOfAMajority() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.pass(3 * LegRig.SECOND);
    one.cut();
    rig.pass(530 * LegRig.MILLI);
    assertThat(two.isServing()).isTrue();
    Controller three = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.pass(2 * LegRig.SECOND);
    rig.node(3).stop();
    rig.pass(3 * LegRig.SECOND);
    two.cut();
    rig.pass(530 * LegRig.MILLI);
    assertThat(three.isServing()).isTrue();
  }

  /** It knows nothing of who waits: claimants ask again when they reach it. */
  @Test
  void holdersThatWereStartedAnew_tellOfAReleaseAsWell() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.pass(3 * LegRig.SECOND);
    for (LegRig.Node node : rig.nodes) {
      node.stop();
      node.start();
      rig.until("it is whole", one::isWhole);
      rig.pass(3 * LegRig.SECOND);
    }
    rig.reactor.run(one.leg()::standBy);
    rig.pass(30 * LegRig.MILLI);
    assertThat(two.isServing()).isTrue();
  }

  /**
   * As after it stood still for long: nobody is there whom it could ask whether it is the owner.
   */
  @Test
  void ownerThatReachesNobody_standsByWhenItsLeaseIsOver() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    one.cut();
    rig.pass(500 * LegRig.MILLI);
    assertThat(one.isServing()).isFalse();
    assertThat(one.hasSaid("serves leg " + one.found.leg() + " no more: a group has no usable"))
        .isTrue();
  }

  @Test
  void memberThatAdmittedAHigherEpoch_endsTheOwnersTerm() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.node(3).stop();
    assertThat(rig.write(one, 0, 1, 1)).isEqualTo(BlockStatus.SUCCESS);
    rig.node(3).start();
    UUID disk = rig.node(3).disk().list().getFirst().id();
    var higher = new Epoch(77, rig.newId());
    rig.reactor.run(() -> rig.node(3).disk().admit(disk, higher, any -> {}));
    rig.until(
        "it stands by", () -> one.hasSaid("no more: a logical disk admitted epoch " + higher));
    rig.until("it is whole", one::isWhole);
    assertThat(rig.read(one, 0)).isEqualTo(1);
  }

  @Test
  void legOfTwoGroups_isOneDevice_andEachGroupLosesAMember() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2), rig.ids(2, 3)));
    long border = LegRig.GROUP_BLOCKS;
    assertThat(one.device.geometry().blockCount()).isEqualTo(2 * border);
    assertThat(rig.write(one, border - 2, 4, 7)).isEqualTo(BlockStatus.SUCCESS);
    rig.node(2).stop();
    assertThat(rig.write(one, border - 1, 2, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.read(one, border - 2)).isEqualTo(7);
    assertThat(rig.read(one, border)).isEqualTo(8);
    rig.node(2).start();
    rig.until("it is whole", one::isWhole);
    rig.node(1).stop();
    rig.pass(LegRig.SECOND);
    assertThat(rig.read(one, border - 1)).isEqualTo(8);
    assertThat(rig.read(one, border + 1)).isEqualTo(7);
  }

  @Test
  void groupWithoutAnyMember_givesTheLegBack_untilItHasOne() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2), rig.ids(4)));
    rig.write(one, LegRig.GROUP_BLOCKS, 1, 3);
    rig.node(4).stop();
    rig.until("it gives the leg back", () -> !one.isServing());
    rig.pass(5 * LegRig.SECOND);
    assertThat(one.isServing()).isFalse();
    rig.node(4).start();
    rig.until("it serves", one::isServing);
    assertThat(rig.read(one, LegRig.GROUP_BLOCKS)).isEqualTo(3);
  }

  @Test
  void twoDiskNodesAndAWitness_surviveTheLossOfAnyOne() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.WITNESS);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    assertThat(rig.write(one, 0, 1, 1)).isEqualTo(BlockStatus.SUCCESS);
    for (LegRig.Node node : rig.nodes) {
      node.stop();
      assertThat(rig.write(one, 0, 1, 10 + node.number)).isEqualTo(BlockStatus.SUCCESS);
      rig.pass(3 * LegRig.SECOND);
      assertThat(one.isServing()).isTrue();
      node.start();
      rig.until("it is whole", one::isWhole);
      rig.pass(LegRig.SECOND);
    }
    assertThat(rig.read(one, 0)).isEqualTo(13);
  }

  @Test
  void twoDiskNodesAndAWitness_failOver() {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.WITNESS);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2)));
    rig.write(one, 0, 1, 1);
    one.cut();
    rig.node(1).stop();
    rig.until("the other serves", two::isServing);
    assertThat(rig.read(two, 0)).isEqualTo(1);
  }
}
