package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class SeenStoresTest {

  private final SeenStores stores = new SeenStores();

  private static UUID store(int number) {
    return new UUID(1, number);
  }

  @Test
  void nothingSeen_knowsNothing() {
    assertThat(stores.last()).isNull();
    assertThat(stores.has(store(1))).isFalse();
    assertThat(stores.forgets(store(1))).isFalse();
    assertThat(stores.isAfterLasting(store(1))).isFalse();
  }

  @Test
  void whatItHad_isKnown_andTimeCountsFromTheChange() {
    stores.see(store(1), false, 10);
    stores.see(store(1), false, 20);
    assertThat(stores.sinceNanos()).isEqualTo(10);
    stores.see(store(2), false, 30);
    stores.see(store(2), false, 40);
    assertThat(stores.sinceNanos()).isEqualTo(30);
    assertThat(stores.last()).isEqualTo(store(2));
    assertThat(stores.has(store(1))).isTrue();
    assertThat(stores.isAfterLasting(store(1))).isFalse();
    assertThat(stores.isAfterLasting(store(2))).isTrue();
    stores.see(store(1), false, 50);
    assertThat(stores.sinceNanos()).isEqualTo(50);
    assertThat(stores.isAfterLasting(store(1))).isFalse();
  }

  @Test
  void memoryAfterMemory_isAfterNothingThatLasts_andAfterADisk_itIs() {
    stores.see(store(1), true, 1);
    stores.see(store(2), true, 2);
    assertThat(stores.forgets(store(1))).isTrue();
    assertThat(stores.isAfterLasting(store(2))).isFalse();
    stores.see(store(3), false, 3);
    stores.see(store(4), true, 4);
    stores.see(store(5), true, 5);
    assertThat(stores.forgets(store(3))).isFalse();
    assertThat(stores.isAfterLasting(store(3))).isFalse();
    assertThat(stores.isAfterLasting(store(4))).isTrue();
    assertThat(stores.isAfterLasting(store(5))).isTrue();
  }

  @Test
  void moreThanItRemembers_theOldestIsForgotten() {
    for (int i = 0; i <= SeenStores.MAX_STORES; i++) {
      stores.see(store(i), true, i);
    }
    assertThat(stores.has(store(0))).isFalse();
    assertThat(stores.has(store(1))).isTrue();
    stores.see(store(1), true, 99);
    stores.see(store(0), true, 100);
    assertThat(stores.has(store(0))).isTrue();
    assertThat(stores.has(store(1))).isFalse();
  }
}
