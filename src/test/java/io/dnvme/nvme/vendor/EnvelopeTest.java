package io.dnvme.nvme.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.SeededRandom;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.DataDirection;
import io.dnvme.nvme.Status;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Envelopes and identities: what is written is read, and nothing else is. */
class EnvelopeTest {

  @Test
  void opcodes_stateTheirDirection_andAreAVendors() {
    assertThat(DataDirection.of(VendorOpcode.NODE_IDENTITY))
        .isEqualTo(DataDirection.CONTROLLER_TO_HOST);
    assertThat(DataDirection.of(VendorOpcode.RECORDS)).isEqualTo(DataDirection.BOTH);
    assertThat(DataDirection.of(VendorOpcode.LOGICAL_DISKS)).isEqualTo(DataDirection.BOTH);
    for (int opcode :
        List.of(VendorOpcode.NODE_IDENTITY, VendorOpcode.RECORDS, VendorOpcode.LOGICAL_DISKS)) {
      assertThat(VendorOpcode.isVendorSpecific(opcode)).isTrue();
    }
    assertThat(VendorOpcode.isVendorSpecific(0xbf)).isFalse();
    assertThat(VendorOpcode.sendsData(VendorOpcode.NODE_IDENTITY)).isFalse();
    assertThat(VendorOpcode.sendsData(VendorOpcode.RECORDS)).isTrue();
    assertThat(VendorOpcode.receivesData(VendorOpcode.RECORDS)).isTrue();
  }

  @Test
  void statuses_areAVendors_andKnown() {
    for (VendorStatus status : VendorStatus.values()) {
      assertThat(Status.sct(status.status())).isEqualTo(Status.SCT_VENDOR);
      assertThat(VendorStatus.find(Status.withMore(status.status()))).isEqualTo(status);
    }
    assertThat(VendorStatus.find(Status.SUCCESS)).isNull();
    assertThat(Status.isDnr(VendorStatus.TOO_MANY.status())).isFalse();
    assertThat(Status.isDnr(VendorStatus.CORRUPT.status())).isTrue();
  }

  @Test
  void everyEnvelope_isReadAsItWasWritten() {
    readsBack(VendorSamples.RECORD_REQUESTS);
    readsBack(VendorSamples.RECORD_REPLIES);
    readsBack(VendorSamples.RENEWALS);
    readsBack(VendorSamples.CONFIRMATIONS);
    readsBack(VendorSamples.DISK_REQUESTS);
    readsBack(VendorSamples.DISK_REPLIES);
    for (RecordOp op : RecordOp.values()) {
      readsBack(
          with(
              VendorSamples.RECORD_REQUESTS,
              RecordRequest.of(op, VendorSamples.LEG, VendorSamples.EPOCH)));
    }
    for (EntryResult result : EntryResult.values()) {
      var request = RecordRequest.of(RecordOp.PROMISE, VendorSamples.LEG, WireEpoch.NONE);
      readsBack(with(VendorSamples.RECORD_REPLIES, RecordReply.of(request, result)));
      var renewal = RecordRequest.of(RecordOp.RENEW, VendorSamples.LEG, VendorSamples.EPOCH);
      readsBack(with(VendorSamples.RECORD_REPLIES, RecordReply.of(renewal, result)));
      readsBack(with(VendorSamples.DISK_REPLIES, DiskReply.of(DiskRequest.usage(), result)));
    }
    readsBack(
        with(VendorSamples.DISK_REQUESTS, DiskRequest.grow(VendorSamples.DISK, WireEpoch.NONE, 1)));
    readsBack(with(VendorSamples.DISK_REQUESTS, DiskRequest.list(DiskRequest.NONE)));
    readsBack(
        with(
            VendorSamples.DISK_REQUESTS,
            DiskRequest.admit(VendorSamples.DISK, VendorSamples.EPOCH)));
  }

