package io.dnvme.disk;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import java.nio.file.Files;
import java.nio.file.Path;

/** The contract where ranges cannot be marked as zero: tmpfs punches holes, but no more. */
class FileDeviceOnTmpfsTest extends BlockDeviceContract {

  private static final Path TMPFS = Path.of("/dev/shm");

  private Path path;

  @Override
  protected BlockDevice open() throws Exception {
    MachineNeeds.need(
        Files.isWritable(TMPFS) && Files.getFileStore(TMPFS).type().equals("tmpfs"),
        "no writable tmpfs at " + TMPFS);
    path = Files.createTempFile(TMPFS, "dnvme", "disk");
    return FileDevice.create(path, SIZE_BYTES, FileDeviceOptions.defaults());
  }

  @Override
  protected void closed() throws Exception {
    if (path != null) {
      Files.delete(path);
    }
  }
}
