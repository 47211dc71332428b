package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** One message for all legs of a holder node, four times in each L (LEASE). */
class LeaseRenewalsTest {

  private static final long LEASE = LegRecord.DEFAULT_LEASE_MS * 1_000_000L;
  private static final int LEGS = 1000;

  private static final LeaseRenewals.Listener NOBODY =
      new LeaseRenewals.Listener() {
        @Override
        public void confirmed(UUID holder) {}

        @Override
        public void notConfirmed(UUID holder, HolderReply reply) {}
      };

  private final ModelTime time = new ModelTime();
  private final ModelNode node = new ModelNode("node", time, 1, 0);
  private final Map<UUID, List<Integer>> sizes = new HashMap<>();
  private final OwnershipPorts ports =
      new OwnershipPorts(node, node, this::send, new Random(1), OwnershipOptions.DEFAULT);
  private final LeaseRenewals renewals = new LeaseRenewals(ports);

  private void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
    sizes.computeIfAbsent(holder, any -> new ArrayList<>()).add(batch.size());
    answer.accept(
        batch.stream()
            .map(HolderRequest.Renew.class::cast)
            .<HolderReply>map(renew -> new HolderReply.Confirmed(renew.leg(), renew.epoch()))
            .toList());
  }

  private Lease lease(int leg) {
    return new Lease(
        Samples.id(1, leg),
        Samples.EPOCH,
        LegRecord.DEFAULT_LEASE_MS,
        Quorum.of(Samples.holders(1, 2, 3), List.of()),
        node);
  }

  @Test
  void thousandLegs_takeFourMessagesInEachLeaseAndHolder() {
    node.begin();
    var leases = new ArrayList<Lease>();
    for (int i = 0; i < LEGS; i++) {
      leases.add(lease(i));
      renewals.add(leases.get(i), () -> true, NOBODY);
    }
    sizes.clear();
    time.runUntil(LEASE, () -> {});
    assertThat(sizes).hasSize(3);
    sizes.values().forEach(each -> assertThat(each).containsExactly(LEGS, LEGS, LEGS, LEGS));
    assertThat(leases).allMatch(Lease::mayAnswer);
  }

  @Test
  void turnThatFails_isFollowedByTheNext() {
    node.begin();
    var fails = new boolean[1];
    renewals.add(
        lease(1),
        () -> {
          if (fails[0]) {
            fails[0] = false;
            throw new IllegalStateException("once");
          }
          return true;
        },
        NOBODY);
    fails[0] = true;
    sizes.clear();
    assertThatThrownBy(() -> time.runUntil(LEASE, () -> {})).hasMessage("once");
    time.runUntil(2 * LEASE, () -> {});
    assertThat(sizes).hasSize(3);
  }

  @Test
  void moreLegsThanABatchHolds_takeTwoMessages() {
    node.begin();
    for (int i = 0; i < HolderRequest.MAX_BATCH + 1; i++) {
      renewals.add(lease(i), () -> true, NOBODY);
    }
    sizes.clear();
    time.runUntil(LEASE / LeaseRenewals.PER_LEASE, () -> {});
    sizes.values().forEach(each -> assertThat(each).containsExactly(HolderRequest.MAX_BATCH, 1));
  }

  @Test
  void legWhoseReactorStands_isLeftOut_andLapses() {
    node.begin();
    Lease running = lease(1);
    Lease standing = lease(2);
    renewals.add(running, () -> true, NOBODY);
    renewals.add(standing, () -> false, NOBODY);
    time.runUntil(2 * LEASE, () -> {});
    assertThat(running.mayAnswer()).isTrue();
    assertThat(standing.mayAnswer()).isFalse();
  }

  @Test
  void legsThatAreClaimedOneAfterAnother_doNotHoldUpTheRenewalsOfOthers() {
    node.begin();
    Lease first = lease(0);
    renewals.add(first, () -> true, NOBODY);
    for (int i = 1; i < 40; i++) {
      time.runUntil(i * LEASE / 10, () -> {});
      renewals.add(lease(i), () -> true, NOBODY);
      assertThat(first.mayAnswer()).as("after %d", i).isTrue();
    }
  }

  @Test
  void removedLease_isNotRenewed() {
    node.begin();
    Lease lease = lease(1);
    renewals.add(lease, () -> true, NOBODY);
    renewals.remove(lease);
    sizes.clear();
    time.runUntil(2 * LEASE, () -> {});
    assertThat(sizes).isEmpty();
    assertThat(lease.mayAnswer()).isFalse();
  }

  @Test
  void oneTurnsRequests_travelInOneMessage_andAnswersFindTheirWay() {
    node.begin();
    var turns = new ArrayList<Runnable>();
    var link = new BatchedLink(this::send, turns::add);
    Set<UUID> answered = new HashSet<>();
    UUID holder = Samples.id(5, 1);
    for (int i = 0; i < HolderRequest.MAX_BATCH + 10; i++) {
      var request =
          new HolderRequest.Renew(Samples.id(1, i), Samples.EPOCH, LegRecord.DEFAULT_LEASE_MS);
      link.send(holder, List.of(request), replies -> answered.add(replies.get(0).leg()));
    }
    assertThat(turns).hasSize(1);
    turns.get(0).run();
    assertThat(sizes.get(holder)).containsExactly(HolderRequest.MAX_BATCH, 10);
    assertThat(answered).hasSize(HolderRequest.MAX_BATCH + 10);
  }
}
