package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.List;
import java.util.UUID;

/**
 * A {@link HolderEntry}'s bytes on a holder's medium, in the manner of {@link LegRecordCodec}:
 *
 * <pre>
 *    0  8  magic "DNVMEHLD"
 *    8  2  format version, 1
 *   10  2  flags: bit 0 has a record, bit 1 has a tombstone
 *   12  4  length of all, checksum included
 *   16 16  leg
 *   32 24  promised epoch
 *   56  4  L in milliseconds
 *   60  8  generation for which it joined
 *   68     the record: its length (4) and bytes
 *          the tombstone: epoch 24, generation 8, successors as holders
 *   -4  4  CRC32C of all before
 * </pre>
 *
 * Pure; any thread.
 */
public final class HolderEntryCodec {

  /** No entry is longer. */
  public static final int MAX_BYTES = LegRecordCodec.MAX_BYTES + 1024;

  /** "DNVMEHLD", read as a little-endian number. */
  static final long MAGIC = 0x444C48454D564E44L;

  static final int VERSION = 1;

  private static final int HAS_RECORD = 1;
  private static final int HAS_TOMBSTONE = 2;
  private static final String WHAT = "record holder's entry";

  private HolderEntryCodec() {}

  public static byte[] encode(HolderEntry entry) {
    int flags =
        (entry.accepted() != null ? HAS_RECORD : 0)
            | (entry.tombstone() != null ? HAS_TOMBSTONE : 0);
    var out = new FieldWriter();
    out.u64(MAGIC).u16(VERSION).u16(flags).u32(0);
    out.uuid(entry.leg()).epoch(entry.promised());
    out.u32(entry.leaseMs()).u64(entry.joinedGeneration());
    if (entry.accepted() != null) {
      byte[] record = LegRecordCodec.encode(entry.accepted());
      out.u32(record.length).raw(record);
    }
    if (entry.tombstone() != null) {
      out.epoch(entry.tombstone().epoch()).u64(entry.tombstone().generation());
      out.list(entry.tombstone().successors(), holder -> LegRecordCodec.write(out, holder));
    }
    return out.sealed(FieldReader.LENGTH_OFFSET);
  }

  /**
   * Reads what {@link #encode} made.
   *
   * @throws RecordFormatException where it is something else, of another version, or damaged
   */
  public static HolderEntry decode(byte[] content) throws RecordFormatException {
    return FieldReader.open(content, MAGIC, VERSION, WHAT, MAX_BYTES, HolderEntryCodec::body);
  }

  private static HolderEntry body(FieldReader in) throws RecordFormatException {
    int flags = in.u16();
    if (flags > (HAS_RECORD | HAS_TOMBSTONE)) {
      throw new RecordFormatException("a holder's entry has unknown flags: " + flags);
    }
    in.u32();
    UUID leg = in.uuid();
    Epoch promised = in.epoch();
    int leaseMs = in.u32();
    long joinedGeneration = in.u64();
    LegRecord accepted = (flags & HAS_RECORD) == 0 ? null : LegRecordCodec.decode(in.raw(in.u32()));
    Tombstone tombstone = (flags & HAS_TOMBSTONE) == 0 ? null : tombstone(in);
    return new HolderEntry(leg, promised, leaseMs, joinedGeneration, accepted, tombstone);
  }

  private static Tombstone tombstone(FieldReader in) throws RecordFormatException {
    Epoch epoch = in.epoch();
    long generation = in.u64();
    List<Holder> successors = in.list(LegRecord.MAX_HOLDERS, () -> LegRecordCodec.holder(in));
    return new Tombstone(epoch, generation, successors);
  }
}
