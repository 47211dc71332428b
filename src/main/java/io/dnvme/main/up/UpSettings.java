package io.dnvme.main.up;

import io.dnvme.main.Endpoint;
import io.dnvme.target.subsystem.HostAccess;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code dnvme up} was asked to serve.
 *
 * @param directory where file-backed disks are; not touched where backing is memory
 * @param listen the portals, at least one
 * @param discovery where a discovery controller of its own listens; every portal answers discovery
 *     too
 * @param advertise the address that hosts are told instead of the one that is listened on
 * @param monitoring where health and metrics are
 * @param disks the disks to serve; empty: those of the directory, or a first one
 * @param blockSizeBytes of disks that are made now
 * @param direct whether files are read and written past the page cache
 * @param hugePages whether memory disks are on huge pages, as far as the kernel has them
 * @param hosts who may connect
 * @param limits QoS limits of each disk
 */
public record UpSettings(
    Path directory,
    List<Endpoint> listen,
    Optional<Endpoint> discovery,
    Optional<String> advertise,
    Optional<Endpoint> monitoring,
    List<VirtualDiskSpec> disks,
    Backing backing,
    int blockSizeBytes,
    boolean direct,
    boolean hugePages,
    HostAccess hosts,
    DiskLimits limits) {

  /** What a directory without disks gets where none is named. */
  public static final VirtualDiskSpec FIRST_DISK = new VirtualDiskSpec("disk1", 10L << 30);

  public UpSettings {
    listen = List.copyOf(listen);
    disks = List.copyOf(disks);
    if (listen.isEmpty()) {
      throw new IllegalArgumentException("there must be a portal to listen on");
    }
  }
}
