/**
 * What controllers and disk nodes say to each other in vendor-specific admin commands: who a node
 * is, leg records (RECORD, LEASE), logical disks and their admission (OWNER, NO-LEAK). Layouts,
 * statuses and golden bytes stand in docs/vendor-commands.md; here is only how they are written and
 * read, and nothing of what they decide.
 *
 * <p>Little-endian as all of NVMe; identifiers are 16 bytes in the order of their text. Everything
 * has a magic, a version and a CRC32C, and another version is refused.
 */
package io.dnvme.nvme.vendor;
