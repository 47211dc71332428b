package io.dnvme.main.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ContentCheckTest {

  private static final int BLOCK = 512;
  private static final int BLOCKS = 2;

  private final MemorySegment first = Arena.ofAuto().allocate(BLOCKS * BLOCK);
  private final MemorySegment second = Arena.ofAuto().allocate(BLOCKS * BLOCK);
  private final ContentCheck check = check(1);

  private static ContentCheck check(long run) {
    return new ContentCheck(new BlockStamp(5, run, BLOCK), 10, 4, BLOCKS, BLOCK);
  }

  @Test
  void unwritten_mayHoldAnythingButDamagedBlocksOfOurs() {
    assertThat(check.read(0, 0, first, 0)).isTrue();
    check(2).write(0, second, 0);
    assertThat(check.read(0, 0, second, 0)).isTrue();
    assertThat(check.read(1, 0, second, 0)).isFalse();
    assertThat(check.mismatch()).startsWith("LBA 22:").contains("LBA 20");
    second.set(ValueLayout.JAVA_BYTE, 300, (byte) ~second.get(ValueLayout.JAVA_BYTE, 300));
    assertThat(check.read(0, 0, second, 0)).isFalse();
    assertThat(check.mismatch()).contains("checksum");
  }

  @Test
  void acknowledged_mustBeRead() {
    check.write(0, first, 0);
    check.written(0, true);
    int since = check.acknowledged(0);
    assertThat(check.read(0, since, first, 0)).isTrue();
    assertThat(check.read(0, since, second, 0)).isFalse();
    check(2).write(0, second, 0);
    assertThat(check.read(0, since, second, 0)).isFalse();
    assertThat(check.mismatch()).contains("expected write 1, got an earlier run's write 1");
  }

  @Test
  void overwritten_mayBeReadWhileTheWriteIsInFlight_notAfter() {
    check.write(0, first, 0);
    check.written(0, true);
    int since = check.acknowledged(0);
    check.write(0, second, 0);
    assertThat(check.read(0, since, first, 0)).isTrue();
    assertThat(check.read(0, since, second, 0)).isTrue();
    MemorySegment.copy(first, BLOCK, second, BLOCK, BLOCK);
    assertThat(check.read(0, since, second, 0)).as("old and new").isTrue();
    check.written(0, true);
    assertThat(check.read(0, since, first, 0)).as("submitted before").isTrue();
    assertThat(check.read(0, check.acknowledged(0), first, 0)).isFalse();
  }

  @Test
  void failedWrite_leavesBothContentsPossible() {
    check.write(0, first, 0);
    check.written(0, true);
    check.write(0, second, 0);
    assertThat(check.mayWrite(0)).isFalse();
    check.written(0, false);
    assertThat(check.mayWrite(0)).isTrue();
    assertThat(check.read(0, check.acknowledged(0), first, 0)).isTrue();
    assertThat(check.read(0, check.acknowledged(0), second, 0)).isTrue();
  }
}
