package io.dnvme.target.queue;

import io.dnvme.block.BufferPool;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.IcResp;
import java.util.concurrent.TimeUnit;

/**
 * What the target's side of a connection offers and bounds.
 *
 * @param inCapsuleDataBytes most data in a capsule of an I/O queue: IOCCSZ less the command; a
 *     multiple of 16
 * @param maxH2cDataBytes MAXH2CDATA, most data in one H2CData; a multiple of 4, at least 4096
 * @param maxC2hDataBytes most data in one C2HData; a longer answer takes several
 * @param maxR2tBytes most data that one R2T asks for; a longer command gets several
 * @param headerDigest whether header digests are used with hosts that ask for them
 * @param dataDigest whether data digests are used with hosts that ask for them
 * @param successWithFlowControl whether the last C2HData may stand for the completion although the
 *     host wants submission queue heads; they then come with the completions that are sent
 * @param initTimeoutNanos how long a new connection may take to its ICReq, and from there to its
 *     Connect
 * @param terminationTimeoutNanos how long a termination request may take to leave
 */
public record TransportLimits(
    int inCapsuleDataBytes,
    int maxH2cDataBytes,
    int maxC2hDataBytes,
    int maxR2tBytes,
    boolean headerDigest,
    boolean dataDigest,
    boolean successWithFlowControl,
    long initTimeoutNanos,
    long terminationTimeoutNanos) {

  public static final TransportLimits DEFAULT =
      new TransportLimits(
          16 << 10,
          128 << 10,
          256 << 10,
          1 << 20,
          true,
          true,
          true,
          TimeUnit.SECONDS.toNanos(10),
          TimeUnit.SECONDS.toNanos(5));

  public TransportLimits {
    require(
        inCapsuleDataBytes >= 0 && inCapsuleDataBytes % 16 == 0 && inCapsuleDataBytes <= 1 << 20,
        "in-capsule data must be a multiple of 16 bytes up to 1 MiB, not " + inCapsuleDataBytes);
    require(
        maxH2cDataBytes >= IcResp.MIN_MAXH2CDATA && maxH2cDataBytes % 4 == 0,
        "MAXH2CDATA must be a multiple of 4 from 4096 on, not " + maxH2cDataBytes);
    require(
        maxC2hDataBytes >= 4096 && maxC2hDataBytes % 4096 == 0,
        "C2HData must carry a multiple of 4096 bytes, not " + maxC2hDataBytes);
    require(
        maxR2tBytes >= 4096
            && maxR2tBytes % 4096 == 0
            && maxR2tBytes <= BufferPool.MAX_BUFFER_BYTES,
        "an R2T must ask for a multiple of 4096 bytes up to 2 MiB, not " + maxR2tBytes);
    require(initTimeoutNanos > 0 && terminationTimeoutNanos > 0, "time limits must be positive");
  }

  /** The most data that a received PDU can carry, on any queue. */
  public int maxPduDataBytes() {
    return Math.max(
        maxH2cDataBytes, Math.max(inCapsuleDataBytes, CapsuleCmd.ADMIN_IN_CAPSULE_DATA_SIZE));
  }

  public TransportLimits withInCapsuleDataBytes(int bytes) {
    return new TransportLimits(
        bytes,
        maxH2cDataBytes,
        maxC2hDataBytes,
        maxR2tBytes,
        headerDigest,
        dataDigest,
        successWithFlowControl,
        initTimeoutNanos,
        terminationTimeoutNanos);
  }

  public TransportLimits withTransferBytes(int h2cData, int c2hData, int r2t) {
    return new TransportLimits(
        inCapsuleDataBytes,
        h2cData,
        c2hData,
        r2t,
        headerDigest,
        dataDigest,
        successWithFlowControl,
        initTimeoutNanos,
        terminationTimeoutNanos);
  }

  public TransportLimits withSuccessWithFlowControl(boolean value) {
    return new TransportLimits(
        inCapsuleDataBytes,
        maxH2cDataBytes,
        maxC2hDataBytes,
        maxR2tBytes,
        headerDigest,
        dataDigest,
        value,
        initTimeoutNanos,
        terminationTimeoutNanos);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
