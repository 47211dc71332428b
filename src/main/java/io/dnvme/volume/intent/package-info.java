/**
 * What is known of the members of a group that may differ: write-intent bits, bitmaps of absent
 * members, resync and rebuild. Cores on a reactor, without Pekko, Netty or threads. Keeps INTENT of
 * docs/architecture.md.
 */
package io.dnvme.volume.intent;
