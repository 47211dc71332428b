package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class HolderEntryCodecTest {

  private static HolderEntry entry(LegRecord accepted, Tombstone tombstone) {
    return new HolderEntry(
        Samples.LEG, Samples.EPOCH, LegRecord.DEFAULT_LEASE_MS, 7, accepted, tombstone);
  }

  private static final HolderEntry WITH_RECORD = entry(Samples.full(), null);
  private static final HolderEntry WITH_TOMBSTONE =
      entry(null, new Tombstone(Samples.EPOCH, 9, Samples.holders(4, 5, 6)));

  private static List<HolderEntry> all() {
    return List.of(
        WITH_RECORD,
        WITH_TOMBSTONE,
        entry(null, null),
        entry(Samples.first(), WITH_TOMBSTONE.tombstone()));
  }

  @Test
  void entry_comesBackAsItWas() throws Exception {
    for (HolderEntry entry : all()) {
      assertThat(HolderEntryCodec.decode(HolderEntryCodec.encode(entry))).isEqualTo(entry);
    }
  }

  @Test
  void goldenBytes_areReadAndWritten() throws Exception {
    byte[] golden = Golden.bytes("holder-entry-v1.hex");
    assertThat(HexFormat.of().formatHex(HolderEntryCodec.encode(WITH_TOMBSTONE)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(HolderEntryCodec.decode(golden)).isEqualTo(WITH_TOMBSTONE);
  }

  @Test
  void damage_isRefused() {
    byte[] bytes = HolderEntryCodec.encode(WITH_RECORD);
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      byte[] cut = Arrays.copyOf(bytes, i);
      assertThatThrownBy(() -> HolderEntryCodec.decode(damaged))
          .isInstanceOf(RecordFormatException.class);
      assertThatThrownBy(() -> HolderEntryCodec.decode(cut))
          .isInstanceOf(RecordFormatException.class);
    }
  }
}
