package io.dnvme.nvme;

/** Firmware Slot Information, log page 03h (NVMe Base 2.0 §5.16.1.4). */
public final class FirmwareSlotLog extends Structure<FirmwareSlotLog> {

  public static final int SIZE = 512;

  /** The slot in use, bits 2:0. */
  public static final Field.Number<FirmwareSlotLog> AFI = Field.u8(0);

  /** Revision in slot 1. */
  public static final Field.Ascii<FirmwareSlotLog> FRS1 = new Field.Ascii<>(8, 8);

  public FirmwareSlotLog() {
    super(SIZE);
  }
}
