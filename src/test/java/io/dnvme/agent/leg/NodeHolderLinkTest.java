package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A holder is its store: where that is, and whether it is there, is the link's matter (RECORD). */
class NodeHolderLinkTest {

  private static final UUID LEG = new UUID(9, 1);
  private static final UUID OTHER_LEG = new UUID(9, 2);

  private final LegRig rig = new LegRig(Kind.DISK, Kind.MEMORY);
  private final LegRig.Process process = rig.new Process(1);
  private final List<DiskNodeLink> links = process.links();
  private final NodeHolderLink link = new NodeHolderLink(links);
  private final Epoch epoch = new Epoch(1, process.incarnation());

  NodeHolderLinkTest() {
    rig.until("the nodes are connected", () -> links.stream().allMatch(DiskNodeLink::isLive));
  }

  @AfterEach
  void close() {
    process.cut();
    rig.close();
  }

  private UUID store(int node) {
    return links.get(node - 1).identity().store();
  }

  private List<HolderReply> ask(UUID holder, HolderRequest... batch) {
    List<List<HolderReply>> answers = new ArrayList<>();
    rig.reactor.run(() -> link.send(holder, List.of(batch), answers::add));
    rig.until("it is answered", () -> !answers.isEmpty());
    rig.pass(3 * LegRig.SECOND);
    assertThat(answers).hasSize(1);
    return answers.getFirst();
  }

  @Test
  void batch_isAnsweredInItsOrder() {
    assertThat(
            ask(
                store(1),
                new HolderRequest.Promise(LEG, epoch, Knowledge.CREATE, 0, 400),
                new HolderRequest.Read(OTHER_LEG)))
        .containsExactly(
            new HolderReply.Promised(LEG, epoch, null), new HolderReply.Unknown(OTHER_LEG));
    assertThat(
            ask(
                store(1),
                new HolderRequest.Renew(LEG, epoch, 400),
                new HolderRequest.Renew(OTHER_LEG, epoch, 400)))
        .containsExactly(new HolderReply.Confirmed(LEG, epoch), new HolderReply.Unknown(OTHER_LEG));
    assertThat(ask(store(2), new HolderRequest.Read(LEG)))
        .containsExactly(new HolderReply.Unknown(LEG));
  }

  @Test
  void storeThatIsNowhere_doesNotAnswer() {
    assertThat(ask(new UUID(9, 9), new HolderRequest.Read(LEG))).isEmpty();
  }

  @Test
  void nodeThatIsDown_doesNotAnswer_andDoesWhenItIsBack() {
    UUID store = store(1);
    rig.node(1).stop();
    assertThat(ask(store, new HolderRequest.Read(LEG))).isEmpty();
    rig.node(1).start();
    rig.until("it is back", () -> links.getFirst().isLive());
    assertThat(ask(store, new HolderRequest.Read(LEG)))
        .containsExactly(new HolderReply.Unknown(LEG));
  }

  @Test
  void nodeThatDiesUnderWay_isUnavailable() {
    UUID store = store(1);
    List<List<HolderReply>> answers = new ArrayList<>();
    rig.reactor.run(() -> {
      link.send(store, List.of(new HolderRequest.Read(LEG)), answers::add);
      rig.network.close(1);
    });
    rig.until("it is answered", () -> !answers.isEmpty());
    assertThat(answers).containsExactly(List.of(new HolderReply.Unavailable(LEG)));
  }

  @Test
  void memoryDiskThatWasStartedAgain_isAnotherHolder() {
    UUID before = store(2);
    ask(before, new HolderRequest.Promise(LEG, epoch, Knowledge.CREATE, 0, 400));
    rig.node(2).stop();
    rig.node(2).losePower();
    rig.node(2).start();
    rig.until("it is back", () -> links.getLast().isLive());
    assertThat(store(2)).isNotEqualTo(before);
    assertThat(ask(before, new HolderRequest.Read(LEG))).isEmpty();
    assertThat(ask(store(2), new HolderRequest.Read(LEG)))
        .containsExactly(new HolderReply.Unknown(LEG));
  }
}
