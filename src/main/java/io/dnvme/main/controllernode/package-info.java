/**
 * {@code dnvme controller-node}: a controller of one virtual disk, from a file that says where its
 * leg's disk nodes are; by hand, without a control plane.
 */
package io.dnvme.main.controllernode;
