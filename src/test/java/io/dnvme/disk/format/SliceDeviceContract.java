package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.TestReactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.StoreOutcome.Done;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A logical disk of two extents that are no neighbours does what every device must. */
abstract class SliceDeviceContract extends BlockDeviceContract {

  private static final UUID ID = new UUID(9, 1);

  private BlockDevice disk;

  /** A device with room for the tables and four extents of 4 MiB. */
  abstract BlockDevice openDisk(long sizeBytes) throws Exception;

  @Override
  protected BlockDevice open() throws Exception {
    disk = openDisk(24L << 20);
    this.<UUID>await(done -> DiskStore.format(one, disk, OpenDisk.options(), done));
    DiskStore store =
        await(done -> DiskStore.open(one, disk, OpenDisk.CLUSTER, OpenDisk.BOOT, done));
    while (!one.call(store::isZeroed)) {
      Thread.onSpinWait();
    }
    this.<LogicalDisk>await(done -> store.allocate(ID, OpenDisk.LEG, 1, Description.NONE, done));
    this.<LogicalDisk>await(
        done -> store.allocate(new UUID(9, 2), OpenDisk.LEG, 1, Description.NONE, done));
    this.<LogicalDisk>await(done -> store.grow(ID, Epoch.NONE, 2, done));
    return one.call(() -> store.unguarded(ID).orElseThrow());
  }

  /** Two extents that lie apart cannot be compared and written in one step. */
  @Override
  protected long compareAndWriteBorderBlocks() {
    return (4 << 20) / device.geometry().blockSizeBytes();
  }

  private <T> T await(Consumer<Consumer<StoreOutcome<T>>> work) {
    var outcome = new CompletableFuture<StoreOutcome<T>>();
    one.run(() -> work.accept(outcome::complete));
    if (TestReactor.await(outcome) instanceof Done<T>(T value)) {
      return value;
    }
    throw new AssertionError(outcome.join());
  }

  @Override
  protected void closed() throws Exception {
    disk.close();
  }
}
