package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;

/**
 * What a record holder answers about one leg: what became of the request, and what it holds after
 * it.
 *
 * @param promised the highest epoch that the holder promised; of a renewal that is done its number,
 *     whose incarnation is who asked
 * @param accepted the epoch at which it accepted the record that it holds
 * @param generation of that record
 * @param waitNanos how long from now the holder will refuse every higher epoch still
 * @param bodyOmitted the body did not fit the command: the same request alone gets it
 * @param body the record, where one was asked for; a tombstone's successors
 */
public record RecordReply(
    RecordOp op,
    EntryResult result,
    UUID leg,
    WireEpoch promised,
    WireEpoch accepted,
    long generation,
    long waitNanos,
    boolean bodyOmitted,
    byte[] body)
    implements VendorEntry {

  static final int FLAG_BODY_OMITTED = 1;

  public RecordReply {
    if (generation < 0 || waitNanos < 0) {
      throw new IllegalArgumentException("generation and wait are not negative");
    }
    VendorEntry.checkBody(body);
    if (isConfirmation(op, result)) {
      if (generation != 0 || waitNanos != 0 || bodyOmitted || body.length != 0) {
        throw new IllegalArgumentException("that a renewal is done tells its epoch only");
      }
      promised = new WireEpoch(promised.number(), WireEpoch.NOBODY);
      accepted = WireEpoch.NONE;
    }
  }

  private static boolean isConfirmation(RecordOp op, EntryResult result) {
    return op == RecordOp.RENEW && result == EntryResult.DONE;
  }

  /** An answer that tells nothing of what the holder has. */
  public static RecordReply of(RecordRequest request, EntryResult result) {
    return new RecordReply(
        request.op(), result, request.leg(), WireEpoch.NONE, WireEpoch.NONE, 0, 0, false, NO_BODY);
  }

  /**
   * The answer to {@link RecordOp#AWAIT}.
   *
   * @param legs at most {@link LegList#MAX_LEGS}
   */
  public static RecordReply free(RecordRequest request, List<UUID> legs) {
    return new RecordReply(
        request.op(),
        EntryResult.DONE,
        request.leg(),
        WireEpoch.NONE,
        WireEpoch.NONE,
        0,
        0,
        false,
        LegList.encode(legs));
  }

  /** The same with its body left out. */
  public RecordReply withoutBody() {
    return new RecordReply(
        op, result, leg, promised, accepted, generation, waitNanos, true, NO_BODY);
  }

  @Override
  public int fixedBytes() {
    return isConfirmation(op, result) ? RenewLayout.SIZE : SIZE;
  }

  @Override
  public void write(MemorySegment segment, long offset) {
    if (isConfirmation(op, result)) {
      new RenewLayout()
          .wrap(segment, offset)
          .set(RenewLayout.OP, op.code())
          .set(RenewLayout.RESULT, result.code())
          .setUuid(RenewLayout.LEG, leg)
          .set(RenewLayout.EPOCH, promised.number());
      return;
    }
    new RecordLayout()
        .wrap(segment, offset)
        .set(RecordLayout.OP, op.code())
        .set(RecordLayout.RESULT, result.code())
        .set(RecordLayout.FLAGS, bodyOmitted ? FLAG_BODY_OMITTED : 0)
        .set(RecordLayout.BODY, body.length)
        .setUuid(RecordLayout.LEG, leg)
        .epoch(promised)
        .accepted(accepted)
        .set(RecordLayout.GENERATION, generation)
        .set(RecordLayout.NANOS, waitNanos);
  }

  /** The entry at that place, or null where it makes no sense. */
  static RecordReply read(MemorySegment segment, long offset, byte[] body, UUID sender) {
    if (RenewLayout.isReply(segment, offset)) {
      return readConfirmation(segment, offset);
    }
    RecordLayout entry = new RecordLayout().wrap(segment, offset);
    RecordOp op = RecordOp.find((int) entry.get(RecordLayout.OP));
    EntryResult result = EntryResult.find((int) entry.get(RecordLayout.RESULT));
    long flags = entry.get(RecordLayout.FLAGS);
    if (op == null || result == null || (flags & ~FLAG_BODY_OMITTED) != 0 || entry.isSenseless()) {
      return null;
    }
    return new RecordReply(
        op,
        result,
        entry.leg(),
        entry.epoch(),
        entry.accepted(),
        entry.get(RecordLayout.GENERATION),
        entry.get(RecordLayout.NANOS),
        flags != 0,
        body);
  }

  private static RecordReply readConfirmation(MemorySegment segment, long offset) {
    RenewLayout entry = new RenewLayout().wrap(segment, offset);
    if (entry.get(RenewLayout.LEASE_MS) != 0 || entry.isSenseless()) {
      return null;
    }
    return new RecordReply(
        RecordOp.RENEW,
        EntryResult.DONE,
        entry.leg(),
        new WireEpoch(entry.get(RenewLayout.EPOCH), WireEpoch.NOBODY),
        WireEpoch.NONE,
        0,
        0,
        false,
        NO_BODY);
  }
}
