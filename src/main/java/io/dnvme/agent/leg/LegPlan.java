package io.dnvme.agent.leg;

import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.DiskIdentity;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.ownership.ScrubMark;
import io.dnvme.volume.intent.MemberLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.IntFunction;

/**
 * A virtual disk of one leg, as it is to be created. The identifiers of its leg and its logical
 * disks follow from its own, so that whoever creates it, and again after a crash, means the same
 * (NO-LEAK). Pure.
 *
 * @param disk the virtual disk's id
 * @param groupBytes data of each group
 * @param groups the disk nodes of each
 * @param checksums whether its members keep a checksum of each block
 */
public record LegPlan(
    UUID disk,
    String name,
    int blockSizeBytes,
    long groupBytes,
    int leaseMs,
    List<List<UUID>> groups,
    boolean checksums) {

  /**
   * What a member's power incarnation is before it was ever used: its header is written when it
   * first admits an epoch, and the record has its own incarnation before it serves. This is that of
   * one of which the record does not say on which disk it is.
   */
  public static final UUID NEVER_USED = new UUID(0, 0);

  /** Upper half of one that says it: no boot has such an id, whose version would be 8. */
  private static final long NEVER_USED_ON = 0x6e65_7665_7275_8000L;

  /** 64 TiB: as many regions as a member's header has bits for. A leg may have many groups. */
  public static final long MAX_GROUP_BYTES =
      (long) MemberLayout.MAX_REGIONS << MemberLayout.DEFAULT_REGION_SHIFT;

  private static final int MAX_MEMBERS = 3;

  /** One without checksums. */
  public LegPlan(
      UUID disk,
      String name,
      int blockSizeBytes,
      long groupBytes,
      int leaseMs,
      List<List<UUID>> groups) {
    this(disk, name, blockSizeBytes, groupBytes, leaseMs, groups, false);
  }

  /**
   * @throws IllegalArgumentException where no leg can be made so: which groups there are, two
   *     members of a group on one disk node, no size
   */
  public LegPlan {
    groups = groups.stream().map(List::copyOf).toList();
    new BlockGeometry(blockSizeBytes, groupBytes / blockSizeBytes);
    if (groupBytes % blockSizeBytes != 0) {
      throw new IllegalArgumentException(
          "a group's size must be whole blocks of %d bytes, not %d"
              .formatted(blockSizeBytes, groupBytes));
    }
    if (groupBytes > MAX_GROUP_BYTES) {
      throw new IllegalArgumentException(
          "a group has at most %d bytes, not %d: make more groups"
              .formatted(MAX_GROUP_BYTES, groupBytes));
    }
    if (groups.isEmpty() || groups.size() > LegRecord.MAX_GROUPS) {
      throw new IllegalArgumentException(
          "a leg has 1 to %d groups, not %d".formatted(LegRecord.MAX_GROUPS, groups.size()));
    }
    for (List<UUID> group : groups) {
      if (group.isEmpty() || group.size() > MAX_MEMBERS) {
        throw new IllegalArgumentException(
            "a group has 1 to %d members, not %d".formatted(MAX_MEMBERS, group.size()));
      }
      if (group.stream().distinct().count() != group.size()) {
        throw new IllegalArgumentException("two members of a group on one disk node: " + group);
      }
    }
  }

  /** Whether no member was ever admitted: nobody served the leg. */
  static boolean isNeverUsed(LegRecord record) {
    return record.groups().stream()
        .flatMap(group -> group.members().stream())
        .allMatch(LegPlan::isNeverUsed);
  }

  static boolean isNeverUsed(Member member) {
    UUID power = member.powerIncarnation();
    return power.equals(NEVER_USED) || power.getMostSignificantBits() == NEVER_USED_ON;
  }

  /** The power incarnation of a member that was made on that disk and never used. */
  static UUID neverUsedOn(UUID disk) {
    return new UUID(NEVER_USED_ON, disk.getMostSignificantBits() ^ disk.getLeastSignificantBits());
  }

  /** Whether the record says that the member was made on that disk, and never used. */
  static boolean isNeverUsedOn(UUID disk, Member member) {
    return member.powerIncarnation().equals(neverUsedOn(disk));
  }

  public static UUID leg(UUID disk) {
    return derived(disk, "leg 0");
  }

  /** Of the virtual disk's data. */
  public long sizeBytes() {
    return groupBytes * groups.size();
  }

  /** The disk nodes of all members, group by group; one may be in several groups. */
  public List<UUID> members() {
    return groups.stream().flatMap(List::stream).toList();
  }

  /**
   * @param member an index in {@link #members}
   */
  public UUID logicalDisk(int member) {
    int group = 0;
    int within = member;
    while (within >= groups.get(group).size()) {
      within -= groups.get(group).size();
      group++;
    }
    return logicalDisk(group, within);
  }

  private UUID logicalDisk(int group, int member) {
    return derived(disk, "leg 0 group " + group + " member " + member);
  }

  /**
   * What its logical disks are made for: a digest of the plan and of who is to keep its record. Who
   * is to create the leg and means anything else gets none of them.
   *
   * @param holders ids of the nodes that are to keep the record, in any order
   */
  byte[] purpose(List<UUID> holders) {
    var text = new StringBuilder("dnvme leg 1\n");
    text.append(disk).append('\n').append(name.length()).append(' ').append(name).append('\n');
    text.append("%d %d %d %b\n".formatted(blockSizeBytes, groupBytes, leaseMs, checksums));
    groups.forEach(group -> text.append(group).append('\n'));
    text.append(holders.stream().sorted().toList());
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(text.toString().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has it", e);
    }
  }

  /** What each logical disk needs at least. */
  long logicalDiskBytes(LegOptions options) {
    return options.layout(blockSizeBytes, groupBytes, checksums).deviceBytes();
  }

  /** The leg's first record, which does not say on which disks its members are. */
  public LegRecord firstRecord(UUID incarnation, List<Holder> holders) {
    return firstRecord(incarnation, holders, member -> NEVER_USED);
  }

  /**
   * The leg's first record; whoever claims it puts its own epoch in.
   *
   * @param disks on which each member was made, in the order of {@link #members}
   */
  LegRecord firstRecord(UUID incarnation, List<Holder> holders, List<UUID> disks) {
    return firstRecord(incarnation, holders, member -> neverUsedOn(disks.get(member)));
  }

  private LegRecord firstRecord(
      UUID incarnation, List<Holder> holders, IntFunction<UUID> powerIncarnations) {
    List<Group> made = new ArrayList<>();
    int member = 0;
    for (int i = 0; i < groups.size(); i++) {
      List<Member> members = new ArrayList<>();
      for (int n = 0; n < groups.get(i).size(); n++) {
        UUID node = groups.get(i).get(n);
        UUID power = powerIncarnations.apply(member++);
        members.add(new Member(logicalDisk(i, n), node, "", MemberState.IN_SYNC, power));
      }
      made.add(new Group(groupBytes, members));
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
        sizeBytes(),
        made,
        List.of(),
        new DiskIdentity(
            disk, name, disk, sizeBytes(), blockSizeBytes, sizeBytes(), List.of(leg), List.of()),
        false,
        0,
        checksums,
        ScrubMark.NONE);
  }

  private static UUID derived(UUID disk, String what) {
    return UUID.nameUUIDFromBytes((disk + " " + what).getBytes(StandardCharsets.UTF_8));
  }
}
