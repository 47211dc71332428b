package io.dnvme.target.controller;

/** Why an association ended. */
public enum EndReason {
  /** The host shut the controller down or disabled it, and then closed its connections. */
  HOST_LEFT,
  /** The admin queue's connection was closed or lost without that. */
  ADMIN_QUEUE_GONE,
  /** An I/O queue's connection was lost: nothing of the association goes on (STALE-PATH). */
  IO_QUEUE_LOST,
  /** Nothing was heard of the host for its keep alive time. */
  KEEP_ALIVE_EXPIRED,
  /** The subsystem is no longer served here. */
  SUBSYSTEM_REMOVED,
  /** The host may no longer use the subsystem. */
  HOST_NO_LONGER_ALLOWED,
  /** This node cuts the association, or stops. */
  CUT
}
