package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** A controller's process: one leg, its claims and its lease; all of it gone with each death. */
final class ModelController extends ModelNode implements LegOwnership.Listener {

  /** What a real adaptor's connection attempt takes until it gives up. */
  private static final long ADMIT_TIMEOUT_NANOS = 300_000_000L;

  private static final long LIE_NANOS = 500_000_000L;

  private final OwnershipModel model;
  private final UUID id;
  private final Random random;
  private int lives;
  private UUID incarnation;
  LegOwnership leg;

  ModelController(UUID id, String name, OwnershipModel model, Random random, double rate) {
    super(name, model.time, rate, random.nextLong(1L << 40));
    this.id = id;
    this.model = model;
    this.random = random;
  }

  UUID incarnation() {
    return incarnation;
  }

  void start(Set<UUID> hints) {
    begin();
    lives++;
    incarnation = Samples.id(100 + (int) id.getLeastSignificantBits(), lives);
    var link = new BatchedLink(this::send, task -> runAfter(0, task));
    var ports =
        new OwnershipPorts(
            this, this, link, new LyingWatch(), random, OwnershipOptions.DEFAULT, model.bugs);
    leg =
        new LegOwnership(
            Samples.LEG,
            id,
            incarnation,
            hints,
            ports,
            new LeaseRenewals(ports),
            new DiskPort(),
            () -> true,
            this);
  }

  /** Says at any time that any holder would promise, and does not say it when one would. */
  private final class LyingWatch implements HolderWatch {
    private final boolean covers = random.nextInt(4) == 0;
    private Listener listener;

    LyingWatch() {
      runAfter(random.nextLong(LIE_NANOS), this::lie);
    }

    private void lie() {
      if (listener != null && random.nextInt(8) == 0) {
        listener.askAgain();
      } else if (listener != null) {
        listener.free(model.anyHolder(random));
      }
      runAfter(random.nextLong(LIE_NANOS), this::lie);
    }

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

  /** Whether it could answer a host now; a dead process answers nobody. */
  boolean mayAnswer() {
    return alive() && leg.mayAnswer();
  }

  private void send(UUID to, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
    ModelHolder holder = model.holder(to);
    int current = life();
    model.network.send(
        this,
        holder,
        () ->
            holder.handle(
                batch,
                replies ->
                    model.network.send(
                        holder,
                        this,
                        () -> {
                          if (life() == current) {
                            answer.accept(replies);
                          }
                        })));
  }

  @Override
  public void owned(Claim.Outcome.Owned owned) {
    model.owned(this, owned);
  }

  @Override
  public void lost(String reason) {
    model.lost(this, reason);
  }

  @Override
  public void claimFailed(String reason) {
    model.counts.add("claim failed: " + reason.replaceAll("epoch .*", "epoch"));
  }

  private final class DiskPort implements Admissions {

    @Override
    public void admit(LegRecord record, Member member, Consumer<Outcome> done) {
      Epoch epoch = record.epoch();
      var told = new boolean[1];
      int current = life();
      Consumer<Outcome> once =
          outcome -> {
            if (!told[0] && life() == current) {
              told[0] = true;
              done.accept(outcome);
            }
          };
      ModelNode disks = model.disks;
      model.network.send(
          ModelController.this,
          disks,
          () -> {
            Outcome outcome = model.admit(member.logicalDisk(), epoch);
            model.network.send(disks, ModelController.this, () -> once.accept(outcome));
          });
      schedule(ADMIT_TIMEOUT_NANOS, () -> once.accept(new Outcome.Unreachable()));
    }

    @Override
    public void prepareRemoval(LegRecord current, LegRecord proposed, Consumer<Boolean> done) {
      schedule(1_000_000, () -> done.accept(random.nextInt(20) != 0));
    }
  }
}
