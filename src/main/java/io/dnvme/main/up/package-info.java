/**
 * {@code dnvme up}: everything in one process, for one machine. Virtual disks are files of a
 * directory or memory, served by one target on any number of portals.
 */
package io.dnvme.main.up;
