package io.dnvme.disk;

class FileDeviceBuffered512Test extends FileDeviceContract {

  FileDeviceBuffered512Test() {
    super(FileDeviceOptions.defaults().withBlockSizeBytes(512).withDirect(false));
  }
}
