package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.block.BlockDevice;
import io.dnvme.initiator.HostController;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Several legs of one process (LEASE). */
class HolderTrafficTest {

  private static final int LEGS = 3;
  private static final int LEASE_MS = 400;
  private static final UUID INCARNATION = new UUID(9, 9);

  private static final class Quiet implements LegController.Listener {
    @Override
    public void found(LegRecord record) {}

    @Override
    public void lossPossible() {}

    @Override
    public void serving(BlockDevice device) {}

    @Override
    public void standingBy(String reason) {}

    @Override
    public void happened(String what) {}
  }

  @Test
  void legsOfAProcess_areRenewedWithOneMessageForEachHolder() {
    try (var rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK)) {
      RigNetwork.Host host = rig.network.new Host();
      var random = new Random(1);
      Connector connector =
          (options, listener) -> {
            var made =
                new HostController(
                    options, rig.reactor, List.of(rig.reactor), host, random, listener);
            rig.reactor.execute(made::start);
            return made;
          };
      List<DiskNodeLink> links = new ArrayList<>();
      List<LegController> legs = new ArrayList<>();
      var traffic = new HolderTraffic[1];
      rig.reactor.run(() -> {
        for (LegRig.Node node : rig.nodes) {
          links.add(
              new DiskNodeLink(
                  node.id(),
                  RigNetwork.address(node.number),
                  LegRig.CLUSTER,
                  INCARNATION,
                  connector,
                  text -> {}));
        }
        traffic[0] = new HolderTraffic(rig.reactor, links, random, Set.of());
        for (int i = 0; i < LEGS; i++) {
          legs.add(leg(rig, new UUID(8, i), links, connector, traffic[0]));
        }
      });
      legs.forEach(leg -> rig.until("it serves", leg::isServing));
      rig.pass(LegRig.SECOND);
      long messages = traffic[0].renewals().messages();
      long renewals = traffic[0].renewals().renewals();
      rig.pass(10L * LEASE_MS * LegRig.MILLI);
      // Four times in each lease, to each of three holders.
      assertThat(traffic[0].renewals().messages() - messages).isEqualTo(10L * 4 * 3);
      assertThat(traffic[0].renewals().renewals() - renewals).isEqualTo(10L * 4 * 3 * LEGS);
      assertThat(legs).allMatch(LegController::isServing);
      host.cut();
    }
  }

  private static LegController leg(
      LegRig rig, UUID disk, List<DiskNodeLink> links, Connector connector, HolderTraffic traffic) {
    var plan =
        new LegPlan(
            disk, "disk", LegRig.BLOCK, LegRig.GROUP_BYTES, LEASE_MS, List.of(rig.ids(1, 2, 3)));
    var leg =
        new LegController(
            rig.reactor,
            LegPlan.leg(disk),
            new UUID(4, 1),
            INCARNATION,
            links,
            rig.ids(1, 2, 3),
            Optional.of(plan),
            LegRig.OPTIONS,
            connector,
            traffic,
            new Quiet());
    leg.start();
    return leg;
  }
}
