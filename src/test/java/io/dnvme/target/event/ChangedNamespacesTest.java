package io.dnvme.target.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChangedNamespacesTest {

  private final ChangedNamespaces changed = new ChangedNamespaces();

  @Test
  void changes_areListedOnceAscending() {
    changed.add(7);
    changed.add(2);
    changed.add(7);
    changed.add(0xffff_fffe);
    changed.add(9);
    assertThat(changed.list()).containsExactly(2, 7, 9, 0xffff_fffe);
  }

  @Test
  void clear_emptiesTheList() {
    changed.add(1);
    changed.clear();
    assertThat(changed.list()).isEmpty();
  }

  @Test
  void fullList_oneMoreSaysAnyNamespace() {
    for (int nsid = 1; nsid <= ChangedNamespaces.MAX_ENTRIES; nsid++) {
      changed.add(nsid);
    }
    changed.add(1);
    assertThat(changed.list()).hasSize(ChangedNamespaces.MAX_ENTRIES);

    changed.add(ChangedNamespaces.MAX_ENTRIES + 1);
    assertThat(changed.list()).containsExactly(0xffff_ffff);

    changed.clear();
    changed.add(5);
    assertThat(changed.list()).containsExactly(5);
  }
}
