package io.dnvme.initiator.shell;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A namespace of our own target, through real sockets, is a block device like any other. */
abstract class RemoteNamespaceContract extends BlockDeviceContract {

  private static Loopback loopback;

  private final int blockBytes;
  private final QueueOptions queues;
  private MemoryDevice memory;
  private HostController controller;

  RemoteNamespaceContract(int blockBytes, QueueOptions queues) {
    this.blockBytes = blockBytes;
    this.queues = queues;
  }

  @BeforeAll
  static void startTarget() throws Exception {
    loopback = new Loopback();
  }

  @AfterAll
  static void stopTarget() {
    loopback.close();
  }

  @Override
  protected BlockDevice open() throws Exception {
    memory = new MemoryDevice(new BlockGeometry(blockBytes, SIZE_BYTES / blockBytes));
    String nqn = loopback.serve(memory);
    controller =
        loopback.connect(nqn, queues, ReconnectOptions.DEFAULT, new ControllerListener() {});
    return controller.namespace(1);
  }

  @Override
  protected void closed() {
    loopback.disconnect(controller);
    loopback.awaitNoControllers();
    memory.close();
  }
}
