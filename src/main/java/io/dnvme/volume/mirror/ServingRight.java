package io.dnvme.volume.mirror;

/** The owner's lease, as who answers commands sees it (LEASE). */
@FunctionalInterface
public interface ServingRight {

  /**
   * Whether a result that is at hand may be answered now. Asked on the group's home reactor for
   * every command, reads included; allocates nothing and does not wait.
   */
  boolean mayAnswer();
}
