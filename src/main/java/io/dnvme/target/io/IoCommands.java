package io.dnvme.target.io;

import io.dnvme.nvme.Command;
import io.dnvme.nvme.CommandEffectsLog;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.StatusCode;

/** The I/O commands that there are, by opcode, and what the command effects log says of each. */
public final class IoCommands {

  private static final int OPCODES = 256;

  private static final IoCommand[] TABLE = new IoCommand[OPCODES];
  private static final int[] EFFECTS = new int[OPCODES];

  static final IoCommand UNSUPPORTED =
      (queue, command) ->
          command.errorLocation(Command.OPC).complete(StatusCode.INVALID_OPCODE.dnr());

  static {
    int changesBlocks = (int) CommandEffectsLog.LBCC.of(1);
    put(IoOpcode.FLUSH, new Flush(), 0);
    put(IoOpcode.WRITE, ReadWrite::write, changesBlocks);
    put(IoOpcode.READ, ReadWrite::read, 0);
    put(IoOpcode.COMPARE, ReadWrite::compare, 0);
    put(IoOpcode.WRITE_ZEROES, WriteZeroes::execute, changesBlocks);
    put(IoOpcode.DATASET_MANAGEMENT, new DatasetManagement(), changesBlocks);
    put(IoOpcode.RESERVATION_REGISTER, ReservationCommands::register, 0);
    put(IoOpcode.RESERVATION_REPORT, ReservationCommands::report, 0);
    put(IoOpcode.RESERVATION_ACQUIRE, ReservationCommands::acquire, 0);
    put(IoOpcode.RESERVATION_RELEASE, ReservationCommands::release, 0);
    TABLE[FabricsCommand.OPCODE] = IoFabrics::execute;
  }

  private IoCommands() {}

  static IoCommand find(int opcode) {
    IoCommand command = TABLE[opcode];
    return command == null ? UNSUPPORTED : command;
  }

  /** Says of each I/O command that there is what it may change. */
  public static void describe(CommandEffectsLog log, boolean withReservations) {
    for (int opcode = 0; opcode < OPCODES; opcode++) {
      if (EFFECTS[opcode] != 0 && (withReservations || !ReservationCommands.isOne(opcode))) {
        log.io(opcode, EFFECTS[opcode]);
      }
    }
  }

  private static void put(int opcode, IoCommand command, int effects) {
    TABLE[opcode] = command;
    EFFECTS[opcode] = effects | (int) CommandEffectsLog.CSUPP.of(1);
  }
}
