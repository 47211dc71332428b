package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.volume.intent.IntentLog;
import io.dnvme.volume.intent.MirrorGroup;
import java.util.function.IntConsumer;

/**
 * A group of which nothing is served: through it a claim writes the bitmaps of members that it is
 * about to remove (INTENT). Lives on the controller's home reactor.
 */
final class TakeoverGroup implements MirrorGroup {

  private final Reactor home;
  private final BlockGeometry geometry;
  private final BlockDevice[] devices;
  private final long dataStartBlock;
  private final int inSync;
  private final IntConsumer failure;
  private int failed;

  /**
   * @param devices of the members; null for those that are not connected
   * @param inSync by the record that is to be changed, as a mask
   * @param failure told of each member whose medium cannot be written
   */
  TakeoverGroup(
      Reactor home,
      BlockGeometry geometry,
      BlockDevice[] devices,
      long dataStartBlock,
      int inSync,
      IntConsumer failure) {
    this.home = home;
    this.geometry = geometry;
    this.devices = devices;
    this.dataStartBlock = dataStartBlock;
    this.inSync = inSync;
    this.failure = failure;
  }

  @Override
  public Reactor reactor() {
    return home;
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public int memberCount() {
    return devices.length;
  }

  @Override
  public BlockDevice device(int member) {
    return devices[member];
  }

  @Override
  public long dataStartBlock(int member) {
    return dataStartBlock;
  }

  @Override
  public int inSync() {
    return inSync;
  }

  @Override
  public int rebuilding() {
    return 0;
  }

  @Override
  public int failed() {
    return failed;
  }

  /** Of those that are connected: nobody else can do better. */
  @Override
  public boolean remainsWithout(int members) {
    for (int i = 0; i < devices.length; i++) {
      if (devices[i] != null && (inSync & ~failed & ~members & 1 << i) != 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void memberFailed(int member, BlockStatus why) {
    failed |= 1 << member;
    failure.accept(member);
  }

  @Override
  public void copy(long startBlock, int blockCount, int source, int targets, Copied done) {
    done.copied(BlockStatus.PATH_LOST);
  }

  @Override
  public int maxCopyBlocks() {
    return 1;
  }

  @Override
  public int hostCommands() {
    return 0;
  }

  @Override
  public long hostCommandsStarted() {
    return 0;
  }

  @Override
  public void beginRebuild(int member, BlockDevice device, IntentLog.Answer done) {
    done.answered(false);
  }

  @Override
  public void promote(int member, IntentLog.Answer done) {
    done.answered(false);
  }
}
