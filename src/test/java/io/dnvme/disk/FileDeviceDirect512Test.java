package io.dnvme.disk;

class FileDeviceDirect512Test extends FileDeviceContract {

  FileDeviceDirect512Test() {
    super(FileDeviceOptions.defaults().withBlockSizeBytes(512).withDirect(true));
  }
}
