package io.dnvme.target.controller;

import io.dnvme.nvme.CommandEffectsLog;

/**
 * The admin commands of one kind of controller, by opcode, and what the command effects log says of
 * each.
 */
final class AdminCommands<C extends Controller> {

  private static final int OPCODES = 256;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private final AdminCommand<C>[] table = new AdminCommand[OPCODES];

  /** Adds a command. */
  AdminCommands<C> with(int opcode, AdminCommand<C> command) {
    table[opcode] = command;
    return this;
  }

  /** The command, or null where there is none. */
  AdminCommand<C> find(int opcode) {
    return table[opcode];
  }

  void describe(CommandEffectsLog log) {
    for (int opcode = 0; opcode < OPCODES; opcode++) {
      if (table[opcode] != null) {
        log.admin(opcode, (int) CommandEffectsLog.CSUPP.of(1));
      }
    }
  }
}