  @Test
  void listOfLogicalDisks_isReadAsItWasWritten_andNothingElseIs() {
    var disks =
        List.of(
            new LogicalDiskInfo(VendorSamples.DISK, VendorSamples.LEG, 1, VendorSamples.EPOCH),
            new LogicalDiskInfo(VendorSamples.LEG, VendorSamples.DISK, 0, WireEpoch.NONE));
    byte[] body = LogicalDiskInfo.encode(disks);
    assertThat(LogicalDiskInfo.decode(body)).isEqualTo(disks);
    assertThat(LogicalDiskInfo.decode(new byte[0])).isEmpty();
    assertThat(LogicalDiskInfo.decode(Arrays.copyOf(body, 100))).isNull();
    body[39] = (byte) 0x80;
    assertThat(LogicalDiskInfo.decode(body)).isNull();
    var full = Collections.nCopies(LogicalDiskInfo.MAX_IN_BODY, disks.getFirst());
    assertThat(LogicalDiskInfo.encode(full)).hasSize(VendorLimits.MAX_BODY_BYTES);
  }

  @Test
  void fullEnvelope_isTaken_andNoFuller() {
    var request = RecordRequest.of(RecordOp.RENEW, VendorSamples.LEG, VendorSamples.EPOCH);
    var full = new ArrayList<>(Collections.nCopies(VendorLimits.MAX_ENTRIES, request));
    readsBack(VendorSamples.RECORD_REQUESTS, full);
    full.add(request);
    assertThatThrownBy(() -> envelope(VendorSamples.RECORD_REQUESTS, full))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> envelope(VendorSamples.RECORD_REQUESTS, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> accept(VendorLimits.MAX_BODY_BYTES + 1))
        .isInstanceOf(IllegalArgumentException.class);
    var large = accept(VendorLimits.MAX_BODY_BYTES);
    readsBack(VendorSamples.RECORD_REQUESTS, List.of(large));
    var tooLarge = envelope(VendorSamples.RECORD_REQUESTS, List.of(large, large));
    assertThatThrownBy(tooLarge::encode).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void header_thatIsWrong_isRefusedWithItsStatus() {
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.MAGIC, 1));
    refused(VendorStatus.WRONG_VERSION, header -> header.set(EnvelopeLayout.VERSION, 2));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.KIND, 2));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.RESERVED_7, 1));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.LENGTH, 64));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.ENTRIES, 0));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.ENTRIES, 1));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.ENTRIES, 3));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.ENTRIES, 0xffff));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.RESERVED_14, 1));
    refused(VendorStatus.MALFORMED, header -> header.set(EnvelopeLayout.RESERVED_56, 1));
  }

  @Test
  void entry_thatIsWrong_isRefused() {
    entryRefused(entry -> entry.set(RecordLayout.OP, 0));
    entryRefused(entry -> entry.set(RecordLayout.OP, RecordOp.values().length + 1));
    entryRefused(entry -> entry.set(RecordLayout.RESULT, 1));
    entryRefused(entry -> entry.set(RecordLayout.FLAGS, 1));
    entryRefused(entry -> entry.set(RecordLayout.BODY, 8));
    entryRefused(entry -> entry.set(RecordLayout.OP, RecordOp.RENEW.code()));
    entryRefused(entry -> entry.set(RecordLayout.BODY, 0xffff_ffffL));
    entryRefused(entry -> entry.set(RecordLayout.EPOCH, -1));
    entryRefused(entry -> entry.set(RecordLayout.ACCEPTED, 1));
    entryRefused(entry -> entry.setUuid(RecordLayout.ACCEPTED_INCARNATION, VendorSamples.RIVAL));
    entryRefused(entry -> entry.set(RecordLayout.GENERATION, -1));
    entryRefused(entry -> entry.set(RecordLayout.NANOS, -1));
    entryRefused(entry -> entry.segment().set(ValueLayout.JAVA_BYTE, 64 + 127, (byte) 1));
  }

  @Test
  void renewals_take32BytesEach_andMayBeMixedWithOthers() {
    assertThat(VendorSamples.RENEWALS.encode())
        .hasSize(Envelope.HEADER_BYTES + 2 * RenewLayout.SIZE);
    var mixed = new ArrayList<>(VendorSamples.RENEWALS.entries());
    mixed.addAll(1, VendorSamples.RECORD_REQUESTS.entries());
    readsBack(VendorSamples.RENEWALS, mixed);
    var answers = new ArrayList<>(VendorSamples.CONFIRMATIONS.entries());
    answers.addAll(1, VendorSamples.RECORD_REPLIES.entries());
    readsBack(VendorSamples.CONFIRMATIONS, answers);
  }

  /** A renewal names no incarnation: what it renews is the sender's (LEASE). */
  @Test
  void renewal_ofAnotherIncarnationsEpoch_isNotSent_andIsReadAsTheSenders() {
    var others = RecordRequest.of(RecordOp.RENEW, VendorSamples.LEG, VendorSamples.LOWER);
    var envelope = with(VendorSamples.RENEWALS, others);
    assertThatThrownBy(envelope::encode).isInstanceOf(IllegalArgumentException.class);
    byte[] bytes = VendorSamples.RENEWALS.encode();
    new EnvelopeLayout()
        .wrap(MemorySegment.ofArray(bytes), 0)
        .setUuid(EnvelopeLayout.SENDER, VendorSamples.RIVAL);
    seal(bytes);
    var received =
        (Envelope.Received.Good<RecordRequest>) decode(Envelope.Kind.RECORD_REQUESTS, bytes);
    assertThat(received.envelope().entries())
        .extracting(request -> request.epoch().incarnation())
        .containsOnly(VendorSamples.RIVAL);
  }

  @Test
  void renewal_thatSaysMore_isNone() {
    for (long nanos : new long[] {1, 999_999, (RenewLayout.MAX_LEASE_MS + 1) * 1_000_000}) {
      assertThatThrownBy(() -> renewal(0, nanos, VendorEntry.NO_BODY))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> renewal(1, 0, VendorEntry.NO_BODY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> renewal(0, 0, new byte[8]))
        .isInstanceOf(IllegalArgumentException.class);
    readsBack(
        with(
            VendorSamples.RENEWALS,
            renewal(0, RenewLayout.MAX_LEASE_MS * 1_000_000, VendorEntry.NO_BODY)));
  }

  private static RecordRequest renewal(long generation, long nanos, byte[] body) {
    return new RecordRequest(
        RecordOp.RENEW, VendorSamples.LEG, VendorSamples.EPOCH, generation, nanos, body);
  }

  @Test
  void renewal_orItsAnswer_thatIsWrong_isRefused() {
    for (Envelope<?> sample : List.of(VendorSamples.RENEWALS, VendorSamples.CONFIRMATIONS)) {
      renewalRefused(sample, entry -> entry.set(RenewLayout.OP, 0));
      renewalRefused(sample, entry -> entry.set(RenewLayout.OP, RecordOp.RELEASE.code()));
      renewalRefused(sample, entry -> entry.set(RenewLayout.RESULT, EntryResult.WAIT.code()));
      renewalRefused(sample, entry -> entry.set(RenewLayout.FLAGS, 1));
      renewalRefused(sample, entry -> entry.set(RenewLayout.EPOCH, -1));
      renewalRefused(sample, entry -> entry.set(RenewLayout.EPOCH, WireEpoch.MAX_NUMBER + 1));
    }
    renewalRefused(VendorSamples.CONFIRMATIONS, entry -> entry.set(RenewLayout.LEASE_MS, 400));
  }

  private static void renewalRefused(Envelope<?> sample, Consumer<RenewLayout> change) {
    byte[] bytes = sample.encode();
    change.accept(new RenewLayout().wrap(MemorySegment.ofArray(bytes), Envelope.HEADER_BYTES));
    seal(bytes);
    assertThat(decode(sample.kind(), bytes))
        .isEqualTo(new Envelope.Received.Bad<>(VendorStatus.MALFORMED));
  }

  @Test
  void everyChangedByte_andEveryOtherLength_isRefused() {
    byte[] good = VendorSamples.RECORD_REPLIES.encode();
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      assertThat(decode(Envelope.Kind.RECORD_REPLIES, bad))
          .as("byte %d", at)
          .isInstanceOf(Envelope.Received.Bad.class);
    }
    for (int length = 0; length < good.length; length++) {
      assertThat(decode(Envelope.Kind.RECORD_REPLIES, Arrays.copyOf(good, length)))
          .as("length %d", length)
          .isInstanceOf(Envelope.Received.Bad.class);
    }
    assertThat(decode(Envelope.Kind.RECORD_REPLIES, Arrays.copyOf(good, good.length + 8)))
        .isInstanceOf(Envelope.Received.Bad.class);
    byte[] identity = VendorSamples.IDENTITY.encode();
    for (int at = 0; at < identity.length; at++) {
      byte[] bad = identity.clone();
      bad[at] ^= 0x10;
      assertThat(NodeIdentity.decode(MemorySegment.ofArray(bad), 0))
          .as("byte %d", at)
          .isInstanceOf(NodeIdentity.Received.Bad.class);
    }
    assertThat(NodeIdentity.decode(MemorySegment.ofArray(identity), 0))
        .isEqualTo(new NodeIdentity.Received.Good(VendorSamples.IDENTITY));
  }

  /** What is not refused says the same again: no two spellings of one message, no exception. */
  @Test
  void anyBytes_areRefused_orAreWhatTheirContentIsWrittenAs() {
    RandomGenerator random = SeededRandom.of(getClass());
    List<Envelope<?>> samples =
        List.of(
            VendorSamples.RECORD_REQUESTS,
            VendorSamples.RECORD_REPLIES,
            VendorSamples.RENEWALS,
            VendorSamples.CONFIRMATIONS,
            VendorSamples.DISK_REQUESTS,
            VendorSamples.DISK_REPLIES);
    int good = 0;
    for (int i = 0; i < 100_000; i++) {
      Envelope<?> sample = samples.get(random.nextInt(samples.size()));
      byte[] bytes = sample.encode();
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(8) != 0) {
        seal(bytes);
      }
      if (decode(sample.kind(), bytes) instanceof Envelope.Received.Good<?>(var envelope)) {
        assertThat(envelope.encode()).isEqualTo(bytes);
        good++;
      }
    }
    assertThat(good).isBetween(20_000, 95_000);
  }

  private static RecordRequest accept(int bodyBytes) {
    return new RecordRequest(
        RecordOp.ACCEPT, VendorSamples.LEG, VendorSamples.EPOCH, 1, 0, new byte[bodyBytes]);
  }

  private static <E extends VendorEntry> Envelope<E> with(Envelope<E> like, E entry) {
    return envelope(like, List.of(entry));
  }

  private static <E extends VendorEntry> Envelope<E> envelope(Envelope<E> like, List<E> entries) {
    return new Envelope<>(like.kind(), like.cluster(), like.sender(), like.request(), entries);
  }

  private static <E extends VendorEntry> void readsBack(Envelope<E> like, List<E> entries) {
    readsBack(envelope(like, entries));
  }

  private static <E extends VendorEntry> void readsBack(Envelope<E> envelope) {
    byte[] bytes = envelope.encode();
    assertThat(bytes).hasSize(envelope.encodedBytes());
    var received = decode(envelope.kind(), bytes);
    assertThat(received)
        .usingRecursiveComparison()
        .isEqualTo(new Envelope.Received.Good<>(envelope));
  }

  private static void refused(VendorStatus status, Consumer<EnvelopeLayout> change) {
    byte[] bytes = VendorSamples.RECORD_REQUESTS.encode();
    change.accept(new EnvelopeLayout().wrap(MemorySegment.ofArray(bytes), 0));
    seal(bytes);
    assertThat(decode(Envelope.Kind.RECORD_REQUESTS, bytes))
        .isEqualTo(new Envelope.Received.Bad<>(status));
  }

  private static void entryRefused(Consumer<RecordLayout> change) {
    byte[] bytes = VendorSamples.RECORD_REQUESTS.encode();
    change.accept(new RecordLayout().wrap(MemorySegment.ofArray(bytes), Envelope.HEADER_BYTES));
    seal(bytes);
    assertThat(decode(Envelope.Kind.RECORD_REQUESTS, bytes))
        .isEqualTo(new Envelope.Received.Bad<>(VendorStatus.MALFORMED));
  }

  /** Makes the checksum right. */
  private static void seal(byte[] bytes) {
    MemorySegment segment = MemorySegment.ofArray(bytes);
    EnvelopeLayout header = new EnvelopeLayout().wrap(segment, 0).set(EnvelopeLayout.CRC, 0);
    header.set(EnvelopeLayout.CRC, new Crc32c().of(segment, 0, bytes.length));
  }

  private static <E extends VendorEntry> Envelope.Received<E> decode(
      Envelope.Kind<E> kind, byte[] bytes) {
    return Envelope.decode(kind, MemorySegment.ofArray(bytes), 0, bytes.length);
  }
}
