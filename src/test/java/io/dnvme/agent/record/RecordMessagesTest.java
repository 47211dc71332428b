package io.dnvme.agent.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.DiskIdentity;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.HolderRequest.Knowledge;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.LegRecordCodec;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said arrives as it was meant, and what makes no sense counts for nothing. */
class RecordMessagesTest {

  private static final UUID LEG = new UUID(1, 1);
  private static final UUID OTHER_LEG = new UUID(1, 2);
  private static final Epoch EPOCH = new Epoch(7, new UUID(2, 1));
  private static final List<Holder> HOLDERS =
      List.of(
          new Holder(new UUID(3, 1), "h1:1"),
          new Holder(new UUID(3, 2), ""),
          new Holder(new UUID(3, 3), "h3:3"));
  private static final LegRecord RECORD = record(LEG);

  private static LegRecord record(UUID leg) {
    return record(leg, false);
  }

  private static LegRecord record(UUID leg, boolean deleted) {
    var member =
        new Member(new UUID(4, 1), new UUID(5, 1), "", MemberState.IN_SYNC, new UUID(6, 1));
    return new LegRecord(
        leg,
        EPOCH,
        new UUID(7, 1),
        12,
        LegRecord.DEFAULT_LEASE_MS,
        HOLDERS,
        List.of(),
        1 << 20,
        List.of(new Group(1 << 20, List.of(member))),
        List.of(),
        new DiskIdentity(
            new UUID(8, 1),
            "disk",
            new UUID(8, 1),
            1 << 20,
            4096,
            1 << 20,
            List.of(leg),
            List.of()),
        deleted);
  }

