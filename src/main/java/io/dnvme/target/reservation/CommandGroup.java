package io.dnvme.target.reservation;

import io.dnvme.nvme.IoOpcode;

/**
 * How reservations see a command (NVMe Base 2.0 §8.19, the table of command behavior in the
 * presence of a reservation). The two halves of a fused Compare-and-Write are seen each by itself;
 * where one conflicts, neither is executed.
 */
public enum CommandGroup {
  READ,
  WRITE,
  /** Not restricted here: reservation commands have rules of their own. */
  FREE;

  /** The group of an I/O command. */
  public static CommandGroup of(int opcode) {
    return switch (opcode) {
      case IoOpcode.READ, IoOpcode.COMPARE, IoOpcode.VERIFY -> READ;
      case IoOpcode.WRITE,
          IoOpcode.WRITE_UNCORRECTABLE,
          IoOpcode.WRITE_ZEROES,
          IoOpcode.DATASET_MANAGEMENT,
          IoOpcode.FLUSH,
          IoOpcode.COPY ->
          WRITE;
      default -> FREE;
    };
  }
}
