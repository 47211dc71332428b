package io.dnvme.main.up;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.LayerCounters;
import io.dnvme.target.reservation.ReservationState;
import io.dnvme.target.reservation.ReservationStore;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A virtual disk that is open: its identity and its stack of devices.
 *
 * @param device the top of the stack; closing it closes all below
 * @param layers what each layer of the stack counts, by the layer's name
 * @param reservationStore where reservations survive a loss of power; empty where nothing does
 * @param reservations what was found there
 */
record VirtualDisk(
    VirtualDiskHeader header,
    BlockDevice device,
    Map<String, LayerCounters> layers,
    Optional<ReservationStore> reservationStore,
    ReservationState reservations)
    implements AutoCloseable {

  /** Whose name hosts connect to; contains the disk's UUID (NAMES). */
  static final String NQN_PREFIX = "nqn.2026-01.io.dnvme:vdisk:";

  private static final int SERIAL_NUMBER_LENGTH = 20;

  String name() {
    return header.name();
  }

  UUID uuid() {
    return header.uuid();
  }

  String nqn() {
    return NQN_PREFIX + uuid();
  }

  /** As much of the UUID as a serial number holds. */
  String serialNumber() {
    return uuid().toString().replace("-", "").substring(0, SERIAL_NUMBER_LENGTH);
  }

  @Override
  public void close() {
    device.close();
  }
}
