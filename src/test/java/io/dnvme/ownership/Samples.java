package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Records for tests. Ids say what they name: kind in the upper half, number in the lower. */
final class Samples {

  static final UUID LEG = id(1, 1);
  static final UUID OWNER = id(2, 1);
  static final Epoch EPOCH = new Epoch(1, id(3, 1));
  static final UUID POWER = id(4, 1);

  private Samples() {}

  static UUID id(int kind, int number) {
    return new UUID((long) kind << 32, number);
  }

  static Holder holder(int number) {
    return new Holder(id(5, number), "10.0.0." + number + ":4420");
  }

  static List<Holder> holders(int... numbers) {
    var holders = new ArrayList<Holder>();
    for (int number : numbers) {
      holders.add(holder(number));
    }
    return holders;
  }

  static Member member(int number, MemberState state) {
    return new Member(id(6, number), id(7, number), "10.0.1." + number + ":4420", state, POWER);
  }

  static Group mirror(int first, MemberState... states) {
    var members = new ArrayList<Member>();
    for (int i = 0; i < states.length; i++) {
      members.add(member(first + i, states[i]));
    }
    return new Group(1L << 30, members);
  }

  static DiskIdentity disk() {
    return new DiskIdentity(
        id(8, 1),
        "data-1",
        id(9, 1),
        1L << 30,
        4096,
        1 << 20,
        List.of(LEG),
        List.of("nqn.2014-08.org.nvmexpress:uuid:0"));
  }

  /** A leg's first record: holders 1 to 3, one mirror of two copies. */
  static LegRecord first() {
    return first(LEG, EPOCH, holders(1, 2, 3));
  }

  static LegRecord first(UUID leg, Epoch epoch, List<Holder> holders) {
    var disk = disk();
    return new LegRecord(
        leg,
        epoch,
        OWNER,
        1,
        LegRecord.DEFAULT_LEASE_MS,
        holders,
        List.of(),
        1L << 30,
        List.of(mirror(1, MemberState.IN_SYNC, MemberState.IN_SYNC)),
        List.of(),
        new DiskIdentity(
            disk.id(),
            disk.name(),
            disk.nguid(),
            disk.sizeBytes(),
            disk.blockSizeBytes(),
            disk.stripeBytes(),
            List.of(leg),
            disk.allowedHosts()),
        false);
  }

  static LegRecord withLease(LegRecord record, Epoch epoch, int leaseMs) {
    return new LegRecord(
        record.leg(),
        epoch,
        record.owner(),
        record.generation(),
        leaseMs,
        record.holders(),
        record.nextHolders(),
        record.sizeBytes(),
        record.groups(),
        record.sources(),
        record.disk(),
        record.deleted());
  }

  static LegRecord withChecksums(LegRecord record) {
    return new LegRecord(
        record.leg(),
        record.epoch(),
        record.owner(),
        record.generation(),
        record.leaseMs(),
        record.holders(),
        record.nextHolders(),
        record.sizeBytes(),
        record.groups(),
        record.sources(),
        record.disk(),
        record.deleted(),
        record.losses(),
        true,
        record.scrub());
  }

  /** One of everything. */
  static LegRecord full() {
    LegRecord first = first();
    return first
        .withGroups(
            List.of(
                first.groups().get(0),
                mirror(11, MemberState.IN_SYNC, MemberState.REBUILDING, MemberState.ABSENT)))
        .withSources(List.of(new Source(id(10, 1), "nqn.2026-01.io.dnvme:vdisk:0 10.0.0.9:4420")))
        .withNextHolders(holders(3, 4, 5));
  }
}
