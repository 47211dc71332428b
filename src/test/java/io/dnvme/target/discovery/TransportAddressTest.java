package io.dnvme.target.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.DiscoveryEntry;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransportAddressTest {

  @ParameterizedTest
  @CsvSource({
    "192.168.1.20, 192.168.1.20",
    "::1, ::1",
    "::, ::",
    "fe80:0:0:0:0:0:0:1, fe80::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "2001:0DB8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "1:0:0:2:0:0:0:3, 1:0:0:2::3",
    "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
  })
  void addresses_haveTheirCanonicalText(String given, String text) throws UnknownHostException {
    assertThat(TransportAddress.text(InetAddress.ofLiteral(given))).isEqualTo(text);
  }

  @Test
  void scope_isOurOwnMatter() throws UnknownHostException {
    byte[] linkLocal = InetAddress.ofLiteral("fe80::1").getAddress();
    assertThat(TransportAddress.text(Inet6Address.getByAddress(null, linkLocal, 3)))
        .isEqualTo("fe80::1");
  }

  @Test
  void families_areTold() {
    assertThat(TransportAddress.family(InetAddress.ofLiteral("10.0.0.1")))
        .isEqualTo(DiscoveryEntry.ADRFAM_IPV4);
    assertThat(TransportAddress.family(InetAddress.ofLiteral("::1")))
        .isEqualTo(DiscoveryEntry.ADRFAM_IPV6);
  }
}
