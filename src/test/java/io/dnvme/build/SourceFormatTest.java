package io.dnvme.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SourceFormatTest {

  @Test
  void everySource_isFormatted() throws Exception {
    boolean apply = Boolean.getBoolean("format.apply");
    var sources = SourceFormat.sources(Path.of(System.getProperty("basedir", ".")));
    assertThat(sources).isNotEmpty();
    var unformatted = new SourceFormat().unformatted(sources, apply);
    if (!apply) {
      assertThat(unformatted)
          .as("run: mvn -q test -Dtest=SourceFormatTest -Dformat.apply=true")
          .isEmpty();
    }
  }
}
