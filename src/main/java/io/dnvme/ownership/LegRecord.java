package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * Who owns a leg and what it consists of (RECORD): the content of one small replicated register.
 * Immutable; any thread. Each method that makes another record counts its generation one higher, so
 * that a generation of an epoch never has two contents; {@link RecordTransition} says which changes
 * are allowed.
 *
 * <p>Along the records that a majority accepted the generation grows through all epochs: a claim
 * begins with the one after the newest that it found.
 *
 * @param leg never reused
 * @param epoch the term under which this content was proposed
 * @param owner the controller node whose term it is; {@code epoch} names its incarnation
 * @param generation from 1 on
 * @param leaseMs how long a confirmation lets the owner answer (L); fixed for the leg's life,
 *     because holders wait by the value they know
 * @param holders who keeps the record
 * @param nextHolders who will keep it, while the holders are being changed; else empty
 * @param sizeBytes of the space that the leg offers
 * @param groups in the order of their places in that space
 * @param sources of clones, until all is copied
 * @param disk the virtual disk it is part of
 * @param deleted whether the leg is gone and its logical disks may be freed
 * @param losses how often, modulo {@link #LOSSES}, a member was chosen to go on with that may miss
 *     what was acknowledged and not flushed (INTENT): each controller tells its hosts by it
 * @param checksums whether its members keep a checksum of each block beside the data; fixed for the
 *     leg's life, because members are laid out by it
 * @param scrub how far its scrub has come
 */
public record LegRecord(
    UUID leg,
    Epoch epoch,
    UUID owner,
    long generation,
    int leaseMs,
    List<Holder> holders,
    List<Holder> nextHolders,
    long sizeBytes,
    List<Group> groups,
    List<Source> sources,
    DiskIdentity disk,
    boolean deleted,
    int losses,
    boolean checksums,
    ScrubMark scrub) {

  /** {@link #losses} begins again at 0. */
  public static final int LOSSES = 1 << 12;

  /** Nobody reads a higher one: so counting on from it never overflows. */
  public static final long MAX_GENERATION = Epoch.MAX_NUMBER;

  public static final int DEFAULT_LEASE_MS = 400;
  public static final int MIN_LEASE_MS = 20;
  public static final int MAX_LEASE_MS = 60_000;
  public static final int MAX_HOLDERS = 5;
  public static final int MAX_GROUPS = 128;
  public static final int MAX_SOURCES = 16;
  public static final int MAX_ADDRESS_BYTES = 80;
  public static final int MAX_LOCATION_BYTES = 400;

  /** One without checksums, whose hosts have lost nothing. */
  public LegRecord(
      UUID leg,
      Epoch epoch,
      UUID owner,
      long generation,
      int leaseMs,
      List<Holder> holders,
      List<Holder> nextHolders,
      long sizeBytes,
      List<Group> groups,
      List<Source> sources,
      DiskIdentity disk,
      boolean deleted) {
    this(
        leg,
        epoch,
        owner,
        generation,
        leaseMs,
        holders,
        nextHolders,
        sizeBytes,
        groups,
        sources,
        disk,
        deleted,
        0,
        false,
        ScrubMark.NONE);
  }

  public LegRecord {
    Objects.requireNonNull(leg, "leg");
    Objects.requireNonNull(epoch, "epoch");
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(disk, "disk");
    Objects.requireNonNull(scrub, "scrub");
    holders = List.copyOf(holders);
    nextHolders = List.copyOf(nextHolders);
    groups = List.copyOf(groups);
    sources = List.copyOf(sources);
    if (epoch.isNone() || generation < 1 || sizeBytes <= 0) {
      throw new IllegalArgumentException(
          "epoch, generation and size must be positive: "
              + String.join(", ", "" + epoch, "" + generation, "" + sizeBytes));
    }
    if (leaseMs < MIN_LEASE_MS || leaseMs > MAX_LEASE_MS) {
      throw new IllegalArgumentException(
          "a lease is of " + MIN_LEASE_MS + " to " + MAX_LEASE_MS + " ms, not " + leaseMs);
    }
    checkHolders(holders);
    if (!nextHolders.isEmpty()) {
      checkHolders(nextHolders);
    }
    if (groups.isEmpty() || groups.size() > MAX_GROUPS) {
      throw new IllegalArgumentException(
          "a leg has 1 to " + MAX_GROUPS + " groups, not " + groups.size());
    }
    if (sources.size() > MAX_SOURCES) {
      throw new IllegalArgumentException(
          "a leg has at most " + MAX_SOURCES + " sources, not " + sources.size());
    }
    if (losses < 0 || losses >= LOSSES) {
      throw new IllegalArgumentException("losses are 0 to " + (LOSSES - 1) + ", not " + losses);
    }
    checkDistinctDisks(groups);
    if (!disk.legs().contains(leg)) {
      throw new IllegalArgumentException("virtual disk " + disk.id() + " has no leg " + leg);
    }
  }

  /** One, three or five in number, each once. */
  static void checkHolders(List<Holder> holders) {
    int count = holders.size();
    if (count % 2 == 0 || count > MAX_HOLDERS) {
      throw new IllegalArgumentException("a record has 1, 3 or 5 holders, not " + count);
    }
    if (holders.stream().map(Holder::store).distinct().count() != count) {
      throw new IllegalArgumentException("a holder is named twice: " + holders);
    }
  }

  private static void checkDistinctDisks(List<Group> groups) {
    var disks = new HashSet<UUID>();
    for (Group group : groups) {
      for (Member member : group.members()) {
        if (!disks.add(member.logicalDisk())) {
          throw new IllegalArgumentException(
              "logical disk " + member.logicalDisk() + " is in two groups");
        }
      }
    }
  }

  static void checkText(String what, String text, int maxBytes) {
    if (text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      throw new IllegalArgumentException(what + " is longer than " + maxBytes + " bytes: " + text);
    }
  }

  /** Whether its holders are being changed: then both sets' majorities are needed. */
  public boolean changesHolders() {
    return !nextHolders.isEmpty();
  }

  /** Which holders suffice to know, to choose and to confirm this record. */
  Quorum quorum() {
    return Quorum.of(holders, nextHolders);
  }

  /** Whether that store is one of its holders, or of the next ones. */
  boolean names(UUID store) {
    return quorum().all().contains(store);
  }

  /** Whether this one is newer: a higher epoch, or a later generation of the same. */
  public boolean isNewerThan(LegRecord other) {
    return epoch.equals(other.epoch)
        ? generation > other.generation
        : epoch.isHigherThan(other.epoch);
  }

  /** The member that this logical disk is, or null. */
  public Member member(UUID logicalDisk) {
    for (Group group : groups) {
      Member member = group.member(logicalDisk);
      if (member != null) {
        return member;
      }
    }
    return null;
  }

  /** The same content under the epoch of a claimant. */
  public LegRecord claimedBy(Epoch claimed, UUID claimant) {
    var next = new Next();
    next.epoch = claimed;
    next.owner = claimant;
    return next.record();
  }

  /** A leg's first record, as it stands under the epoch of whoever creates it. */
  LegRecord createdBy(Epoch claimed, UUID claimant) {
    var next = new Next();
    next.epoch = claimed;
    next.owner = claimant;
    next.generation = 1;
    return next.record();
  }

  /** With these in place of the members of the same logical disks. */
  public LegRecord withMembers(Collection<Member> changed) {
    return withGroups(groupsWith(changed));
  }

  /** As {@link #withMembers}, where one of them may miss what was acknowledged and not flushed. */
  public LegRecord withMembersAfterLoss(Collection<Member> changed) {
    var next = new Next();
    next.groups = groupsWith(changed);
    next.losses = lossesAfterOneMore();
    return next.record();
  }

  int lossesAfterOneMore() {
    return (losses + 1) % LOSSES;
  }

  private List<Group> groupsWith(Collection<Member> changed) {
    Map<UUID, Member> byDisk = new HashMap<>();
    changed.forEach(member -> byDisk.put(member.logicalDisk(), member));
    var newGroups = new ArrayList<Group>();
    for (Group group : groups) {
      List<Member> members =
          group.members().stream().map(m -> byDisk.getOrDefault(m.logicalDisk(), m)).toList();
      newGroups.add(new Group(group.sizeBytes(), members));
    }
    return newGroups;
  }

  public LegRecord withGroups(List<Group> newGroups) {
    var next = new Next();
    next.groups = newGroups;
    return next.record();
  }

  public LegRecord withDisk(DiskIdentity newDisk) {
    var next = new Next();
    next.disk = newDisk;
    return next.record();
  }

  public LegRecord withSize(long newSizeBytes) {
    var next = new Next();
    next.sizeBytes = newSizeBytes;
    return next.record();
  }

  public LegRecord withSources(List<Source> newSources) {
    var next = new Next();
    next.sources = newSources;
    return next.record();
  }

  public LegRecord withScrub(ScrubMark mark) {
    var next = new Next();
    next.scrub = mark;
    return next.record();
  }

  public LegRecord asDeleted() {
    var next = new Next();
    next.deleted = true;
    return next.record();
  }

  /** The first half of a change of holders: both sets count. */
  LegRecord withNextHolders(List<Holder> joining) {
    var next = new Next();
    next.nextHolders = joining;
    return next.record();
  }

  /** The second half: the next ones are the holders. */
  LegRecord withoutOldHolders() {
    var next = new Next();
    next.holders = nextHolders;
    next.nextHolders = List.of();
    return next.record();
  }

  /** The other second half: the change is taken back, and the old ones stay. */
  LegRecord withoutNextHolders() {
    var next = new Next();
    next.nextHolders = List.of();
    return next.record();
  }

  /** The record that follows this one: all is as it was, but for what is set. */
  private final class Next {
    private Epoch epoch = LegRecord.this.epoch;
    private UUID owner = LegRecord.this.owner;
    private long generation = LegRecord.this.generation + 1;
    private List<Holder> holders = LegRecord.this.holders;
    private List<Holder> nextHolders = LegRecord.this.nextHolders;
    private long sizeBytes = LegRecord.this.sizeBytes;
    private List<Group> groups = LegRecord.this.groups;
    private List<Source> sources = LegRecord.this.sources;
    private DiskIdentity disk = LegRecord.this.disk;
    private boolean deleted = LegRecord.this.deleted;
    private int losses = LegRecord.this.losses;
    private ScrubMark scrub = LegRecord.this.scrub;

    LegRecord record() {
      return new LegRecord(
          leg,
          epoch,
          owner,
          generation,
          leaseMs,
          holders,
          nextHolders,
          sizeBytes,
          groups,
          sources,
          disk,
          deleted,
          losses,
          checksums,
          scrub);
    }
  }
}
