package io.dnvme.main.controllernode;

import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.ScrubSchedule;
import io.dnvme.agent.leg.VirtualDiskExport;
import io.dnvme.main.Endpoint;
import io.dnvme.main.Sizes;
import io.dnvme.main.node.Section;
import io.dnvme.ownership.DiskIdentity;
import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.ScrubOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What a controller node's configuration file says.
 *
 * @param cluster whose nodes it talks to
 * @param id its identity as a host of the disk nodes
 * @param listen its portals
 * @param monitoring where metrics are served, if they are
 * @param number which of each virtual disk's controllers it is
 * @param nodes the disk nodes, by the names that this file has for them
 * @param disks what it serves
 * @param rebuild how fast members that come back are copied to
 * @param scrub when and how fast the disks' members are compared
 */
public record ControllerNodeSettings(
    UUID cluster,
    UUID id,
    List<Endpoint> listen,
    Optional<Endpoint> monitoring,
    int number,
    Map<String, DiskNodeAddress> nodes,
    List<Served> disks,
    RebuildRate rebuild,
    ScrubSchedule scrub) {

  /** Its section of the file, below {@code dnvme}. */
  static final String ROLE = "controller-node";

  /** Virtual disks of one controller: each has an association with each of its logical disks. */
  static final int MAX_DISKS = 1024;

  private static final int DEFAULT_BLOCK_SIZE_BYTES = 4096;
  private static final long DEFAULT_LEASE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  private static final int MAX_MEMBERS = 3;
  private static final Set<Integer> HOLDER_COUNTS = Set.of(1, 3, 5);

  /**
   * Where a disk node is.
   *
   * @param distance from this controller, for reads: 0 is the nearest
   */
  public record DiskNodeAddress(UUID id, Endpoint endpoint, int distance) {}

  /**
   * A virtual disk.
   *
   * @param name its section's
   * @param holders names of the nodes that keep the record
   * @param leaseNanos L of a leg that is created
   * @param holderPatienceNanos for which a holder's store that is not there any more is waited for
   * @param create what to make if there is no record yet
   * @param replacements lost logical disks, and the disk that has another one in its place
   */
  public record Served(
      String name,
      UUID id,
      int blockSizeBytes,
      List<String> holders,
      long leaseNanos,
      long holderPatienceNanos,
      Optional<Create> create,
      Map<UUID, UUID> replacements) {

    public Served {
      replacements = Map.copyOf(replacements);
      holders = List.copyOf(holders);
    }
  }

  /**
   * The leg of a virtual disk that is made.
   *
   * @param groups the nodes of each group's members
   * @param sizeBytes of each group
   * @param checksums whether members keep a checksum of each block
   */
  public record Create(List<List<String>> groups, long sizeBytes, boolean checksums) {

    public Create {
      groups = groups.stream().map(List::copyOf).toList();
    }
  }

  public ControllerNodeSettings {
    listen = List.copyOf(listen);
    disks = List.copyOf(disks);
    nodes = Map.copyOf(nodes);
  }

  static ControllerNodeSettings read(Section section) {
    Map<String, DiskNodeAddress> nodes = nodes(section);
    var settings =
        new ControllerNodeSettings(
            section.uuid("cluster"),
            section.uuid("id"),
            section.endpoints("listen"),
            section.endpointOrOff("monitoring"),
            section.number("number", 0, VirtualDiskExport.MAX_CONTROLLERS - 1),
            nodes,
            disks(section, nodes.keySet()),
            rebuild(section.section("rebuild")),
            scrub(section.section("scrub")));
    section.end();
    return settings;
  }

  private static RebuildRate rebuild(Section section) {
    long least = leastRate(section);
    boolean limited = !section.text("max-rate").equals("unlimited");
    return new RebuildRate(least, limited ? greatestRate(section, least) : RebuildRate.UNLIMITED);
  }

  private static long leastRate(Section section) {
    long least = section.sizeBytes("min-rate");
    if (least < 1) {
      throw section.wrong("min-rate", "must be positive");
    }
    return least;
  }

  private static long greatestRate(Section section, long least) {
    long most = section.sizeBytes("max-rate");
    if (most < least) {
      throw section.wrong("max-rate", "must not be below min-rate");
    }
    return most;
  }

  private static ScrubSchedule scrub(Section section) {
    long intervalSeconds = 0;
    if (!section.text("interval").equals("off")) {
      long nanos = section.nanos("interval");
      intervalSeconds = TimeUnit.NANOSECONDS.toSeconds(nanos);
      if (intervalSeconds < 1 || intervalSeconds > ScrubSchedule.MAX_INTERVAL_SECONDS) {
        throw section.wrong("interval", "must be 1s to 3650d, or off");
      }
    }
    long least = leastRate(section);
    return new ScrubSchedule(
        intervalSeconds,
        section.flag("at-start"),
        new ScrubOptions(least, greatestRate(section, least), ScrubOptions.DEFAULTS.chunkBytes()),
        () -> TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis()));
  }

  /** No disk node has two names: a group would take one disk for two. */
  private static Map<String, DiskNodeAddress> nodes(Section section) {
    Map<String, DiskNodeAddress> nodes = new LinkedHashMap<>();
    Map<UUID, String> namesById = new HashMap<>();
    Map<Endpoint, String> namesByAddress = new HashMap<>();
    section
        .sections("nodes")
        .forEach((name, node) -> {
          UUID id = node.uuid("id");
          Endpoint endpoint = node.parsed("address", Endpoint::parse);
          String other = namesById.put(id, name);
          if (other != null) {
            throw node.wrong("id", "is node " + other + "'s, too: a disk is named once");
          }
          other = namesByAddress.put(endpoint, name);
          if (other != null) {
            throw node.wrong("address", "is node " + other + "'s, too: a disk is named once");
          }
          nodes.put(name, new DiskNodeAddress(id, endpoint, distance(node)));
        });
    return nodes;
  }

  private static int distance(Section node) {
    return node.has("distance")
        ? node.number("distance", 0, ControllerAgent.DiskNodeAddress.MAX_DISTANCE)
        : 0;
  }

  /** No virtual disk has two names: hosts would take one for two. */
  private static List<Served> disks(Section section, Set<String> nodes) {
    List<Served> disks = new ArrayList<>();
    Map<UUID, String> namesById = new HashMap<>();
    section
        .sections("vdisks")
        .forEach((name, disk) -> {
          Served read = disk(name, disk, nodes);
          String other = namesById.put(read.id(), name);
          if (other != null) {
            throw disk.wrong("id", "is virtual disk " + other + "'s, too: each has its own");
          }
          disks.add(read);
        });
    if (disks.isEmpty() || disks.size() > MAX_DISKS) {
      throw section.wrong(
          "vdisks",
          "must have 1 to %d virtual disks, each a section by its name, not %d"
              .formatted(MAX_DISKS, disks.size()));
    }
    return disks;
  }

  private static Served disk(String name, Section section, Set<String> nodes) {
    int blockSizeBytes =
        section.has("block-size")
            ? (int) section.sizeBytes("block-size")
            : DEFAULT_BLOCK_SIZE_BYTES;
    if (blockSizeBytes != 512 && blockSizeBytes != 4096) {
      throw section.wrong("block-size", "must be 512 or 4096");
    }
    List<String> holders = section.texts("holders");
    checkNodes(section, "holders", holders, nodes);
    if (!HOLDER_COUNTS.contains(holders.size())) {
      throw section.wrong("holders", "must be 1, 3 or 5 nodes, not " + holders.size());
    }
    return new Served(
        checked(name, section),
        section.uuid("id"),
        blockSizeBytes,
        holders,
        leaseNanos(section),
        section.has("holder-patience")
            ? section.nanos("holder-patience")
            : LegOptions.DEFAULT.holderPatienceNanos(),
        section.optionalSection("create").map(create -> create(create, blockSizeBytes, nodes)),
        section.has("replace") ? section.uuidPairs("replace") : Map.of());
  }

  private static String checked(String name, Section section) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (name.isBlank() || bytes > DiskIdentity.MAX_NAME_BYTES) {
      throw section.wrong(
          "its name must have 1 to " + DiskIdentity.MAX_NAME_BYTES + " bytes, not " + bytes);
    }
    return name;
  }

  private static long leaseNanos(Section section) {
    long nanos = section.has("lease") ? section.nanos("lease") : DEFAULT_LEASE_NANOS;
    long ms = TimeUnit.NANOSECONDS.toMillis(nanos);
    if (ms < LegRecord.MIN_LEASE_MS
        || ms > LegRecord.MAX_LEASE_MS
        || nanos != TimeUnit.MILLISECONDS.toNanos(ms)) {
      throw section.wrong(
          "lease", "must be %d to %d ms".formatted(LegRecord.MIN_LEASE_MS, LegRecord.MAX_LEASE_MS));
    }
    return nanos;
  }

  private static Create create(Section section, int blockSizeBytes, Set<String> nodes) {
    List<List<String>> groups = section.textLists("groups");
    if (groups.isEmpty() || groups.size() > LegRecord.MAX_GROUPS) {
      throw section.wrong(
          "groups",
          "must be 1 to " + LegRecord.MAX_GROUPS + " groups, such as [[a, b, c], [b, c, d]]");
    }
    Set<String> used = new HashSet<>();
    for (List<String> group : groups) {
      if (group.isEmpty() || group.size() > MAX_MEMBERS) {
        throw section.wrong(
            "groups", "a group has 1 to " + MAX_MEMBERS + " members, not " + group.size());
      }
      if (group.size() != groups.getFirst().size()) {
        throw section.wrong("groups", "all groups must have as many members");
      }
      checkNodes(section, "groups", group, nodes);
      used.addAll(group);
    }
    long sizeBytes = section.sizeBytes("size");
    if (sizeBytes <= 0 || sizeBytes % blockSizeBytes != 0) {
      throw section.wrong("size", "must be whole blocks, and more than none");
    }
    if (sizeBytes > LegPlan.MAX_GROUP_BYTES) {
      throw section.wrong(
          "size",
          "must be at most %s, of each group; there may be %d groups"
              .formatted(Sizes.format(LegPlan.MAX_GROUP_BYTES), LegRecord.MAX_GROUPS));
    }
    return new Create(groups, sizeBytes, section.has("checksums") && section.flag("checksums"));
  }

  private static void checkNodes(
      Section section, String key, List<String> names, Set<String> nodes) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!nodes.contains(name)) {
        throw section.wrong(key, "there is no node " + name);
      }
      if (!seen.add(name)) {
        throw section.wrong(key, "names " + name + " twice: two members on one disk");
      }
    }
  }
}
