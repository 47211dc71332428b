package io.dnvme.volume.intent;

/** Older images of members' disks, which somebody puts back. */
final class CrashImages {

  private final MemberLayout layout;
  private final CrashDevice[] devices;
  private final byte[][] images;

  CrashImages(MemberLayout layout, CrashDevice[] devices) {
    this.layout = layout;
    this.devices = devices;
    images = new byte[devices.length][];
  }

  /** Unless a page of its header is being written: which generation it has is certain. */
  void take(int member, CrashWire connection) {
    if (!connection.isHeaderUnderWay(layout)) {
      images[member] = devices[member].writtenBytes();
    }
  }

  /**
   * Whether there is one which has to be found out beside these in-sync members. Where there are
   * checksums they may vouch for what is old, and the others' not yet for what is new: that is
   * noticed where the headers differ by more than one generation.
   */
  boolean canBePutBack(int member, int others) {
    if (images[member] == null || others == 0) {
      return false;
    }
    long newest = 0;
    for (int rest = others; rest != 0; rest &= rest - 1) {
      newest =
          Math.max(newest, generation(devices[Integer.numberOfTrailingZeros(rest)].writtenBytes()));
    }
    return !layout.checksums() || generation(images[member]) < newest - 1;
  }

  void putBack(int member) {
    devices[member].putBack(images[member]);
  }

  private long generation(byte[] medium) {
    return CrashWire.image(layout, medium).generation();
  }
}
