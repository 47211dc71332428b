package io.dnvme.volume;

/**
 * What a disk's users may do, all together.
 *
 * @param readOperations reads and compares
 * @param writeOperations writes, compare-and-writes, write zeroes and deallocates
 * @param readBytes what reads and compares move
 * @param writeBytes what writes and compare-and-writes move; zeroing and deallocating move nothing
 */
public record QosLimits(
    RateLimit readOperations,
    RateLimit writeOperations,
    RateLimit readBytes,
    RateLimit writeBytes) {

  public static final QosLimits UNLIMITED =
      new QosLimits(
          RateLimit.UNLIMITED, RateLimit.UNLIMITED, RateLimit.UNLIMITED, RateLimit.UNLIMITED);
}
