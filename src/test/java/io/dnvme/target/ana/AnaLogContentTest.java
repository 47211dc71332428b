package io.dnvme.target.ana;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AnaLogContentTest {

  private final ManualReactor home = new ManualReactor();
  private final AnaPort port = new AnaGroups(home, 3, AnaState.OPTIMIZED).port(1);

  private static int[] nsidsOfGroup(int group) {
    return switch (group) {
      case 1 -> new int[] {1, 0x102};
      case 3 -> new int[] {7};
      default -> new int[0];
    };
  }

  private static String hex(MemorySegment page) {
    return HexFormat.of().formatHex(page.toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void page_hasTheBytesOfTheSpecification() {
    port.change(3, AnaState.INACCESSIBLE);
    port.change(1, AnaState.CHANGE);
    port.change(1, AnaState.NON_OPTIMIZED);

    MemorySegment page =
        AnaLogContent.of(port.snapshot(), 0, AnaLogContentTest::nsidsOfGroup, 5, false);

    assertThat(hex(page))
        .isEqualTo(
            "0300000000000000"
                + "0200"
                + "000000000000"
                + "01000000"
                + "02000000"
                + "0300000000000000"
                + "02"
                + "00".repeat(15)
                + "01000000"
                + "02010000"
                + "03000000"
                + "01000000"
                + "0100000000000000"
                + "03"
                + "00".repeat(15)
                + "07000000"
                // Room for a third group and two more namespaces.
                + "00".repeat(32 + 2 * 4));
  }

  @Test
  void groupsOnly_leavesOutTheNamespaces() {
    MemorySegment page =
        AnaLogContent.of(port.snapshot(), 0, AnaLogContentTest::nsidsOfGroup, 5, true);
    assertThat(hex(page))
        .isEqualTo(
            "0000000000000000"
                + "0200"
                + "000000000000"
                + "01000000"
                + "00000000"
                + "0000000000000000"
                + "01"
                + "00".repeat(15)
                + "03000000"
                + "00000000"
                + "0000000000000000"
                + "01"
                + "00".repeat(15)
                + "00".repeat(32 + 5 * 4));
  }

  @Test
  void countsAfterAReset_startAtZero() {
    port.change(1, AnaState.NON_OPTIMIZED);
    port.change(3, AnaState.NON_OPTIMIZED);
    long reset = port.snapshot().changeCount();
    port.change(3, AnaState.OPTIMIZED);

    MemorySegment page =
        AnaLogContent.of(port.snapshot(), reset, AnaLogContentTest::nsidsOfGroup, 5, true);

    assertThat(page.get(ValueLayout.JAVA_BYTE, 0)).as("CHGCNT").isEqualTo((byte) 1);
    assertThat(page.get(ValueLayout.JAVA_BYTE, 16 + 8)).as("of group 1").isEqualTo((byte) 0);
    assertThat(page.get(ValueLayout.JAVA_BYTE, 48 + 8)).as("of group 3").isEqualTo((byte) 1);
  }

  @Test
  void subsystemWithoutNamespaces_isAsLongAndSaysNothing() {
    assertThat(hex(AnaLogContent.of(port.snapshot(), 0, group -> new int[0], 5, false)))
        .isEqualTo("00".repeat(AnaLogContent.sizeBytes(3, 5)));
  }
}
