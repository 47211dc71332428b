package io.dnvme.main.up;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.LayerCounters;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.FileDevice;
import io.dnvme.disk.FileDeviceOptions;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.main.Closers;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import io.dnvme.target.reservation.FileReservationStore;
import io.dnvme.target.reservation.ReservationState;
import io.dnvme.target.reservation.ReservationStore;
import io.dnvme.volume.QosDevice;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The virtual disks of one process, opened or made as the settings say. */
final class VirtualDisks implements AutoCloseable {

  private final UpSettings settings;
  private final Optional<DiskDirectory> directory;
  private final List<VirtualDisk> disks = new ArrayList<>();
  private final Closers closers = new Closers();

  /** Saves reservations, which are rare and small. Never interrupted: that would close its file. */
  private final ExecutorService reservationThread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("dnvme-reservations").daemon().factory());

  private VirtualDisks(UpSettings settings, Optional<DiskDirectory> directory) {
    this.settings = settings;
    this.directory = directory;
    directory.ifPresent(closers::add);
    closers.add(reservationThread);
  }

  /**
   * Opens them all, or none.
   *
   * @throws CommandException where one cannot be had; names it
   */
  static VirtualDisks open(UpSettings settings) {
    Optional<DiskDirectory> directory =
        settings.backing() == Backing.FILE
            ? Optional.of(DiskDirectory.open(settings.directory()))
            : Optional.empty();
    var disks = new VirtualDisks(settings, directory);
    try {
      disks.openAll();
    } catch (RuntimeException e) {
      disks.close();
      throw e;
    }
    return disks;
  }

  List<VirtualDisk> all() {
    return disks;
  }

  /**
   * Closes them, those behind one that fails too; what was acknowledged is on the medium
   * afterwards, or the log says of which disk it is not.
   */
  @Override
  public void close() {
    closers.close();
  }

  private void openAll() {
    List<VirtualDiskSpec> asked = settings.disks();
    if (asked.isEmpty()) {
      var present = directory.map(DiskDirectory::disks).orElse(List.of());
      for (VirtualDiskHeader header : present) {
        add(stack(header, openFile(header)));
      }
      if (present.isEmpty()) {
        asked = List.of(UpSettings.FIRST_DISK);
      }
    }
    for (VirtualDiskSpec spec : asked) {
      add(openOrMake(spec));
    }
  }

  private void add(VirtualDisk disk) {
    disks.add(closers.add(disk));
  }

  private VirtualDisk openOrMake(VirtualDiskSpec spec) {
    if (disks.stream().anyMatch(disk -> disk.name().equals(spec.name()))) {
      throw refused(spec.name(), "it is named twice");
    }
    if (spec.sizeBytes() % settings.blockSizeBytes() != 0) {
      throw refused(
          spec.name(),
          "its size of %d bytes is no multiple of the block size, %d"
              .formatted(spec.sizeBytes(), settings.blockSizeBytes()));
    }
    if (directory.isEmpty()) {
      VirtualDiskHeader header = newHeader(spec);
      return stack(header, openMemory(header));
    }
    if (!directory.get().contains(spec.name())) {
      return makeFile(spec);
    }
    VirtualDiskHeader header = directory.get().disk(spec.name());
    if (header.sizeBytes() != spec.sizeBytes()) {
      throw refused(
          spec.name(),
          "it exists with %s, not %s: ask for that size, or choose another name"
              .formatted(Sizes.format(header.sizeBytes()), Sizes.format(spec.sizeBytes())));
    }
    return stack(header, openFile(header));
  }

  private VirtualDisk makeFile(VirtualDiskSpec spec) {
    VirtualDiskHeader header = newHeader(spec);
    directory.orElseThrow().prepare(spec.name());
    FileDevice device;
    try {
      device =
          FileDevice.create(
              directory.orElseThrow().dataFile(spec.name()),
              spec.sizeBytes(),
              options(header.blockSizeBytes()));
    } catch (DeviceOpenException e) {
      throw refused(spec.name(), e.getMessage());
    }
    try {
      directory.orElseThrow().add(header);
    } catch (CommandException e) {
      device.close();
      throw e;
    }
    return stack(header, device);
  }

  private FileDevice openFile(VirtualDiskHeader header) {
    FileDevice device;
    try {
      device =
          FileDevice.open(
              directory.orElseThrow().dataFile(header.name()), options(header.blockSizeBytes()));
    } catch (DeviceOpenException e) {
      throw refused(header.name(), e.getMessage());
    }
    if (device.geometry().sizeBytes() != header.sizeBytes()) {
      device.close();
      throw refused(
          header.name(),
          "its data file has %d bytes, its header says %d"
              .formatted(device.geometry().sizeBytes(), header.sizeBytes()));
    }
    return device;
  }

  private MemoryDevice openMemory(VirtualDiskHeader header) {
    try {
      return new MemoryDevice(
          new BlockGeometry(header.blockSizeBytes(), header.sizeBytes() / header.blockSizeBytes()),
          settings.hugePages());
    } catch (DeviceOpenException e) {
      throw refused(header.name(), e.getMessage());
    }
  }

  /** The layers of a disk: its bottom, and limits where some are set. */
  private VirtualDisk stack(VirtualDiskHeader header, FileDevice file) {
    var store =
        new FileReservationStore(
            directory.orElseThrow().reservationsFile(header.name()),
            header.uuid(),
            reservationThread);
    ReservationState reservations;
    try {
      reservations = store.load();
    } catch (IOException e) {
      file.close();
      throw refused(header.name(), e.getMessage());
    }
    return limited(header, file, "file", file.counters(), Optional.of(store), reservations);
  }

  private VirtualDisk stack(VirtualDiskHeader header, MemoryDevice memory) {
    return limited(
        header, memory, "memory", memory.counters(), Optional.empty(), ReservationState.NONE);
  }

  private VirtualDisk limited(
      VirtualDiskHeader header,
      BlockDevice bottom,
      String bottomName,
      LayerCounters bottomCounters,
      Optional<ReservationStore> store,
      ReservationState reservations) {
    Map<String, LayerCounters> layers = new LinkedHashMap<>();
    layers.put(bottomName, bottomCounters);
    if (settings.limits().equals(DiskLimits.NONE)) {
      return new VirtualDisk(header, bottom, layers, store, reservations);
    }
    var qos = new QosDevice(bottom, settings.limits().toQosLimits());
    layers.put("qos", qos.counters());
    return new VirtualDisk(header, qos, layers, store, reservations);
  }

  private VirtualDiskHeader newHeader(VirtualDiskSpec spec) {
    return new VirtualDiskHeader(
        spec.name(), UUID.randomUUID(), spec.sizeBytes(), settings.blockSizeBytes(), Instant.now());
  }

  private FileDeviceOptions options(int blockSizeBytes) {
    return FileDeviceOptions.defaults()
        .withBlockSizeBytes(blockSizeBytes)
        .withDirect(settings.direct());
  }

  private static CommandException refused(String name, String why) {
    return new CommandException(ExitCode.USAGE, "disk " + name + ": " + why);
  }
}
