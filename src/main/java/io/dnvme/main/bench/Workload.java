package io.dnvme.main.bench;

/** What the load does. The names are those of {@code --rw}. */
enum Workload {
  RANDREAD(true, 100),
  RANDWRITE(true, 0),
  /** Random reads and writes in the proportion of {@code --rwmixread}. */
  RW(true, -1),
  READ(false, 100),
  WRITE(false, 0);

  private final boolean random;
  private final int readPercent;

  Workload(boolean random, int readPercent) {
    this.random = random;
    this.readPercent = readPercent;
  }

  boolean isRandom() {
    return random;
  }

  /** Share of reads; {@code mix} where the workload leaves it open. */
  int readPercent(int mix) {
    return readPercent < 0 ? mix : readPercent;
  }
}
