package io.dnvme.ownership;

import java.util.concurrent.TimeUnit;

/**
 * The times of claims and changes; L itself is in the record. Immutable.
 *
 * @param retryNanos after which what was not answered is asked again; doubled up to eightfold
 * @param attemptNanos for which an attempt to claim may probe, and again may promise and accept
 * @param admitPatienceNanos after which a member that did not answer cannot be reached
 * @param withoutMemberNanos for which an owner or claimant goes on without a usable in-sync member
 *     in every group
 * @param minBackoffNanos between attempts to claim, at first
 * @param maxBackoffNanos between attempts to claim, at last
 * @param spreadNanos by how much claimants who wait for one lease are set apart at random
 */
public record OwnershipOptions(
    long retryNanos,
    long attemptNanos,
    long admitPatienceNanos,
    long withoutMemberNanos,
    long minBackoffNanos,
    long maxBackoffNanos,
    long spreadNanos) {

  /** What a cluster uses. */
  public static final OwnershipOptions DEFAULT =
      new OwnershipOptions(
          TimeUnit.MILLISECONDS.toNanos(100),
          TimeUnit.MILLISECONDS.toNanos(1500),
          TimeUnit.MILLISECONDS.toNanos(1000),
          TimeUnit.MILLISECONDS.toNanos(2000),
          TimeUnit.MILLISECONDS.toNanos(50),
          TimeUnit.MILLISECONDS.toNanos(2000),
          TimeUnit.MILLISECONDS.toNanos(20));

  public OwnershipOptions {
    if (retryNanos <= 0
        || attemptNanos <= 0
        || admitPatienceNanos <= 0
        || withoutMemberNanos <= 0
        || minBackoffNanos <= 0
        || maxBackoffNanos < minBackoffNanos
        || spreadNanos < 0) {
      throw new IllegalArgumentException("times must be positive, and the backoff's in order");
    }
  }
}
