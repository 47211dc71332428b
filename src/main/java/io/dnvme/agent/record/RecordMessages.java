package io.dnvme.agent.record;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderEntry;
import io.dnvme.ownership.HolderEntryCodec;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.HolderRequest.Knowledge;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.LegRecordCodec;
import io.dnvme.ownership.RecordFormatException;
import io.dnvme.ownership.Tombstone;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What controllers and record holders say to each other, as entries of vendor-specific commands
 * (docs/vendor-commands.md).
 *
 * <p>Successors travel as a holder's entry with a tombstone. Pure; any thread.
 */
public final class RecordMessages {

  private RecordMessages() {}

  public static WireEpoch wire(Epoch epoch) {
    return new WireEpoch(epoch.number(), epoch.incarnation());
  }

  public static Epoch epoch(WireEpoch epoch) {
    return new Epoch(epoch.number(), epoch.incarnation());
  }

  /**
   * A request as it travels.
   *
   * @throws IllegalArgumentException where its record is longer than an entry's body
   */
  public static RecordRequest encode(HolderRequest request) {
    UUID leg = request.leg();
    return switch (request) {
      case HolderRequest.Read read -> RecordRequest.of(RecordOp.READ, leg, WireEpoch.NONE);
      case HolderRequest.Promise promise ->
          new RecordRequest(
              switch (promise.knowledge()) {
                case EXPECTED -> RecordOp.PROMISE;
                case CREATE -> RecordOp.CREATE;
                case JOIN -> RecordOp.JOIN;
              },
              leg,
              wire(promise.epoch()),
              promise.generation(),
              TimeUnit.MILLISECONDS.toNanos(promise.leaseMs()),
              VendorEntry.NO_BODY);
      case HolderRequest.Accept accept ->
          new RecordRequest(
              RecordOp.ACCEPT,
              leg,
              wire(accept.record().epoch()),
              accept.record().generation(),
              0,
              LegRecordCodec.encode(accept.record()));
      case HolderRequest.Renew renew ->
          new RecordRequest(
              RecordOp.RENEW,
              leg,
              wire(renew.epoch()),
              0,
              TimeUnit.MILLISECONDS.toNanos(renew.leaseMs()),
              VendorEntry.NO_BODY);
      case HolderRequest.Release release ->
          RecordRequest.of(RecordOp.RELEASE, leg, wire(release.epoch()));
      case HolderRequest.Retire retire ->
          new RecordRequest(
              RecordOp.RETIRE,
              leg,
              wire(retire.epoch()),
              retire.generation(),
              0,
              successors(leg, retire.epoch(), retire.generation(), retire.successors()));
      case HolderRequest.Leave leave ->
          new RecordRequest(
              RecordOp.LEAVE, leg, wire(leave.epoch()), leave.generation(), 0, VendorEntry.NO_BODY);
      case HolderRequest.Forget forget ->
          new RecordRequest(
              RecordOp.FORGET,
              leg,
              wire(forget.deletion().epoch()),
              forget.deletion().generation(),
              0,
              LegRecordCodec.encode(forget.deletion()));
    };
  }

  /** What is asked for; null where it makes no sense. */
  public static HolderRequest decode(RecordRequest request) {
    try {
      UUID leg = request.leg();
      Epoch epoch = epoch(request.epoch());
      return switch (request.op()) {
        case READ, PROBE -> new HolderRequest.Read(leg);
        case PROMISE -> promise(request, epoch, Knowledge.EXPECTED);
        case CREATE -> promise(request, epoch, Knowledge.CREATE);
        case JOIN -> promise(request, epoch, Knowledge.JOIN);
        case ACCEPT -> {
          LegRecord record = record(request, epoch);
          yield record == null ? null : new HolderRequest.Accept(record);
        }
        case RENEW -> renew(request, epoch);
        case RELEASE -> new HolderRequest.Release(leg, epoch);
        case RETIRE -> {
          Tombstone stone = tombstone(request.body());
          yield stone == null
              ? null
              : new HolderRequest.Retire(leg, epoch, request.generation(), stone.successors());
        }
        case LEAVE -> new HolderRequest.Leave(leg, epoch, request.generation());
        case FORGET -> {
          LegRecord record = record(request, epoch);
          yield record == null || !record.deleted() ? null : new HolderRequest.Forget(record);
        }
        // Of no leg: no holder is asked it.
        case AWAIT -> null;
      };
    } catch (RecordFormatException | IllegalArgumentException e) {
      return null;
    }
  }

