package io.dnvme.target.controller;

import io.dnvme.target.queue.CommandSlot;

/**
 * Executes one admin command; see {@link io.dnvme.target.queue.QueueRules#execute}.
 *
 * @param <C> the kind of controller that has it
 */
@FunctionalInterface
interface AdminCommand<C extends Controller> {
  void execute(C controller, CommandSlot command);
}
