package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MemberHeaderTest {

  private static final MemberLayout LAYOUT = new MemberLayout(4096, 262_144, 22, true);
  private static final MemberIdentity IDENTITY =
      new MemberIdentity(
          UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"),
          3,
          UUID.fromString("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"));

  // Computed apart from this code, bit by bit.
  private static final int GOLDEN_HEADER_CRC = 0xbfe3f5d4;
  private static final int GOLDEN_BITMAP_CRC = 0x63b9f55e;
  private static final int GOLDEN_CHECKSUMS_CRC = 0xcf1d448d;

  private final Crc32c crc = new Crc32c();
  private final MemorySegment page = MemorySegment.ofArray(new byte[MemberLayout.PAGE_BYTES]);

  @Test
  void header_hasItsGoldenBytes() {
    header().encode(page, crc);
    assertThat(hex(0, 96))
        .isEqualTo(
            "444e564d4d454d42"
                + "02000000"
                + "16"
                + "01"
                + "0400"
                + "00100000"
                + "03000000"
                + "0700000000000000"
                + "00112233445566778899aabbccddeeff"
                + "0500000000000000"
                + "00000000"
                + hex(60, 4)
                + "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
                + "0000040000000000"
                + "0c00000000000000");
    assertThat(hex(128, 64))
        .isEqualTo(
            "00".repeat(32)
                + "00000000000000000000000000000009"
                + "0200000000000000"
                + "0400000000000000");
    assertThat(page.get(PageFormat.INT, 60)).isEqualTo(GOLDEN_HEADER_CRC);
  }

  @Test
  void bitmapPage_hasItsGoldenBytes() {
    long[] words = new long[BitmapPage.WORDS];
    words[0] = 0x8000000000000001L;
    words[BitmapPage.WORDS - 1] = 2;
    BitmapPage.encode(page, 2, 1, 6, 11, new PeerSlot(new UUID(0, 9), 2, 0), words, 0, crc);
    assertThat(hex(0, 80))
        .isEqualTo(
            "444e564d42495453"
                + "02000000"
                + "0200"
                + "0000"
                + "0b00000000000000"
                + "0600000000000000"
                + "00000000000000000000000000000009"
                + "0200000000000000"
                + "01000000"
                + hex(60, 4)
                + "0100000000000080"
                + "0000000000000000");
    assertThat(hex(4088, 8)).isEqualTo("0200000000000000");
    assertThat(page.get(PageFormat.INT, 60)).isEqualTo(GOLDEN_BITMAP_CRC);
  }

  /** It has no magic and no version: those of the member's header are its own too. */
  @Test
  void checksumPage_hasItsGoldenBytes() {
    assertThat(ChecksumPage.ENTRIES).isEqualTo(1021);
    ChecksumPage.set(page, 0, 0x04030201);
    ChecksumPage.set(page, ChecksumPage.ENTRIES - 1, 0xa1b2c3d4);
    ChecksumPage.seal(page, 6, crc);
    assertThat(hex(0, 8)).isEqualTo("0102030400000000");
    assertThat(hex(4080, 12)).isEqualTo("d4c3b2a10600000000000000");
    assertThat(page.get(PageFormat.INT, 4092)).isEqualTo(GOLDEN_CHECKSUMS_CRC);
    assertThat(ChecksumPage.isWhole(page, crc)).isTrue();
    assertThat(ChecksumPage.sequence(page)).isEqualTo(6);
    assertThat(PageFormat.copyOf(6)).as("an even sequence stands in A").isZero();
  }

  @Test
  void header_isReadAsItWasWritten() {
    header().encode(page, crc);
    assertThat(MemberHeader.decode(page, crc)).isEqualTo(new MemberHeader.Decoded.Header(header()));
  }

  @Test
  void headerWithAnyBitFlipped_isNoHeader() {
    for (int at = 0; at < MemberLayout.PAGE_BYTES; at += 7) {
      header().encode(page, crc);
      flip(at);
      assertThat(MemberHeader.decode(page, crc)).isEqualTo(new MemberHeader.Decoded.NoHeader());
    }
  }

  @Test
  void newerHeader_isRefusedAndSaysSo() {
    header().encode(page, crc);
    page.set(PageFormat.INT, PageFormat.VERSION_OFFSET, 3);
    PageFormat.seal(page, crc);
    assertThat(MemberHeader.decode(page, crc))
        .isEqualTo(
            new MemberHeader.Decoded.Refused(
                "the member's header has format version 3; this release reads version 2"));
  }

  @Test
  void headerWithImpossibleSizes_isRefused() {
    header().encode(page, crc);
    page.set(PageFormat.LONG, 80, -1);
    PageFormat.seal(page, crc);
    assertThat(MemberHeader.decode(page, crc)).isInstanceOf(MemberHeader.Decoded.Refused.class);
  }

  @Test
  void headerOfAnotherGroupOrMember_isRefused() {
    var image = new HeaderImage(LAYOUT);
    MemorySegment copies = MemorySegment.ofArray(new byte[2 * MemberLayout.PAGE_BYTES]);
    header().encode(copies, crc);
    image.descriptor(copies);
    assertThat(image.refusalFor(IDENTITY)).isNull();
    assertThat(image.refusalFor(new MemberIdentity(IDENTITY.leg(), 4, IDENTITY.member())))
        .contains("the medium is of");
    assertThat(new HeaderImage(LAYOUT).refusalFor(IDENTITY)).isNull();
  }

  @Test
  void tornDescriptor_leavesTheOlderCopy() {
    var image = new HeaderImage(LAYOUT);
    MemorySegment copies = MemorySegment.ofArray(new byte[2 * MemberLayout.PAGE_BYTES]);
    header().encode(copies.asSlice(MemberLayout.PAGE_BYTES), crc);
    new MemberHeader(IDENTITY, LAYOUT, 8, 13, 6, MemberHeader.noPeers()).encode(copies, crc);
    copies.asSlice(512, 512).fill((byte) 1);
    image.descriptor(copies);
    assertThat(image.header()).isEqualTo(header());
  }

  @Test
  void partsOfAMember_doNotOverlapAndFit() {
    for (long blocks : new long[] {1, 1000, 262_144, 1L << 32}) {
      for (boolean checksums : new boolean[] {false, true}) {
        var layout = new MemberLayout(4096, blocks, 22, checksums);
        long headerEnd =
            layout.bitmapBlock(MemberLayout.BITMAPS - 1, layout.pagesPerBitmap() - 1, 1)
                + layout.blocksPerPage();
        assertThat(headerEnd).isEqualTo(layout.checksumBlock());
        assertThat(layout.checksumBlock() + layout.checksumPages())
            .isLessThanOrEqualTo(layout.dataStartBlock());
        assertThat((long) layout.pagesPerBitmap() * BitmapPage.BITS)
            .isGreaterThanOrEqualTo(layout.regions());
        var fitting = MemberLayout.fitting(4096, layout.deviceBlocks(), 22, checksums);
        assertThat(fitting.dataBlocks()).isGreaterThanOrEqualTo(blocks);
        assertThat(fitting.deviceBlocks()).isLessThanOrEqualTo(layout.deviceBlocks());
      }
    }
  }

  @Test
  void layoutsThatCannotBe_areRefused() {
    assertThatThrownBy(() -> MemberLayout.fitting(4096, 12, 22, false))
        .hasMessageContaining("too small");
    assertThatThrownBy(() -> new MemberLayout(8192, 100, 22, false))
        .hasMessageContaining("at most 4096 bytes");
    assertThatThrownBy(() -> new MemberLayout(512, 100, 15, false)).hasMessageContaining("region");
    long most = (long) MemberLayout.MAX_REGIONS << 22 - 12;
    assertThat(new MemberLayout(4096, most, 22, false).regions())
        .isEqualTo(MemberLayout.MAX_REGIONS);
    assertThatThrownBy(() -> new MemberLayout(4096, most + 1, 22, false))
        .hasMessageContaining("take larger ones");
  }

  private static MemberHeader header() {
    var peers = new ArrayList<>(MemberHeader.noPeers());
    peers.set(1, new PeerSlot(new UUID(0, 9), 2, 4));
    return new MemberHeader(IDENTITY, LAYOUT, 7, 12, 5, peers);
  }

  private void flip(int at) {
    byte[] bytes = (byte[]) page.heapBase().orElseThrow();
    bytes[at] ^= 0x10;
  }

  private String hex(int from, int length) {
    return HexFormat.of().formatHex((byte[]) page.heapBase().orElseThrow(), from, from + length);
  }
}
