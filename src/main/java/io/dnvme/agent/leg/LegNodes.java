package io.dnvme.agent.leg;

import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What the search for a leg asks of the nodes, over the controller's associations with them. Lives
 * on the controller's home reactor.
 */
final class LegNodes implements LegSearch.Nodes {

  private static final long ALLOCATE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final UUID leg;
  private final Map<UUID, DiskNodeLink> nodes;
  private final Optional<LegPlan> plan;

  /** Of the logical disks that are to be made: what all who create the leg have to mean. */
  private final byte[] purpose;

  private final LegOptions options;
  private final HolderTraffic traffic;

  /**
   * @param nodes all, by their ids
   * @param plan what to make if there is no record
   * @param holders ids of the nodes that are to keep the record then
   */
  LegNodes(
      UUID leg,
      Map<UUID, DiskNodeLink> nodes,
      Optional<LegPlan> plan,
      List<UUID> holders,
      LegOptions options,
      HolderTraffic traffic) {
    this.leg = leg;
    this.nodes = nodes;
    this.plan = plan;
    purpose = plan.map(wanted -> wanted.purpose(holders)).orElse(VendorEntry.NO_BODY);
    this.options = options;
    this.traffic = traffic;
  }

  @Override
  public void read(UUID node, Consumer<HolderReply> done) {
    DiskNodeLink asked = nodes.get(node);
    if (!asked.isLive()) {
      done.accept(new HolderReply.Unavailable(leg));
      return;
    }
    traffic
        .ports()
        .link()
        .send(
            asked.identity().store(),
            List.of(new HolderRequest.Read(leg)),
            replies ->
                done.accept(
                    replies.isEmpty() ? new HolderReply.Unavailable(leg) : replies.getFirst()));
  }

  @Override
  public void list(UUID node, Consumer<Optional<List<LogicalDiskInfo>>> done) {
    LogicalDiskSearch.start(nodes.get(node), leg, done);
  }

  @Override
  public void room(LegPlan wanted, Consumer<RoomCheck.Verdict> done) {
    RoomCheck.start(wanted, nodes::get, wanted.logicalDiskBytes(options), done);
  }

  @Override
  public void allocate(UUID node, UUID logicalDisk, Consumer<Optional<LegSearch.Allocated>> done) {
    DiskNodeLink asked = nodes.get(node);
    if (!asked.isLive()) {
      done.accept(Optional.empty());
      return;
    }
    asked
        .client()
        .ask(
            DiskRequest.allocate(logicalDisk, leg, plan.get().logicalDiskBytes(options), purpose),
            ALLOCATE_LIMIT_NANOS,
            outcome ->
                done.accept(
                    outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
                            && asked.isLive()
                            && asked.identity().store().equals(store)
                        ? Optional.of(new LegSearch.Allocated(asked.identity().disk(), reply))
                        : Optional.empty()));
  }

  @Override
  public void free(UUID node, UUID logicalDisk, Runnable done) {
    DiskNodeLink asked = nodes.get(node);
    if (!asked.isLive()) {
      done.run();
      return;
    }
    asked
        .client()
        .ask(
            DiskRequest.free(logicalDisk, WireEpoch.NONE, VendorEntry.NO_BODY),
            ALLOCATE_LIMIT_NANOS,
            any -> done.run());
  }

  @Override
  public Optional<Holder> holder(UUID node) {
    DiskNodeLink asked = nodes.get(node);
    return asked.isLive()
        ? Optional.of(HolderNames.holder(asked, asked.identity().store()))
        : Optional.empty();
  }
}
