package io.dnvme.volume;

/** So many that most commands at the front cross a border or lie just beside one. */
class ConcatOf16Test extends ConcatContract {
  @Override
  protected int devices() {
    return 16;
  }
}
