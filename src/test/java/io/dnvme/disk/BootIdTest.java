package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootIdTest {

  @TempDir private Path directory;

  @Test
  void thisMachinesStart_hasOne_andAlwaysTheSame() throws IOException {
    assertThat(BootId.read()).isEqualTo(BootId.read());
    assertThat(BootId.read().getMostSignificantBits()).isNotZero();
  }

  @Test
  void somethingElse_isNotTakenForOne() throws IOException {
    Path file = directory.resolve("boot_id");
    Files.writeString(file, "no id\n");
    assertThatThrownBy(() -> BootId.read(file)).hasMessageContaining("holds no UUID: no id");
  }
}
