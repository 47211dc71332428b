package io.dnvme.disk;

class FileDeviceDirect4096Test extends FileDeviceContract {

  FileDeviceDirect4096Test() {
    super(FileDeviceOptions.defaults().withBlockSizeBytes(4096).withDirect(true));
  }
}
