package io.dnvme.ownership;

import java.util.UUID;

/**
 * A record's bytes, on media and on the wire. Numbers are little-endian, UUIDs in the order of
 * their text, a text is its length (2 bytes) and UTF-8, a list its length (2 bytes) and elements:
 *
 * <pre>
 *    0  8  magic "DNVMELEG"
 *    8  2  format version, 1
 *   10  2  bit 0: deleted; bits 1 to 12: losses; bit 13: members keep checksums;
 *         bit 14: a scrub was noted; bit 15: 0
 *   12  4  length of all, checksum included
 *   16 16  leg
 *   32 24  epoch: number, incarnation
 *   56 16  owner
 *   72  8  generation
 *   80  4  L in milliseconds
 *   84  8  size in bytes
 *   92     holders: list of { store 16, address text }
 *          next holders: the same
 *          groups: list of { size 8, members: list of { logical disk 16, disk node 16,
 *                  address text, state 1, power incarnation 16 } }
 *          sources: list of { id 16, location text }
 *          virtual disk: id 16, name text, NGUID 16, size 8, block size 4, stripe 8,
 *                  legs: list of 16, allowed hosts: list of text
 *          where a scrub was noted: since when the next one's interval counts 8, next byte 8
 *   -4  4  CRC32C of all before
 * </pre>
 *
 * Bytes that differ in anything from what {@link #encode} makes are refused (NO-SILENT-LOSS). Pure;
 * any thread.
 */
public final class LegRecordCodec {

  /** No record is longer. */
  public static final int MAX_BYTES = 128 * 1024;

  static final int VERSION = 1;

  /** "DNVMELEG", read as a little-endian number. */
  static final long MAGIC = 0x47454C454D564E44L;

  private static final int DELETED = 1;
  private static final int LOSSES_SHIFT = 1;
  private static final int CHECKSUMS = 1 << 13;
  private static final int SCRUB = 1 << 14;
  private static final int UNKNOWN_FLAGS = 0x8000;
  private static final String WHAT = "leg record";

  private LegRecordCodec() {}

  /**
   * The bytes of a record.
   *
   * @throws IllegalArgumentException where they are more than {@link #MAX_BYTES}
   */
  public static byte[] encode(LegRecord record) {
    byte[] bytes = bytesOf(record);
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the record of leg " + record.leg() + " is too long: " + bytes.length + " bytes");
    }
    return bytes;
  }

  static int sizeBytes(LegRecord record) {
    return bytesOf(record).length;
  }

  /**
   * Reads what {@link #encode} made; {@code content} may come from anybody.
   *
   * @throws RecordFormatException where it is something else, of another version, or damaged
   */
  public static LegRecord decode(byte[] content) throws RecordFormatException {
    return FieldReader.open(content, MAGIC, VERSION, WHAT, MAX_BYTES, LegRecordCodec::body);
  }

  private static byte[] bytesOf(LegRecord record) {
    var out = new FieldWriter();
    out.u64(MAGIC).u16(VERSION).u16(flags(record)).u32(0);
    out.uuid(record.leg()).epoch(record.epoch()).uuid(record.owner()).u64(record.generation());
    out.u32(record.leaseMs()).u64(record.sizeBytes());
    out.list(record.holders(), holder -> write(out, holder));
    out.list(record.nextHolders(), holder -> write(out, holder));
    out.list(
        record.groups(),
        group -> out.u64(group.sizeBytes()).list(group.members(), member -> write(out, member)));
    out.list(record.sources(), source -> out.uuid(source.id()).text(source.location()));
    write(out, record.disk());
    ScrubMark scrub = record.scrub();
    if (!scrub.equals(ScrubMark.NONE)) {
      out.u64(scrub.sinceSeconds()).u64(scrub.nextBytes());
    }
    return out.sealed(FieldReader.LENGTH_OFFSET);
  }

  private static int flags(LegRecord record) {
    return record.losses() << LOSSES_SHIFT
        | (record.deleted() ? DELETED : 0)
        | (record.checksums() ? CHECKSUMS : 0)
        | (record.scrub().equals(ScrubMark.NONE) ? 0 : SCRUB);
  }

  static void write(FieldWriter out, Holder holder) {
    out.uuid(holder.store()).text(holder.address());
  }

  private static void write(FieldWriter out, Member member) {
    out.uuid(member.logicalDisk()).uuid(member.diskNode()).text(member.address());
    out.u8(member.state().code()).uuid(member.powerIncarnation());
  }

  private static void write(FieldWriter out, DiskIdentity disk) {
    out.uuid(disk.id()).text(disk.name()).uuid(disk.nguid()).u64(disk.sizeBytes());
    out.u32(disk.blockSizeBytes()).u64(disk.stripeBytes());
    out.list(disk.legs(), out::uuid).list(disk.allowedHosts(), out::text);
  }

  private static LegRecord body(FieldReader in) throws RecordFormatException {
    int flags = in.u16();
    if ((flags & UNKNOWN_FLAGS) != 0) {
      // Whoever wrote it means something by it: its members may be laid out otherwise.
      throw new RecordFormatException(
          "%s has flags 0x%04x, which this release does not know"
              .formatted(WHAT, flags & UNKNOWN_FLAGS));
    }
    in.u32();
    UUID leg = in.uuid();
    var epoch = in.epoch();
    UUID owner = in.uuid();
    long generation = in.u64();
    if (generation > LegRecord.MAX_GENERATION) {
      throw new RecordFormatException(
          "%s has generation %d, above %d".formatted(WHAT, generation, LegRecord.MAX_GENERATION));
    }
    int leaseMs = in.u32();
    long sizeBytes = in.u64();
    return new LegRecord(
        leg,
        epoch,
        owner,
        generation,
        leaseMs,
        in.list(LegRecord.MAX_HOLDERS, () -> holder(in)),
        in.list(LegRecord.MAX_HOLDERS, () -> holder(in)),
        sizeBytes,
        in.list(LegRecord.MAX_GROUPS, () -> group(in)),
        in.list(LegRecord.MAX_SOURCES, () -> new Source(in.uuid(), in.text())),
        disk(in),
        (flags & DELETED) != 0,
        flags >>> LOSSES_SHIFT & LegRecord.LOSSES - 1,
        (flags & CHECKSUMS) != 0,
        (flags & SCRUB) == 0 ? ScrubMark.NONE : scrub(in));
  }

  private static ScrubMark scrub(FieldReader in) throws RecordFormatException {
    var mark = new ScrubMark(in.u64(), in.u64());
    if (mark.equals(ScrubMark.NONE)) {
      throw new RecordFormatException(WHAT + " notes a scrub that never was");
    }
    return mark;
  }

  static Holder holder(FieldReader in) throws RecordFormatException {
    return new Holder(in.uuid(), in.text());
  }

  private static Group group(FieldReader in) throws RecordFormatException {
    return new Group(in.u64(), in.list(Group.MAX_MEMBERS, () -> member(in)));
  }

  private static Member member(FieldReader in) throws RecordFormatException {
    return new Member(in.uuid(), in.uuid(), in.text(), MemberState.of(in.u8()), in.uuid());
  }

  private static DiskIdentity disk(FieldReader in) throws RecordFormatException {
    return new DiskIdentity(
        in.uuid(),
        in.text(),
        in.uuid(),
        in.u64(),
        in.u32(),
        in.u64(),
        in.list(DiskIdentity.MAX_LEGS, in::uuid),
        in.list(DiskIdentity.MAX_ALLOWED_HOSTS, in::text));
  }
}
