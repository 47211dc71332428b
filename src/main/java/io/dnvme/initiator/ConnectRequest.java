package io.dnvme.initiator;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Writes Connect with its data, for queues of either kind (NVMe Base 2.0 §6.3). */
final class ConnectRequest {

  private ConnectRequest() {}

  /**
   * @param queueId 0 for the admin queue, which asks for keep alive
   * @param cntlid the controller, or {@link ConnectData#CNTLID_DYNAMIC}
   * @param depth commands in flight; the queue has one entry more, since a full one has a free one
   */
  static void write(
      HostCommand command, ControllerOptions options, int queueId, int cntlid, int depth) {
    MemorySegment data = Arena.ofAuto().allocate(ConnectData.SIZE);
    new ConnectData()
        .wrap(data, 0)
        .start()
        .hostid(options.host().id())
        .cntlid(cntlid)
        .subnqn(options.subsystemNqn())
        .hostnqn(options.host().nqn());
    var entry = command.entry();
    new ConnectCommand()
        .wrap(entry.segment(), entry.offset())
        .start(command.cid())
        .qid(queueId)
        .sqsize(depth)
        .kato(queueId == 0 ? options.keepAliveTimeoutMs() : 0);
    command.sends(new IoVector().add(data, 0, ConnectData.SIZE));
  }
}
