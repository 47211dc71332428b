package io.dnvme.volume.intent;

/** Who is what in a {@link CrashGroup}; outlives its owners. */
final class CrashRecord {
  int inSync;
  int rebuilding;
  final int[] power;

  CrashRecord(int members) {
    inSync = (1 << members) - 1;
    power = new int[members];
  }
}
