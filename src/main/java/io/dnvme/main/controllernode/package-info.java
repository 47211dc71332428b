/**
 * {@code dnvme controller-node}: a controller of virtual disks, from a file that says where their
 * legs' disk nodes are; by hand, without a control plane.
 */
package io.dnvme.main.controllernode;
