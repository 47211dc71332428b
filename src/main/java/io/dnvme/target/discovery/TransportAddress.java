package io.dnvme.target.discovery;

import io.dnvme.nvme.DiscoveryEntry;
import java.net.Inet4Address;
import java.net.InetAddress;

/** IP addresses as the discovery log writes them: TRADDR and ADRFAM. */
final class TransportAddress {

  private static final int GROUPS = 8;

  private TransportAddress() {}

  static int family(InetAddress address) {
    return address instanceof Inet4Address
        ? DiscoveryEntry.ADRFAM_IPV4
        : DiscoveryEntry.ADRFAM_IPV6;
  }

  /** The text of RFC 5952: hosts compare it with what they know. Without a scope, which is ours. */
  static String text(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      return address.getHostAddress();
    }
    var groups = new int[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
    }
    int start = 0;
    int length = 0;
    for (int i = 0; i < GROUPS; i++) {
      int run = zeroesFrom(groups, i);
      if (run > length) {
        start = i;
        length = run;
      }
    }
    if (length < 2) {
      return join(groups, 0, GROUPS);
    }
    return join(groups, 0, start) + "::" + join(groups, start + length, GROUPS);
  }

  private static int zeroesFrom(int[] groups, int from) {
    int end = from;
    while (end < groups.length && groups[end] == 0) {
      end++;
    }
    return end - from;
  }

  private static String join(int[] groups, int from, int to) {
    var text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(i > from ? ":" : "").append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
