package io.dnvme.target.controller;

import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;

/** Connect Invalid Parameters: names the bad field (NVMe over Fabrics 1.1 §3.3, IPO and IATTR). */
final class ConnectRefusal {

  private ConnectRefusal() {}

  /**
   * A field of the command is bad.
   *
   * @param field its offset
   * @param forGood trying again cannot help
   */
  static void ofCommand(CommandSlot command, int field, boolean forGood) {
    command.complete(status(forGood), ConnectCommand.invalidInCommand(field));
  }

  /** A field of the data is bad; see {@link #ofCommand}. */
  static void ofData(CommandSlot command, int field, boolean forGood) {
    command.complete(status(forGood), ConnectCommand.invalidInData(field));
  }

  private static int status(boolean forGood) {
    return forGood
        ? StatusCode.CONNECT_INVALID_PARAMETERS.dnr()
        : StatusCode.CONNECT_INVALID_PARAMETERS.status();
  }
}
