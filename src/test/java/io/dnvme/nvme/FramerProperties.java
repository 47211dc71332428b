package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.fail;

import io.dnvme.nvme.PduFramer.Outcome;
import io.dnvme.nvme.PduFramer.Role;
import java.lang.foreign.MemorySegment;

/**
 * What must hold of {@link PduFramer} for all bytes whatever. Plain checks, no fluent assertions:
 * it runs for hundreds of thousands of inputs in every build.
 */
final class FramerProperties {

  /** Limits smaller than what the fuzzed bytes can say. */
  private static final long MAX_DATA = 8192;

  private static final int[] PREFIXES = {0, 1, 7, 8, 9, 23, 24, 27, 28, 71, 72, 75, 76, 127, 128};

  /** Bits of the configuration byte that stands before the bytes. */
  static final int HOST = 1;

  static final int HDGST = 2;
  static final int DDGST = 4;
  static final int INITIALIZED = 8;

  private FramerProperties() {}

  static PduFramer framer(int configuration) {
    var framer = new PduFramer((configuration & HOST) != 0 ? Role.HOST : Role.CONTROLLER);
    if ((configuration & INITIALIZED) != 0) {
      framer.initialized(
          (configuration & HDGST) != 0,
          (configuration & DDGST) != 0,
          4 + 4 * (configuration >>> 4 & 3));
    }
    framer.maxDataBytes(MAX_DATA);
    return framer;
  }

  /** Checks the framer on all telling prefixes of {@code bytes}; returns what the whole is. */
  static Outcome check(int configuration, MemorySegment bytes) {
    PduFramer framer = framer(configuration);
    Outcome last = Outcome.INCOMPLETE;
    long lastNeeded = 0;
    for (int prefix : PREFIXES) {
      if (prefix >= bytes.byteSize()) {
        break;
      }
      Outcome outcome = frame(framer, bytes, prefix);
      require(outcome.compareTo(last) >= 0, "more bytes took something back");
      if (prefix >= lastNeeded && lastNeeded >= Pdu.COMMON_HEADER_SIZE) {
        require(outcome != Outcome.INCOMPLETE || framer.neededBytes() > lastNeeded, "no progress");
      }
      if (last == Outcome.FAULT) {
        return frame(framer, bytes, bytes.byteSize());
      }
      last = outcome;
      lastNeeded = framer.neededBytes();
    }
    Outcome whole = frame(framer, bytes, bytes.byteSize());
    require(whole.compareTo(last) >= 0, "more bytes took something back");
    return whole;
  }

  private static Outcome frame(PduFramer framer, MemorySegment bytes, long length) {
    // A slice, so that reading a byte which has not arrived throws.
    Outcome outcome = framer.frame(bytes.asSlice(0, length), 0, length);
    switch (outcome) {
      case INCOMPLETE ->
          require(
              framer.neededBytes() > length && framer.neededBytes() <= IcReq.SIZE,
              "needs what it has, or too much");
      case HEADER, WHOLE -> {
        require(framer.plen() > length == (outcome == Outcome.HEADER), "whole or not");
        require(framer.neededBytes() == framer.plen(), "needs something else");
        require(framer.plen() <= 255 + MAX_DATA + Crc32c.SIZE, "longer than the limits allow");
        long end = framer.dataOffset() + framer.dataBytes();
        require(end + (framer.hasDataDigest() ? 4 : 0) <= framer.plen(), "data beyond the PDU");
        if (outcome == Outcome.WHOLE) {
          framer.isDataDigestRight(bytes.asSlice(0, framer.plen()), 0);
        }
      }
      case FAULT -> {
        require(framer.fes() >= 1 && framer.fes() <= 6, "no fatal error status");
        require(
            framer.fes() == FatalErrorStatus.HEADER_DIGEST_ERROR
                || framer.fei() >= 0 && framer.fei() < IcReq.SIZE,
            "no offset of a field");
      }
    }
    return outcome;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      fail(what);
    }
  }
}