  private static HolderRequest promise(RecordRequest request, Epoch epoch, Knowledge knowledge) {
    if (epoch.isNone()) {
      return null;
    }
    boolean possible =
        knowledge == Knowledge.EXPECTED ? request.leaseNanos() == 0 : isLease(leaseMs(request));
    return possible
        ? new HolderRequest.Promise(
            request.leg(), epoch, knowledge, request.generation(), (int) leaseMs(request))
        : null;
  }

  private static HolderRequest renew(RecordRequest request, Epoch epoch) {
    return isLease(leaseMs(request))
        ? new HolderRequest.Renew(request.leg(), epoch, (int) leaseMs(request))
        : null;
  }

  private static long leaseMs(RecordRequest request) {
    return TimeUnit.NANOSECONDS.toMillis(request.leaseNanos());
  }

  private static boolean isLease(long leaseMs) {
    return leaseMs >= LegRecord.MIN_LEASE_MS && leaseMs <= LegRecord.MAX_LEASE_MS;
  }

  private static LegRecord record(RecordRequest request, Epoch epoch) throws RecordFormatException {
    LegRecord record = LegRecordCodec.decode(request.body());
    boolean same =
        record.leg().equals(request.leg())
            && record.epoch().equals(epoch)
            && record.generation() == request.generation();
    return same ? record : null;
  }

  /** A holder's answer as it travels. */
  public static RecordReply encode(RecordRequest request, HolderReply reply) {
    return switch (reply) {
      case HolderReply.State state ->
          held(request, state.promised(), state.accepted(), state.waitNanos());
      case HolderReply.Promised promised -> held(request, promised.epoch(), promised.accepted(), 0);
      case HolderReply.Confirmed confirmed -> held(request, confirmed.epoch(), null, 0);
      case HolderReply.Done done -> RecordReply.of(request, EntryResult.DONE);
      case HolderReply.Refused refused ->
          new RecordReply(
              request.op(),
              resultOf(refused.reason()),
              request.leg(),
              wire(refused.promised()),
              WireEpoch.NONE,
              0,
              refused.waitNanos(),
              false,
              VendorEntry.NO_BODY);
      case HolderReply.Unknown unknown -> RecordReply.of(request, EntryResult.UNKNOWN);
      case HolderReply.Retired retired ->
          new RecordReply(
              request.op(),
              EntryResult.RETIRED,
              request.leg(),
              wire(retired.epoch()),
              WireEpoch.NONE,
              retired.generation(),
              0,
              false,
              successors(
                  retired.leg(), retired.epoch(), retired.generation(), retired.successors()));
      case HolderReply.Unavailable unavailable -> RecordReply.of(request, EntryResult.FAILED);
    };
  }

  private static RecordReply held(
      RecordRequest request, Epoch promised, LegRecord accepted, long waitNanos) {
    return new RecordReply(
        request.op(),
        EntryResult.DONE,
        request.leg(),
        wire(promised),
        accepted == null ? WireEpoch.NONE : wire(accepted.epoch()),
        accepted == null ? 0 : accepted.generation(),
        waitNanos,
        false,
        accepted == null ? VendorEntry.NO_BODY : LegRecordCodec.encode(accepted));
  }

