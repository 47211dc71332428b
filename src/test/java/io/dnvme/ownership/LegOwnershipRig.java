package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Admissions.Contents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;

/** Two controllers and five holders in virtual time, a millisecond apart, and nothing random. */
abstract class LegOwnershipRig {

  static final long MILLIS = 1_000_000L;
  static final long LEASE = LegRecord.DEFAULT_LEASE_MS * MILLIS;
  static final long WAIT = LEASE + LEASE / 4;

  final ModelTime time = new ModelTime();
  final ModelNode clock = new ModelNode("clock", time, 1, 0);
  final Map<UUID, RecordHolder> holders = new HashMap<>();
  final Set<UUID> deafHolders = new HashSet<>();
  final Set<UUID> muteHolders = new HashSet<>();
  final Set<UUID> deafToRecords = new HashSet<>();
  final Map<UUID, Long> slowNanos = new HashMap<>();
  final Set<UUID> unreachableDisks = new HashSet<>();
  private final Map<UUID, Epoch> admitted = new HashMap<>();
  final Controller first = new Controller(1);
  final Controller second = new Controller(2);

  static final class Watch implements HolderWatch {
    Listener listener;
    boolean covers;

    @Override
    public boolean covers(UUID holder) {
      return covers;
    }

    @Override
    public void add(UUID leg, Listener added) {
      listener = added;
    }

    @Override
    public void remove(UUID leg, Listener removed) {
      listener = listener == removed ? null : listener;
    }
  }

  final class Controller implements LegOwnership.Listener, Admissions {
    final List<Claim.Outcome.Owned> owned = new ArrayList<>();
    final List<String> lost = new ArrayList<>();
    final List<String> failed = new ArrayList<>();
    final List<LegRecord> prepared = new ArrayList<>();
    final LegOwnership leg;
    final Watch watch = new Watch();
    int reads;
    boolean cutOff;
    final Set<UUID> cutFrom = new HashSet<>();

    Controller(int number) {
      var ports =
          new OwnershipPorts(
              clock,
              clock,
              this::send,
              watch,
              new Random(number),
              OwnershipOptions.DEFAULT,
              Set.of());
      leg =
          new LegOwnership(
              Samples.LEG,
              Samples.id(2, number),
              Samples.id(3, number),
              OwnershipModel.stores(Samples.holders(1, 2, 3)),
              ports,
              new LeaseRenewals(ports),
              this,
              () -> true,
              this);
    }

    private void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
      if (batch.getFirst() instanceof HolderRequest.Read) {
        reads++;
      }
      boolean deaf =
          cutFrom.contains(holder)
              || deafHolders.contains(holder)
              || deafToRecords.contains(holder) && batch.get(0) instanceof HolderRequest.Accept;
      if (!cutOff && !deaf) {
        long nanos = MILLIS + slowNanos.getOrDefault(holder, 0L);
        time.after(
            nanos,
            () ->
                holders
                    .get(holder)
                    .handle(
                        batch,
                        r -> {
                          if (!muteHolders.contains(holder)) {
                            time.after(nanos, () -> answer.accept(r));
                          }
                        }));
      }
    }

    @Override
    public void admit(LegRecord record, Member member, Consumer<Outcome> done) {
      Epoch epoch = record.epoch();
      time.after(
          MILLIS,
          () -> {
            Epoch before = admitted.getOrDefault(member.logicalDisk(), Epoch.NONE);
            if (unreachableDisks.contains(member.logicalDisk())) {
              done.accept(new Outcome.Unreachable());
            } else if (!epoch.mayFollow(before)) {
              done.accept(new Outcome.HigherEpoch(before));
            } else {
              admitted.put(member.logicalDisk(), epoch);
              done.accept(new Outcome.Admitted(Samples.POWER, Contents.CLEAN));
            }
          });
    }

    @Override
    public void prepareRemoval(LegRecord current, LegRecord proposed, Consumer<Boolean> done) {
      prepared.add(proposed);
      done.accept(true);
    }

    @Override
    public void owned(Claim.Outcome.Owned outcome) {
      owned.add(outcome);
    }

    @Override
    public void lost(String reason) {
      lost.add(reason);
    }

    @Override
    public void claimFailed(String reason) {
      failed.add(reason);
    }
  }

  @BeforeEach
  void start() {
    clock.begin();
    for (Holder holder : Samples.holders(1, 2, 3, 4, 5)) {
      holders.put(holder.store(), new RecordHolder(new ManualStore(false), clock));
    }
  }

  /** Each has as many legs as it can. */
  void fill(int... numbers) {
    for (int number : numbers) {
      holders.put(
          Samples.id(5, number), new RecordHolder(new ManualStore(false), clock, Set.of(), 0));
    }
  }

  void run(long nanos) {
    time.runUntil(time.nowNanos() + nanos, () -> {});
  }

  void create() {
    first.leg.create(Samples.first());
    run(30 * MILLIS);
    assertThat(first.leg.mayAnswer()).isTrue();
  }
}
