package io.dnvme.main.node;

import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.TargetObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log of hosts that come and go. */
public final class AssociationLog implements TargetObserver {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.target");

  @Override
  public void connected(Association association) {
    LOG.info(
        "host {} connected to {} as controller {}",
        name(association),
        association.subsystemNqn(),
        association.cntlid());
  }

  @Override
  public void ended(Association association, EndReason reason) {
    LOG.info(
        "host {} left {}, controller {}: {}",
        name(association),
        association.subsystemNqn(),
        association.cntlid(),
        reason);
  }

  /** A host may call itself anything, line breaks included: those stay out of the log. */
  private static String name(Association association) {
    String name = association.hostNqn();
    return name.isEmpty() ? "(without a name)" : name.replaceAll("\\p{Cntrl}", "?");
  }
}
