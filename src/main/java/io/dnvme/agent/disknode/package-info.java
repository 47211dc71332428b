/**
 * A disk node's side of ownership: which logical disks it exports to whom, and what controllers may
 * ask of it. Keeps OWNER, RECORD and NO-LEAK of docs/architecture.md.
 */
package io.dnvme.agent.disknode;
