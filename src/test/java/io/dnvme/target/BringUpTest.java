package io.dnvme.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BringUpTest {

  @Test
  void writeThenRead_returnsWhatWasWritten() {
    try (var target = new TestTarget()) {
      TestHost host = new TestHost(target).bringUp();
      byte[] small = TestHost.pattern(2 * TestTarget.BLOCK_BYTES, 1);
      byte[] large = TestHost.pattern(64 * TestTarget.BLOCK_BYTES, 2);
      assertThat(host.writeInCapsule(10, small).status()).isZero();
      assertThat(host.write(100, large).status()).isZero();
      assertThat(host.read(10, 2).data()).isEqualTo(small);
      assertThat(host.read(100, 64).data()).isEqualTo(large);
      assertThat(host.read(0, 1).data()).isEqualTo(new byte[TestTarget.BLOCK_BYTES]);
    }
  }
}
