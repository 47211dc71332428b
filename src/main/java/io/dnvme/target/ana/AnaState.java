package io.dnvme.target.ana;

import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.StatusCode;

/**
 * State of an ANA group at a controller (NVMe Base 2.0 §8.1.3). Path related statuses never carry
 * Do Not Retry: the host tries the command on another path.
 */
public enum AnaState {
  OPTIMIZED(AnaGroupDescriptor.STATE_OPTIMIZED, StatusCode.SUCCESS),
  NON_OPTIMIZED(AnaGroupDescriptor.STATE_NON_OPTIMIZED, StatusCode.SUCCESS),
  INACCESSIBLE(AnaGroupDescriptor.STATE_INACCESSIBLE, StatusCode.ANA_INACCESSIBLE),
  /** Final: no other state follows. */
  PERSISTENT_LOSS(AnaGroupDescriptor.STATE_PERSISTENT_LOSS, StatusCode.ANA_PERSISTENT_LOSS),
  /** On its way to another state, which it reaches within ANATT. */
  CHANGE(AnaGroupDescriptor.STATE_CHANGE, StatusCode.ANA_TRANSITION);

  private final int code;
  private final int status;

  AnaState(int code, StatusCode status) {
    this.code = code;
    this.status = status.status();
  }

  /** Value on the wire. */
  public int code() {
    return code;
  }

  /** What a command to a namespace of the group is answered with; success where it is executed. */
  public int status() {
    return status;
  }
}
