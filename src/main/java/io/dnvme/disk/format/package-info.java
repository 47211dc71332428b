/**
 * How a physical disk is laid out, and what is kept on it: superblocks, the tables of extents and
 * logical disks, and the pages that survive a torn write. The layout is described in
 * docs/disk-format.md.
 */
package io.dnvme.disk.format;
