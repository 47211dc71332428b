package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.SeededRandom;
import io.dnvme.block.ManualReactor;
import io.dnvme.volume.intent.ChecksumPages.Page;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Against the map of the JDK that keeps the order of access. */
class RecentPagesTest {

  private static final int LIMIT = 24;
  private static final int INDEXES = 200;

  @Test
  void pagesAreFoundByIndex_andKeptInTheOrderInWhichTheyWereAskedFor() {
    var random = SeededRandom.of(RecentPagesTest.class);
    try (var reactor = new ManualReactor()) {
      var pages = new RecentPages(LIMIT);
      Map<Long, Page> model = new LinkedHashMap<>(16, 0.75f, true);
      for (int i = 0; i < 20_000; i++) {
        long index = random.nextInt(INDEXES);
        Page page = pages.get(index);
        assertThat(page).isSameAs(model.get(index));
        if (page == null) {
          if (pages.size() == LIMIT) {
            Page oldest = pages.oldest();
            pages.remove(oldest);
            model.remove(oldest.index);
          }
          page =
              new Page(index, reactor, MemorySegment.ofArray(new byte[ChecksumMemory.PAGE_BYTES]));
          pages.add(page);
          model.put(index, page);
        } else if (random.nextInt(8) == 0) {
          pages.remove(page);
          model.remove(index);
        }
        assertThat(pages.size()).isEqualTo(model.size());
        assertThat(inOrder(pages)).isEqualTo(new ArrayList<>(model.values()));
      }
    }
  }

  private static List<Page> inOrder(RecentPages pages) {
    List<Page> order = new ArrayList<>();
    for (Page page = pages.oldest(); page != null; page = page.newer) {
      order.add(page);
    }
    return order;
  }
}
