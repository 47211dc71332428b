package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;

/**
 * What a record holder answers about one leg: what became of the request, and what it holds after
 * it.
 *
 * @param promised the highest epoch that the holder promised
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
  public void write(MemorySegment segment, long offset) {
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
  static RecordReply read(MemorySegment segment, long offset, byte[] body) {
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
}
