package io.dnvme.ownership;

import java.util.concurrent.TimeUnit;

/**
 * The times of claims and changes; L itself is in the record. Immutable.
 *
 * @param retryNanos after which what was not answered is asked again; doubled up to eightfold
 * @param attemptNanos for which an attempt to claim may probe, and again may promise and accept
 * @param slowStepNanos for which a step of a claim goes on that is late, where nobody refuses it
 *     and who is asked is at it: holders whose disks are slow, logical disks that drain
 * @param admitPatienceNanos after which a member that did not answer cannot be reached
 * @param slowMemberNanos the same where its node answers, and is at it: it drains what is in
 *     flight, as a flush, which takes a healthy disk a few seconds
 * @param withoutMemberNanos for which an owner or claimant goes on without a usable in-sync member
 *     in every group
 * @param minBackoffNanos between attempts to claim, at first
 * @param maxBackoffNanos between attempts to claim, at last
 * @param spreadNanos by how much claimants who wait for one lease are set apart at random
 */
public record OwnershipOptions(
    long retryNanos,
    long attemptNanos,
    long slowStepNanos,
    long admitPatienceNanos,
    long slowMemberNanos,
    long withoutMemberNanos,
    long minBackoffNanos,
    long maxBackoffNanos,
    long spreadNanos) {

  /**
   * A holder answers when what it decided is on its disk: behind the write that is under way there,
   * and perhaps after one of its own before. A flush may take each of them seconds.
   */
  public static final long SLOW_STEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Hosts wait meanwhile, though others could serve: no longer than they do without noticing. */
  public static final long SLOW_MEMBER_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** What a cluster uses. */
  public static final OwnershipOptions DEFAULT =
      new OwnershipOptions(
          TimeUnit.MILLISECONDS.toNanos(100),
          TimeUnit.MILLISECONDS.toNanos(1500),
          SLOW_STEP_NANOS,
          TimeUnit.MILLISECONDS.toNanos(1000),
          SLOW_MEMBER_NANOS,
          TimeUnit.MILLISECONDS.toNanos(2000),
          TimeUnit.MILLISECONDS.toNanos(50),
          TimeUnit.MILLISECONDS.toNanos(2000),
          TimeUnit.MILLISECONDS.toNanos(20));

  public OwnershipOptions {
    if (retryNanos <= 0
        || attemptNanos <= 0
        || slowStepNanos < attemptNanos
        || admitPatienceNanos <= 0
        || slowMemberNanos < admitPatienceNanos
        || withoutMemberNanos <= 0
        || minBackoffNanos <= 0
        || maxBackoffNanos < minBackoffNanos
        || spreadNanos < 0) {
      throw new IllegalArgumentException(
          "times must be positive, and the longer ones not the shorter");
    }
  }
}
