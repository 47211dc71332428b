package io.dnvme.nvme.connection;

/** Why a connection ended. */
public enum CloseReason {
  /** This side's rules asked for it. */
  BY_RULES,
  /** The peer closed its side in good order. */
  BY_PEER,
  /** The socket failed: reset, unreachable, timed out. */
  SOCKET_ERROR,
  /** The process or the listener is ending. */
  SHUTDOWN,
  /** The rules threw: a bug, contained to this connection. */
  INTERNAL_ERROR
}
