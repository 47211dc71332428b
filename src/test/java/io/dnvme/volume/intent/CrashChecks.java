package io.dnvme.volume.intent;

/** INTENT: what has to be on the media themselves when a record change is asked for. */
final class CrashChecks {

  private final WriteIntentLog log;
  private final MemberLayout layout;
  private final CrashWire[] wires;

  /**
   * @param wires of the members; may change
   */
  CrashChecks(WriteIntentLog log, MemberLayout layout, CrashWire[] wires) {
    this.log = log;
    this.layout = layout;
    this.wires = wires;
  }

  /** A removal is asked for when the bitmap is on every remaining in-sync medium. */
  void removal(int leaving, int inSync) {
    for (int member = 0; member < wires.length; member++) {
      if ((leaving & inSync & 1 << member) == 0 || log.hasNoHeader(member)) {
        continue;
      }
      for (int other = 0; other < wires.length; other++) {
        if ((inSync & ~leaving & 1 << other) != 0) {
          HeaderUnion medium = wires[other].onMedium(layout);
          check(
              medium.peer(log.identity(member).member(), new RegionBitmap(layout)) != null,
              "a removal asked for without the bitmap on member " + other);
          checkPeer(medium, member, log.durableIntents());
        }
      }
    }
  }

  /** A promotion is asked for when all live bits and bitmaps are on the medium. */
  void promotion(int member) {
    HeaderUnion medium = wires[member].onMedium(layout);
    var intents = new RegionBitmap(layout);
    medium.intents(intents);
    checkContains(intents, log.durableIntents());
    for (int other = 0; other < wires.length; other++) {
      RegionBitmap bits = log.durableBitmapOf(other);
      if (other != member && bits != null) {
        checkPeer(medium, other, bits);
      }
    }
  }

  private void checkPeer(HeaderUnion medium, int member, RegionBitmap bits) {
    var found = new RegionBitmap(layout);
    if (medium.peer(log.identity(member).member(), found) != null) {
      checkContains(found, bits);
    }
  }

  private static void checkContains(RegionBitmap found, RegionBitmap bits) {
    for (int region = bits.next(0); region >= 0; region = bits.next(region + 1)) {
      check(found.get(region), "region " + region + " is missing on a medium");
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new BrokenPromise("INTENT: " + what);
    }
  }
}
