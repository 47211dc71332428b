package io.dnvme.volume.intent;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The descriptor in a member's header: what the member is and whose bitmaps its pages hold.
 *
 * <pre>
 *   0  magic "DNVMMEMB"       8  version (4)    12  region shift (1)   13  checksums kept (1)
 *  14  peers (2)             16  block size (4) 20  group (4)          24  sequence (8)
 *  32  leg (16)              48  stamp (8)      56  zero (4)           60  CRC32C of all the rest (4)
 *  64  member (16)           80  data blocks (8)                       88  generation (8)
 *  96  zero (32)
 * 128  for each peer: member (16), stamp (8), floor (8)
 * 256  zero: room for what {@code recover} will need
 * </pre>
 *
 * All fields are little-endian, UUIDs in network order. See {@link PageFormat} for the two copies.
 *
 * @param sequence grows with every write of the descriptor
 * @param generation in which it was written, see {@link HeaderAges}
 * @param stamp changes whenever the member's content begins anew, with a full rebuild: a bitmap
 *     that was kept for other content does not fit (INTENT)
 */
record MemberHeader(
    MemberIdentity identity,
    MemberLayout layout,
    long sequence,
    long generation,
    long stamp,
    List<PeerSlot> peers) {

  static final long MAGIC = PageFormat.magic("DNVMMEMB");

  private static final int REGION_SHIFT = 12;
  private static final int CHECKSUMS = 13;
  private static final int PEER_COUNT = 14;
  private static final int BLOCK_SIZE = 16;
  private static final int GROUP = 20;
  private static final int LEG = 32;
  private static final int STAMP = 48;
  private static final int MEMBER = 64;
  private static final int DATA_BLOCKS = 80;
  private static final int GENERATION = 88;
  private static final int PEERS_OFFSET = 128;
  private static final int PEER_BYTES = 32;

  /** What a descriptor's page turned out to be. */
  sealed interface Decoded {

    record Header(MemberHeader header) implements Decoded {}

    /** A page of a member's header, but not one that this release may touch; says why. */
    record Refused(String reason) implements Decoded {}

    /** Nothing of ours, or torn, or damaged. */
    record NoHeader() implements Decoded {}
  }

  MemberHeader {
    if (peers.size() != MemberLayout.PEERS) {
      throw new IllegalArgumentException("a header names %d peers".formatted(MemberLayout.PEERS));
    }
    peers = List.copyOf(peers);
  }

  static List<PeerSlot> noPeers() {
    return Collections.nCopies(MemberLayout.PEERS, PeerSlot.FREE);
  }

  void encode(MemorySegment memory, Crc32c crc) {
    PageFormat.begin(memory, MAGIC, sequence);
    memory.set(ValueLayout.JAVA_BYTE, REGION_SHIFT, (byte) layout.regionShift());
    memory.set(ValueLayout.JAVA_BYTE, CHECKSUMS, (byte) (layout.checksums() ? 1 : 0));
    memory.set(PageFormat.SHORT, PEER_COUNT, (short) MemberLayout.PEERS);
    memory.set(PageFormat.INT, BLOCK_SIZE, layout.blockSizeBytes());
    memory.set(PageFormat.INT, GROUP, identity.group());
    PageFormat.putUuid(memory, LEG, identity.leg());
    memory.set(PageFormat.LONG, STAMP, stamp);
    PageFormat.putUuid(memory, MEMBER, identity.member());
    memory.set(PageFormat.LONG, DATA_BLOCKS, layout.dataBlocks());
    memory.set(PageFormat.LONG, GENERATION, generation);
    for (int i = 0; i < MemberLayout.PEERS; i++) {
      long at = PEERS_OFFSET + (long) i * PEER_BYTES;
      PageFormat.putUuid(memory, at, peers.get(i).member());
      memory.set(PageFormat.LONG, at + 16, peers.get(i).stamp());
      memory.set(PageFormat.LONG, at + 24, peers.get(i).floor());
    }
    PageFormat.seal(memory, crc);
  }

  static Decoded decode(MemorySegment memory, Crc32c crc) {
    if (!PageFormat.isWhole(memory, MAGIC, crc)) {
      return new Decoded.NoHeader();
    }
    int version = PageFormat.version(memory);
    if (version != PageFormat.VERSION) {
      return new Decoded.Refused(
          "the member's header has format version %d; this release reads version %d"
              .formatted(version, PageFormat.VERSION));
    }
    try {
      return new Decoded.Header(fields(memory));
    } catch (IllegalArgumentException e) {
      return new Decoded.Refused("the member's header makes no sense: " + e.getMessage());
    }
  }

  private static MemberHeader fields(MemorySegment memory) {
    int peerCount = memory.get(PageFormat.SHORT, PEER_COUNT);
    if (peerCount != MemberLayout.PEERS) {
      throw new IllegalArgumentException("it has room for " + peerCount + " peers");
    }
    var layout =
        new MemberLayout(
            memory.get(PageFormat.INT, BLOCK_SIZE),
            memory.get(PageFormat.LONG, DATA_BLOCKS),
            memory.get(ValueLayout.JAVA_BYTE, REGION_SHIFT),
            memory.get(ValueLayout.JAVA_BYTE, CHECKSUMS) != 0);
    var identity =
        new MemberIdentity(
            PageFormat.uuid(memory, LEG),
            memory.get(PageFormat.INT, GROUP),
            PageFormat.uuid(memory, MEMBER));
    var peers = new ArrayList<PeerSlot>();
    for (int i = 0; i < MemberLayout.PEERS; i++) {
      long at = PEERS_OFFSET + (long) i * PEER_BYTES;
      peers.add(
          new PeerSlot(
              PageFormat.uuid(memory, at),
              memory.get(PageFormat.LONG, at + 16),
              memory.get(PageFormat.LONG, at + 24)));
    }
    return new MemberHeader(
        identity,
        layout,
        PageFormat.sequence(memory),
        memory.get(PageFormat.LONG, GENERATION),
        memory.get(PageFormat.LONG, STAMP),
        peers);
  }
}
