package io.dnvme.volume;

class ConcatOf1Test extends ConcatContract {
  @Override
  protected int devices() {
    return 1;
  }
}
