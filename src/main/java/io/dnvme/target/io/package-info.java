/**
 * I/O queues and the commands of the NVM command set (NVM Command Set 1.0, NVMe Base 2.0 §7):
 * checked here, carried out by the namespace's block device.
 */
package io.dnvme.target.io;
