package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Many entries in one command's data: what a controller asks a node for, or the answers, as many
 * and in the same order. Immutable.
 *
 * @param cluster both sides' cluster
 * @param sender of a request the controller incarnation that asks, of a reply the store that
 *     answers
 * @param request number that a reply repeats
 * @param entries 1 to {@link VendorLimits#MAX_ENTRIES}
 */
public record Envelope<E extends VendorEntry>(
    Kind<E> kind, UUID cluster, UUID sender, long request, List<E> entries) {

  /** Bytes of an envelope without entries. */
  public static final int HEADER_BYTES = EnvelopeLayout.SIZE;

  public Envelope {
    entries = List.copyOf(entries);
    if (entries.isEmpty() || entries.size() > VendorLimits.MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "1 to %d entries, not %d".formatted(VendorLimits.MAX_ENTRIES, entries.size()));
    }
  }

  /** What an envelope's entries are. */
  public static final class Kind<E extends VendorEntry> {

    public static final Kind<RecordRequest> RECORD_REQUESTS =
        new Kind<>(1, RenewLayout::isRequest, RecordRequest::read);
    public static final Kind<RecordReply> RECORD_REPLIES =
        new Kind<>(2, RenewLayout::isReply, RecordReply::read);
    public static final Kind<DiskRequest> DISK_REQUESTS =
        new Kind<>(3, (segment, offset) -> false, DiskRequest::read);
    public static final Kind<DiskReply> DISK_REPLIES =
        new Kind<>(4, (segment, offset) -> false, DiskReply::read);

    /** Reads an entry whose body is taken out already; null where it makes no sense. */
    @FunctionalInterface
    private interface Reader<E> {
      E read(MemorySegment segment, long offset, byte[] body, UUID sender);
    }

    /** Whether there is a renewal, and not a whole entry. */
    @FunctionalInterface
    private interface Renewal {
      boolean test(MemorySegment segment, long offset);
    }

    private final int code;
    private final Renewal renewal;
    private final Reader<E> reader;

    private Kind(int code, Renewal renewal, Reader<E> reader) {
      this.code = code;
      this.renewal = renewal;
      this.reader = reader;
    }
  }

  /** What was received: an envelope, or why it is none. */
  public sealed interface Received<E extends VendorEntry> {

    record Good<E extends VendorEntry>(Envelope<E> envelope) implements Received<E> {}

    record Bad<E extends VendorEntry>(VendorStatus why) implements Received<E> {}
  }

  /** Bytes of the envelope on the wire; a multiple of 8. */
  public int encodedBytes() {
    int bytes = HEADER_BYTES;
    for (E entry : entries) {
      bytes += entry.encodedBytes();
    }
    return bytes;
  }

  /**
   * The envelope's bytes.
   *
   * @throws IllegalArgumentException if they are more than {@link VendorLimits#MAX_DATA_BYTES}, or
   *     one renews another incarnation's epoch than the sender's
   */
  public byte[] encode() {
    int length = encodedBytes();
    if (length > VendorLimits.MAX_DATA_BYTES) {
      throw new IllegalArgumentException(
          "an envelope has at most %d bytes, not %d"
              .formatted(VendorLimits.MAX_DATA_BYTES, length));
    }
    var bytes = new byte[length];
    MemorySegment segment = MemorySegment.ofArray(bytes);
    EnvelopeLayout header =
        new EnvelopeLayout()
            .wrap(segment, 0)
            .set(EnvelopeLayout.MAGIC, EnvelopeLayout.MAGIC_VALUE)
            .set(EnvelopeLayout.VERSION, EnvelopeLayout.VERSION_1)
            .set(EnvelopeLayout.KIND, kind.code)
            .set(EnvelopeLayout.LENGTH, length)
            .set(EnvelopeLayout.ENTRIES, entries.size())
            .setUuid(EnvelopeLayout.CLUSTER, cluster)
            .setUuid(EnvelopeLayout.SENDER, sender)
            .set(EnvelopeLayout.REQUEST, request);
    int at = HEADER_BYTES;
    for (E entry : entries) {
      if (entry instanceof RecordRequest record && !record.mayBeSentBy(sender)) {
        throw new IllegalArgumentException("LEASE: " + sender + " renews " + record.epoch());
      }
      entry.write(segment, at);
      byte[] body = entry.body();
      System.arraycopy(body, 0, bytes, at + entry.fixedBytes(), body.length);
      at += entry.encodedBytes();
    }
    header.set(EnvelopeLayout.CRC, new Crc32c().of(segment, 0, length));
    return bytes;
  }

  /**
   * Reads an envelope; anything is fair input.
   *
   * @param kind what it has to be
   * @param offset where it begins
   * @param lengthBytes bytes there; the envelope has to be that long
   */
  public static <E extends VendorEntry> Received<E> decode(
      Kind<E> kind, MemorySegment segment, long offset, int lengthBytes) {
    if (lengthBytes < HEADER_BYTES || lengthBytes > VendorLimits.MAX_DATA_BYTES) {
      return new Received.Bad<>(VendorStatus.MALFORMED);
    }
    // A copy: the checksum's own place is to be zero in it, and bodies outlive the buffer.
    byte[] bytes = segment.asSlice(offset, lengthBytes).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment copy = MemorySegment.ofArray(bytes);
    EnvelopeLayout header = new EnvelopeLayout().wrap(copy, 0);
    VendorStatus fault = fault(header, lengthBytes);
    if (fault != null) {
      return new Received.Bad<>(fault);
    }
    int count = (int) header.get(EnvelopeLayout.ENTRIES);
    boolean sensible =
        header.get(EnvelopeLayout.KIND) == kind.code
            && header.get(EnvelopeLayout.RESERVED_7) == 0
            && header.get(EnvelopeLayout.RESERVED_14) == 0
            && header.get(EnvelopeLayout.RESERVED_56) == 0
            && count >= 1
            && count <= VendorLimits.MAX_ENTRIES;
    UUID sender = header.getUuid(EnvelopeLayout.SENDER);
    List<E> entries = sensible ? entries(kind, copy, count, sender) : null;
    if (entries == null) {
      return new Received.Bad<>(VendorStatus.MALFORMED);
    }
    return new Received.Good<>(
        new Envelope<>(
            kind,
            header.getUuid(EnvelopeLayout.CLUSTER),
            sender,
            header.get(EnvelopeLayout.REQUEST),
            entries));
  }

  /** What is wrong with the header, as far as it is the same in all versions; or null. */
  private static VendorStatus fault(EnvelopeLayout header, int lengthBytes) {
    if ((int) header.get(EnvelopeLayout.MAGIC) != EnvelopeLayout.MAGIC_VALUE) {
      return VendorStatus.MALFORMED;
    }
    if (header.get(EnvelopeLayout.VERSION) != EnvelopeLayout.VERSION_1) {
      return VendorStatus.WRONG_VERSION;
    }
    if (header.get(EnvelopeLayout.LENGTH) != lengthBytes) {
      return VendorStatus.MALFORMED;
    }
    int crc = (int) header.get(EnvelopeLayout.CRC);
    header.set(EnvelopeLayout.CRC, 0);
    return new Crc32c().of(header.segment(), 0, lengthBytes) == crc ? null : VendorStatus.CORRUPT;
  }

  /** The entries, or null where they do not fill the envelope exactly or make no sense. */
  private static <E extends VendorEntry> List<E> entries(
      Kind<E> kind, MemorySegment bytes, int count, UUID sender) {
    long end = bytes.byteSize();
    long at = HEADER_BYTES;
    var entries = new ArrayList<E>(count);
    RecordLayout prefix = new RecordLayout();
    for (int i = 0; i < count; i++) {
      if (end - at < RenewLayout.SIZE) {
        return null;
      }
      boolean renewal = kind.renewal.test(bytes, at);
      long body = at + (renewal ? RenewLayout.SIZE : VendorEntry.SIZE);
      if (body > end) {
        return null;
      }
      // All whole entries have their body's length in the same place.
      long length = renewal ? 0 : prefix.wrap(bytes, at).get(RecordLayout.BODY);
      if (length > VendorLimits.MAX_BODY_BYTES || length > end - body) {
        return null;
      }
      long next = body + VendorEntry.padded((int) length);
      if (next > end || !ZeroBytes.are(bytes, body + length, next - body - length)) {
        return null;
      }
      E entry =
          kind.reader.read(
              bytes,
              at,
              length == 0
                  ? VendorEntry.NO_BODY
                  : bytes.asSlice(body, length).toArray(ValueLayout.JAVA_BYTE),
              sender);
      if (entry == null) {
        return null;
      }
      entries.add(entry);
      at = next;
    }
    return at == end ? entries : null;
  }
}
