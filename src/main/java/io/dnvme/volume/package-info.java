/**
 * Devices made of devices: each is a {@link io.dnvme.block.BlockDevice} on top of others. Knows
 * neither Pekko, Netty nor threads.
 */
package io.dnvme.volume;
