package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.RequestCheck;

/**
 * What a namespace stands on while the leg below it comes and goes: the same size and abilities on
 * every controller of the virtual disk, whether or not it owns the leg (NAMES). Without a leg every
 * command is answered with a lost path, which hosts try again elsewhere (OWNER).
 *
 * <p>Any reactor. A command that has gone to a device is that device's to complete.
 */
public final class SwitchedDevice implements BlockDevice {

  private final BlockGeometry geometry;
  private final DeviceTraits traits;
  private volatile BlockDevice device;

  /**
   * @param traits what all devices that may come have at least
   */
  public SwitchedDevice(BlockGeometry geometry, DeviceTraits traits) {
    this.geometry = geometry;
    this.traits = traits;
  }

  /**
   * Sends commands to {@code device} from now on; from any thread.
   *
   * @throws IllegalArgumentException where it is smaller or has other blocks
   */
  public void connect(BlockDevice device) {
    BlockGeometry other = device.geometry();
    if (other.blockSizeBytes() != geometry.blockSizeBytes()
        || other.blockCount() < geometry.blockCount()) {
      throw new IllegalArgumentException("a device of " + other + " in place of " + geometry);
    }
    this.device = device;
  }

  /** Sends no command anywhere from now on; from any thread. Those under way are not touched. */
  public void disconnect() {
    device = null;
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public DeviceTraits traits() {
    return traits;
  }

  @Override
  public void submit(BlockIo io) {
    BlockDevice now = device;
    if (now == null) {
      io.complete(BlockStatus.PATH_LOST);
      return;
    }
    BlockStatus status = RequestCheck.check(io, geometry, traits);
    if (status != BlockStatus.SUCCESS) {
      io.complete(status);
      return;
    }
    now.submit(io);
  }

  /** The device below is closed by whoever made it. */
  @Override
  public void close() {
    disconnect();
  }
}
