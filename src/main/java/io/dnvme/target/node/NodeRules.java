package io.dnvme.target.node;

import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Who decides on a node: its record holder and its logical disks. All of it on the node's home
 * reactor. A batch comes as a whole, so that one flush makes all of it durable; its replies are as
 * many as its requests, in their order, told exactly once on the same reactor, maybe later.
 */
public interface NodeRules {

  /** Who the node is, and what it can do: what it cannot is never asked of it. */
  NodeIdentity identity();

  /**
   * @param caller the controller incarnation that asks
   */
  void records(UUID caller, List<RecordRequest> requests, Consumer<List<RecordReply>> done);

  /**
   * @param caller the controller incarnation that asks
   */
  void logicalDisks(UUID caller, List<DiskRequest> requests, Consumer<List<DiskReply>> done);
}
