/**
 * {@code dnvme disk-node}: one physical disk, and the target that exports its logical disks; by
 * hand, without a control plane.
 */
package io.dnvme.main.disknode;
