/**
 * Where data lies: memory, files and raw block devices as {@link io.dnvme.block.BlockDevice}s.
 * Threads exist only behind a file device, to wait for the kernel.
 */
package io.dnvme.disk;