  static Stream<HolderRequest> requests() {
    return Stream.of(
        new HolderRequest.Read(LEG),
        HolderRequest.Promise.of(LEG, EPOCH),
        new HolderRequest.Promise(LEG, EPOCH, Knowledge.CREATE, 0, LegRecord.MIN_LEASE_MS),
        new HolderRequest.Promise(LEG, EPOCH, Knowledge.JOIN, 13, LegRecord.MAX_LEASE_MS),
        new HolderRequest.Accept(RECORD),
        new HolderRequest.Renew(LEG, EPOCH, 400),
        new HolderRequest.Release(LEG, EPOCH),
        new HolderRequest.Retire(LEG, EPOCH, 13, HOLDERS),
        new HolderRequest.Leave(LEG, EPOCH, 13),
        new HolderRequest.Forget(record(LEG, true)));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void request_arrivesAsItWasMeant(HolderRequest request) {
    assertThat(RecordMessages.decode(RecordMessages.encode(request))).isEqualTo(request);
  }

  /** A record that says *deleted*, of the leg and the epoch (NO-LEAK). */
  @Test
  void forget_withoutTheDeletedRecord_makesNoSense() {
    RecordRequest good = RecordMessages.encode(new HolderRequest.Forget(record(LEG, true)));
    byte[] living = LegRecordCodec.encode(RECORD);
    for (byte[] body : List.of(VendorEntry.NO_BODY, new byte[] {1, 2, 3}, living)) {
      assertThat(
              RecordMessages.decode(
                  new RecordRequest(
                      good.op(), good.leg(), good.epoch(), good.generation(), 0, body)))
          .isNull();
    }
    assertThat(
            RecordMessages.decode(
                new RecordRequest(
                    good.op(), new UUID(7, 7), good.epoch(), good.generation(), 0, good.body())))
        .isNull();
  }

  /** LEASE: what was confirmed is the number that was asked for. */
  @Test
  void confirmationOfAnotherNumber_isNone() {
    var request = new HolderRequest.Renew(LEG, EPOCH, 400);
    RecordRequest wire = RecordMessages.encode(request);
    for (long number : new long[] {0, EPOCH.number() - 1, EPOCH.number() + 1}) {
      var other = new Epoch(number, number == 0 ? new UUID(0, 0) : EPOCH.incarnation());
      RecordReply reply = RecordMessages.encode(wire, new HolderReply.Confirmed(LEG, other));
      assertThat(RecordMessages.decode(request, reply)).isEqualTo(new HolderReply.Unavailable(LEG));
    }
  }

  /** Each reply with a request that it may answer. */
  static Stream<List<Object>> replies() {
    var read = new HolderRequest.Read(LEG);
    var promise = HolderRequest.Promise.of(LEG, EPOCH);
    return Stream.of(
        List.of(read, new HolderReply.State(LEG, EPOCH, RECORD, 5_000)),
        List.of(read, new HolderReply.State(LEG, EPOCH, null, 0)),
        List.of(promise, new HolderReply.Promised(LEG, EPOCH, RECORD)),
        List.of(promise, new HolderReply.Promised(LEG, EPOCH, null)),
        List.of(new HolderRequest.Renew(LEG, EPOCH, 400), new HolderReply.Confirmed(LEG, EPOCH)),
        List.of(new HolderRequest.Accept(RECORD), new HolderReply.Done(LEG)),
        List.of(new HolderRequest.Release(LEG, EPOCH), new HolderReply.Done(LEG)),
        List.of(new HolderRequest.Retire(LEG, EPOCH, 13, HOLDERS), new HolderReply.Done(LEG)),
        List.of(new HolderRequest.Forget(record(LEG, true)), new HolderReply.Done(LEG)),
        List.of(promise, new HolderReply.Unknown(LEG)),
        List.of(promise, new HolderReply.Retired(LEG, EPOCH, 13, HOLDERS)),
        List.of(promise, new HolderReply.Unavailable(LEG)));
  }

  @ParameterizedTest
  @MethodSource("replies")
  void reply_arrivesAsItWasMeant(List<Object> exchange) {
    var request = (HolderRequest) exchange.getFirst();
    var reply = (HolderReply) exchange.getLast();
    RecordReply wire = RecordMessages.encode(RecordMessages.encode(request), reply);
    assertThat(RecordMessages.decode(request, wire)).isEqualTo(reply);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void refusal_arrivesWithItsReason(Reason reason) {
    HolderRequest request = HolderRequest.Promise.of(LEG, EPOCH);
    var refused = new HolderReply.Refused(LEG, reason, EPOCH, 77);
    RecordReply wire = RecordMessages.encode(RecordMessages.encode(request), refused);
    assertThat(RecordMessages.decode(request, wire)).isEqualTo(refused);
  }

  private static RecordRequest request(RecordOp op, long leaseMs, byte[] body) {
    return new RecordRequest(
        op,
        LEG,
        RecordMessages.wire(EPOCH),
        op == RecordOp.RENEW ? 0 : 12,
        TimeUnit.MILLISECONDS.toNanos(leaseMs),
        body);
  }

  static Stream<RecordRequest> senselessRequests() {
    byte[] none = VendorEntry.NO_BODY;
    byte[] record = LegRecordCodec.encode(RECORD);
    byte[] torn = record.clone();
    torn[record.length / 2] ^= 1;
    WireEpoch epoch = RecordMessages.wire(EPOCH);
    return Stream.of(
        // An epoch that nobody has.
        RecordRequest.of(RecordOp.PROMISE, LEG, WireEpoch.NONE),
        // A lease that no leg has, or that a claim has no say in.
        request(RecordOp.PROMISE, 400, none),
        request(RecordOp.CREATE, 0, none),
        request(RecordOp.JOIN, LegRecord.MIN_LEASE_MS - 1, none),
        request(RecordOp.JOIN, LegRecord.MAX_LEASE_MS + 1, none),
        request(RecordOp.RENEW, 0, none),
        request(RecordOp.RENEW, Integer.MAX_VALUE + 400L, none),
        // Records that are none, or not the one that is spoken of.
        request(RecordOp.ACCEPT, 0, none),
        request(RecordOp.ACCEPT, 0, torn),
        request(RecordOp.ACCEPT, 0, LegRecordCodec.encode(record(OTHER_LEG))),
        new RecordRequest(RecordOp.ACCEPT, LEG, epoch, 13, 0, record),
        new RecordRequest(RecordOp.ACCEPT, LEG, new WireEpoch(8, new UUID(2, 1)), 12, 0, record),
        // Successors that are none.
        request(RecordOp.RETIRE, 0, none),
        request(RecordOp.RETIRE, 0, record));
  }

  @ParameterizedTest
  @MethodSource("senselessRequests")
  void requestThatMakesNoSense_isNone(RecordRequest senseless) {
    assertThat(RecordMessages.decode(senseless)).isNull();
  }

  private static RecordReply reply(UUID leg, EntryResult result, boolean omitted, byte[] body) {
    WireEpoch epoch = RecordMessages.wire(EPOCH);
    return new RecordReply(RecordOp.READ, result, leg, epoch, epoch, 12, 0, omitted, body);
  }

  static Stream<RecordReply> senselessReplies() {
    byte[] none = VendorEntry.NO_BODY;
    return Stream.of(
        reply(OTHER_LEG, EntryResult.DONE, false, none),
        // Without what it would have to say: that there is no record must not be read out of it.
        reply(LEG, EntryResult.DONE, true, none),
        reply(LEG, EntryResult.DONE, false, new byte[] {1, 2, 3}),
        reply(LEG, EntryResult.DONE, false, LegRecordCodec.encode(record(OTHER_LEG))),
        reply(LEG, EntryResult.RETIRED, false, none),
        reply(LEG, EntryResult.FAILED, false, none),
        reply(LEG, EntryResult.INVALID, false, none),
        reply(LEG, EntryResult.NOT_PERMITTED, false, none));
  }

  @ParameterizedTest
  @MethodSource("senselessReplies")
  void replyThatMakesNoSense_isNoAnswer(RecordReply senseless) {
    assertThat(RecordMessages.decode(new HolderRequest.Read(LEG), senseless))
        .isEqualTo(new HolderReply.Unavailable(LEG));
  }

  @Test
  void recordOfAnotherLeg_isNoAnswer_alsoToAPromise() {
    RecordReply wire =
        reply(LEG, EntryResult.DONE, false, LegRecordCodec.encode(record(OTHER_LEG)));
    assertThat(RecordMessages.decode(HolderRequest.Promise.of(LEG, EPOCH), wire))
        .isEqualTo(new HolderReply.Unavailable(LEG));
  }
}
