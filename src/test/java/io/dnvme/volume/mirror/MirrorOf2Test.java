package io.dnvme.volume.mirror;

class MirrorOf2Test extends MirrorContract {
  @Override
  protected int members() {
    return 2;
  }
}
