package io.dnvme.disk;

class FileDeviceBuffered4096Test extends FileDeviceContract {

  FileDeviceBuffered4096Test() {
    super(FileDeviceOptions.defaults().withBlockSizeBytes(4096).withDirect(false));
  }
}
