package io.dnvme.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosersTest {

  @Test
  void someFailToEnd_theOthersEnd_lastFirst() {
    var ended = new ArrayList<Integer>();
    var closers = new Closers();
    closers.addStep(() -> ended.add(1));
    closers.addStep(() -> {
      throw new LinkageError("expected by this test");
    });
    closers.addStep(() -> ended.add(2));
    closers.addStep(() -> {
      throw new IllegalStateException("expected by this test");
    });
    closers.addStep(() -> ended.add(3));
    closers.close();
    assertThat(ended).isEqualTo(List.of(3, 2, 1));
  }
}
