package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.vendor.DiskOp;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LegSearchTest {

  private static final UUID A = new UUID(1, 1);
  private static final UUID B = new UUID(1, 2);
  private static final UUID C = new UUID(1, 3);
  private static final UUID DISK = new UUID(2, 1);
  private static final UUID LEG = LegPlan.leg(DISK);
  private static final LegPlan PLAN =
      new LegPlan(DISK, "disk", 4096, 1 << 20, 1000, List.of(List.of(A, B)));
  private static final LegRecord RECORD = PLAN.firstRecord(A, List.of(new Holder(A, "")));
  private static final HolderReply UNKNOWN = new HolderReply.Unknown(LEG);
  private static final HolderReply NO_ANSWER = new HolderReply.Unavailable(LEG);
  private static final HolderReply PROMISED =
      new HolderReply.State(LEG, Epoch.NONE.next(C), null, 0);
  private static final HolderReply ACCEPTED =
      new HolderReply.State(LEG, Epoch.NONE.next(C), RECORD, 0);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final ManualReactor reactor = new ManualReactor();
  private final List<String> events = new ArrayList<>();
  private final Map<UUID, HolderReply> held = new HashMap<>();
  private final Map<UUID, Long> admitted = new HashMap<>();
  private final Set<UUID> silentDisks = new HashSet<>();
  private final Set<UUID> unlisted = new HashSet<>();
  private final Map<UUID, List<UUID>> listed = new HashMap<>();
  private List<UUID> others = List.of();
  private final Set<UUID> fullDisks = new HashSet<>();
  private long zeroedBytes;
  private RoomCheck.Verdict room = new RoomCheck.Verdict.Enough();

  private final class Nodes implements LegSearch.Nodes, LegSearch.Listener {

    @Override
    public void read(UUID node, Consumer<HolderReply> done) {
      HolderReply reply = held.getOrDefault(node, UNKNOWN);
      reactor.execute(() -> done.accept(reply));
    }

    @Override
    public void list(UUID node, Consumer<Optional<List<LogicalDiskInfo>>> done) {
      Optional<List<LogicalDiskInfo>> disks =
          unlisted.contains(node)
              ? Optional.empty()
              : Optional.of(
                  listed.getOrDefault(node, List.of()).stream()
                      .map(disk -> new LogicalDiskInfo(disk, LEG, 1 << 20, WireEpoch.NONE))
                      .toList());
      reactor.execute(() -> done.accept(disks));
    }

    @Override
    public void room(LegPlan wanted, Consumer<RoomCheck.Verdict> done) {
      done.accept(room);
    }

    @Override
    public void allocate(
        UUID node, UUID logicalDisk, Consumer<Optional<LegSearch.Allocated>> done) {
      long epoch = admitted.getOrDefault(node, 0L);
      Optional<LegSearch.Allocated> reply =
          silentDisks.contains(node)
              ? Optional.empty()
              : Optional.of(
                  new LegSearch.Allocated(
                      node,
                      new DiskReply(
                          DiskOp.ALLOCATE,
                          fullDisks.contains(node) ? EntryResult.FULL : EntryResult.DONE,
                          logicalDisk,
                          LEG,
                          epoch == 0 ? WireEpoch.NONE : new WireEpoch(epoch, C),
                          1 << 20,
                          zeroedBytes,
                          1 << 20,
                          4096,
                          C,
                          false,
                          false,
                          new byte[0])));
      reactor.execute(() -> done.accept(reply));
    }

    @Override
    public void free(UUID node, UUID logicalDisk, Runnable done) {
      events.add("frees " + logicalDisk);
      reactor.execute(done);
    }

    @Override
    public Optional<Holder> holder(UUID node) {
      return Optional.of(new Holder(node, ""));
    }

    @Override
    public void found(LegRecord record) {
      events.add("found");
    }

    @Override
    public void neverWas(LegPlan plan, List<Holder> holders, List<UUID> disks) {
      events.add("never was; holders " + holders.size());
    }

    @Override
    public void impossible(String why) {
      events.add("impossible: " + why);
    }

    @Override
    public void happened(String what) {
      events.add(what);
    }
  }

  private LegSearch search(UUID... holders) {
    var nodes = new Nodes();
    var search =
        new LegSearch(reactor, LEG, List.of(holders), others, Optional.of(PLAN), nodes, nodes);
    search.start();
    reactor.settle();
    return search;
  }

  private void look() {
    reactor.advance(LOOK_NANOS);
    reactor.settle();
  }

  @Test
  void newLeg_isCreated_once() {
    search(A, B, C);
    look();
    assertThat(events).containsExactly("never was; holders 3");
  }

  @Test
  void creationThatDidNotComeToItsEnd_isGoneOnWith() {
    held.put(A, PROMISED);
    search(A, B, C);
    assertThat(events).containsExactly("never was; holders 3");
  }

  @Test
  void recordAnywhere_isFound_andNothingIsCreated() {
    held.put(C, ACCEPTED);
    search(A, B, C);
    look();
    assertThat(events).containsExactly("found");
  }

  private static HolderReply accepted(LegRecord record) {
    return new HolderReply.State(LEG, record.epoch(), record, 0);
  }

  private static LegRecord begun() {
    return PLAN.firstRecord(A, List.of(new Holder(A, ""), new Holder(B, ""), new Holder(C, "")));
  }

  /** Else nobody would ever own it: who does not know the leg counts for no majority. */
  @Test
  void firstRecordThatAMinorityHas_isGoneOnWith() {
    held.put(B, accepted(begun()));
    search(A, B, C);
    assertThat(events).containsExactly("never was; holders 3");
  }

  @Test
  void firstRecordThatAMajorityHas_isFound() {
    held.put(A, accepted(begun()));
    held.put(C, accepted(begun()));
    held.put(B, NO_ANSWER);
    search(A, B, C);
    assertThat(events).containsExactly("found");
  }

  @Test
  void firstRecordThatAMinorityHas_andAHolderThatIsSilent_waits() {
    held.put(A, accepted(begun()));
    held.put(B, NO_ANSWER);
    LegSearch search = search(A, B, C);
    look();
    assertThat(events).isEmpty();
    held.put(B, accepted(begun()));
    look();
    assertThat(events).containsExactly("found");
    search.stop();
  }

  /** Later records were lost with their holders. */
  @Test
  void firstRecordThatAMinorityHas_ofALegThatWasInUse_isNotGoneOnWith() {
    held.put(A, accepted(begun()));
    admitted.put(B, 7L);
    search(A, B, C);
    look();
    look();
    assertThat(events).hasSize(1).first().asString().contains("was in use");
  }

  @Test
  void recordOfALegInUse_isFound_whereAMinorityHasIt() {
    LegRecord used =
        begun()
            .withMembers(
                begun().groups().stream()
                    .flatMap(group -> group.members().stream())
                    .map(member -> member.withPowerIncarnation(C))
                    .toList());
    held.put(A, accepted(used));
    search(A, B, C);
    assertThat(events).containsExactly("found");
  }

  /** The only holder's disk was replaced: what the other member has must not be lost (RECORD). */
  @Test
  void holdersLost_memberInUseBefore_nothingIsCreated_andItIsSaid() {
    admitted.put(B, 57L);
    search(A);
    look();
    look();
    assertThat(events)
        .singleElement()
        .asString()
        .contains("was in use", PLAN.logicalDisk(1).toString(), B.toString(), "nothing is created");
  }

  @Test
  void memberAdmits_whileAnotherControllerCreates_isNothingToSay() {
    admitted.put(B, 1L);
    search(A);
    held.put(A, ACCEPTED);
    look();
    assertThat(events).containsExactly("found");
  }

  /** It alone may have the record. */
  @Test
  void holderThatIsSilent_keepsTheLegFromBeingCreated() {
    held.put(A, PROMISED);
    held.put(C, NO_ANSWER);
    search(A, B, C);
    look();
    assertThat(events).isEmpty();
    held.put(C, ACCEPTED);
    look();
    assertThat(events).containsExactly("found");
  }

  @Test
  void disksTooSmall_endTheSearch_andOneThatDoesNotSay_doesNot() {
    room = new RoomCheck.Verdict.NotKnown();
    search(A);
    look();
    assertThat(events).isEmpty();
    room = new RoomCheck.Verdict.Impossible("too small");
    look();
    look();
    assertThat(events).containsExactly("impossible: too small");
  }

  @Test
  void roomThatSomebodyElseTook_isAskedForAgain_andWhatWasAllocatedIsGivenBack() {
    fullDisks.add(B);
    search(A);
    look();
    String full = "logical disk %s cannot be allocated on node %s: FULL";
    assertThat(events).containsExactly(full.formatted(PLAN.logicalDisk(1), B));
    room = new RoomCheck.Verdict.Impossible("no room");
    look();
    look();
    assertThat(events)
        .containsExactly(
            full.formatted(PLAN.logicalDisk(1), B),
            "frees " + PLAN.logicalDisk(0),
            "impossible: no room");
  }

  @Test
  void diskThatIsBeingZeroed_isToldSo_andAskedAgain() {
    fullDisks.add(B);
    zeroedBytes = 1 << 30;
    search(A);
    look();
    assertThat(events).singleElement().asString().contains("or are being zeroed");
    fullDisks.clear();
    look();
    assertThat(events).hasSize(2).last().isEqualTo("never was; holders 1");
  }

  @Test
  void looks_countForThemselves() {
    held.put(B, NO_ANSWER);
    search(A, B);
    held.put(A, NO_ANSWER);
    held.put(B, UNKNOWN);
    look();
    assertThat(events).isEmpty();
  }

  @Test
  void membersAllocatedLongAgo_areAskedAgain() {
    silentDisks.add(B);
    search(A);
    admitted.put(A, 3L);
    silentDisks.clear();
    look();
    look();
    assertThat(events).noneMatch(event -> event.startsWith("never was"));
  }

  @Test
  void stoppedSearch_tellsNothing_andMayBeginAgain() {
    var search = search();
    search.stop();
    events.clear();
    LegSearch other = search(A);
    other.stop();
    events.clear();
    look();
    assertThat(events).isEmpty();
    other.start();
    reactor.settle();
    assertThat(events).containsExactly("never was; holders 1");
  }

  /** It is to be moved to the holders that are wanted now. */
  @Test
  void recordOnANodeThatIsNoWantedHolder_isFound() {
    others = List.of(C);
    held.put(C, ACCEPTED);
    search(A, B);
    assertThat(events).containsExactly("found");
  }

  /** The present holders are away, or are not among the nodes. */
  @Test
  void tombstoneAnywhere_keepsTheLegFromBeingCreated() {
    var stone = new HolderReply.Retired(LEG, Epoch.NONE.next(C), 7, List.of(new Holder(C, "")));
    others = List.of(C);
    held.put(C, stone);
    LegSearch search = search(A, B);
    look();
    assertThat(events).isEmpty();
    assertThat(search.retired()).containsExactly(Map.entry(C, stone));
    held.remove(C);
    look();
    assertThat(events).containsExactly("never was; holders 2");
  }

  /** Its record is where nobody is asked, and what it is made of is at a node that is. */
  @Test
  void logicalDiskOfTheLeg_thatIsNotMeant_meansThatNothingIsCreated() {
    others = List.of(C);
    listed.put(C, List.of(PLAN.logicalDisk(0)));
    search(A, B);
    for (int i = 0; i < 2 * LegSearch.PATIENT_LOOKS; i++) {
      look();
    }
    assertThat(events)
        .singleElement()
        .asString()
        .contains("is made already (logical disk %s on node %s".formatted(PLAN.logicalDisk(0), C));
    listed.clear();
    look();
    assertThat(events).contains("never was; holders 2");
  }

  /** An earlier attempt came so far. */
  @Test
  void logicalDisksThatAreMeant_areNoReason() {
    listed.put(A, List.of(PLAN.logicalDisk(0)));
    listed.put(B, List.of(PLAN.logicalDisk(1)));
    search(A, B, C);
    assertThat(events).containsExactly("never was; holders 3");
  }

  @Test
  void nodesThatDoNotSayWhatTheyHave_areWaitedFor_forAWhile() {
    others = List.of(C);
    unlisted.add(C);
    search(A, B);
    for (int i = 1; i < LegSearch.PATIENT_LOOKS - 1; i++) {
      look();
    }
    assertThat(events).isEmpty();
    look();
    assertThat(events)
        .containsExactly(
            "leg %s is made without asking nodes that do not answer: [%s]".formatted(LEG, C),
            "never was; holders 2");
  }

  @Test
  void patienceWithNodesThatDoNotSay_countsFromWhenAllHoldersHaveAnswered() {
    others = List.of(C);
    unlisted.add(C);
    held.put(B, NO_ANSWER);
    search(A, B);
    for (int i = 0; i < 2 * LegSearch.PATIENT_LOOKS; i++) {
      look();
    }
    held.remove(B);
    for (int i = 1; i < LegSearch.PATIENT_LOOKS; i++) {
      look();
    }
    assertThat(events).isEmpty();
    look();
    assertThat(events).contains("never was; holders 2");
  }
}
