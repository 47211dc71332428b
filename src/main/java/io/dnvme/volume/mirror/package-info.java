/**
 * Groups of one to three copies of the same data: writes to all, reads from one, membership by
 * record changes. A core on one reactor, without Pekko, Netty or threads. Keeps ACK, MEMBER, LEASE,
 * OVERLAP and NO-SILENT-LOSS of docs/architecture.md.
 */
package io.dnvme.volume.mirror;
