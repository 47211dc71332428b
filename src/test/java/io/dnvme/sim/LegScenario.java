package io.dnvme.sim;

import java.util.List;
import java.util.Set;

/**
 * The lower half of the data plane: three disk nodes, two controllers of one virtual disk of one
 * leg, and hosts with a path to each controller; production classes from the hosts' initiator down
 * to the disks' format.
 *
 * <p>Must hold: linearizability of every block over all of it (OWNER, LEASE, ACK, OVERLAP, INTENT),
 * equal members once all is healed (MEMBER), no error at a host, and that it serves with all
 * members in-sync within a while after it was healed.
 */
final class LegScenario implements Scenario {

  private static final List<String> STEPS =
      List.of(
          "unclaimed",
          "claim-probing",
          "claim-promising",
          "admitting",
          "removing-at-takeover",
          "resync",
          "member-failed",
          "rebuilding",
          "promotion-in-doubt",
          "holders-joining",
          "holders-half-way",
          "serving-idle",
          "write-in-disk",
          "flush-in-disk");

  private static final List<String> NEMESES =
      List.of(
          "kill-controller",
          "stop-controller",
          "kill-disk-node",
          "power-loss",
          "stop-disk-node",
          "partition",
          "partition-one-way",
          "isolate-owner",
          "partition-host",
          "cut-connection",
          "slow-network",
          "power-loss-of-all",
          "slow-disk",
          "full-disk",
          "disk-errors",
          "bad-block",
          "rot-of-tables",
          "kill-host",
          "deciders",
          "split",
          "power-loss-in-quiet",
          "member-in-and-out",
          "alone-after-return",
          "change-of-holders",
          "rot-in-quiet");

  private static final Set<String> OF_SEVERAL_BLOWS =
      Set.of(
          "split",
          "power-loss-in-quiet",
          "member-in-and-out",
          "alone-after-return",
          "change-of-holders",
          "rot-in-quiet");

  private static final Set<String> RARE_STEPS =
      Set.of(
          "removing-at-takeover",
          "resync",
          "member-failed",
          "promotion-in-doubt",
          "holders-joining",
          "holders-half-way");

  private static final List<String> BUGS =
      List.of(
          "PROMOTE_WITHOUT_RECORD",
          "ACKNOWLEDGE_BEFORE_REMOVAL",
          "DROP_INTENT_WRITE",
          "NO_RANGE_LOCK",
          "TRUST_CHANGED_POWER",
          "KEEP_LOSSES_SECRET",
          "SKIP_WHILE_PROMOTION_IN_DOUBT",
          "ANSWER_AFTER_LEASE",
          "PROMISE_BECAUSE_CONNECTION_CLOSED",
          "COUNT_UNKNOWN_LEG",
          "CLEAR_INTENT_BEFORE_FLUSH",
          "RESYNC_FROM_STALE",
          "CLEAR_REBUILT_BEFORE_FLUSH",
          "PROMOTE_AFTER_MISSED_WRITE",
          "FORGET_RECORD_WHEN_RETIRED",
          "FORGET_RECORD_WHEN_LEAVING",
          "SKIP_JOINT_MAJORITY",
          "FORGET_LEASE_AT_RESTART",
          "COUNT_LEASE_FROM_REPLY",
          "WAIT_LEASE_ONLY");

  private final LegBugs planted;

  LegScenario() {
    this(LegBugs.NONE);
  }

  private LegScenario(LegBugs planted) {
    this.planted = planted;
  }

  @Override
  public String name() {
    return "leg";
  }

  @Override
  public List<String> steps() {
    return STEPS;
  }

  @Override
  public List<String> nemeses() {
    return NEMESES;
  }

  @Override
  public boolean mustMeet(String nemesis, String step) {
    return switch (nemesis) {
      case "change-of-holders" -> step.startsWith("holders-");
      case "rot-in-quiet" -> step.equals("serving-idle");
      // A step of a millisecond, and none of them touches owners or holders.
      case "bad-block", "kill-host", "partition-host" -> !step.equals("holders-half-way");
      default -> !OF_SEVERAL_BLOWS.contains(nemesis) || !RARE_STEPS.contains(step);
    };
  }

  @Override
  public int seeds() {
    return 240;
  }

  @Override
  public List<String> bugs() {
    return BUGS;
  }

  @Override
  public Scenario withBug(String name) {
    return new LegScenario(LegBugs.named(name));
  }

  @Override
  public Scenario.Course begin(SimWorld world) {
    return LegCourse.of(world, planted);
  }
}
