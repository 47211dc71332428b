package io.dnvme.volume.mirror;

class MirrorOf1Test extends MirrorContract {
  @Override
  protected int members() {
    return 1;
  }
}
