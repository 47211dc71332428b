package io.dnvme.main.up;

import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.queue.TransportLimits;

/**
 * How much {@link UpServer} takes on.
 *
 * @param transport of each connection
 * @param controller of each controller
 * @param maxControllersPerDisk associations with one disk
 * @param maxIoQueues of one controller
 */
record UpLimits(
    TransportLimits transport,
    ControllerLimits controller,
    int maxControllersPerDisk,
    int maxIoQueues) {

  static final UpLimits DEFAULT =
      new UpLimits(TransportLimits.DEFAULT, ControllerLimits.DEFAULT, 1024, 128);
}
