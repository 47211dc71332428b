package io.dnvme.sim;

import io.dnvme.agent.leg.LegStatus;
import io.dnvme.block.BlockOp;
import io.dnvme.ownership.Claim;
import io.dnvme.ownership.HolderStep;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What the leg of a {@link LegCourse} is at, by what its controllers say of themselves. */
final class LegSteps {

  private static final Set<HolderStep> BEFORE_BOTH =
      EnumSet.of(HolderStep.JOINING, HolderStep.CONFIRMING, HolderStep.WAITING);

  private final LegShape shape;
  private final List<SimDiskNode> nodes;
  private final List<SimController> controllers;

  LegSteps(LegCourse course) {
    shape = course.shape();
    nodes = course.nodes();
    controllers = course.controllers();
  }

  /** One of {@link LegScenario#steps()}. */
  boolean isAt(String step) {
    return switch (step) {
      case "unclaimed" -> noOwner();
      case "claim-probing" -> claims(Claim.State.PROBING);
      case "claim-promising" -> claims(Claim.State.PROMISING) || claims(Claim.State.ACCEPTING);
      case "admitting" -> claims(Claim.State.ADMITTING);
      case "removing-at-takeover" -> claims(Claim.State.REMOVING);
      case "resync" -> anyGroup(group -> group.unequalRegions() > 0);
      case "member-failed" -> anyGroup(group -> group.failed() != 0);
      case "rebuilding" -> anyGroup(group -> group.rebuilding() != 0);
      case "promotion-in-doubt" -> anyGroup(group -> group.promotionInDoubt() != 0);
      case "holders-joining" -> anyHolderStep(BEFORE_BOTH::contains);
      case "holders-half-way" -> anyHolderStep(half -> !BEFORE_BOTH.contains(half));
      case "serving-idle" ->
          anyStatus(LegStatus::serving)
              && nodes.stream().allMatch(node -> node.disk().commands().isEmpty());
      case "write-in-disk" -> nodes.stream().anyMatch(node -> node.disk().has(BlockOp.WRITE));
      case "flush-in-disk" -> nodes.stream().anyMatch(node -> node.disk().has(BlockOp.FLUSH));
      default -> throw new IllegalArgumentException(step);
    };
  }

  /** The controller that serves, or is nearest to it. */
  SimController owner() {
    return controllers.stream()
        .filter(one -> one.status() != null)
        .max(Comparator.comparingInt(LegSteps::progress))
        .orElse(controllers.getFirst());
  }

  private static int progress(SimController controller) {
    LegStatus status = controller.status();
    return status.serving() ? 100 : status.claim() == null ? 0 : 1 + status.claim().ordinal();
  }

  /** Whether the leg is served with all its members, and the other controller lies in wait. */
  boolean isReady() {
    SimController owner = owner();
    return owner.isWhole()
        && controllers.stream()
            .filter(one -> one != owner)
            .allMatch(one -> one.status() != null && one.status().claim() == Claim.State.PROBING);
  }

  /** Whether the owner takes the member for in-sync. */
  boolean isInSync(int group, int member) {
    LegStatus status = owner().status();
    return status != null
        && status.serving()
        && (status.groups().get(group).inSync()
                & ~status.groups().get(group).failed()
                & 1 << member)
            != 0;
  }

  /** Whether the owner is rebuilding a member on that node, or is promoting it. */
  boolean isReturning(SimDiskNode node) {
    LegStatus status = owner().status();
    int number = nodes.indexOf(node);
    boolean returns = false;
    for (int group = 0; status != null && group < status.groups().size(); group++) {
      LegStatus.GroupStatus now = status.groups().get(group);
      int within = shape.groups().get(group).indexOf(number);
      returns |= within >= 0 && ((now.rebuilding() | now.promotionInDoubt()) & 1 << within) != 0;
    }
    return returns;
  }

  /** Whether any controller is at that state of a claim. */
  boolean claims(Claim.State state) {
    return anyStatus(status -> status.claim() == state);
  }

  private boolean noOwner() {
    return !anyStatus(status -> status.record() != null);
  }

  private boolean anyStatus(Predicate<LegStatus> is) {
    for (SimController controller : controllers) {
      LegStatus status = controller.status();
      if (status != null && is.test(status)) {
        return true;
      }
    }
    return false;
  }

  private boolean anyHolderStep(Predicate<HolderStep> is) {
    return controllers.stream()
        .map(SimController::holderStep)
        .anyMatch(step -> step != null && is.test(step));
  }

  private boolean anyGroup(Predicate<LegStatus.GroupStatus> is) {
    return anyStatus(status -> status.groups().stream().anyMatch(is));
  }
}
