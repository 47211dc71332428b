package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * What is asked of a record holder about one leg.
 *
 * @param epoch with which it is asked; {@link WireEpoch#NONE} for a read
 * @param generation of the record to accept, of the one that names a holder which joins, or of the
 *     first one without a holder that retires; else 0
 * @param leaseNanos L, where the holder does not know it from a record; AWAIT: how long to wait;
 *     else 0
 * @param body the record to accept, in its own codec's bytes; for a retirement who the successors
 *     are; else empty
 */
public record RecordRequest(
    RecordOp op, UUID leg, WireEpoch epoch, long generation, long leaseNanos, byte[] body)
    implements VendorEntry {

  /** A record's generation is never above it. */
  public static final long MAX_GENERATION = WireEpoch.MAX_NUMBER;

  private static final long NANOS_PER_MS = 1_000_000;

  private static final UUID NO_LEG = new UUID(0, 0);

  public RecordRequest {
    if (generation < 0 || leaseNanos < 0) {
      throw new IllegalArgumentException("generation and lease are not negative");
    }
    VendorEntry.checkBody(body);
    boolean renews = op == RecordOp.RENEW;
    if (renews && (generation != 0 || body.length != 0 || !isWholeMs(leaseNanos))) {
      throw new IllegalArgumentException("a renewal has an epoch and an L in milliseconds");
    }
  }

  private static boolean isWholeMs(long nanos) {
    return nanos % NANOS_PER_MS == 0 && nanos / NANOS_PER_MS <= RenewLayout.MAX_LEASE_MS;
  }

  /** A request without generation, lease and body. */
  public static RecordRequest of(RecordOp op, UUID leg, WireEpoch epoch) {
    return new RecordRequest(op, leg, epoch, 0, 0, NO_BODY);
  }

  /** Which legs that the caller waits for are free; after {@code limitNanos} perhaps none. */
  public static RecordRequest await(long limitNanos) {
    return new RecordRequest(RecordOp.AWAIT, NO_LEG, WireEpoch.NONE, 0, limitNanos, NO_BODY);
  }

  /** A renewal's epoch is that of who sends it. */
  boolean mayBeSentBy(UUID sender) {
    return op != RecordOp.RENEW || epoch.incarnation().equals(sender);
  }

  @Override
  public int fixedBytes() {
    return op == RecordOp.RENEW ? RenewLayout.SIZE : SIZE;
  }

  @Override
  public void write(MemorySegment segment, long offset) {
    if (op == RecordOp.RENEW) {
      new RenewLayout()
          .wrap(segment, offset)
          .set(RenewLayout.OP, op.code())
          .set(RenewLayout.LEASE_MS, leaseNanos / NANOS_PER_MS)
          .setUuid(RenewLayout.LEG, leg)
          .set(RenewLayout.EPOCH, epoch.number());
      return;
    }
    new RecordLayout()
        .wrap(segment, offset)
        .set(RecordLayout.OP, op.code())
        .set(RecordLayout.BODY, body.length)
        .setUuid(RecordLayout.LEG, leg)
        .epoch(epoch)
        .set(RecordLayout.GENERATION, generation)
        .set(RecordLayout.NANOS, leaseNanos);
  }

  /** The entry at that place, or null where it makes no sense. */
  static RecordRequest read(MemorySegment segment, long offset, byte[] body, UUID sender) {
    if (RenewLayout.isRequest(segment, offset)) {
      return readRenewal(segment, offset, sender);
    }
    RecordLayout entry = new RecordLayout().wrap(segment, offset);
    RecordOp op = RecordOp.find((int) entry.get(RecordLayout.OP));
    boolean ofReply =
        entry.get(RecordLayout.RESULT) != 0
            || entry.get(RecordLayout.FLAGS) != 0
            || entry.get(RecordLayout.ACCEPTED) != 0
            || !entry.getUuid(RecordLayout.ACCEPTED_INCARNATION).equals(WireEpoch.NOBODY);
    if (op == null || ofReply || entry.isSenseless()) {
      return null;
    }
    return new RecordRequest(
        op,
        entry.leg(),
        entry.epoch(),
        entry.get(RecordLayout.GENERATION),
        entry.get(RecordLayout.NANOS),
        body);
  }

  private static RecordRequest readRenewal(MemorySegment segment, long offset, UUID sender) {
    RenewLayout entry = new RenewLayout().wrap(segment, offset);
    if (entry.get(RenewLayout.RESULT) != 0 || entry.isSenseless()) {
      return null;
    }
    return new RecordRequest(
        RecordOp.RENEW,
        entry.leg(),
        new WireEpoch(entry.get(RenewLayout.EPOCH), sender),
        0,
        entry.get(RenewLayout.LEASE_MS) * NANOS_PER_MS,
        NO_BODY);
  }
}