  /**
   * What a holder answered to {@code request}. What makes no sense counts as no answer: {@link
   * HolderReply.Unavailable}.
   */
  public static HolderReply decode(HolderRequest request, RecordReply reply) {
    UUID leg = request.leg();
    var nothing = new HolderReply.Unavailable(leg);
    if (!reply.leg().equals(leg) || reply.bodyOmitted()) {
      return nothing;
    }
    try {
      return switch (reply.result()) {
        case DONE -> done(request, reply);
        case LOWER_EPOCH -> refused(Reason.HIGHER_EPOCH, reply);
        case WAIT -> refused(Reason.OWNER_CONFIRMED, reply);
        case RELEASED -> refused(Reason.RELEASED, reply);
        case NOT_PROMISED -> refused(Reason.NOT_PROMISED, reply);
        case OLDER_GENERATION -> refused(Reason.OLDER_GENERATION, reply);
        case CONFLICT -> refused(Reason.OTHER_CONTENT, reply);
        case FULL -> refused(Reason.FULL, reply);
        case UNKNOWN -> new HolderReply.Unknown(leg);
        case RETIRED -> {
          Tombstone stone = tombstone(reply.body());
          yield stone == null
              ? nothing
              : new HolderReply.Retired(leg, stone.epoch(), stone.generation(), stone.successors());
        }
        case FAILED, INVALID, NOT_PERMITTED -> nothing;
      };
    } catch (RecordFormatException | IllegalArgumentException e) {
      return nothing;
    }
  }

  private static HolderReply done(HolderRequest request, RecordReply reply)
      throws RecordFormatException {
    if (request instanceof HolderRequest.Renew renew) {
      // Its node confirms the epoch of who asks, and no other: the number is what it read.
      return reply.promised().number() == renew.epoch().number()
          ? new HolderReply.Confirmed(renew.leg(), renew.epoch())
          : new HolderReply.Unavailable(renew.leg());
    }
    Epoch promised = epoch(reply.promised());
    return switch (request) {
      case HolderRequest.Read read ->
          new HolderReply.State(read.leg(), promised, record(reply), reply.waitNanos());
      case HolderRequest.Promise promise ->
          new HolderReply.Promised(promise.leg(), promised, record(reply));
      case HolderRequest.Renew any -> new HolderReply.Unavailable(any.leg());
      case HolderRequest.Accept any -> new HolderReply.Done(any.leg());
      case HolderRequest.Release any -> new HolderReply.Done(any.leg());
      case HolderRequest.Retire any -> new HolderReply.Done(any.leg());
      case HolderRequest.Leave any -> new HolderReply.Done(any.leg());
      case HolderRequest.Forget any -> new HolderReply.Done(any.leg());
    };
  }

  private static LegRecord record(RecordReply reply) throws RecordFormatException {
    if (reply.body().length == 0) {
      return null;
    }
    LegRecord record = LegRecordCodec.decode(reply.body());
    if (!record.leg().equals(reply.leg())) {
      throw new RecordFormatException("the record of another leg");
    }
    return record;
  }

  private static HolderReply refused(Reason reason, RecordReply reply) {
    return new HolderReply.Refused(reply.leg(), reason, epoch(reply.promised()), reply.waitNanos());
  }

  private static EntryResult resultOf(Reason reason) {
    return switch (reason) {
      case HIGHER_EPOCH -> EntryResult.LOWER_EPOCH;
      case OWNER_CONFIRMED -> EntryResult.WAIT;
      case RELEASED -> EntryResult.RELEASED;
      case NOT_PROMISED -> EntryResult.NOT_PROMISED;
      case OLDER_GENERATION -> EntryResult.OLDER_GENERATION;
      case OTHER_CONTENT -> EntryResult.CONFLICT;
      case FULL -> EntryResult.FULL;
    };
  }

  private static byte[] successors(
      UUID leg, Epoch epoch, long generation, List<Holder> successors) {
    return HolderEntryCodec.encode(
        new HolderEntry(
            leg,
            epoch,
            LegRecord.DEFAULT_LEASE_MS,
            0,
            null,
            new Tombstone(epoch, generation, successors)));
  }

  private static Tombstone tombstone(byte[] body) throws RecordFormatException {
    return HolderEntryCodec.decode(body).tombstone();
  }
}
