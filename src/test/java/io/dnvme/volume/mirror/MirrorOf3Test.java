package io.dnvme.volume.mirror;

class MirrorOf3Test extends MirrorContract {
  @Override
  protected int members() {
    return 3;
  }
}
