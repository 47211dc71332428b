package io.dnvme.sim;

import io.dnvme.agent.record.RecordMessages;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.ownership.DiskIdentity;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.HolderRequest.Knowledge;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * One claimant's wish for the record of one leg: asks for promises, has records accepted, short and
 * long ones, and its epoch confirmed; also a generation again with another content, and lower
 * epochs, which must be refused (RECORD, LEASE).
 */
final class Registrar {

  private static final int MANY_GROUPS = 100;
  private static final long LOOK_NANOS = 40 * SimWorld.MILLIS;
  private static final long MAX_REST_NANOS = 700 * SimWorld.MILLIS;

  private final SimClaimant claimant;
  private final RecordFacts facts;
  private final SplittableRandom random;
  private Epoch promised = Epoch.NONE;
  private long generation;
  private boolean asking;

  Registrar(SimClaimant claimant, RecordFacts facts) {
    this.claimant = claimant;
    this.facts = facts;
    random = claimant.random();
  }

  /**
   * A record.
   *
   * @param content what it differs in from others of the same generation
   */
  static LegRecord record(
      UUID leg, Epoch epoch, long generation, int leaseMs, long content, UUID store) {
    var disk =
        new DiskIdentity(
            new UUID(8, 1),
            "data",
            new UUID(9, 1),
            1L << 30,
            4096,
            1 << 20,
            List.of(leg),
            List.of());
    List<Group> groups = new ArrayList<>();
    int count = content % 4 == 0 ? MANY_GROUPS : 1;
    for (int i = 0; i < count; i++) {
      var member =
          new Member(
              new UUID(6, i), new UUID(7, i), "10.0.0.1:4420", MemberState.IN_SYNC, new UUID(4, 1));
      groups.add(new Group(1L << 30, List.of(member)));
    }
    return new LegRecord(
        leg,
        epoch,
        new UUID(2, 1),
        generation,
        leaseMs,
        List.of(new Holder(store, "10.0.0.1:4420")),
        List.of(),
        content << 20,
        groups,
        List.of(),
        disk,
        false);
  }

  void start() {
    claimant.after(random.nextLong(MAX_REST_NANOS), this::act);
  }

  boolean isIdle() {
    return !asking;
  }

  private void act() {
    if (claimant.isStopping() || !claimant.isLive() || asking) {
      claimant.after(LOOK_NANOS, this::act);
      return;
    }
    ask(request());
    claimant.after(random.nextLong(MAX_REST_NANOS), this::act);
  }

  private HolderRequest request() {
    UUID leg = facts.leg();
    int dice = random.nextInt(100);
    if (dice < 20) {
      return new HolderRequest.Read(leg);
    }
    if (promised.isNone() || dice < 35) {
      return promise();
    }
    if (dice < 65) {
      boolean again = generation > 0 && random.nextInt(3) == 0;
      generation += again ? 0 : 1;
      return new HolderRequest.Accept(
          record(
              leg,
              promised,
              generation,
              facts.leaseMs(),
              random.nextLong(1, 1_000_000),
              claimant.store()));
    }
    if (dice < 96) {
      return new HolderRequest.Renew(leg, promised, facts.leaseMs());
    }
    facts.released(promised);
    return new HolderRequest.Release(leg, promised);
  }

  private HolderRequest promise() {
    int dice = random.nextInt(10);
    long step = dice < 7 ? 1 : dice < 9 ? 0 : -1;
    var epoch = new Epoch(Math.max(1, facts.highestSeen() + step), claimant.incarnation());
    return facts.now().promised().isNone()
        ? new HolderRequest.Promise(facts.leg(), epoch, Knowledge.CREATE, 0, facts.leaseMs())
        : HolderRequest.Promise.of(facts.leg(), epoch);
  }

  private void ask(HolderRequest request) {
    asking = true;
    RecordFacts.Known known = facts.now();
    claimant.ask(
        RecordMessages.encode(request),
        outcome -> {
          asking = false;
          if (outcome instanceof NodeOutcome.Replied<RecordReply>(UUID store, RecordReply reply)) {
            answered(request, RecordMessages.decode(request, reply), known);
          }
        });
  }

  private void answered(HolderRequest request, HolderReply reply, RecordFacts.Known known) {
    if (claimant.world().isTracing()) {
      claimant.world().trace(claimant.name(), request.getClass().getSimpleName() + ": " + reply);
    }
    facts.answered(request, reply, known);
    switch (reply) {
      case HolderReply.Promised done -> {
        promised = done.epoch();
        if (done.accepted() != null) {
          generation = Math.max(generation, done.accepted().generation());
        }
      }
      case HolderReply.Refused refused when request instanceof HolderRequest.Accept -> {
        if (refused.reason() == HolderReply.Reason.HIGHER_EPOCH
            || refused.reason() == HolderReply.Reason.RELEASED) {
          promised = Epoch.NONE;
        }
      }
      default -> {}
    }
  }
}
