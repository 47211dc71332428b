package io.dnvme.target.subsystem;

import io.dnvme.block.Reactor;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * A vendor-specific admin command that is being executed. Used on its {@link #reactor}; completed
 * there exactly once, also when its host is gone meanwhile: the association's end waits for that.
 */
public interface VendorRequest {

  int opcode();

  /** Where it is to be completed. */
  Reactor reactor();

  /** Who asks. */
  String hostNqn();

  /** Who asks: in this cluster a controller's incarnation. */
  UUID hostId();

  /** The host's data, {@link #dataBytes} from {@link #dataOffset} on; until the completion. */
  MemorySegment data();

  long dataOffset();

  int dataBytes();

  /** Most data that the host takes. */
  int maxReplyBytes();

  /**
   * Success.
   *
   * @param reply its data, at most {@link #maxReplyBytes}; copied
   */
  void complete(byte[] reply);

  /**
   * Failure: nothing was executed.
   *
   * @param status as in {@link io.dnvme.nvme.Status}
   */
  void fail(int status);
}
