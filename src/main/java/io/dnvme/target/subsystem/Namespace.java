package io.dnvme.target.subsystem;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.target.reservation.Reservations;

/**
 * A namespace as it is at one moment; immutable, so that a command sees one size from its check to
 * its end. A change of size makes a new object ({@link Subsystem#resizeNamespace}).
 *
 * @param nsid 1 to {@link Subsystem#MAX_NAMESPACES}
 * @param ids who it is
 * @param anaGroupId 1 to the subsystem's {@code AnaGroups.count()}
 * @param device where its blocks are; closed by whoever made it, once no controller uses it
 * @param geometry what hosts are told and commands are checked against
 * @param reservations shared by all paths of this node
 */
public record Namespace(
    int nsid,
    NamespaceIds ids,
    int anaGroupId,
    BlockDevice device,
    BlockGeometry geometry,
    Reservations reservations) {

  /** A namespace of its device's present size. */
  public Namespace(
      int nsid, NamespaceIds ids, int anaGroupId, BlockDevice device, Reservations reservations) {
    this(nsid, ids, anaGroupId, device, device.geometry(), reservations);
  }

  Namespace withGeometry(BlockGeometry newGeometry) {
    return new Namespace(nsid, ids, anaGroupId, device, newGeometry, reservations);
  }
}
