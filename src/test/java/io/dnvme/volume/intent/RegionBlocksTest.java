package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.SeededRandom;
import java.lang.management.ManagementFactory;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Blocks of regions, against the map that it stands for. */
class RegionBlocksTest {

  @Test
  void whateverIsPutAndRemoved_isWhatAMapHas() {
    RandomGenerator random = SeededRandom.of(getClass());
    for (int range : new int[] {8, 100, MemberLayout.MAX_REGIONS}) {
      var blocks = new RegionBlocks();
      Map<Integer, BitSet> model = new HashMap<>();
      for (int i = 0; i < 20_000; i++) {
        int region = random.nextInt(range);
        // Grows for a while, shrinks for a while.
        if (random.nextInt(10) < (i / 2000 % 2 == 0 ? 7 : 3)) {
          var its = new BitSet();
          blocks.put(region, its);
          model.put(region, its);
        } else if (!model.isEmpty()) {
          int gone = random.nextBoolean() ? region : model.keySet().iterator().next();
          blocks.remove(gone);
          model.remove(gone);
        }
        assertThat(blocks.get(region)).isSameAs(model.get(region));
        assertThat(blocks.isEmpty()).isEqualTo(model.isEmpty());
      }
      model.forEach((region, its) -> assertThat(blocks.get(region)).isSameAs(its));
    }
  }

  @Test
  void toAsk_makesNoGarbage() {
    var blocks = new RegionBlocks();
    for (int region = 0; region < 5_000; region++) {
      blocks.put(region * 1_000, new BitSet());
    }
    assertThat(found(blocks)).isEqualTo(5_000);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    int found = found(blocks);
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(found).isEqualTo(5_000);
    // A boxed number takes 16 bytes.
    assertThat(bytes).isLessThan(100_000);
  }

  private static int found(RegionBlocks blocks) {
    int found = 0;
    for (int region = 0; region < 5_000_000; region += 100) {
      found += blocks.get(region) == null ? 0 : 1;
    }
    return found;
  }
}
