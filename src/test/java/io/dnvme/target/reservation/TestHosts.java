package io.dnvme.target.reservation;

import java.util.UUID;

/** Hosts for tests. */
final class TestHosts {

  static final UUID A = host(0xa);
  static final UUID B = host(0xb);
  static final UUID C = host(0xc);

  private TestHosts() {}

  static UUID host(int number) {
    return new UUID(0x0102030405060708L, number);
  }
}
