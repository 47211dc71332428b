package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What cannot be made on the disk nodes as they are is refused, and leaves nothing there. */
class RoomCheckTest {

  private static final UUID OTHER_DISK = new UUID(2, 3);

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);

  @AfterEach
  void close() {
    rig.close();
  }

  private Controller refused(LegPlan plan) {
    Controller controller = rig.controller(rig.ids(1, 2, 3), plan);
    rig.until("it is refused", () -> controller.hasSaid("impossible: "));
    rig.pass(LegRig.SECOND);
    assertThat(controller.found).isNull();
    return controller;
  }

  private LegPlan plan(UUID disk, int groups, UUID... members) {
    return new LegPlan(
        disk,
        "disk",
        LegRig.BLOCK,
        LegRig.GROUP_BYTES,
        400,
        Collections.nCopies(groups, List.of(members)));
  }

  private UUID id(int node) {
    return rig.node(node).id();
  }

  private int allocated(int node) {
    return rig.node(node).disk().list().size();
  }

  private int extents(int node) {
    return rig.node(node).disk().usage().extents();
  }

  @Test
  void nodeWithOtherBlocks_isNamed_andNothingIsAllocated() {
    LegRig.Node small = rig.start(Kind.DISK, 512);
    Controller one = refused(plan(LegRig.DISK, 1, id(1), small.id()));
    assertThat(one.said)
        .singleElement()
        .asString()
        .startsWith("impossible: node " + small.id() + " at ")
        .contains("has blocks of 512 bytes, and those of the virtual disk are to have 4096: ");
    assertThat(allocated(1)).isZero();
    assertThat(allocated(4)).isZero();
  }

  @Test
  void witness_isNoMember() {
    LegRig.Node witness = rig.start(Kind.WITNESS, LegRig.BLOCK);
    Controller one = refused(plan(LegRig.DISK, 1, id(1), witness.id()));
    assertThat(one.said).singleElement().asString().contains(witness.id() + "", "is a witness");
    assertThat(allocated(1)).isZero();
  }

  @Test
  void moreThanADiskHas_isRefused() {
    Controller one = refused(plan(LegRig.DISK, extents(2) + 1, id(2)));
    assertThat(one.said).singleElement().asString().contains("node " + id(2), "is too small: ");
    assertThat(allocated(2)).isZero();
  }

  @Test
  void moreThanIsFree_isRefused_withWhatIsNeededAndWhatThereIs() {
    int groups = extents(2) - 1;
    Controller one = rig.controller(rig.ids(1, 2, 3), plan(LegRig.DISK, groups, id(2)));
    rig.until("it serves", one::isServing);
    Controller two = refused(plan(OTHER_DISK, 2, id(1), id(2)));
    assertThat(two.said)
        .singleElement()
        .asString()
        .contains("node " + id(2), "has too little free space: 2 extents of 4194304 bytes are")
        .contains("; 1 of its " + extents(2) + " are free");
    assertThat(allocated(1)).isZero();
    assertThat(allocated(2)).isEqualTo(groups);
    assertThat(one.isServing()).isTrue();
  }

  @Test
  void spaceThatAnAttemptWhichWasCutShortTook_isTheLegsOwn() {
    LegPlan all = plan(LegRig.DISK, extents(2), id(2));
    rig.allocate(2, all, 0, rig.ids(1, 2, 3));
    Controller one = rig.controller(rig.ids(1, 2, 3), all);
    rig.until("it serves", one::isServing);
    assertThat(allocated(2)).isEqualTo(extents(2));
  }

  @Test
  void nodeThatIsNotReached_isWaitedFor() {
    rig.node(3).stop();
    Controller one = rig.controller(rig.ids(1), plan(LegRig.DISK, 1, id(1), id(3)));
    rig.pass(5 * LegRig.SECOND);
    assertThat(one.hasSaid("impossible: ")).isFalse();
    assertThat(allocated(1)).isZero();
    rig.node(3).start();
    rig.until("it serves", one::isServing);
  }
}
