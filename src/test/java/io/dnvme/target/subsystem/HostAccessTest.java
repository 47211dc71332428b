package io.dnvme.target.subsystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HostAccessTest {

  private static Set<String> hosts(int count) {
    return IntStream.range(0, count).mapToObj(TestSubsystems::host).collect(Collectors.toSet());
  }

  @Test
  void anyHost_isAllowed() {
    assertThat(HostAccess.ANY.allows(TestSubsystems.host(1))).isTrue();
    assertThat(HostAccess.NONE.allows(TestSubsystems.host(1))).isFalse();
  }

  @Test
  void listedHosts_areAllowedByTheirExactName() {
    HostAccess access = HostAccess.only(hosts(2));
    assertThat(access.allows(TestSubsystems.host(1))).isTrue();
    assertThat(access.allows(TestSubsystems.host(2))).isFalse();
    assertThat(access.allows(TestSubsystems.host(1).toUpperCase())).isFalse();
  }

  @Test
  void listAtItsLimit_takesNoMore() {
    HostAccess full = HostAccess.only(hosts(HostAccess.MAX_HOSTS));
    assertThat(full.allows(TestSubsystems.host(HostAccess.MAX_HOSTS - 1))).isTrue();
    assertThatThrownBy(() -> HostAccess.only(hosts(HostAccess.MAX_HOSTS + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void listThatMeansNothing_isRefused() {
    assertThatThrownBy(() -> HostAccess.only(Set.of("somebody")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("somebody");
    assertThatThrownBy(() -> new HostAccess(true, hosts(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
