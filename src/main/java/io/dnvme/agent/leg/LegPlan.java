package io.dnvme.agent.leg;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.DiskIdentity;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A virtual disk of one leg with one group, as it is to be created. The identifiers of its leg and
 * its logical disks follow from its own, so that whoever creates it, and again after a crash, means
 * the same (NO-LEAK). Pure.
 *
 * @param disk the virtual disk's id
 * @param sizeBytes of its data
 * @param members the disk nodes
 */
public record LegPlan(
    UUID disk, String name, int blockSizeBytes, long sizeBytes, int leaseMs, List<UUID> members) {

  /**
   * What a member's power incarnation is before it was ever used: its header is written when it
   * first admits an epoch, and the record has its own incarnation before it serves.
   */
  public static final UUID NEVER_USED = new UUID(0, 0);

  public LegPlan {
    members = List.copyOf(members);
  }

  public static UUID leg(UUID disk) {
    return derived(disk, "leg 0");
  }

  public UUID logicalDisk(int member) {
    return derived(disk, "leg 0 group 0 member " + member);
  }

  /** What each logical disk needs at least. */
  long logicalDiskBytes(LegOptions options) {
    return options.layout(blockSizeBytes, sizeBytes).deviceBlocks() * blockSizeBytes;
  }

  /** The leg's first record; whoever claims it puts its own epoch in. */
  public LegRecord firstRecord(UUID incarnation, List<Holder> holders) {
    List<Member> all = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      all.add(new Member(logicalDisk(i), members.get(i), "", MemberState.IN_SYNC, NEVER_USED));
    }
    UUID leg = leg(disk);
    return new LegRecord(
        leg,
        Epoch.NONE.next(incarnation),
        incarnation,
        1,
        leaseMs,
        holders,
        List.of(),
        sizeBytes,
        List.of(new Group(sizeBytes, all)),
        List.of(),
        new DiskIdentity(
            disk, name, disk, sizeBytes, blockSizeBytes, sizeBytes, List.of(leg), List.of()),
        false);
  }

  private static UUID derived(UUID disk, String what) {
    return UUID.nameUUIDFromBytes((disk + " " + what).getBytes(StandardCharsets.UTF_8));
  }
}
