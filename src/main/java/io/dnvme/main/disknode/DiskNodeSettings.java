package io.dnvme.main.disknode;

import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.PageLayout;
import io.dnvme.main.Endpoint;
import io.dnvme.main.node.Section;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a disk node's configuration file says.
 *
 * @param cluster whose disks and commands it takes
 * @param node its identity, which its NQN contains
 * @param listen its portals
 * @param monitoring where metrics are served, if they are
 * @param witness whether it keeps leg records alone
 * @param disk what it exports slices of; a witness's records are there
 * @param extentBytes the allocation unit of a disk that is formatted now
 * @param recordPages pages for leg records of a disk that is formatted now
 */
public record DiskNodeSettings(
    UUID cluster,
    UUID node,
    List<Endpoint> listen,
    Optional<Endpoint> monitoring,
    boolean witness,
    PhysicalDisk disk,
    long extentBytes,
    int recordPages) {

  /** Its section of the file, below {@code dnvme}. */
  static final String ROLE = "disk-node";

  /** Room to replace one record of the longest. */
  private static final int MIN_RECORD_PAGES = 32;

  private static final int MAX_RECORD_PAGES = PageLayout.MAX_PAGES;

  /** The least that there is: a witness has no use for any. */
  private static final long WITNESS_EXTENT_BYTES = 4L << 20;

  public DiskNodeSettings {
    listen = List.copyOf(listen);
  }

  static DiskNodeSettings read(Section section) {
    boolean witness = section.flag("witness");
    Section disk = section.section("disk");
    if (witness && disk.flag("memory")) {
      throw section.wrong("witness", "needs a disk that lasts: what it promised must not be lost");
    }
    var settings =
        new DiskNodeSettings(
            section.uuid("cluster"),
            section.uuid("id"),
            section.endpoints("listen"),
            section.endpointOrOff("monitoring"),
            witness,
            disk(disk),
            section.sizeBytes("extent-size"),
            section.number("record-pages", MIN_RECORD_PAGES, MAX_RECORD_PAGES));
    section.end();
    return settings;
  }

  /** Of a disk that is formatted now: another one each time. */
  DiskFormatOptions format() {
    return DiskFormatOptions.defaults(cluster, UUID.randomUUID())
        .withNode(node)
        .withExtentBytes(witness ? WITNESS_EXTENT_BYTES : extentBytes)
        .withRecordPages(recordPages);
  }

  private static PhysicalDisk disk(Section section) {
    int blockSizeBytes = blockSizeBytes(section);
    boolean direct = section.flag("direct");
    boolean stored = section.has("path");
    if (stored == section.flag("memory")) {
      throw section.wrong("path", "a disk has either a path or memory = true");
    }
    if (stored) {
      long sizeBytes = section.has("size") ? sizeBytes(section) : PhysicalDisk.ITS_OWN;
      return new PhysicalDisk.Stored(
          section.parsed("path", Path::of), sizeBytes, blockSizeBytes, direct);
    }
    return new PhysicalDisk.Memory(sizeBytes(section), blockSizeBytes);
  }

  private static long sizeBytes(Section section) {
    long bytes = section.sizeBytes("size");
    if (bytes <= 0 || bytes % blockSizeBytes(section) != 0) {
      throw section.wrong("size", "must be whole blocks, and more than none");
    }
    return bytes;
  }

  private static int blockSizeBytes(Section section) {
    long bytes = section.sizeBytes("block-size");
    if (bytes != 512 && bytes != 4096) {
      throw section.wrong("block-size", "must be 512 or 4096, not " + bytes);
    }
    return (int) bytes;
  }
}
