package io.dnvme.initiator;

/** Where a {@link HostController} stands; the diagram is there. */
public enum ControllerState {
  /** Not started. */
  IDLE,
  /** An attempt to connect is under way. */
  CONNECTING,
  /** Commands are carried. */
  LIVE,
  /** The target is being told that the host leaves. */
  SHUTTING_DOWN,
  /** The connections of the last attempt are being given up. */
  DRAINING,
  /** The next attempt is due later. */
  WAITING,
  /** Over. */
  CLOSED;

  boolean mayBecome(ControllerState next) {
    return switch (this) {
      case IDLE -> next == CONNECTING || next == CLOSED;
      case CONNECTING -> next == LIVE || next == DRAINING;
      case LIVE -> next == SHUTTING_DOWN || next == DRAINING;
      case SHUTTING_DOWN -> next == DRAINING;
      case DRAINING -> next == WAITING || next == CLOSED;
      case WAITING -> next == CONNECTING || next == CLOSED;
      case CLOSED -> false;
    };
  }
}
