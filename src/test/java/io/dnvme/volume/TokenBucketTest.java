package io.dnvme.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static TokenBucket bucket(long perSecond, long burst) {
    var bucket = new TokenBucket();
    bucket.limit(new RateLimit(perSecond, burst));
    return bucket;
  }

  @Test
  void noLimit_neverWaits() {
    var bucket = new TokenBucket();
    assertThat(bucket.isUnlimited()).isTrue();
    for (int i = 0; i < 1_000; i++) {
      assertThat(bucket.reserve(Long.MAX_VALUE, 5)).isEqualTo(5);
    }
  }

  @Test
  void burst_passesAtOnce_thenTheRate() {
    TokenBucket bucket = bucket(100, 50);
    int atOnce = 0;
    long start = bucket.reserve(1, SECOND);
    while (start == SECOND) {
      atOnce++;
      start = bucket.reserve(1, SECOND);
    }
    assertThat(atOnce).isEqualTo(51);
    assertThat(start).isEqualTo(SECOND + SECOND / 100);
    assertThat(bucket.reserve(1, SECOND)).isEqualTo(SECOND + 2 * SECOND / 100);
  }

  @Test
  void pause_savesUpOneBurst_notMore() {
    TokenBucket bucket = bucket(100, 50);
    long now = SECOND;
    while (bucket.reserve(1, now) == now) {
      assertThat(bucket.isUnlimited()).isFalse();
    }
    now += 100 * SECOND;
    int atOnce = 0;
    while (bucket.reserve(1, now) == now) {
      atOnce++;
    }
    assertThat(atOnce).isEqualTo(51);
  }

  @Test
  void moreThanTheBurst_passes_andTheNextPays() {
    TokenBucket bucket = bucket(1_000, 10);
    assertThat(bucket.reserve(5_000, 0)).isZero();
    assertThat(bucket.reserve(1, 0)).isEqualTo(5 * SECOND - SECOND / 100);
  }

  @Test
  void alarmsThatRingLate_loseNothing() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    TokenBucket bucket = bucket(100_000, 0);
    long now = 0;
    long passed = 0;
    while (now < 10 * SECOND) {
      long start = bucket.reserve(1, now);
      passed++;
      if (start > now) {
        now = start + random.nextLong(TokenBucket.MIN_BURST_NANOS / 2);
      }
    }
    assertThat(passed).as("seed %d", seed).isBetween(995_000L, 1_005_000L);
  }

  @Test
  void highRates_areExact() {
    TokenBucket bucket = bucket(10_000_000_000L, 0);
    long start = 0;
    long moved = 0;
    while (start < SECOND) {
      start = bucket.reserve(4096, 0);
      moved += 4096;
    }
    assertThat(moved / 1e10).isBetween(0.98, 1.02);
  }

  @Test
  void changedLimit_beginsAnew() {
    TokenBucket bucket = bucket(1, 0);
    bucket.reserve(1_000, 0);
    bucket.limit(new RateLimit(1_000, 0));
    assertThat(bucket.reserve(1, 0)).isZero();
  }

  @Test
  void negative_isRefused() {
    assertThatThrownBy(() -> new RateLimit(-1, 0)).hasMessageContaining("negative");
    assertThatThrownBy(() -> new RateLimit(1, -1)).hasMessageContaining("negative");
  }
}
