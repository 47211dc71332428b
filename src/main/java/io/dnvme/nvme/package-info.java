/**
 * The wire: what NVMe over TCP puts into bytes, and nothing of what they mean to anybody.
 *
 * <p>Three ways of reading and writing in place, none of which allocates:
 *
 * <ul>
 *   <li>{@link io.dnvme.nvme.Flyweight}: PDUs, commands and completions, whose fields are methods;
 *   <li>{@link io.dnvme.nvme.Structure}: data structures of the cold path (identify, log pages),
 *       whose fields are a table of {@link io.dnvme.nvme.Field} constants;
 *   <li>{@link io.dnvme.nvme.BitField}: parts of a register, a command dword or a feature's value.
 * </ul>
 *
 * <p>Everything is little-endian; names of fields are the specifications' mnemonics. Revisions: NVM
 * Express Base 2.0, NVM Command Set 1.0, NVMe/TCP Transport 1.0.
 */
package io.dnvme.nvme;
